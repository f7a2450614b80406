"""What a transaction handed to a Mailbox: the message, its metadata, and proofs of its batch.

Calls may be inside others, as batches and contracts pass them on. A call is found by its selector
anywhere in the data, and taken only if its message has the id that is looked for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from hyperlane.chain.abi import Function, Mailbox, SecurityModule
from hyperlane.errors import DecodeError
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
    for call in _calls(data, Mailbox.process):
        handed = _single(call, message_id)
        if handed is not None:
            return replace(handed, proofs=tuple(remembered(data)))
    for function, first in ((Mailbox.process_batch, 1), (Mailbox.process_plain_batch, 0)):
        for call in _calls(data, function):
            handed = _in_batch(call, message_id, first)
            if handed is not None:
                return handed
    return None


def find_in_trace(calls: Sequence[bytes], message_id: Bytes32) -> Handed | None:
    """The delivery of a message in the calldata of all calls of a transaction. Any of them may have
    shown a module the proof that it rests on."""
    handed = next(filter(None, (find(call, message_id) for call in calls)), None)
    if handed is None:
        return None
    shown = (proof for call in calls for proof in remembered(call))
    return replace(handed, proofs=(*handed.proofs, *islice(shown, _MOST_CALLS)))


def remembered(data: bytes) -> Iterator[Proof]:
    """Proofs that calls in the data show to modules."""
    for call in _calls(data, SecurityModule.remember):
        words = _Words(call)
        try:
            yield Proof(words.blob(words.number(0)), words.number(32), words.word(64))
        except DecodeError:
            continue


def _single(call: bytes, message_id: Bytes32) -> Handed | None:
    """The delivery of a message in the arguments of `process`."""
    words = _Words(call)
    try:
        message = _message(words.blob(words.number(32)), message_id)
        return None if message is None else Handed(message, words.blob(words.number(0)))
    except DecodeError:
        return None


def _in_batch(call: bytes, message_id: Bytes32, first: int) -> Handed | None:
    """The delivery of a message in the arguments of `processBatch`, of which the `first` are others
    than metadata and messages.

    Read piece by piece: where thousands of entries point at the same bytes, decoding them all would
    take thousands of times the memory of the call.
    """
    words = _Words(call)
    try:
        left = len(call)
        for position, raw in enumerate(words.blobs(words.number(32 * (first + 1)))):
            left -= len(raw)
            if left < 0:
                return None  # entries overlap, as no relayer's do
            message = _message(raw, message_id)
            if message is not None:
                metadata = words.blob_at(words.number(32 * first), position)
                proofs = words.proofs(words.number(0)) if first else ()
                return Handed(message, metadata, tuple(proofs))
    except DecodeError:
        pass
    return None


@dataclass(frozen=True, slots=True)
class _Words:
    """ABI-encoded arguments, read where they are asked for. DecodeError beyond the end.

    As contracts read them: padding may be left out, and what no argument points at means nothing.
    Whoever forges may encode as oddly as the Mailbox takes it.
    """

    data: bytes

    def number(self, at: int) -> int:
        word = self.data[at : at + 32]
        if len(word) < 32 or any(word[:24]):
            raise DecodeError(f"calldata: no number at byte {at}")
        return int.from_bytes(word)

    def word(self, at: int) -> Bytes32:
        found = self.data[at : at + 32]
        if len(found) < 32:
            raise DecodeError(f"calldata: no word at byte {at}")
        return Bytes32(found)

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
            yield Proof(metadata, self.number(at + 64), self.word(at + 96), module)


def _message(raw: bytes, message_id: Bytes32) -> Message | None:
    try:
        message = Message.decode(raw)
    except DecodeError:
        return None
    return message if message.id == message_id else None


def _calls(data: bytes, function: Function) -> Iterator[bytes]:
    """What stands in the data behind each occurrence of a function's selector."""
    at = -1
    for _ in range(_MOST_CALLS):
        at = data.find(function.selector, at + 1)
        if at < 0:
            return
        yield data[at + 4 :]
