"""Checkpoints: what validators sign about the merkle tree of outgoing messages.

Digests, signatures: docs/protocol/checkpoints.md.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hyperlane.protocol.hashing import keccak
from hyperlane.protocol.layout import require_bytes, require_uint
from hyperlane.protocol.signature import SIGNATURE_SIZE, eip191_digest, recover_signer, sign_digest
from hyperlane.protocol.typecasts import Address, Bytes32

if TYPE_CHECKING:
    from eth_account.signers.base import BaseAccount


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of one tree right after leaf `index` was inserted."""

    origin: int
    """uint32 domain of the chain the tree stands on."""
    merkle_tree_hook: Bytes32
    """The contract that holds the tree."""
    root: Bytes32
    """Root of the tree of leaves 0 .. index."""
    index: int
    """uint32 index of the last leaf."""
    message_id: Bytes32
    """That leaf."""

    def __post_init__(self) -> None:
        require_uint("checkpoint.origin", self.origin, 32)
        require_bytes("checkpoint.merkle_tree_hook", self.merkle_tree_hook, 32)
        require_bytes("checkpoint.root", self.root, 32)
        require_uint("checkpoint.index", self.index, 32)
        require_bytes("checkpoint.message_id", self.message_id, 32)

    @property
    def domain_hash(self) -> Bytes32:
        """Binds signatures to one tree on one chain."""
        return keccak(self.origin.to_bytes(4) + self.merkle_tree_hook + b"HYPERLANE")

    @property
    def signing_hash(self) -> Bytes32:
        """The 32 bytes validators sign by EIP-191."""
        return keccak(self.domain_hash + self.root + self.index.to_bytes(4) + self.message_id)

    @property
    def digest(self) -> Bytes32:
        """EIP-191 digest of the signing hash: what signatures recover from."""
        return eip191_digest(self.signing_hash)

    def sign(self, account: "BaseAccount") -> bytes:
        """The 65-byte signature of a validator's account."""
        return sign_digest(self.digest, account)

    def recover_signer(self, signature: bytes) -> Address:
        """Who signed exactly this checkpoint; DecodeError for a malformed signature."""
        return recover_signer(self.digest, signature)


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint with one validator's signature, as storage keeps it."""

    checkpoint: Checkpoint
    signature: bytes
    """65 bytes; whether it is well-formed shows when the signer is recovered."""

    def __post_init__(self) -> None:
        require_bytes("signed_checkpoint.signature", self.signature, SIGNATURE_SIZE)

    @property
    def signer(self) -> Address:
        """Who signed; DecodeError for a malformed signature."""
        return self.checkpoint.recover_signer(self.signature)
