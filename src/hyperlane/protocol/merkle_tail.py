"""The end of a merkle tree: proves the newest leaves without knowing the older ones."""

from collections.abc import Iterator, Sequence

from hyperlane.errors import TreeError
from hyperlane.protocol.hashing import keccak
from hyperlane.protocol.layout import require_bytes, require_uint
from hyperlane.protocol.merkle import DEPTH, MAX_LEAVES, MerkleTree, require_path
from hyperlane.protocol.typecasts import Bytes32


class MerkleTail(MerkleTree):
    """A tree of which only the leaves from `first` on are known.

    It starts from the contract's `tree()` after `first` leaves: its branch has every complete node
    left of the later leaves that their proofs need.
    """

    __slots__ = ("_count", "_nodes", "first")

    def __init__(self, branch: Sequence[Bytes32], first: int) -> None:
        """DecodeError if it is no branch of a tree."""
        require_path("branch", branch)
        require_uint("count", first, DEPTH)
        self.first = self._count = first
        self._nodes = {
            (level, (first >> level) - 1): node
            for level, node in enumerate(branch)
            if first >> level & 1
        }

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Bytes32]:
        """The known leaves."""
        return (self._node(0, index) for index in range(self.first, self._count))

    def append(self, leaf: Bytes32) -> None:
        """See MerkleTree."""
        require_bytes("leaf", leaf, 32)
        if self._count >= MAX_LEAVES:
            raise TreeError(f"leaf: the merkle tree is full: it holds {MAX_LEAVES} leaves")
        position, node = self._count, leaf
        for level in range(DEPTH):
            self._nodes[level, position] = node
            if not position & 1:
                break
            node = keccak(self._nodes[level, position - 1] + node)
            position >>= 1
        self._count += 1

    def _node(self, level: int, position: int) -> Bytes32:
        try:
            return self._nodes[level, position]
        except KeyError:
            raise TreeError(f"index: leaves before {self.first} are not known") from None

    def _require_leaf(self, name: str, index: int) -> None:
        if not self.first <= index < self._count:
            raise TreeError(
                f"{name}: {index} is not one of the known leaves, {self.first} to {self._count - 1}"
            )
