import pytest

from hyperlane.errors import DecodeError
from hyperlane.protocol.offchain_quote import (
    ANY_RECIPIENT,
    ANY_SENDER,
    SignedQuote,
    domain_separator,
    fee_quote_context,
    fee_quote_data,
    gas_quote_context,
    gas_quote_data,
)
from hyperlane.protocol.typecasts import ZERO_ADDRESS, address_from_hex

from .vectors import load, unhex, validator_account

CASES = load("offchain_quotes")


def from_vector(case: dict) -> SignedQuote:
    return SignedQuote(
        context=unhex(case["context"]),
        data=unhex(case["data"]),
        issued_at=case["issuedAt"],
        expiry=case["expiry"],
        salt=unhex(case["salt"]),
        submitter=address_from_hex(case["submitter"]),
    )


@pytest.mark.parametrize("case", CASES)
def test_hashes_and_signature_equal_the_vector(case):
    quote = from_vector(case)
    chain_id, contract = case["chain_id"], address_from_hex(case["verifying_contract"])

    assert domain_separator(chain_id, contract) == unhex(case["domain_separator"])
    assert quote.struct_hash == unhex(case["struct_hash"])
    assert quote.digest(chain_id, contract) == unhex(case["digest"])
    signature = quote.sign(chain_id, contract, validator_account(0))
    assert signature == unhex(case["signature"])
    assert quote.recover_signer(chain_id, contract, signature) == address_from_hex(case["signer"])


def test_context_and_data_of_a_gas_quote_equal_the_vector():
    case = CASES[0]

    assert gas_quote_context(ZERO_ADDRESS, 2000, ANY_SENDER) == unhex(case["context"])
    assert gas_quote_data(10_000_000_000, 5_000_000_000) == unhex(case["data"])


def test_context_and_data_of_a_fee_quote_have_fixed_places():
    context = fee_quote_context(2000, ANY_RECIPIENT, 5)
    assert context == bytes.fromhex("000007d0" + "ff" * 32 + "00" * 31 + "05")
    assert fee_quote_data(3, 4) == bytes(31) + b"\x03" + bytes(31) + b"\x04"


def test_fee_quote_refuses_what_has_no_place():
    with pytest.raises(DecodeError, match="half_amount: "):
        fee_quote_data(1, 2**255)
    with pytest.raises(DecodeError, match="recipient: "):
        fee_quote_context(1, bytes(20), 1)


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("context", "text"),
        ("data", "text"),
        ("issued_at", 2**48),
        ("expiry", -1),
        ("salt", bytes(31)),
        ("submitter", bytes(32)),
    ],
)
def test_construction_fails_when_a_field_is_out_of_range(field, bad):
    fields = {
        "context": b"",
        "data": b"",
        "issued_at": 0,
        "expiry": 0,
        "salt": bytes(32),
        "submitter": bytes(20),
    }

    with pytest.raises(DecodeError, match=rf"quote\.{field}: "):
        SignedQuote(**fields | {field: bad})
