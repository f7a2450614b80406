"""What a relayer hands to a multisig module: a checkpoint, a proof and signatures.

Layouts: docs/protocol/metadata.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from hyperlane.errors import DecodeError
from hyperlane.protocol.checkpoint import Checkpoint
from hyperlane.protocol.hashing import keccak
from hyperlane.protocol.layout import Reader, require_bytes, require_uint
from hyperlane.protocol.merkle import DEPTH, branch_node, branch_root, require_path
from hyperlane.protocol.message import Message
from hyperlane.protocol.signature import SIGNATURE_SIZE
from hyperlane.protocol.typecasts import Address, Bytes32

_SUBTREE_DEPTH = 4


@dataclass(frozen=True, slots=True)
class MessageIdMultisigMetadata:
    """Signatures over the checkpoint in which the message itself is the last leaf.

    The weighted module of the same name takes the same layout.
    """

    merkle_tree_hook: Bytes32
    root: Bytes32
    index: int
    """uint32 leaf index of the message."""
    signatures: tuple[bytes, ...]
    """65 bytes each, in the order of the validator list."""

    def __post_init__(self) -> None:
        require_bytes("metadata.merkle_tree_hook", self.merkle_tree_hook, 32)
        require_bytes("metadata.root", self.root, 32)
        require_uint("metadata.index", self.index, 32)
        _require_signatures(self.signatures)

    def encode(self) -> bytes:
        """The bytes `verify` takes."""
        return b"".join(
            (self.merkle_tree_hook, self.root, self.index.to_bytes(4), *self.signatures)
        )

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read metadata; DecodeError when its 68 fixed bytes are not all there.

        As in the contracts, bytes after the last whole signature mean nothing.
        """
        reader = Reader("metadata", data)
        return cls(
            merkle_tree_hook=reader.word("merkle_tree_hook"),
            root=reader.word("root"),
            index=reader.uint("index", 4),
            signatures=_read_signatures(reader),
        )

    def checkpoint(self, message: Message) -> Checkpoint:
        """What the validators must have signed for this metadata to vouch for `message`."""
        return self.checkpoint_of(message.origin, message.id)

    def checkpoint_of(self, origin: int, message_id: Bytes32) -> Checkpoint:
        """The checkpoint for a message of which only origin and id are known; see `checkpoint`."""
        return Checkpoint(origin, self.merkle_tree_hook, self.root, self.index, message_id)


@dataclass(frozen=True, slots=True)
class MerkleRootMultisigMetadata:
    """Signatures over any checkpoint at or after the message, and a proof of the message in it.

    The weighted module of the same name takes the same layout.
    """

    merkle_tree_hook: Bytes32
    leaf_index: int
    """uint32 leaf index of the message."""
    signed_message_id: Bytes32
    """Last leaf of the signed checkpoint."""
    proof: tuple[Bytes32, ...]
    """The 32 siblings from the message up to the signed root, leaf level first."""
    signed_index: int
    """uint32 index of the signed checkpoint, at least `leaf_index`."""
    signatures: tuple[bytes, ...]
    """65 bytes each, in the order of the validator list."""

    def __post_init__(self) -> None:
        require_bytes("metadata.merkle_tree_hook", self.merkle_tree_hook, 32)
        require_uint("metadata.leaf_index", self.leaf_index, 32)
        require_bytes("metadata.signed_message_id", self.signed_message_id, 32)
        require_path("metadata.proof", self.proof)
        require_uint("metadata.signed_index", self.signed_index, 32)
        _require_signatures(self.signatures)

    def encode(self) -> bytes:
        """The bytes `verify` takes."""
        return b"".join(
            (
                self.merkle_tree_hook,
                self.leaf_index.to_bytes(4),
                self.signed_message_id,
                *self.proof,
                self.signed_index.to_bytes(4),
                *self.signatures,
            )
        )

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read metadata; DecodeError when its 1096 fixed bytes are not all there.

        As in the contracts, bytes after the last whole signature mean nothing.
        """
        reader = Reader("metadata", data)
        return cls(
            merkle_tree_hook=reader.word("merkle_tree_hook"),
            leaf_index=reader.uint("leaf_index", 4),
            signed_message_id=reader.word("signed_message_id"),
            proof=tuple(reader.word(f"proof[{level}]") for level in range(DEPTH)),
            signed_index=reader.uint("signed_index", 4),
            signatures=_read_signatures(reader),
        )

    def checkpoint(self, message: Message) -> Checkpoint:
        """What the validators must have signed for this metadata to vouch for `message`.

        DecodeError when the message would stand after the signed checkpoint.
        """
        return self.checkpoint_of(message.origin, message.id)

    def checkpoint_of(self, origin: int, message_id: Bytes32) -> Checkpoint:
        """The checkpoint for a message of which only origin and id are known; see `checkpoint`."""
        if self.leaf_index > self.signed_index:
            raise DecodeError(
                f"metadata.leaf_index: {self.leaf_index} is after the signed checkpoint,"
                f" expected at most {self.signed_index}"
            )
        root = branch_root(message_id, self.proof, self.leaf_index)
        return Checkpoint(
            origin, self.merkle_tree_hook, root, self.signed_index, self.signed_message_id
        )


@dataclass(frozen=True, slots=True)
class LegacyMultisigMetadata:
    """Signatures over the checkpoint in which the message itself is the last leaf, and a proof of
    the message in its root.

    Layout: root(32) ‖ index(4) ‖ merkle tree hook(32) ‖ proof(32 words) ‖ signatures(65 each). The
    root must be `branch_root(message.id, proof, index)`; signatures are as in the other multisigs,
    in the order of the module's `validatorsAndThreshold`.
    """

    root: Bytes32
    index: int
    """uint32 leaf index of the message."""
    merkle_tree_hook: Bytes32
    proof: tuple[Bytes32, ...]
    """The 32 siblings from the message up to the root, leaf level first."""
    signatures: tuple[bytes, ...]
    """65 bytes each, in the order of the validator list."""

    def __post_init__(self) -> None:
        require_bytes("metadata.root", self.root, 32)
        require_uint("metadata.index", self.index, 32)
        require_bytes("metadata.merkle_tree_hook", self.merkle_tree_hook, 32)
        require_path("metadata.proof", self.proof)
        _require_signatures(self.signatures)

    def encode(self) -> bytes:
        """The bytes `verify` takes."""
        return b"".join(
            (
                self.root,
                self.index.to_bytes(4),
                self.merkle_tree_hook,
                *self.proof,
                *self.signatures,
            )
        )

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read metadata; DecodeError when its 1092 fixed bytes are not all there.

        As in the contract, bytes after the last whole signature mean nothing.
        """
        reader = Reader("metadata", data)
        return cls(
            root=reader.word("root"),
            index=reader.uint("index", 4),
            merkle_tree_hook=reader.word("merkle_tree_hook"),
            proof=tuple(reader.word(f"proof[{level}]") for level in range(DEPTH)),
            signatures=_read_signatures(reader),
        )

    def checkpoint(self, message: Message) -> Checkpoint:
        """What the validators must have signed for this metadata to vouch for `message`.

        DecodeError when the proof leads from the message to another root.
        """
        return self.checkpoint_of(message.origin, message.id)

    def checkpoint_of(self, origin: int, message_id: Bytes32) -> Checkpoint:
        """The checkpoint for a message of which only origin and id are known; see `checkpoint`."""
        proven = branch_root(message_id, self.proof, self.index)
        if proven != self.root:
            raise DecodeError(
                f"metadata.root: 0x{self.root.hex()} is not where the proof leads,"
                f" expected 0x{proven.hex()}"
            )
        return Checkpoint(origin, self.merkle_tree_hook, self.root, self.index, message_id)


