"""The merkle tree of a chain's stored leaves, of which few are in memory."""

import asyncio
import math
from collections.abc import AsyncIterator

from hyperlane.errors import StorageError
from hyperlane.protocol.merkle import IncrementalMerkle
from hyperlane.protocol.merkle_part import PART_LEAVES, PartedTree
from hyperlane.store.sequences import Insertion, InsertionStore

_LEAVES_PER_READ = 5000


class StoredTree(PartedTree):
    """A tree that reads old leaves from the database when they are needed."""

    __slots__ = ("_leaves", "_loading")

    def __init__(self, leaves: InsertionStore) -> None:
        super().__init__()
        self._leaves = leaves
        self._loading = asyncio.Lock()

    async def grow(self, count: float = math.inf) -> AsyncIterator[list[Insertion]]:
        """Append stored leaves until there are `count`, and yield those that were read.

        At first, only those after the complete parts are read.
        """
        if not len(self):
            await self._append_parts(count)
        while len(self) < count:
            parts, limit = self.parts, int(min(_LEAVES_PER_READ, count - len(self)))
            new = await self._leaves.leaves(len(self), limit)
            if not new or new[0].leaf_index != len(self):
                return
            for leaf in new:
                self.append(leaf.message_id)
            if self.parts > parts:
                await self._leaves.subtrees.complete()
            yield new

    async def load(self, *leaves: int) -> None:
        """Load the parts of these leaves; TreeError if the database has other leaves by now."""
        while self.missing_part(leaves) is not None:
            async with self._loading:
                part = self.missing_part(leaves)
                if part is not None:
                    found = await self._leaves.leaves(part * PART_LEAVES, PART_LEAVES)
                    self.load_part(part, [leaf.message_id for leaf in found])

    async def _append_parts(self, count: float) -> None:
        await self._leaves.subtrees.complete()
        for root in await self._leaves.subtrees.roots():
            if len(self) + PART_LEAVES <= count:
                self.append_part(root)


async def stored_frontier(leaves: InsertionStore, count: int) -> IncrementalMerkle:
    """The tree of the first `count` stored leaves; StorageError if there are fewer."""
    tree = StoredTree(leaves)
    async for _ in tree.grow(count):
        pass
    if len(tree) < count:
        raise StorageError(f"leaf {len(tree)} of domain {leaves.domain} is not stored")
    return tree.frontier()
