"""Metadata before encoding: its bytes depend on the other messages in the same transaction.

Our merkle-root multisigs remember until the end of the transaction which checkpoints they have seen
signed, and which subtrees of 16 leaves they have seen proven under them. So a proof that several
messages need is shown once, before the deliveries, and their metadata leave it out. No delivery
depends on another delivery: whatever strangers do to one message of the batch, only that one fails.
"""

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeAlias

from hyperlane.protocol.ism_metadata import encode_aggregation
from hyperlane.protocol.message import Message
from hyperlane.protocol.multisig_metadata import MerkleRootMultisigMetadata, ShortMerkleRootMetadata
from hyperlane.protocol.typecasts import Address, Bytes32

Fact: TypeAlias = tuple[Address, Bytes32]
"""Something that a module remembers: the module, and a checkpoint's digest or a subtree's name."""


@dataclass(frozen=True, slots=True)
class Proof:
    """Proof that a module is shown before the deliveries; arguments of its `remember`."""

    module: Address
    metadata: bytes
    origin: int
    message_id: Bytes32


class Metadata(Protocol):
    """Metadata of one module for one message."""

    def proven(self) -> "Iterator[Proven]":
        """The parts that are shorter where the module remembers them."""

    def encode(self, facts: Container[Fact] = ()) -> bytes:
        """Bytes for `verify`, given that the modules remember `facts`."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """Metadata that is the same in any batch."""

    data: bytes

    def proven(self) -> "Iterator[Proven]":
        """See Metadata."""
        return iter(())

    def encode(self, facts: Container[Fact] = ()) -> bytes:
        """See Metadata."""
        return self.data


@dataclass(frozen=True, slots=True)
class Proven:
    """Metadata of a merkle-root multisig that remembers proofs."""

    module: Address
    message: Message
    metadata: MerkleRootMultisigMetadata
    subtree: Fact = field(init=False)
    """The subtree of 16 leaves: the proof of one of its messages serves all."""

    def __post_init__(self) -> None:
        name = ShortMerkleRootMetadata.of(self.metadata).subtree(self.message)
        object.__setattr__(self, "subtree", (self.module, name))

    def proven(self) -> "Iterator[Proven]":
        """See Metadata."""
        yield self

    @property
    def signed(self) -> Fact:
        """The checkpoint: its signatures serve all subtrees under it."""
        return self.module, self.metadata.checkpoint(self.message).digest

    def encode(self, facts: Container[Fact] = ()) -> bytes:
        """See Metadata. The short form for known subtrees, no signatures for known checkpoints."""
        if not facts:
            return self.metadata.encode()
        if self.subtree in facts:
            return ShortMerkleRootMetadata.of(self.metadata).encode()
        return self.proof(facts).metadata

    def proof(self, facts: Container[Fact]) -> Proof:
        """Proof that makes the module remember this subtree, given that it remembers `facts`."""
        signatures = () if self.signed in facts else self.metadata.signatures
        whole = replace(self.metadata, signatures=signatures).encode()
        return Proof(self.module, whole, self.message.origin, self.message.id)


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Metadata of an aggregation: that of each part, None for parts that are left out."""

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
    """Proofs and metadata of one transaction, in their shortest form."""

    proofs: tuple[Proof, ...]
    metadata: tuple[bytes, ...]
    """One for each message."""


def shared(items: Iterable[Metadata]) -> dict[Fact, tuple[int, Proven]]:
    """Subtrees that several messages need, each with the place of the first of them in `items`."""
    first: dict[Fact, tuple[int, Proven]] = {}
    again: dict[Fact, tuple[int, Proven]] = {}
    for place, item in enumerate(items):
        for proven in item.proven():
            known = first.setdefault(proven.subtree, (place, proven))
            if known[0] != place:
                again[proven.subtree] = known
    return again


def encode_batch(items: Sequence[Metadata]) -> Batch:
    """Encode the metadata of messages that one transaction delivers in this order."""
    facts: set[Fact] = set()
    proofs = []
    for subtree, (_, proven) in shared(items).items():
        proofs.append(proven.proof(facts))
        facts |= {subtree, proven.signed}
    return Batch(tuple(proofs), tuple(item.encode(facts) for item in items))