@dataclass(frozen=True, slots=True)
class ShortMerkleRootMetadata:
    """The first part of a proof, up to a subtree of 16 leaves that the module was shown before.

    Only our merkle-root multisigs take it, for a message in a subtree that `verify` accepted within
    the same transaction.
    """

    merkle_tree_hook: Bytes32
    leaf_index: int
    """uint32 leaf index of the message."""
    proof: tuple[Bytes32, ...]
    """The first 4 siblings, leaf level first."""

    def __post_init__(self) -> None:
        require_bytes("metadata.merkle_tree_hook", self.merkle_tree_hook, 32)
        require_uint("metadata.leaf_index", self.leaf_index, 32)
        require_path("metadata.proof", self.proof, _SUBTREE_DEPTH)

    @classmethod
    def of(cls, full: MerkleRootMultisigMetadata) -> Self:
        """The short form for the same message."""
        return cls(full.merkle_tree_hook, full.leaf_index, full.proof[:_SUBTREE_DEPTH])

    def encode(self) -> bytes:
        """The 164 bytes that `verify` takes."""
        return b"".join((self.merkle_tree_hook, self.leaf_index.to_bytes(4), *self.proof))

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read metadata; DecodeError unless it is 164 bytes, by which modules know the form."""
        reader = Reader("metadata", data)
        metadata = cls(
            merkle_tree_hook=reader.word("merkle_tree_hook"),
            leaf_index=reader.uint("leaf_index", 4),
            proof=tuple(reader.word(f"proof[{level}]") for level in range(_SUBTREE_DEPTH)),
        )
        reader.end()
        return metadata

    def subtree(self, message: Message) -> Bytes32:
        """The name under which a module remembers the subtree that has `message` in it.

        It is H(0: 24 ‖ origin: 4 ‖ subtree number: 4 ‖ hook: 32 ‖ node: 32).
        """
        number = self.leaf_index >> _SUBTREE_DEPTH
        node = branch_node(message.id, self.proof, self.leaf_index)
        place = bytes(24) + message.origin.to_bytes(4) + number.to_bytes(4)
        return keccak(place + self.merkle_tree_hook + node)


def select_signatures(
    validators: Sequence[Address], threshold: int, signatures: Mapping[Address, bytes]
) -> tuple[bytes, ...] | None:
    """The first `threshold` signatures in the order of the validator list, None without a quorum.

    `signatures` maps signers to what they signed for one and the same checkpoint. A validator
    listed twice counts twice, as it does in the contracts.
    """
    return select_by_weight(validators, (1,) * len(validators), threshold, signatures)


def select_by_weight(
    validators: Sequence[Address],
    weights: Sequence[int],
    threshold: int,
    signatures: Mapping[Address, bytes],
) -> tuple[bytes, ...] | None:
    """The fewest signatures that weigh `threshold`, in the order of the validator list.

    None if all of them weigh too little. Of equal weights the earlier ones are taken.
    """
    if threshold < 1:
        raise DecodeError(f"threshold: {threshold} is not at least 1")
    present = [place for place, item in enumerate(validators) if item in signatures]
    weight, chosen = 0, []
    for place in sorted(present, key=lambda place: -weights[place]):
        chosen.append(place)
        weight += weights[place]
        if weight >= threshold:
            return tuple(signatures[validators[place]] for place in sorted(chosen))
    return None


def _require_signatures(signatures: Iterable[bytes]) -> None:
    for position, signature in enumerate(signatures):
        require_bytes(f"metadata.signatures[{position}]", signature, SIGNATURE_SIZE)


def _read_signatures(reader: Reader) -> tuple[bytes, ...]:
    count = reader.remaining() // SIGNATURE_SIZE
    return tuple(reader.take(f"signatures[{i}]", SIGNATURE_SIZE) for i in range(count))
