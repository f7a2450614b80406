"""Validators that sign, and what a relayer would make of their signatures."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_hash.auto import keccak

from hyperlane.protocol.checkpoint import Checkpoint
from hyperlane.protocol.merkle import MerkleTree
from hyperlane.protocol.message import VERSION, Message
from hyperlane.protocol.multisig_metadata import (
    LegacyMultisigMetadata,
    MerkleRootMultisigMetadata,
    MessageIdMultisigMetadata,
)

LOCAL_DOMAIN = 31337
REMOTE_DOMAIN = 1000
HOOK = b"\xaa" * 20

SECP256K1_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def validator(position: int) -> LocalAccount:
    """The account of test key number `position`, the one that the vectors use."""
    return Account.from_key(keccak(f"hyperlane-reference-validator-{position}".encode()))


VALIDATORS = [validator(i) for i in range(15)]


def message(
    *,
    nonce: int = 0,
    origin: int = REMOTE_DOMAIN,
    destination: int = LOCAL_DOMAIN,
    recipient: str = "0x" + "22" * 20,
    body: bytes = b"hello",
    version: int = VERSION,
    sender: bytes = b"\x11" * 32,
) -> Message:
    return Message(
        version=version,
        nonce=nonce,
        origin=origin,
        sender=sender,
        destination=destination,
        recipient=bytes.fromhex(recipient[2:]).rjust(32, b"\0"),
        body=body,
    )


@dataclass(frozen=True)
class Proven:
    """Messages that are the leaves of a tree, and signatures on any of its checkpoints."""

    messages: Sequence[Message]
    hook: bytes = HOOK.rjust(32, b"\0")

    @cached_property
    def tree(self) -> MerkleTree:
        return MerkleTree(each.id for each in self.messages)

    def checkpoint(self, index: int) -> Checkpoint:
        last = self.messages[index]
        return Checkpoint(last.origin, self.hook, self.tree.root(index), index, last.id)

    def sign(self, index: int, signers: Sequence[LocalAccount]) -> tuple[bytes, ...]:
        checkpoint = self.checkpoint(index)
        return tuple(checkpoint.sign(each) for each in signers)

    def message_id(self, index: int, signers: Sequence[LocalAccount]) -> MessageIdMultisigMetadata:
        checkpoint = self.checkpoint(index)
        return MessageIdMultisigMetadata(
            self.hook, checkpoint.root, index, self.sign(index, signers)
        )

    def merkle_root(
        self, index: int, signers: Sequence[LocalAccount], signed_index: int | None = None
    ) -> MerkleRootMultisigMetadata:
        signed = len(self.messages) - 1 if signed_index is None else signed_index
        return MerkleRootMultisigMetadata(
            self.hook,
            index,
            self.messages[signed].id,
            self.tree.proof(index, signed),
            signed,
            self.sign(signed, signers),
        )

    def legacy(self, index: int, signers: Sequence[LocalAccount]) -> LegacyMultisigMetadata:
        checkpoint = self.checkpoint(index)
        proof = self.tree.proof(index, index)
        return LegacyMultisigMetadata(
            checkpoint.root, index, self.hook, proof, self.sign(index, signers)
        )

    def metadata(self, kind: str, index: int, signers: Sequence[LocalAccount]):
        """`kind` is that of a contract's name: MessageId, MerkleRoot or Legacy."""
        encoders = {
            "MessageId": self.message_id,
            "MerkleRoot": self.merkle_root,
            "Legacy": self.legacy,
        }
        return encoders[kind](index, signers)  # type: ignore[operator]


def with_signatures(metadata, *signatures: bytes):
    return replace(metadata, signatures=signatures)


def malleated(signature: bytes) -> bytes:
    """The other signature of the same signer: s and v mirrored."""
    r, s, v = signature[:32], int.from_bytes(signature[32:64]), signature[64]
    return r + (SECP256K1_ORDER - s).to_bytes(32) + bytes([55 - v])
