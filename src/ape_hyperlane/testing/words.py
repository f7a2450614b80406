"""Addresses as tests have them, and as the protocol wants them."""

from typing import Any

from eth_utils.address import is_address, to_checksum_address

from ape_hyperlane.testing.errors import TestKitError
from hyperlane.protocol.typecasts import WORD_SIZE, Address, Bytes32, address_to_bytes32


def raw_address(value: object, field: str) -> Address:
    """The 20 bytes of an address, account or contract. TestKitError names `field`."""
    return Address(bytes.fromhex(checksum(value, field)[2:]))


def checksum(value: object, field: str) -> str:
    """The address of an account, contract or text, with checksum. TestKitError names `field`."""
    address: Any = getattr(value, "address", value)
    if not is_address(address):
        raise TestKitError(
            f"{field}: {value!r} is no address; expected a contract, an account, or 0x and 40 hex"
            " digits"
        )
    return str(to_checksum_address(address))


def bytes32(value: object) -> Bytes32:
    """An address, account or contract as the 32 bytes that the protocol knows it by.

    32 bytes stay as they are. TestKitError for anything else.
    """
    if isinstance(value, bytes) and len(value) == WORD_SIZE:
        return Bytes32(value)
    return address_to_bytes32(raw_address(value, "address"))


def short(data: bytes) -> str:
    """The first and last digits of a hash."""
    text = data.hex()
    return f"0x{text[:6]}…{text[-4:]}"
