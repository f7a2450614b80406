"""Calldata of a delivery: the message, its metadata, and the proofs of its batch.

Calls may be inside others, as batches and contracts pass them on. A call is found by its selector
anywhere in the data, and taken only if its message has the id that is looked for. The data is a
stranger's: any number of its bytes may look like a call without being one, or be part of several.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from hyperlane.chain.abi import Function, Mailbox, SecurityModule
from hyperlane.errors import DecodeError
from hyperlane.protocol.message import Message
from hyperlane.protocol.typecasts import Address, Bytes32

_MOST_CALLS = 20_000
"""Most occurrences of a selector that are looked at in one piece of data."""
_MOST_ENTRIES = 300
"""Most entries of a batch, proofs, and other deliveries that are looked at."""
_MOST_READ = 64 * 2**20
"""Most bytes of messages that are hashed, or of proofs that are kept. Calls that overlap can be
many times as large together as the data that they are in."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that a batch showed to a module, before its messages."""

    metadata: bytes
    origin: int
    message_id: Bytes32
    module: Address | None = None
    """None where the data does not name it."""


@dataclass(frozen=True, slots=True)
class Handed:
    """A message as it was handed to the Mailbox."""

    message: Message
    metadata: bytes
    proofs: tuple[Proof, ...] = ()
    beside: tuple[tuple[Message, bytes], ...] = ()
    """Other messages of its origin in the same transaction, with their metadata: what a module has
    verified for one of them, it remembers for the others."""


def find(data: bytes, message_id: Bytes32) -> Handed | None:
    """The delivery of a message in calldata; None if no call in the data shows it."""
    return find_among([data], message_id)


def find_among(calls: Sequence[bytes], message_id: Bytes32) -> Handed | None:
    """The delivery of a message in the calls of one transaction; None if it is in none of them."""
    budget = _Budget()
    # First calls with which data begins: the Mailbox's own is one, whatever the others hold.
    for at_start in (True, False):
        for metadata, raw in _deliveries(calls, at_start=at_start):
            if not budget.has(len(raw)):
                break
            message = _message(raw)
            if message is not None and message.id == message_id:
                beside = _beside(calls, message)
                return Handed(message, metadata, tuple(_proofs(calls)), beside)
    return None


@dataclass(slots=True)
class _Budget:
    left: int = _MOST_READ

    def has(self, size: int) -> bool:
        self.left -= size
        return self.left >= 0


def _beside(calls: Sequence[bytes], message: Message) -> tuple[tuple[Message, bytes], ...]:
    """Other messages of the same origin, those to the same recipient first."""
    found: dict[bytes, tuple[Message, bytes]] = {}
    budget = _Budget()
    for at_start in (True, False):
        for metadata, raw in _deliveries(calls, at_start=at_start):
            if len(found) >= _MOST_ENTRIES or not budget.has(len(raw) + len(metadata)):
                break
            other = _message(raw)
            if other is not None and other.origin == message.origin and other != message:
                found.setdefault(raw, (other, metadata))
    return tuple(sorted(found.values(), key=lambda item: item[0].recipient != message.recipient))


def _deliveries(calls: Sequence[bytes], *, at_start: bool) -> Iterator[tuple[bytes, bytes]]:
    """Metadata and messages of all calls of `process` and `processBatch`."""
    for data in calls:
        for words in _calls(data, Mailbox.process, at_start=at_start):
            try:
                yield words.blob(words.number(0)), words.blob(words.number(32))
            except DecodeError:
                continue
        for function, first in ((Mailbox.process_batch, 1), (Mailbox.process_plain_batch, 0)):
            for words in _calls(data, function, at_start=at_start):
                yield from _batch(words, first)


def _batch(words: "_Words", first: int) -> Iterator[tuple[bytes, bytes]]:
    """Metadata and messages of a `processBatch` call; `first` is the position of the metadata among
    its arguments.

    Read piece by piece: where thousands of entries point at the same bytes, decoding them all would
    take thousands of times the memory of the call.
    """
    left = len(words.data)
    try:
        metadata, messages = words.number(32 * first), words.number(32 * (first + 1))
        for position in range(min(words.number(messages), _MOST_ENTRIES)):
            raw = words.blob_at(messages, position)
            left -= len(raw)
            if left < 0:
                return  # entries overlap, which no relayer sends
            yield words.blob_at(metadata, position), raw
    except DecodeError:
        return


def _proofs(calls: Sequence[bytes]) -> Iterator[Proof]:
    """All proofs that the calls show to modules, by `remember` or before a batch."""
    seen: set[Proof] = set()
    budget = _Budget()
    for data in calls:
        for proof in _proofs_in(data):
            if not budget.has(len(proof.metadata)) or len(seen) >= _MOST_ENTRIES:
                return
            if proof not in seen:
                seen.add(proof)
                yield proof


def _proofs_in(data: bytes) -> Iterator[Proof]:
    for words in _calls(data, SecurityModule.remember):
        try:
            yield Proof(words.blob(words.number(0)), words.number(32), words.word(64))
        except DecodeError:
            continue
    for words in _calls(data, Mailbox.process_batch):
        try:
            yield from words.proofs(words.number(0))
        except DecodeError:
            continue


@dataclass(frozen=True, slots=True)
class _Words:
    """ABI-encoded arguments, each read when it is asked for. DecodeError beyond the end.

    They are read as contracts do: padding may be left out, and bytes that no argument points at are
    ignored. A forger may use any encoding that the Mailbox accepts.
    """

    data: bytes
    start: int = field(default=0)
    """Position in the data at which the arguments begin."""

    def word(self, at: int) -> Bytes32:
        word = self.data[self.start + at : self.start + at + 32]
        if len(word) < 32:
            raise DecodeError(f"calldata: no word at byte {at}")
        return Bytes32(word)

    def number(self, at: int) -> int:
        word = self.word(at)
        if any(word[:24]):
            raise DecodeError(f"calldata: no number at byte {at}")
        return int.from_bytes(word)

    def blob(self, at: int) -> bytes:
        size, start = self.number(at), self.start + at + 32
        if start + size > len(self.data):
            raise DecodeError(f"calldata: {size} bytes at byte {at} are beyond the end")
        return self.data[start : start + size]

    def blob_at(self, array: int, position: int) -> bytes:
        if position >= self.number(array):
            raise DecodeError(f"calldata: the array at byte {array} has no entry {position}")
        start = array + 32
        return self.blob(start + self.number(start + 32 * position))

    def proofs(self, array: int) -> Iterator[Proof]:
        left, start = len(self.data), array + 32
        for position in range(min(self.number(array), _MOST_ENTRIES)):
            at = start + self.number(start + 32 * position)
            metadata = self.blob(at + self.number(at + 32))
            left -= len(metadata)
            if left < 0:
                return
            module = Address(self.word(at)[12:])
            yield Proof(metadata, self.number(at + 64), self.word(at + 96), module)


def _message(raw: bytes) -> Message | None:
    try:
        return Message.decode(raw)
    except DecodeError:
        return None


def _calls(data: bytes, function: Function, *, at_start: bool = False) -> Iterator[_Words]:
    """The arguments after each occurrence of a function's selector; with `at_start`, only after one
    with which the data begins."""
    at = -1
    for _ in range(_MOST_CALLS):
        at = data.find(function.selector, at + 1, 4 if at_start else len(data))
        if at < 0:
            return
        yield _Words(data, at + 4)
