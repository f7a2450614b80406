"""Judgement of a signed checkpoint by the true tree.

Pure: bytes in, a fault out. The faults are those that `contracts/staking` can verify on the chain
of the tree; docs/security-model.md says what each costs.
"""

from dataclasses import dataclass
from enum import StrEnum

from hyperlane.protocol.checkpoint import Checkpoint, SignedCheckpoint
from hyperlane.protocol.merkle import MerkleTree
from hyperlane.protocol.typecasts import Bytes32


class FaultKind(StrEnum):
    """Why a signature must not exist."""

    PREMATURE = "premature"
    """Its index is beyond the tree: no such leaf."""
    MESSAGE_ID = "message id"
    """The leaf at its index is another message."""
    ROOT = "root"
    """The tree had another root after that leaf."""
    WRONG_TREE = "wrong tree"
    """It is of this chain and of another tree than the one that stake secures."""
    EQUIVOCATION = "equivocation"
    """The validator signed another checkpoint of the same tree and index too."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A signature that its validator can be punished for."""

    kind: FaultKind
    signed: SignedCheckpoint
    other: SignedCheckpoint | None = None
    """The second signature, of an equivocation."""


def judge(signed: SignedCheckpoint, tree: MerkleTree, hook: Bytes32) -> FaultKind | None:
    """The fault of a signed checkpoint of this chain; None for a true one."""
    return judge_checkpoint(signed.checkpoint, tree, hook)


def judge_checkpoint(checkpoint: Checkpoint, tree: MerkleTree, hook: Bytes32) -> FaultKind | None:
    """The fault of whoever signs a checkpoint of this chain; None for a true one.

    The metadata of a delivery names the tree, so a signature for another tree than that of `hook`
    is a fault, too. `tree` is the tree at the latest block, not at the final one: a checkpoint of
    a leaf that exists but is not final yet is no fault that could be proven.
    """
    if checkpoint.merkle_tree_hook != hook:
        return FaultKind.WRONG_TREE
    if checkpoint.index >= len(tree):
        return FaultKind.PREMATURE
    if checkpoint.message_id != tree.leaf(checkpoint.index):
        return FaultKind.MESSAGE_ID
    if checkpoint.root != tree.root(checkpoint.index):
        return FaultKind.ROOT
    return None
