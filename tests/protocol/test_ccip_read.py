import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperlane.errors import DecodeError
from hyperlane.protocol.ccip_read import OffchainLookup, attestation_hash, lookup_signing_hash
from hyperlane.protocol.signature import eip191_digest, sign_digest

from .strategies import addresses
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


LOOKUP = OffchainLookup(
    sender=b"\x11" * 20,
    urls=("https://example.com/{sender}/{data}",),
    call_data=b"\x01\x02",
    callback=bytes.fromhex("f7e83aee"),
    extra_data=b"\x03",
)


@given(
    st.builds(
        OffchainLookup,
        sender=addresses(),
        urls=st.lists(st.text(st.characters(codec="utf-8"), max_size=40), max_size=3).map(tuple),
        call_data=st.binary(max_size=80),
        callback=st.binary(min_size=4, max_size=4),
        extra_data=st.binary(max_size=80),
    )
)
def test_decoding_an_encoded_lookup_gives_it_back(lookup):
    assert OffchainLookup.decode(lookup.encode()) == lookup


def test_lookup_has_the_standard_selector():
    assert LOOKUP.encode()[:4].hex() == "556f1830"


def test_another_error_is_no_lookup():
    with pytest.raises(DecodeError, match="0x08c379a0 is not an OffchainLookup error"):
        OffchainLookup.decode(bytes.fromhex("08c379a0"))


@pytest.mark.parametrize("size", range(len(LOOKUP.encode())))
def test_a_truncated_lookup_is_refused(size):
    with pytest.raises(DecodeError, match="lookup"):
        OffchainLookup.decode(LOOKUP.encode()[:size])


def test_a_url_that_is_not_text_is_refused():
    broken = LOOKUP.encode().replace(b"https", b"\xff\xff\xff\xff\xff")
    with pytest.raises(DecodeError, match="lookup"):
        OffchainLookup.decode(broken)


def test_attestation_hash_binds_chain_module_and_message():
    made = {
        attestation_hash(chain, bytes([module]) * 20, bytes([message]) * 32)
        for chain in (1, 2)
        for module in (1, 2)
        for message in (1, 2)
    }
    assert len(made) == 8


def test_attestation_hash_refuses_an_id_that_is_no_word():
    with pytest.raises(DecodeError, match="message_id: "):
        attestation_hash(1, bytes(20), bytes(31))
