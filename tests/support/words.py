"""Addresses as bytes and as words."""

from typing import Any


def raw(account: Any) -> bytes:
    """The 20 bytes of an address: of a text, or of whatever has an `address`."""
    return bytes.fromhex(str(getattr(account, "address", account))[2:])


def b32(account: Any) -> bytes:
    """The address as a message names it: a word."""
    return raw(account).rjust(32, b"\0")
