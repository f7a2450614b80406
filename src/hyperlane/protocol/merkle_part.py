"""The merkle tree in parts: of older leaves, only the roots of their parts are in memory."""

from collections import OrderedDict
from collections.abc import Iterable

from hyperlane.errors import TreeError
from hyperlane.protocol.merkle import DEPTH, IncrementalMerkle, MerkleTree
from hyperlane.protocol.typecasts import Bytes32

PART_DEPTH = 10
PART_LEAVES = 1 << PART_DEPTH
"""Leaves of a part. Such a subtree is complete, and its root never changes."""
_PARTS_KEPT = 64
"""Parts that stay in memory, those used last: 4 MB."""


def part_root(leaves: Iterable[Bytes32]) -> Bytes32:
    """Root of the subtree that exactly the leaves of one part make."""
    return _root(MerkleTree(leaves))


class PartedTree(MerkleTree):
    """A tree that proves leaves of old parts once these are loaded.

    The leaves of the last part, which may be incomplete, are always there. For a leaf and a root,
    the two parts suffice that have the leaf and the root's last leaf.
    """

    __slots__ = ("_parts", "_roots", "_tail")

    def __init__(self) -> None:
        self._roots = MerkleTree()
        """Tree whose leaves are the roots of the complete parts: the top of the whole one."""
        self._tail = MerkleTree()
        """Leaves after the complete parts."""
        self._parts: OrderedDict[int, MerkleTree] = OrderedDict()

    def __len__(self) -> int:
        return self.parts * PART_LEAVES + len(self._tail)

    @property
    def parts(self) -> int:
        """Number of complete parts."""
        parts: int = len(self._roots)
        return parts

    def append(self, leaf: Bytes32) -> None:
        """See MerkleTree."""
        self._tail.append(leaf)
        if len(self._tail) == PART_LEAVES:
            self._keep(self.parts, self._tail)
            self._roots.append(_root(self._tail))
            self._tail = MerkleTree()

    def append_part(self, root: Bytes32) -> None:
        """Add a complete part of which only the root is known; TreeError within a part."""
        if len(self._tail):
            raise TreeError(f"part: leaf {len(self)} does not begin one")
        self._roots.append(root)

    def missing_part(self, leaves: Iterable[int]) -> int | None:
        """The first part with one of these leaves that is not in memory; None if all are."""
        parts = [leaf >> PART_DEPTH for leaf in leaves if 0 <= leaf < len(self)]
        absent = (part for part in parts if part != self.parts and part not in self._parts)
        return next(absent, None)

    def load_part(self, part: int, leaves: Iterable[Bytes32]) -> None:
        """Take the leaves of a part into memory; TreeError if they do not give its root."""
        tree = MerkleTree(leaves)
        if len(tree) != PART_LEAVES or _root(tree) != self._roots.leaf(part):
            raise TreeError(f"part {part}: these leaves do not give its root")
        self._keep(part, tree)

    def frontier(self) -> IncrementalMerkle:
        """The tree as the contract stores it, which grows by itself."""
        count, tree = len(self), IncrementalMerkle()
        tree.count = count
        for level in range(DEPTH):
            if count >> level & 1:
                tree.branch[level] = self._node(level, (count >> level) - 1)
        return tree

    def _keep(self, part: int, tree: MerkleTree) -> None:
        self._parts[part] = tree
        if len(self._parts) > _PARTS_KEPT:
            self._parts.popitem(last=False)

    def _node(self, level: int, position: int) -> Bytes32:
        if level >= PART_DEPTH:
            return self._roots._node(level - PART_DEPTH, position)
        part, within = divmod(position, PART_LEAVES >> level)
        if part == self.parts:
            return self._tail._node(level, within)
        if part not in self._parts:
            raise TreeError(f"index: part {part} of the tree is not loaded")
        self._parts.move_to_end(part)
        return self._parts[part]._node(level, within)


def _root(part: MerkleTree) -> Bytes32:
    return part._node(PART_DEPTH, 0)
