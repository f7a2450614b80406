import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperlane.errors import DecodeError
from hyperlane.protocol.typecasts import (
    address_from_hex,
    address_to_bytes32,
    bytes32_to_address,
    bytes_from_hex,
    to_checksum,
    to_hex,
)

from .strategies import addresses

CHECKSUMMED = "0x583b3648F1D87226a0985540daaA985faD1CA628"
RAW = bytes.fromhex(CHECKSUMMED[2:])


@given(addresses())
def test_an_address_survives_the_way_through_a_word(address):
    word = address_to_bytes32(address)

    assert word == bytes(12) + address
    assert bytes32_to_address(word) == address


@pytest.mark.parametrize("position", range(12))
def test_a_word_with_a_dirty_top_byte_is_no_address(position):
    word = bytearray(address_to_bytes32(RAW))
    word[position] = 1

    with pytest.raises(DecodeError, match=r"recipient: 0x.* top 12 bytes must be zero"):
        bytes32_to_address(bytes(word), "recipient")


@pytest.mark.parametrize("length", [0, 20, 31, 33])
def test_only_32_bytes_are_a_word(length):
    with pytest.raises(DecodeError, match="expected 32"):
        bytes32_to_address(bytes(length))


@pytest.mark.parametrize("bad", [bytes(19), bytes(21), bytes(32), CHECKSUMMED])
def test_only_20_bytes_are_an_address(bad):
    for cast in (address_to_bytes32, to_checksum):
        with pytest.raises(DecodeError, match="address: "):
            cast(bad)


@pytest.mark.parametrize(
    "text",
    [
        CHECKSUMMED,
        CHECKSUMMED.lower(),
        "0x" + CHECKSUMMED[2:].upper(),
        "0x" + "00" * 12 + CHECKSUMMED[2:].lower(),
    ],
)
def test_an_address_is_read_from_each_usual_form(text):
    assert address_from_hex(text) == RAW


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (CHECKSUMMED.replace("F", "f", 1), "wrong checksum"),
        (CHECKSUMMED[:-2], "not an address of 20 bytes"),
        (CHECKSUMMED[2:], "not a 0x hex string"),
        (CHECKSUMMED[:-1], "not a 0x hex string"),
        (CHECKSUMMED[:-1] + "g", "not a 0x hex string"),
        (CHECKSUMMED[:-1] + "\uff18", "not a 0x hex string"),
        ("0x" + "01" + "00" * 31, "top 12 bytes must be zero"),
        (None, "not a 0x hex string"),
    ],
)
def test_text_that_is_no_address_is_refused(text, reason):
    with pytest.raises(DecodeError, match=f"mailbox: .*{reason}"):
        address_from_hex(text, "mailbox")


@pytest.mark.parametrize("text", ["0x 11", "0x11 22", "0x11\n", " 0x11", "0X11", "11", "0x1", ""])
def test_hex_with_blanks_or_without_prefix_is_refused(text):
    with pytest.raises(DecodeError, match=r"body: .* is not a 0x hex string of whole bytes"):
        bytes_from_hex(text, "body")


def test_hex_of_another_size_than_wanted_is_refused():
    with pytest.raises(DecodeError, match="root: 0x11 has 1 bytes, expected 32"):
        bytes_from_hex("0x11", "root", 32)


@given(st.binary(max_size=80))
def test_bytes_survive_the_way_through_hex(data):
    assert bytes_from_hex(to_hex(data), "data", len(data)) == data


@given(addresses())
def test_an_address_survives_the_way_through_its_checksum_form(address):
    assert address_from_hex(to_checksum(address)) == address
