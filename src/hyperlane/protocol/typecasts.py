"""Addresses and 32-byte words: a type each, and the only ways from one to the other.

The protocol addresses everything by 32 bytes; an EVM address is 12 zero bytes and the 20 bytes of
the address (docs/protocol/message.md, "Addresses").
"""

import re
from typing import NewType

from hyperlane.errors import DecodeError
from hyperlane.protocol.layout import preview, require_bytes
from hyperlane.wording import shown

Address = NewType("Address", bytes)
"""An EVM address: exactly 20 bytes. A type for checkers only: at run time it is `bytes`."""

Bytes32 = NewType("Bytes32", bytes)
"""A word: exactly 32 bytes (a hash, or an address of any chain)."""

ADDRESS_SIZE = 20
WORD_SIZE = 32
_PADDING = bytes(WORD_SIZE - ADDRESS_SIZE)
_HEX = re.compile(r"0x([0-9a-fA-F]{2})*")

ZERO_ADDRESS = Address(bytes(ADDRESS_SIZE))
ZERO_BYTES32 = Bytes32(bytes(WORD_SIZE))


def address_to_bytes32(address: Address) -> Bytes32:
    """Pad an EVM address with 12 zero bytes on the left."""
    require_bytes("address", address, ADDRESS_SIZE)
    return Bytes32(_PADDING + address)


def bytes32_to_address(word: Bytes32, field: str = "address") -> Address:
    """The EVM address in `word`; DecodeError, naming `field`, if the top 96 bits are not zero."""
    require_bytes(field, word, WORD_SIZE)
    if not word.startswith(_PADDING):
        raise DecodeError(
            f"{field}: {preview(word)} is not an EVM address: its top 12 bytes must be zero"
        )
    return Address(word[len(_PADDING) :])


def address_from_hex(text: str, field: str = "address") -> Address:
    """Parse a `0x` address of 20 bytes, or of 32 with 12 zero bytes in front.

    A mixed-case 20-byte address must carry a correct EIP-55 checksum. DecodeError names `field`.
    """
    data = bytes_from_hex(text, field)
    if len(data) == WORD_SIZE:
        return bytes32_to_address(Bytes32(data), field)
    if len(data) != ADDRESS_SIZE:
        raise DecodeError(f"{field}: {text!r} is not an address of 20 bytes")
    address, digits = Address(data), text[2:]
    if digits not in (digits.lower(), digits.upper()) and text != to_checksum(address):
        raise DecodeError(
            f"{field}: {text!r} has a wrong checksum, expected {to_checksum(address)}"
        )
    return address


def bytes_from_hex(text: str, field: str, size: int | None = None) -> bytes:
    """Parse `0x` hex, of exactly `size` bytes if given; DecodeError names `field`."""
    if not isinstance(text, str) or not _HEX.fullmatch(text):
        raise DecodeError(f"{field}: {shown(text)} is not a 0x hex string of whole bytes")
    data = bytes.fromhex(text[2:])
    if size is not None:
        require_bytes(field, data, size)
    return data


def to_hex(data: bytes) -> str:
    """`0x` and lower-case hex."""
    return f"0x{data.hex()}"


def to_checksum(address: Address) -> str:
    """The EIP-55 form, for people and for JSON-RPC libraries."""
    # eth_utils takes half a second to import; codecs that print no address do without it.
    from eth_utils.address import to_checksum_address

    require_bytes("address", address, ADDRESS_SIZE)
    return str(to_checksum_address(address))
