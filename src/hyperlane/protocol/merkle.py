"""The merkle tree of outgoing messages: depth 32, leaf i is the i-th inserted message id.

Two forms. `IncrementalMerkle` is the contract's: 32 hashes and a count, enough for roots.
`MerkleTree` keeps every complete node, so that it can prove any leaf against any earlier root.
Definitions: docs/protocol/merkle-tree.md.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, repeat
from typing import Self

from hyperlane.errors import DecodeError, TreeError
from hyperlane.protocol.hashing import keccak
from hyperlane.protocol.layout import require_bytes, require_uint
from hyperlane.protocol.typecasts import ZERO_BYTES32, Bytes32

DEPTH = 32
MAX_LEAVES = 2**DEPTH - 1

_ZERO_NODES: tuple[Bytes32, ...] = tuple(
    accumulate(repeat(None, DEPTH), lambda node, _: keccak(node + node), initial=ZERO_BYTES32)
)
ZERO_HASHES = _ZERO_NODES[:DEPTH]
"""Per level, leaves first, the node over nothing but empty leaves."""
EMPTY_ROOT = _ZERO_NODES[DEPTH]


@dataclass(slots=True)
class IncrementalMerkle:
    """The tree as the contract stores it: append-only, roots without the leaves."""

    branch: list[Bytes32] = field(default_factory=lambda: [ZERO_BYTES32] * DEPTH)
    """Per level the last complete left node; entries whose bit in `count` is clear are stale."""
    count: int = 0
    """How many leaves were inserted."""

    @classmethod
    def from_branch(cls, branch: Sequence[Bytes32], count: int) -> Self:
        """Continue from a snapshot of the contract's `tree()`; DecodeError if it is not one."""
        require_path("branch", branch)
        require_uint("count", count, DEPTH)
        return cls(list(branch), count)

    def copy(self) -> Self:
        """A tree of the same leaves that grows by itself."""
        return type(self)(list(self.branch), self.count)

    def insert(self, leaf: Bytes32) -> None:
        """Append one leaf; TreeError when the tree is full."""
        require_bytes("leaf", leaf, 32)
        _require_room(self.count)
        self.count += 1
        level = _trailing_zeros(self.count)
        node = leaf
        for left in self.branch[:level]:
            node = keccak(left + node)
        self.branch[level] = node

    def root(self) -> Bytes32:
        """Root over the leaves so far."""
        node = ZERO_BYTES32
        for level in range(DEPTH):
            node = (
                keccak(self.branch[level] + node)
                if self.count >> level & 1
                else keccak(node + ZERO_HASHES[level])
            )
        return node


class MerkleTree:
    """Every leaf and every complete node above it, ready to prove.

    A million leaves take 64 MB. Appending costs one hash on average, a proof at most 31 hashes, a
    root 32.
    """

    __slots__ = ("_levels",)

    def __init__(self, leaves: Iterable[Bytes32] = ()) -> None:
        # Level l holds, packed, the nodes over 2**l leaves each that will never change again.
        self._levels = [bytearray() for _ in range(DEPTH)]
        for leaf in leaves:
            self.append(leaf)

    def __len__(self) -> int:
        return len(self._levels[0]) // 32

    def __iter__(self) -> Iterator[Bytes32]:
        return (self._node(0, index) for index in range(len(self)))

    def leaf(self, index: int) -> Bytes32:
        """Leaf `index`; TreeError if the tree does not hold it."""
        self._require_leaf("index", index)
        return self._node(0, index)

    def append(self, leaf: Bytes32) -> None:
        """Add the next leaf; TreeError when the tree is full."""
        require_bytes("leaf", leaf, 32)
        _require_room(len(self))
        node = leaf
        for level in self._levels:
            level += node
            if len(level) % 64:
                return
            node = keccak(bytes(level[-64:]))

    def root(self, root_index: int | None = None) -> Bytes32:
        """The root right after leaf `root_index` was inserted; without it, of all leaves."""
        if root_index is None:
            return self._edge(len(self), DEPTH)
        self._require_leaf("root_index", root_index)
        return self._edge(root_index + 1, DEPTH)

    def proof(self, leaf_index: int, root_index: int) -> tuple[Bytes32, ...]:
        """The 32 siblings, leaf level first, that lead from a leaf to `root(root_index)`.

        TreeError unless leaf_index <= root_index and the tree holds both.
        """
        self._require_leaf("root_index", root_index)
        if not 0 <= leaf_index <= root_index:
            raise TreeError(
                f"leaf_index: {leaf_index} is not in the tree of leaves 0 .. {root_index}"
            )
        count = root_index + 1
        # Below the level where the ways to the leaf and to the first empty leaf part, siblings are
        # complete; there, the sibling is the incomplete node; above, what is right is empty.
        parting = (leaf_index ^ count).bit_length() - 1
        path = []
        for level in range(DEPTH):
            position = leaf_index >> level
            if level == parting:
                path.append(self._edge(count, level))
            elif level < parting or position & 1:
                path.append(self._node(level, position ^ 1))
            else:
                path.append(ZERO_HASHES[level])
        return tuple(path)

    def _node(self, level: int, position: int) -> Bytes32:
        return Bytes32(bytes(self._levels[level][32 * position : 32 * position + 32]))

    def _edge(self, count: int, height: int) -> Bytes32:
        """The node at `height` above the first empty leaf of a tree of `count` leaves."""
        node = ZERO_BYTES32
        for level in range(height):
            position = count >> level
            node = (
                keccak(self._node(level, position - 1) + node)
                if position & 1
                else keccak(node + ZERO_HASHES[level])
            )
        return node

    def _require_leaf(self, name: str, index: int) -> None:
        if not 0 <= index < len(self):
            raise TreeError(f"{name}: {index} is not a leaf of a tree of {len(self)} leaves")


def branch_root(leaf: Bytes32, path: Sequence[Bytes32], index: int) -> Bytes32:
    """The root that `path` proves for `leaf` at `index`."""
    require_path("path", path)
    require_uint("index", index, DEPTH)
    return branch_node(leaf, path, index)


def branch_node(leaf: Bytes32, path: Sequence[Bytes32], index: int) -> Bytes32:
    """The node as many levels above `leaf` as `path` has siblings."""
    require_bytes("leaf", leaf, 32)
    node = leaf
    for level, sibling in enumerate(path):
        node = keccak(sibling + node if index >> level & 1 else node + sibling)
    return node


def reconstruct_root(leaf: Bytes32, path: Sequence[Bytes32], index: int) -> Bytes32:
    """The root at the moment `leaf` was the last one, from its proof against any later root."""
    require_path("path", path)
    require_uint("index", index, DEPTH)
    return branch_root(
        leaf,
        [path[level] if index >> level & 1 else ZERO_HASHES[level] for level in range(DEPTH)],
        index,
    )


def require_path(name: str, path: Sequence[Bytes32], length: int = DEPTH) -> None:
    """Accept only `length` hashes; DecodeError names `name`."""
    if len(path) != length:
        raise DecodeError(f"{name}: has {len(path)} hashes, expected {length}")
    for level, node in enumerate(path):
        require_bytes(f"{name}[{level}]", node, 32)


def _require_room(count: int) -> None:
    """TreeError unless another leaf fits."""
    if count >= MAX_LEAVES:
        raise TreeError(f"leaf: the merkle tree is full: it holds {MAX_LEAVES} leaves")


def _trailing_zeros(number: int) -> int:
    """How often two divides a positive number: the level at which an insertion comes to rest."""
    return (number & -number).bit_length() - 1
