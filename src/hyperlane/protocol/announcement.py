"""Announcements: where a validator says its signatures can be read.

Digest and replay id: docs/protocol/checkpoints.md, "Announcements".
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hyperlane.protocol.hashing import keccak
from hyperlane.protocol.layout import require_bytes, require_uint
from hyperlane.protocol.signature import eip191_digest, recover_signer, sign_digest
from hyperlane.protocol.typecasts import Address, Bytes32

if TYPE_CHECKING:
    from eth_account.signers.base import BaseAccount


@dataclass(frozen=True, slots=True)
class Announcement:
    """One storage location of one validator for one mailbox."""

    domain: int
    """uint32 domain of the chain whose messages the validator signs."""
    mailbox: Bytes32
    """The mailbox there; checkpoints name the merkle tree hook instead."""
    validator: Address
    """Who signs; not part of the digest, so it must equal the recovered signer."""
    storage_location: str
    """Such as `file:///var/checkpoints` or `s3://bucket/region/folder`."""

    def __post_init__(self) -> None:
        require_uint("announcement.domain", self.domain, 32)
        require_bytes("announcement.mailbox", self.mailbox, 32)
        require_bytes("announcement.validator", self.validator, 20)

    @property
    def domain_hash(self) -> Bytes32:
        """Binds signatures to one mailbox on one chain."""
        return keccak(self.domain.to_bytes(4) + self.mailbox + b"HYPERLANE_ANNOUNCEMENT")

    @property
    def signing_hash(self) -> Bytes32:
        """The 32 bytes the validator signs by EIP-191."""
        return keccak(self.domain_hash + self.storage_location.encode())

    @property
    def digest(self) -> Bytes32:
        """EIP-191 digest of the signing hash: what the contract recovers from."""
        return eip191_digest(self.signing_hash)

    @property
    def replay_id(self) -> Bytes32:
        """What the contract remembers: each location can be announced once per validator."""
        return keccak(self.validator + self.storage_location.encode())

    def sign(self, account: "BaseAccount") -> bytes:
        """The 65-byte signature of the validator's account."""
        return sign_digest(self.digest, account)

    def recover_signer(self, signature: bytes) -> Address:
        """Who signed this location; DecodeError for a malformed signature."""
        return recover_signer(self.digest, signature)
