import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperlane.errors import DecodeError
from hyperlane.protocol.hook_metadata import HookType, StandardHookMetadata

from .strategies import addresses, uints
from .vectors import load, unhex

FOURS = b"\x44" * 20
EXPECTED = {
    "full": StandardHookMetadata(1, 100_000, FOURS),
    "gas only": StandardHookMetadata(0, 250_000, b"\x11" * 20),
    "with fee token": StandardHookMetadata(0, 50_000, FOURS, b"\x55" * 20),
    # Three bytes are too few for a fee token and stand before the custom part: they mean nothing.
    "custom tail 3 bytes": StandardHookMetadata(0, 0, FOURS),
    "max": StandardHookMetadata(2**256 - 1, 2**256 - 1, b"\xff" * 20),
    "empty: all defaults": StandardHookMetadata(),
    "variant only: all other fields default": StandardHookMetadata(),
    "truncated inside gasLimit: gasLimit default applies": StandardHookMetadata(0),
    "wrong variant, rejected by hooks that check": None,
}
CASES = load("hook_metadata")
FIELD_ENDS = {"msg_value": 34, "gas_limit": 66, "refund_address": 86, "fee_token": 106}


def full_metadata() -> st.SearchStrategy[StandardHookMetadata]:
    return st.builds(
        StandardHookMetadata,
        uints(256),
        uints(256),
        addresses(),
        addresses(),
        st.binary(max_size=40),
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["note"])
def test_metadata_of_the_vector_decodes_to_its_fields(case):
    data, expected = unhex(case["metadata"]), EXPECTED[case["note"]]

    assert len(data) == case["length"]
    if expected is None:
        with pytest.raises(DecodeError, match=r"hook_metadata\.variant: 0x0002 is not 0x0001"):
            StandardHookMetadata.decode(data)
    else:
        assert StandardHookMetadata.decode(data) == expected


@pytest.mark.parametrize(
    "case", [c for c in CASES if c["length"] in (86, 106)], ids=lambda case: case["note"]
)
def test_metadata_that_ends_with_a_field_encodes_to_the_bytes_of_the_vector(case):
    assert EXPECTED[case["note"]].encode() == unhex(case["metadata"])


@given(full_metadata())
def test_decoding_encoded_metadata_gives_it_back(metadata):
    assert StandardHookMetadata.decode(metadata.encode()) == metadata


@given(full_metadata(), st.integers(2, 106))
def test_a_field_counts_only_if_the_metadata_reaches_its_end(metadata, length):
    truncated = StandardHookMetadata.decode(metadata.encode()[:length])

    for field, end in FIELD_ENDS.items():
        expected = getattr(metadata, field) if length >= end else None
        assert getattr(truncated, field) == expected
    assert StandardHookMetadata.decode(truncated.encode()) == truncated


@pytest.mark.parametrize("data", [b"\x00", b"\x01", b"\x00\x00", b"\x00\x02" + bytes(84)])
def test_decode_fails_when_the_variant_is_not_one(data):
    with pytest.raises(DecodeError, match=r"hook_metadata\.variant: "):
        StandardHookMetadata.decode(data)


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("msg_value", 2**256),
        ("gas_limit", -1),
        ("refund_address", bytes(32)),
        ("fee_token", bytes(19)),
        ("custom", "text"),
    ],
)
def test_construction_fails_when_a_field_is_out_of_range(field, bad):
    fields = {
        "msg_value": 0,
        "gas_limit": 0,
        "refund_address": bytes(20),
        "fee_token": bytes(20),
        "custom": b"",
    }

    with pytest.raises(DecodeError, match=rf"hook_metadata\.{field}: "):
        StandardHookMetadata(**fields | {field: bad})


@pytest.mark.parametrize(
    "fields",
    [
        {"gas_limit": 1},
        {"msg_value": 0, "refund_address": bytes(20)},
        {"msg_value": 0, "gas_limit": 1, "fee_token": bytes(20)},
        {"msg_value": 0, "gas_limit": 1, "refund_address": bytes(20), "custom": b"x"},
    ],
    ids=lambda fields: list(fields)[-1],
)
def test_construction_fails_when_a_field_before_a_given_one_is_left_out(fields):
    with pytest.raises(DecodeError, match="leaves out a field before one it gives"):
        StandardHookMetadata(**fields)


def test_hook_types_equal_the_vector():
    assert {member.name: member.value for member in HookType} == load("enums")["hook_types"]
