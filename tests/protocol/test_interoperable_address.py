"""ERC-7930 addresses of version 1, by the ERC's examples and by properties."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperlane.errors import DecodeError
from hyperlane.protocol.interoperable_address import EIP155, InteroperableAddress, evm_account

pytestmark = pytest.mark.quick

VITALIK = bytes.fromhex("d8dA6BF26964aF9D7eEd9e03E53415D37aA96045")
SOLANA = 2
GENESIS = bytes.fromhex("45296998a6f8e2a784db5d9f95e18fc23f70441a1039446801089879b08c7ef0")
KEY = bytes.fromhex("05333498d5aea4ae009585c43f7b8c30df8e70187d4a713d134f977fc8dfe0b5")
EXAMPLES = {
    "00010000010114d8da6bf26964af9d7eed9e03e53415d37aa96045": (EIP155, b"\1", VITALIK),
    f"0001000220{GENESIS.hex()}20{KEY.hex()}": (SOLANA, GENESIS, KEY),
    "000100000014d8da6bf26964af9d7eed9e03e53415d37aa96045": (EIP155, b"", VITALIK),
    f"0001000220{GENESIS.hex()}00": (SOLANA, GENESIS, b""),
}
WHOLE = bytes.fromhex(next(iter(EXAMPLES)))


@pytest.mark.parametrize(("encoded", "parts"), EXAMPLES.items())
def test_examples_of_the_erc(encoded, parts):
    address = InteroperableAddress(*parts)
    assert address.encode().hex() == encoded
    assert InteroperableAddress.decode(bytes.fromhex(encoded)) == address


@given(st.integers(0, 2**16 - 1), st.binary(max_size=255), st.binary(max_size=255))
def test_what_is_written_is_read(chain_type, reference, address):
    if not reference and not address:
        return
    written = InteroperableAddress(chain_type, reference, address)
    assert InteroperableAddress.decode(written.encode()) == written


@given(st.binary(max_size=80))
def test_what_is_read_has_one_form(data):
    try:
        found = InteroperableAddress.decode(data)
    except DecodeError:
        return
    assert found.encode() == data


@given(st.integers(1, 2**256 - 1), st.binary(min_size=20, max_size=20))
def test_accounts_of_evm_chains(chain_id, address):
    encoded = evm_account(chain_id, address)
    assert InteroperableAddress.decode(encoded).evm_parts() == (chain_id, address)


def test_a_chain_alone():
    assert InteroperableAddress.evm(1).encode() == bytes.fromhex("000100000101" + "00")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "interoperable_address.version: 0x is truncated"),
        (WHOLE[:-1], "interoperable_address.address: "),
        (WHOLE + b"\0", "over-long: it has 28 bytes, expected 27"),
        (b"\0\2" + WHOLE[2:], "interoperable_address.version: 2, expected 1"),
        (b"\x80\1" + WHOLE[2:], "interoperable_address.version: 32769, expected 1"),
        (bytes.fromhex("000100000000"), "chain_reference and address are both empty"),
        (bytes.fromhex("00010000ff01"), "interoperable_address.chain_reference: "),
    ],
)
def test_malformed_bytes_are_refused(data, words):
    with pytest.raises(DecodeError, match=re.escape(words)):
        InteroperableAddress.decode(data)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ((SOLANA, GENESIS, KEY), "chain_type: 0x0002 is not that of EVM chains"),
        ((EIP155, b"", VITALIK), "chain_reference: 0x is no chain id"),
        ((EIP155, b"\0\1", VITALIK), "chain_reference: 0x0001 is no chain id"),
        ((EIP155, b"\1" * 33, VITALIK), "is no chain id"),
        ((EIP155, b"\1", VITALIK[1:]), "address: 0xda6bf26964af9d7eed9e03e53415d37aa96045 has 19"),
        ((EIP155, b"\1", b""), "has 0 bytes, expected 20"),
    ],
)
def test_an_address_that_is_no_evm_account_is_refused(parts, words):
    with pytest.raises(DecodeError, match=re.escape(words)):
        InteroperableAddress(*parts).evm_parts()


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ((2**16, b"\1", b""), "chain_type: 65536 is not an unsigned 16-bit integer"),
        ((0, b"\1" * 256, b""), "has 256 bytes, expected 255"),
        ((0, b"", b"\1" * 256), "has 256 bytes, expected 255"),
        ((0, "text", b""), "is not bytes"),
    ],
)
def test_parts_that_cannot_be_written_are_refused(parts, words):
    with pytest.raises(DecodeError, match=re.escape(words)):
        InteroperableAddress(*parts)


@pytest.mark.parametrize(("chain_id", "words"), [(0, "0 is the id of no chain"), (-1, "-1 is not")])
def test_a_chain_id_is_a_positive_number(chain_id, words):
    with pytest.raises(DecodeError, match=words):
        InteroperableAddress.evm(chain_id, VITALIK)
