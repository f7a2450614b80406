"""The interchain message: the bytes a mailbox dispatches and another one processes.

Layout and id: docs/protocol/message.md.
"""

from dataclasses import dataclass, fields
from functools import cached_property
from struct import Struct
from typing import Self

from hyperlane.protocol.hashing import keccak
from hyperlane.protocol.layout import Reader, require_bytes, require_uint
from hyperlane.protocol.typecasts import Bytes32

VERSION = 3
"""The message version of the current mailboxes; others decode but are not processed."""

HEADER_SIZE = 77
"""Bytes in front of the body."""
_HEADER = Struct(">BII32sI32s")


@dataclass(frozen=True)
class Message:
    """One message. Construction checks every field: DecodeError when out of range."""

    version: int
    """uint8."""
    nonce: int
    """uint32: how many messages the origin mailbox had dispatched before this one."""
    origin: int
    """uint32 domain."""
    sender: Bytes32
    """Who called dispatch."""
    destination: int
    """uint32 domain."""
    recipient: Bytes32
    """Whose `handle` is called."""
    body: bytes
    """Whatever sender and recipient agreed on; may be empty."""

    def __post_init__(self) -> None:
        require_uint("message.version", self.version, 8)
        require_uint("message.nonce", self.nonce, 32)
        require_uint("message.origin", self.origin, 32)
        require_bytes("message.sender", self.sender, 32)
        require_uint("message.destination", self.destination, 32)
        require_bytes("message.recipient", self.recipient, 32)
        require_bytes("message.body", self.body, len(self.body))

    @cached_property
    def id(self) -> Bytes32:
        """keccak256 of the encoded message: its identity everywhere, and its merkle leaf."""
        return keccak(self.encode())

    def encode(self) -> bytes:
        """The packed bytes as dispatched."""
        return (
            self.version.to_bytes(1)
            + self.nonce.to_bytes(4)
            + self.origin.to_bytes(4)
            + self.sender
            + self.destination.to_bytes(4)
            + self.recipient
            + self.body
        )

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read a message; DecodeError when shorter than the header of 77 bytes."""
        if isinstance(data, bytes) and len(data) >= HEADER_SIZE:
            return cls._unpack(data)
        reader = Reader("message", data)  # which names what is missing
        return cls(
            version=reader.uint("version", 1),
            nonce=reader.uint("nonce", 4),
            origin=reader.uint("origin", 4),
            sender=reader.word("sender"),
            destination=reader.uint("destination", 4),
            recipient=reader.word("recipient"),
            body=reader.rest(),
        )

    @classmethod
    def _unpack(cls, data: bytes) -> Self:
        """Read at once, without the constructor's checks: fields of these sizes are in range.

        Agents read messages by the hundred thousand.
        """
        message = cls.__new__(cls)
        values = (*_HEADER.unpack_from(data), bytes(data[HEADER_SIZE:]))
        message.__dict__.update(zip(_FIELDS, values, strict=True))
        return message


_FIELDS = tuple(field.name for field in fields(Message))
