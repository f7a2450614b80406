"""Metadata that is found but not yet laid out: its bytes depend on what is delivered before it.

A merkle-root multisig of ours remembers, until the transaction ends, which checkpoints it has seen
signed and which subtrees of 16 leaves it has seen in them. So metadata of later messages in the
same transaction can leave out what earlier ones prove.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias

from hyperlane.protocol.ism_metadata import encode_aggregation
from hyperlane.protocol.message import Message
from hyperlane.protocol.multisig_metadata import MerkleRootMultisigMetadata, ShortMerkleRootMetadata
from hyperlane.protocol.typecasts import Address, Bytes32

Facts: TypeAlias = set[tuple[Address, Bytes32]]
"""What modules remember: the module, and the checkpoint's digest or the subtree's name."""


class Metadata(Protocol):
    """What one module gets for one message."""

    def encode(self, facts: Facts | None = None) -> bytes:
        """The bytes for `verify`, when the modules remember `facts`; adds what they learn.

        Without `facts` they stand for themselves.
        """


@dataclass(frozen=True, slots=True)
class Fixed:
    """Metadata that is the same in any company."""

    data: bytes

    def encode(self, facts: Facts | None = None) -> bytes:
        """See Metadata."""
        return self.data


@dataclass(frozen=True, slots=True)
class Proven:
    """Metadata of a merkle-root multisig that remembers."""

    module: Address
    message: Message
    metadata: MerkleRootMultisigMetadata

    def encode(self, facts: Facts | None = None) -> bytes:
        """See Metadata. Known subtrees take the short form, known checkpoints no signatures."""
        if facts is None:
            return self.metadata.encode()
        short = ShortMerkleRootMetadata.of(self.metadata)
        subtree = (self.module, short.subtree(self.message))
        if subtree in facts:
            return short.encode()
        signed = (self.module, self.metadata.checkpoint(self.message).digest)
        signatures = () if signed in facts else self.metadata.signatures
        facts |= {subtree, signed}
        return replace(self.metadata, signatures=signatures).encode()


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Metadata of an aggregation: per module its own, None to leave it out."""

    parts: Sequence[Metadata | None]

    def encode(self, facts: Facts | None = None) -> bytes:
        """See Metadata."""
        return encode_aggregation(
            [None if part is None else part.encode(facts) for part in self.parts]
        )


def encode_batch(items: Iterable[Metadata]) -> list[bytes]:
    """Metadata for messages that one transaction delivers in this order, as short as can be.

    Each relies on those before it: should one of them fail, those that lean on it fail too (and
    stay deliverable). So leave out messages whose delivery fails in a simulation with
    `item.encode()`, and encode what is left.
    """
    facts: Facts = set()
    return [item.encode(facts) for item in items]
