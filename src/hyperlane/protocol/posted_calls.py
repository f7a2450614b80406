"""What is posted to a commitment server, in the JSON of the reference's server.

A table of its fields: docs/interchain-accounts.md, Commit and reveal.
"""

from dataclasses import dataclass
from typing import Any

from hyperlane.errors import DecodeError
from hyperlane.protocol.accounts import Call, commitment, encode_calls
from hyperlane.protocol.typecasts import (
    Address,
    Bytes32,
    address_from_hex,
    address_to_bytes32,
    bytes_from_hex,
    to_hex,
)
from hyperlane.wording import shown

_MOST_READERS = 100


@dataclass(frozen=True, slots=True)
class PostedCalls:
    """Calls, and the transaction that sent the commitment to them."""

    calls: tuple[Call, ...]
    salt: Bytes32
    readers: tuple[Address, ...] | None
    """`relayers`; None if left out."""
    tx_hash: Bytes32
    origin: int
    reveal_id: Bytes32 | None = None
    """Ours, optional: which of the transaction's messages reveals them."""

    @property
    def commitment(self) -> Bytes32:
        """The hash of salt and calls."""
        return commitment(self.salt, self.calls)

    @property
    def encoded_calls(self) -> bytes:
        """`abi.encode(Call[])`."""
        return encode_calls(self.calls)

    def fields(self) -> dict[str, Any]:
        """The body of a post, as JSON."""
        optional = {
            "relayers": None if self.readers is None else list(map(to_hex, self.readers)),
            "revealMessageId": None if self.reveal_id is None else to_hex(self.reveal_id),
        }
        return {
            "calls": [
                {"to": to_hex(call.to), "value": str(call.value), "data": to_hex(call.data)}
                for call in self.calls
            ],
            "salt": to_hex(self.salt),
            "commitmentDispatchTx": to_hex(self.tx_hash),
            "originDomain": self.origin,
            **{name: value for name, value in optional.items() if value is not None},
        }


def read_posted_calls(fields: Any) -> PostedCalls:
    """Read a post, decoded from JSON; DecodeError names the field that cannot be used."""
    if not isinstance(fields, dict):
        raise DecodeError(f"body: {shown(fields)} is not an object")
    readers, reveal_id = fields.get("relayers"), fields.get("revealMessageId")
    return PostedCalls(
        calls=tuple(
            _call(f"calls.{at}", item) for at, item in enumerate(_list("calls", fields, 1))
        ),
        salt=_word(fields, "salt"),
        readers=None if readers is None else _readers(fields),
        tx_hash=_word(fields, "commitmentDispatchTx"),
        origin=_uint("originDomain", fields.get("originDomain"), 32),
        reveal_id=None if reveal_id is None else _word(fields, "revealMessageId"),
    )


def _call(path: str, item: Any) -> Call:
    if not isinstance(item, dict):
        raise DecodeError(f"{path}: {shown(item)} is not an object with to, data and value")
    to = bytes_from_hex(item.get("to", ""), f"{path}.to")
    if len(to) == 20:
        address = address_from_hex(item["to"], f"{path}.to")
        to = address_to_bytes32(address)
    elif len(to) != 32:
        raise DecodeError(f"{path}.to: {len(to)} bytes, expected an address of 20 or a word of 32")
    value = item.get("value")
    return Call(
        to=Bytes32(to),
        value=0 if value in (None, "") else _uint(f"{path}.value", value, 256),
        data=bytes_from_hex(item.get("data", ""), f"{path}.data"),
    )


def _readers(fields: dict[str, Any]) -> tuple[Address, ...]:
    listed = _list("relayers", fields, 0)
    if len(listed) > _MOST_READERS:
        raise DecodeError(f"relayers: a list of {len(listed)}, expected at most {_MOST_READERS}")
    found = []
    for at, item in enumerate(listed):
        path = f"relayers.{at}"
        bytes_from_hex(item, path)
        found.append(address_from_hex(item, path))
    return tuple(dict.fromkeys(found))


def _list(name: str, fields: dict[str, Any], least: int) -> list[Any]:
    value = fields.get(name)
    if not isinstance(value, list) or len(value) < least:
        raise DecodeError(f"{name}: {shown(value)}, expected a list of at least {least}")
    return value


def _word(fields: dict[str, Any], name: str) -> Bytes32:
    return Bytes32(bytes_from_hex(fields.get(name, ""), name, 32))


def _uint(path: str, value: Any, bits: int) -> int:
    """A number, or one in a string: decimal or `0x` hex, as JavaScript's libraries print it."""
    number: int | None = None
    if isinstance(value, int) and not isinstance(value, bool):
        number = value
    elif isinstance(value, str) and value.isascii() and len(value) <= 80:
        if value.isdecimal():
            number = int(value)
        elif value.startswith("0x") and value[2:].isalnum():
            try:
                number = int(value[2:], 16)
            except ValueError:
                number = None
    if number is None or not 0 <= number < 2**bits:
        raise DecodeError(f"{path}: {shown(value)} is not a number below 2^{bits}")
    return number
