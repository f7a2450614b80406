import pytest

from hyperlane.errors import DecodeError
from hyperlane.protocol.ccip_read import lookup_signing_hash
from hyperlane.protocol.signature import eip191_digest, sign_digest

from .vectors import load, unhex, validator_account

CASES = load("ccip_read_auth")


def signing_hash(case: dict) -> bytes:
    return lookup_signing_hash(
        unhex(case["sender"]), unhex(case["call_data"]), case["url_template"]
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["note"])
def test_signing_hash_equals_the_vector(case):
    assert signing_hash(case) == unhex(case["signing_hash"])


def test_signature_equals_the_vector():
    case = next(case for case in CASES if case["signature"])

    signature = sign_digest(eip191_digest(signing_hash(case)), validator_account(0))

    assert signature == unhex(case["signature"])


def test_a_sender_that_is_no_address_is_refused():
    with pytest.raises(DecodeError, match="sender: "):
        lookup_signing_hash(bytes(32), b"", "https://example.com")
