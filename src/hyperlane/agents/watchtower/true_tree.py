"""The true tree: that of one chain's final blocks."""

from dataclasses import dataclass, field

import structlog

from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.indexer import SequenceIndexer, SequenceRegressed
from hyperlane.chain.abi import MerkleTreeHook
from hyperlane.errors import ChainError
from hyperlane.metrics import Metrics
from hyperlane.protocol.merkle import MerkleTree
from hyperlane.protocol.typecasts import Bytes32, address_to_bytes32
from hyperlane.store.sequences import Insertion, InsertionStore

log = structlog.get_logger()

_LEAVES_AT_ONCE = 5000


@dataclass(slots=True)
class TrueTree:
    """Tree of a chain's final leaves, which grows with the chain."""

    chain: Chain
    insertions: SequenceIndexer[Insertion]
    leaves: InsertionStore
    metrics: Metrics
    tree: MerkleTree = field(default_factory=MerkleTree)

    @property
    def hook(self) -> Bytes32:
        """The hook that has the tree."""
        return address_to_bytes32(self.chain.settings.merkle_tree_hook)

    @property
    def count(self) -> int:
        """Number of final leaves."""
        return len(self.tree)

    async def block_of(self, index: int) -> int:
        """The block of a leaf; ChainError while leaves are being read again."""
        found = await self.leaves.leaves(index, 1)
        if not found or found[0].leaf_index != index or index >= self.count:
            raise ChainError(f"{self.chain.name}: leaf {index} is not known")
        return found[0].block_number

    async def first_after(self, block: int) -> int | None:
        """The first leaf of a later block; None while there is none. ChainError as above."""
        low, high = 0, self.count
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if await self.block_of(middle) > block else (middle + 1, high)
        return low if low < self.count else None

    async def sync(self) -> None:
        """Append the leaves up to the final block, and check that they give its root.

        ChainError when they do not: the leaves are read again next time.
        """
        client, hook = self.chain.client, self.chain.settings.merkle_tree_hook
        block = await client.final_block()
        self.metrics.block_height.labels(self.chain.name).set(block)
        try:
            await self.insertions.sync(block)
        except SequenceRegressed as error:
            log.warning("chain.reorganised", chain=self.chain.name, error=str(error))
            await self._start_over()
            return
        while new := await self.leaves.leaves(len(self.tree), _LEAVES_AT_ONCE):
            for leaf in new:
                self.tree.append(leaf.message_id)
        self.metrics.latest_insertion.labels(self.chain.name).set(self.count - 1)
        if await self.insertions.count(block) != self.count:
            return  # a node that lags behind the one asked before
        root, _ = await client.call(hook, MerkleTreeHook.latest_checkpoint, block=block)
        if self.count and root != self.tree.root():
            await self._start_over()
            raise ChainError(f"{self.chain.name}: the leaves do not give the root of block {block}")

    async def _start_over(self) -> None:
        self.tree = MerkleTree()
        await self.insertions.reread(0)
