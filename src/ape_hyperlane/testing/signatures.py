"""Metadata for security modules, with real signatures of the validators whose keys the kit has."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eth_account.signers.local import LocalAccount
from web3.exceptions import Web3Exception

from hyperlane.chain.abi import Function, MerkleTreeHook, SecurityModule
from hyperlane.errors import ChainError, HyperlaneError
from hyperlane.protocol.checkpoint import Checkpoint
from hyperlane.protocol.ism_metadata import ModuleType, encode_aggregation
from hyperlane.protocol.merkle import DEPTH, ZERO_HASHES, IncrementalMerkle
from hyperlane.protocol.message import Message
from hyperlane.protocol.multisig_metadata import (
    LegacyMultisigMetadata,
    MerkleRootMultisigMetadata,
    MessageIdMultisigMetadata,
    select_by_weight,
)
from hyperlane.protocol.typecasts import (
    Address,
    Bytes32,
    address_from_hex,
    address_to_bytes32,
    to_checksum,
)

if TYPE_CHECKING:
    from ape_hyperlane.testing.chains import LocalChain

_TREE = Function("tree()", ("bytes32[32]", "uint256"))

_MERKLE_ROOT = (ModuleType.MERKLE_ROOT_MULTISIG, ModuleType.WEIGHTED_MERKLE_ROOT_MULTISIG)
_WEIGHTED = (
    ModuleType.WEIGHTED_MERKLE_ROOT_MULTISIG,
    ModuleType.WEIGHTED_MESSAGE_ID_MULTISIG,
)
_MULTISIGS = (
    *_MERKLE_ROOT,
    ModuleType.LEGACY_MULTISIG,
    ModuleType.MESSAGE_ID_MULTISIG,
    ModuleType.WEIGHTED_MESSAGE_ID_MULTISIG,
)


class NoMetadata(HyperlaneError):
    """The kit cannot make what a security module wants; the text says why."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A message in the merkle tree of its origin, which had no later leaf when it was signed."""

    checkpoint: Checkpoint
    proof: tuple[Bytes32, ...]

    def sign(self, validators: Sequence[LocalAccount]) -> dict[Address, bytes]:
        """Signatures of the validators, by address."""
        return {address_from_hex(key.address): self.checkpoint.sign(key) for key in validators}


def find_leaf(origin: "LocalChain", message: Message, block: int) -> Leaf:
    """The message as a leaf of the tree that its dispatch, in `block`, inserted it into.

    NoMetadata when no merkle tree hook was called.
    """
    logs = origin.node.logs(None, MerkleTreeHook.INSERTED.topic, block, block)
    for log in logs:
        message_id, index = MerkleTreeHook.INSERTED.decode(log.data)
        if message_id == message.id:
            return _leaf(origin, message, log.address, index)
    raise NoMetadata(
        f"the message is in no merkle tree, so there is nothing to sign; does the Mailbox of"
        f" {origin.name} have a merkle tree hook?"
    )


def _leaf(origin: "LocalChain", message: Message, hook: Address, index: int) -> Leaf:
    tree = _tree_before(origin, hook)
    for log in origin.node.logs(hook, MerkleTreeHook.INSERTED.topic, origin.first_block):
        message_id, place = MerkleTreeHook.INSERTED.decode(log.data)
        if place == index:
            break
        tree.insert(message_id)
    proof = tuple(
        tree.branch[level] if index >> level & 1 else ZERO_HASHES[level] for level in range(DEPTH)
    )
    tree.insert(message.id)
    word = address_to_bytes32(hook)
    return Leaf(Checkpoint(origin.domain, word, tree.root(), index, message.id), proof)


def _tree_before(origin: "LocalChain", hook: Address) -> IncrementalMerkle:
    """The tree as it was before the first block in which the network looks for messages."""
    answer = origin.node.call(hook, _TREE.encode(), max(origin.first_block - 1, 0))
    if not answer:
        return IncrementalMerkle()  # the hook is younger
    branch, count = _TREE.decode(answer)
    return IncrementalMerkle.from_branch(branch, count)


