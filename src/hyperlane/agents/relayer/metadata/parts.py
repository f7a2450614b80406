"""Metadata that is found but not yet laid out: its bytes depend on the company it is delivered in.

A merkle-root multisig of ours remembers, until the transaction ends, which checkpoints it has seen
signed and which subtrees of 16 leaves it has seen in them. So what many messages need is shown to
it once, before the deliveries, and their metadata leave it out. No delivery leans on another one:
whatever strangers do to a message of the batch, only that message fails.
"""

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeAlias

from hyperlane.protocol.ism_metadata import encode_aggregation
from hyperlane.protocol.message import Message
from hyperlane.protocol.multisig_metadata import MerkleRootMultisigMetadata, ShortMerkleRootMetadata
from hyperlane.protocol.typecasts import Address, Bytes32

Fact: TypeAlias = tuple[Address, Bytes32]
"""What a module remembers: the module, and the checkpoint's digest or the subtree's name."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What a module is shown before the deliveries."""

    module: Address
    metadata: bytes
    origin: int
    message_id: Bytes32


class Metadata(Protocol):
    """What one module gets for one message."""

    def proven(self) -> "Iterator[Proven]":
        """The parts that can be shortened."""

    def encode(self, facts: Container[Fact] = ()) -> bytes:
        """The bytes for `verify`, when the modules remember `facts`."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """Metadata that is the same in any company."""

    data: bytes

    def proven(self) -> "Iterator[Proven]":
        """See Metadata."""
        return iter(())

    def encode(self, facts: Container[Fact] = ()) -> bytes:
        """See Metadata."""
        return self.data


@dataclass(frozen=True, slots=True)
class Proven:
    """Metadata of a merkle-root multisig that remembers."""

    module: Address
    message: Message
    metadata: MerkleRootMultisigMetadata
    subtree: Fact = field(init=False)
    """With the proof of one message, all messages of a subtree are proven."""

    def __post_init__(self) -> None:
        name = ShortMerkleRootMetadata.of(self.metadata).subtree(self.message)
        object.__setattr__(self, "subtree", (self.module, name))

    def proven(self) -> "Iterator[Proven]":
        """See Metadata."""
        yield self

    @property
    def signed(self) -> Fact:
        """The signatures on a checkpoint serve all its subtrees."""
        return self.module, self.metadata.checkpoint(self.message).digest

    def encode(self, facts: Container[Fact] = ()) -> bytes:
        """See Metadata. Known subtrees take the short form, known checkpoints no signatures."""
        if not facts:
            return self.metadata.encode()
        if self.subtree in facts:
            return ShortMerkleRootMetadata.of(self.metadata).encode()
        return self.proof(facts).metadata

    def proof(self, facts: Container[Fact]) -> Proof:
        """What has the module remember this subtree, when it remembers `facts`."""
        signatures = () if self.signed in facts else self.metadata.signatures
        whole = replace(self.metadata, signatures=signatures).encode()
        return Proof(self.module, whole, self.message.origin, self.message.id)


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Metadata of an aggregation: per module its own, None to leave it out."""

    parts: Sequence[Metadata | None]

    def proven(self) -> Iterator[Proven]:
        """See Metadata."""
        for part in self.parts:
            if part is not None:
                yield from part.proven()

    def encode(self, facts: Container[Fact] = ()) -> bytes:
        """See Metadata."""
        return encode_aggregation(
            [None if part is None else part.encode(facts) for part in self.parts]
        )


@dataclass(frozen=True, slots=True)
class Batch:
    """What one transaction brings, as short as can be."""

    proofs: tuple[Proof, ...]
    metadata: tuple[bytes, ...]
    """One for each message."""


def shared(items: Iterable[Metadata]) -> dict[Fact, tuple[int, Proven]]:
    """What is worth showing once: subtrees of several messages, with the first one's place."""
    first: dict[Fact, tuple[int, Proven]] = {}
    again: dict[Fact, tuple[int, Proven]] = {}
    for place, item in enumerate(items):
        for proven in item.proven():
            known = first.setdefault(proven.subtree, (place, proven))
            if known[0] != place:
                again[proven.subtree] = known
    return again


def encode_batch(items: Sequence[Metadata]) -> Batch:
    """For messages that one transaction delivers in this order."""
    facts: set[Fact] = set()
    proofs = []
    for subtree, (_, proven) in shared(items).items():
        proofs.append(proven.proof(facts))
        facts |= {subtree, proven.signed}
    return Batch(tuple(proofs), tuple(item.encode(facts) for item in items))
