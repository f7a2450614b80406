"""The body of a warp route message, and the scaling between token units.

Layout and arithmetic: docs/protocol/token-messages.md.
"""

from dataclasses import dataclass
from typing import Self

from hyperlane.errors import DecodeError
from hyperlane.protocol.layout import Reader, require_bytes, require_uint
from hyperlane.protocol.typecasts import Bytes32


@dataclass(frozen=True, slots=True)
class TokenMessage:
    """So much (or this token id) for this recipient."""

    recipient: Bytes32
    """Who receives; on EVM chains it must fit an address."""
    amount_or_id: int
    """uint256: an amount in the route's message unit, or a token id."""
    metadata: bytes = b""
    """For the routes that need more (a token URI, an exchange rate); others ignore it."""

    def __post_init__(self) -> None:
        require_bytes("token_message.recipient", self.recipient, 32)
        require_uint("token_message.amount_or_id", self.amount_or_id, 256)
        require_bytes("token_message.metadata", self.metadata, len(self.metadata))

    def encode(self) -> bytes:
        """The message body."""
        return self.recipient + self.amount_or_id.to_bytes(32) + self.metadata

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read a body; DecodeError when shorter than 64 bytes. What follows them is metadata."""
        reader = Reader("token_message", body)
        return cls(
            recipient=reader.word("recipient"),
            amount_or_id=reader.uint("amount_or_id", 32),
            metadata=reader.rest(),
        )


@dataclass(frozen=True, slots=True)
class Scale:
    """A router's ratio of message units to local units; both parts are positive uint256."""

    numerator: int = 1
    denominator: int = 1

    def __post_init__(self) -> None:
        require_uint("scale.numerator", self.numerator, 256)
        require_uint("scale.denominator", self.denominator, 256)
        if not self.numerator or not self.denominator:
            raise DecodeError(f"scale: {self.numerator}/{self.denominator} has a part that is 0")

    def outbound(self, local_amount: int) -> int:
        """Message amount for a local amount, rounded down: the rest stays in the router."""
        return _multiply_divide(local_amount, self.numerator, self.denominator)

    def inbound(self, message_amount: int) -> int:
        """Local amount for a message amount, rounded down."""
        return _multiply_divide(message_amount, self.denominator, self.numerator)


def _multiply_divide(amount: int, numerator: int, denominator: int) -> int:
    require_uint("amount", amount, 256)
    scaled = amount * numerator // denominator
    require_uint("scaled amount", scaled, 256)
    return scaled
