"""Interchain queries: reads of contracts on another chain, whose answers come back as calls.

Bodies: docs/protocol/accounts.md, "Interchain queries".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, TypeAlias

from eth_abi.exceptions import DecodingError

from hyperlane.errors import DecodeError
from hyperlane.protocol.abi import decode, encode
from hyperlane.protocol.layout import preview, require_bytes
from hyperlane.protocol.typecasts import Bytes32

_QUERIES = "((bytes32,bytes),bytes)[]"
_RESPONSE = "bytes[]"


class QueryMessageType(IntEnum):
    """Second word of a body."""

    QUERY = 0
    RESPONSE = 1


@dataclass(frozen=True, slots=True)
class Query:
    """One static call on the destination, and what is done with its result."""

    to: Bytes32
    """Contract that is asked; must fit an address on EVM chains."""
    data: bytes
    callback: bytes
    """Calldata for the sender, to which the result is appended as it is."""

    def __post_init__(self) -> None:
        require_bytes("query.to", self.to, 32)
        require_bytes("query.data", self.data, len(self.data))
        require_bytes("query.callback", self.callback, len(self.callback))


@dataclass(frozen=True, slots=True)
class QueriesMessage:
    """Queries on their way to the chain that answers them."""

    sender: Bytes32
    """The contract that asks, and is called back."""
    queries: tuple[Query, ...]

    def __post_init__(self) -> None:
        require_bytes("query_message.sender", self.sender, 32)

    def encode(self) -> bytes:
        """The message body."""
        listed = [((each.to, each.data), each.callback) for each in self.queries]
        return _encode(self.sender, QueryMessageType.QUERY, _QUERIES, listed)


@dataclass(frozen=True, slots=True)
class ResponseMessage:
    """Answers on their way back."""

    sender: Bytes32
    """The contract that asked."""
    calls: tuple[bytes, ...]
    """Calldata for it: callbacks, each with the result that it is for."""

    def __post_init__(self) -> None:
        require_bytes("query_message.sender", self.sender, 32)

    def encode(self) -> bytes:
        """The message body."""
        return _encode(self.sender, QueryMessageType.RESPONSE, _RESPONSE, list(self.calls))


QueryMessage: TypeAlias = QueriesMessage | ResponseMessage


def decode_query_message(body: bytes) -> QueryMessage:
    """Read a body by its type; DecodeError for an unknown type or a malformed rest. As in Solidity,
    bytes that nothing points to mean nothing."""
    kind = int.from_bytes(body[32:64])
    match kind:
        case QueryMessageType.QUERY:
            sender, _, queries = _decode(body, _QUERIES)
            listed = tuple(Query(to, data, callback) for (to, data), callback in queries)
            return QueriesMessage(sender, listed)
        case QueryMessageType.RESPONSE:
            sender, _, calls = _decode(body, _RESPONSE)
            return ResponseMessage(sender, tuple(calls))
    raise DecodeError(f"query_message.type: {kind} is not 0 or 1")


def _encode(sender: Bytes32, kind: int, payload: str, value: Sequence[Any]) -> bytes:
    return encode(["bytes32", "uint8", payload], [sender, kind, value])


def _decode(body: bytes, payload: str) -> tuple[Any, ...]:
    try:
        return decode(["bytes32", "uint8", payload], body)
    except (DecodingError, OverflowError) as error:
        raise DecodeError(
            f"query_message: {preview(body)} is not an ABI-encoded message: {error}"
        ) from None