@dataclass(frozen=True, slots=True)
class MetadataBuilder:
    """Builds metadata for one message."""

    destination: "LocalChain"
    validators: Sequence[LocalAccount]
    message: Message
    leaf: Leaf | NoMetadata
    """The message's leaf, which validators sign, or the reason why there is none."""

    def build(self, module: Address) -> bytes:
        """Metadata for a security module. NoMetadata when it cannot be made."""
        try:
            return self._build(module)
        except (ChainError, Web3Exception) as error:
            raise NoMetadata(f"ISM {to_checksum(module)} does not answer: {error}") from None

    def _build(self, module: Address) -> bytes:
        kind = self._kind(module)
        if kind is ModuleType.NULL:
            return b""
        if kind is ModuleType.ROUTING:
            return self.build(self._ask(module, SecurityModule.route))
        if kind is ModuleType.AGGREGATION:
            return self._aggregation(module)
        if kind in _MULTISIGS:
            return self._multisig(module, kind)
        raise NoMetadata(
            f"ISM {to_checksum(module)} is of type {kind.name}, for which the kit makes no"
            " metadata; hand it over: message.deliver(metadata=…)"
        )

    def _kind(self, module: Address) -> ModuleType:
        number = self.destination.node.read(module, SecurityModule.module_type)
        try:
            return ModuleType(number)
        except ValueError:
            raise NoMetadata(f"ISM {to_checksum(module)} is of the unknown type {number}") from None

    def _ask(self, module: Address, function: Function) -> Any:
        return self.destination.node.read(module, function, self.message.encode())

    def _aggregation(self, module: Address) -> bytes:
        parts, threshold = self._ask(module, SecurityModule.modules_and_threshold)
        built: list[bytes | None] = []
        missing: list[str] = []
        for part in parts:
            enough = len(built) - built.count(None) >= threshold
            built.append(None if enough else self._part(part, missing))
        if len(built) - built.count(None) < threshold:
            raise NoMetadata("; ".join(missing))
        return encode_aggregation(built)

    def _part(self, module: Address, missing: list[str]) -> bytes | None:
        """Metadata that a part of an aggregation accepts; None, and why, when there is none."""
        try:
            metadata = self.build(module)
            verify = SecurityModule.verify
            if self.destination.node.read(module, verify, metadata, self.message.encode()):
                return metadata
            missing.append(f"ISM {to_checksum(module)} refuses the message")
        except (NoMetadata, ChainError, Web3Exception) as error:
            missing.append(str(error))
        return None

    def _multisig(self, module: Address, kind: ModuleType) -> bytes:
        if kind in _WEIGHTED:
            function = SecurityModule.validators_and_threshold_weight
            weighted, threshold = self._ask(module, function)
            validators, weights = zip(*weighted, strict=True)
        else:
            function = SecurityModule.validators_and_threshold
            validators, threshold = self._ask(module, function)
            weights = (1,) * len(validators)
        if isinstance(self.leaf, NoMetadata):
            raise self.leaf
        signed = self.leaf.sign(self.validators)
        chosen = select_by_weight(validators, weights, threshold, signed)
        if chosen is None:
            absent = [to_checksum(each) for each in validators if each not in signed]
            raise NoMetadata(
                f"ISM {to_checksum(module)} wants a weight of {threshold} of {sum(weights)}, and no"
                f" key signs for {', '.join(absent)}; append the accounts to the origin's"
                " validators, or switch verification off"
            )
        return _encode(kind, self.leaf, chosen)


def _encode(kind: ModuleType, leaf: Leaf, signatures: tuple[bytes, ...]) -> bytes:
    point = leaf.checkpoint
    if kind in _MERKLE_ROOT:
        return MerkleRootMultisigMetadata(
            point.merkle_tree_hook,
            point.index,
            point.message_id,
            leaf.proof,
            point.index,
            signatures,
        ).encode()
    if kind is ModuleType.LEGACY_MULTISIG:
        return LegacyMultisigMetadata(
            point.root, point.index, point.merkle_tree_hook, leaf.proof, signatures
        ).encode()
    return MessageIdMultisigMetadata(
        point.merkle_tree_hook, point.root, point.index, signatures
    ).encode()
