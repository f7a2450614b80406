"""What a transaction handed to a Mailbox: the message, its metadata, and proofs of its batch.

Calls may be inside others, as batches and contracts pass them on. A call is found by its selector
anywhere in the data, and taken only if its message has the id that is looked for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hyperlane.chain.abi import Function, Mailbox, SecurityModule, decode_values
from hyperlane.errors import ChainError, DecodeError
from hyperlane.protocol.message import Message
from hyperlane.protocol.typecasts import Address, Bytes32

_MOST_CALLS = 300
"""Occurrences of a selector, and entries of a batch, that are looked at: data of strangers may hold
any number."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that a batch showed to a module, before its messages."""

    metadata: bytes
    origin: int
    message_id: Bytes32
    module: Address | None = None
    """None where the data does not say it."""


@dataclass(frozen=True, slots=True)
class Handed:
    """A message as it was handed to the Mailbox."""

    message: Message
    metadata: bytes
    proofs: tuple[Proof, ...] = ()


def find(data: bytes, message_id: Bytes32) -> Handed | None:
    """The delivery of a message in calldata; None if it is not there in so many words."""
    for metadata, raw in _values(data, Mailbox.process):
        message = _message(raw, message_id)
        if message is not None:
            return Handed(message, metadata, tuple(_remembered(data)))
    for call in _calls(data, Mailbox.process_batch):
        handed = _in_batch(call, message_id)
        if handed is not None:
            return handed
    return None


def _in_batch(call: bytes, message_id: Bytes32) -> Handed | None:
    """The delivery of a message in the arguments of `processBatch`.

    Read piece by piece: where thousands of entries point at the same bytes, decoding them all would
    take thousands of times the memory of the call.
    """
    words = _Words(call)
    try:
        left = len(call)
        for position, raw in enumerate(words.blobs(words.number(2 * 32))):
            left -= len(raw)
            if left < 0:
                return None  # entries overlap, as no relayer's do
            message = _message(raw, message_id)
            if message is not None:
                metadata = words.blob_at(words.number(32), position)
                return Handed(message, metadata, tuple(words.proofs(words.number(0))))
    except DecodeError:
        pass
    return None


@dataclass(frozen=True, slots=True)
class _Words:
    """ABI-encoded arguments, read where they are asked for. DecodeError beyond the end."""

    data: bytes

    def number(self, at: int) -> int:
        word = self.data[at : at + 32]
        if len(word) < 32 or any(word[:24]):
            raise DecodeError(f"calldata: no number at byte {at}")
        return int.from_bytes(word)

    def blob(self, at: int) -> bytes:
        size = self.number(at)
        found = self.data[at + 32 : at + 32 + size]
        if len(found) < size:
            raise DecodeError(f"calldata: {size} bytes at byte {at} are beyond the end")
        return found

    def blob_at(self, array: int, position: int) -> bytes:
        if position >= self.number(array):
            raise DecodeError(f"calldata: the array at byte {array} has no entry {position}")
        start = array + 32
        return self.blob(start + self.number(start + 32 * position))

    def blobs(self, array: int) -> Iterator[bytes]:
        for position in range(min(self.number(array), _MOST_CALLS)):
            yield self.blob_at(array, position)

    def proofs(self, array: int) -> Iterator[Proof]:
        left, start = len(self.data), array + 32
        for position in range(min(self.number(array), _MOST_CALLS)):
            at = start + self.number(start + 32 * position)
            metadata = self.blob(at + self.number(at + 32))
            left -= len(metadata)
            if left < 0:
                return
            module = Address(self.data[at + 12 : at + 32])
            message_id = Bytes32(self.data[at + 96 : at + 128])
            yield Proof(metadata, self.number(at + 64), message_id, module)


def _message(raw: bytes, message_id: Bytes32) -> Message | None:
    try:
        message = Message.decode(raw)
    except DecodeError:
        return None
    return message if message.id == message_id else None


def _remembered(data: bytes) -> Iterator[Proof]:
    for metadata, origin, message_id in _values(data, SecurityModule.remember):
        yield Proof(metadata, origin, message_id)


def _values(data: bytes, function: Function) -> Iterator[tuple[Any, ...]]:
    """Arguments of the calls of a function in the data, as far as they decode."""
    for call in _calls(data, function):
        try:
            yield decode_values(function.signature, function.inputs, call)
        except ChainError:
            continue


def _calls(data: bytes, function: Function) -> Iterator[bytes]:
    """What stands in the data behind each occurrence of a function's selector."""
    at = -1
    for _ in range(_MOST_CALLS):
        at = data.find(function.selector, at + 1)
        if at < 0:
            return
        yield data[at + 4 :]
