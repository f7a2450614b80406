"""Committing: from the leaves of final blocks to the checkpoints that a validator may sign."""

from dataclasses import dataclass, field

import structlog

from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.indexer import IndexGap, SequenceIndexer, SequenceRegressed
from hyperlane.agents.validator.halting import Halting
from hyperlane.agents.validator.witnesses import Undecided, Votes, Witnesses
from hyperlane.chain.abi import MerkleTreeHook
from hyperlane.errors import ChainError, DatabaseError, StorageError
from hyperlane.metrics import Metrics
from hyperlane.protocol.checkpoint import Checkpoint
from hyperlane.protocol.merkle import IncrementalMerkle
from hyperlane.protocol.merkle_part import PART_LEAVES
from hyperlane.protocol.typecasts import Bytes32, address_to_bytes32
from hyperlane.store.commitments import CheckpointStore, ObservedTree
from hyperlane.store.sequences import Insertion, InsertionStore
from hyperlane.store.stored_tree import stored_frontier

log = structlog.get_logger()

_LEAVES_AT_ONCE = 1000
_LEAVES_PER_PIECE = 4000
"""Leaves of a backlog that are committed to before more are indexed, about."""


@dataclass(slots=True, kw_only=True)
class Committer:
    """Commits to one checkpoint per leaf, after the local tree equals the chain's at one block."""

    chain: Chain
    commitments: CheckpointStore
    indexer: SequenceIndexer[Insertion]
    leaves: InsertionStore
    metrics: Metrics
    witnesses: Witnesses
    halting: Halting
    tree: IncrementalMerkle = field(default_factory=IncrementalMerkle)
    """Tree of the committed leaves."""
    _in_pieces: bool = True
    """True while RPCs are taken to know the tree of the old blocks of a backlog."""

    async def resume(self) -> None:
        """Restore the tree of the committed leaves."""
        self.tree = await stored_frontier(self.leaves, await self.commitments.next_index())
        last = await self.commitments.at(self.tree.count - 1)
        if last is not None and last.root != self.tree.root():
            raise DatabaseError(
                f"db: the leaves of {self.chain.name} that are stored do not give the root that"
                f" was committed to for leaf {last.index}, as if another agent wrote there: give"
                " this validator a new db of its own; its storage has what it signed"
            )

    async def step(self, block: int, count: int) -> bool:
        """Commit to leaves up to a final block with so many; returns whether more are left.

        A long backlog is committed to in pieces, each up to a final block of its own.
        """
        end = await self._index_piece(block, count)
        try:
            await self._follow(end)
        except ChainError as error:
            if end == block:
                raise
            await self._tree_at(block)  # it is another problem if this one is not known, either
            log.info("validator.whole_backlog", chain=self.chain.name, reason=str(error))
            self._in_pieces = False
            await self._follow(block)
            end = block
        if end == block:
            self._in_pieces = True
        return end < block

    async def _index_piece(self, block: int, count: int) -> int:
        """Index some leaves of a backlog; returns the block up to which all are indexed.

        Returns `block` if the rest is short, or cannot be indexed just like that.
        """
        if not self._in_pieces or count - self.tree.count <= _LEAVES_PER_PIECE:
            return block
        try:
            new = await self.indexer.sync(block, most=_LEAVES_PER_PIECE)
        except (IndexGap, SequenceRegressed):
            return block
        self.metrics.stored_events.labels(self.indexer.store.kind, self.chain.name).inc(new)
        reached = (await self.indexer.store.progress()).next_block
        return block if self.indexer.complete or reached is None else min(block, reached - 1)

    async def _follow(self, block: int) -> None:
        """Commit to all leaves as of a final block, once they give the tree that it has then."""
        chain_tree = await self._tree_at(block)
        index, root = chain_tree.index, chain_tree.root
        committed = await self.commitments.at(index)
        if committed is not None and committed.root != root:
            await self.halting.require_contradicted(chain_tree)
            await self.halting.halt("the tree has another root", chain_tree, committed.root)
        if index + 1 < self.tree.count and await self.require_lag(chain_tree):
            return
        await self._index(chain_tree)
        if committed is None:
            await self._require_agreement(chain_tree)
            await self.witnesses.confirm(chain_tree)
            # First, so that what is committed is never ahead of what was observed.
            await self.commitments.observe(chain_tree)
            await self._commit_through(chain_tree)
        self.metrics.initial_consistency.labels(self.chain.name).set(1)

    async def _tree_at(self, block: int) -> ObservedTree:
        root, index = await self.chain.client.call(
            self.chain.settings.merkle_tree_hook, MerkleTreeHook.latest_checkpoint, block=block
        )
        return ObservedTree(index, root, block)

    async def require_lag(self, chain_tree: ObservedTree) -> bool:
        """Halt if a tree that lacks a signed leaf is of no earlier block than the one observed.

        Returns True if it is of an earlier one, as a node lags behind the one asked before; False
        if no tree was observed yet.
        """
        observed = await self.commitments.observed()
        if observed is None or chain_tree.block_number < observed.block_number:
            return observed is not None
        await self.halting.require_contradicted(chain_tree)
        left = f"leaf {chain_tree.index}" if chain_tree.index >= 0 else "none"
        await self.halting.halt(
            f"the tree went back from leaf {self.tree.count - 1} to {left} at block"
            f" {chain_tree.block_number}",
            chain_tree,
            self.tree.root(),
        )

    async def _index(self, chain_tree: ObservedTree) -> None:
        kind, name = self.indexer.store.kind, self.chain.name
        try:
            new = await self.indexer.sync(chain_tree.block_number)
        except SequenceRegressed:
            new = await self._index_anew(chain_tree)
        except IndexGap:
            new = await self._index_gap(chain_tree)
        self.metrics.stored_events.labels(kind, name).inc(new)
        self.metrics.latest_insertion.labels(name).set(chain_tree.index)
        self.metrics.sync_height.labels(kind, name).set(chain_tree.block_number)

    async def _index_anew(self, chain_tree: ObservedTree) -> int:
        """Index leaves without a commitment anew, as their logs may have been wrong."""
        await self._reread("more leaves are in its logs than its contract counts")
        try:
            return await self.indexer.sync(chain_tree.block_number)
        except SequenceRegressed as error:
            if chain_tree.index + 1 >= self.tree.count:
                raise  # the tree has all that was signed: it is the count that is wrong
            await self.halting.require_contradicted(chain_tree)
            await self.halting.halt(str(error), chain_tree, self.tree.root())

    async def _index_gap(self, chain_tree: ObservedTree) -> int:
        """Index once more, as logs lack a leaf. If that is the first after the signed ones, a reorg
        may have put it into an earlier block than theirs: halt if RPCs confirm that."""
        try:
            return await self.indexer.sync(chain_tree.block_number)
        except IndexGap as gap:
            if self.tree.count and not await self.leaves.leaves(self.tree.count, 1):
                votes = await self._count_other_leaves(chain_tree)
                if votes.unopposed:
                    await self.halting.require_confirmed(chain_tree)
                    await self.halting.halt(str(gap), chain_tree, self.tree.root())
            raise

    async def _reread(self, problem: str) -> None:
        """Delete the leaves without a commitment, to read them again from another URL."""
        log.warning("validator.rereading", chain=self.chain.name, from_leaf=self.tree.count)
        self.chain.client.distrust(problem)
        await self.indexer.reread(self.tree.count)

    async def _require_agreement(self, chain_tree: ObservedTree) -> None:
        """Halt unless the stored leaves give the chain's root."""
        if await self._local_root(chain_tree.index) == chain_tree.root:
            return
        await self._reread("the leaves of its logs do not give the root of its tree")
        await self.indexer.sync(chain_tree.block_number)
        local = await self._local_root(chain_tree.index)
        if local != chain_tree.root:
            await self.halting.require_confirmed(chain_tree)
            await self._require_other_leaves(chain_tree)
            await self.halting.halt("the leaves give another root", chain_tree, local)

    async def _require_other_leaves(self, chain_tree: ObservedTree) -> None:
        """Raise Undecided unless the logs of most RPCs, read one by one, do not lead from the
        committed tree to the chain's, and no RPC's do: that one would prove the others' wrong.
        """
        evidence = ""
        if self.tree.count:
            votes = await self._count_other_leaves(chain_tree)
            if votes.unopposed:
                return
            evidence = f"; that they follow another tree than the signed one: {votes}"
        raise Undecided(
            f"{self.chain.name}: the leaves of its logs do not give the root of leaf"
            f" {chain_tree.index}; they are read again, nothing is signed meanwhile{evidence}"
        )

    async def _count_other_leaves(self, chain_tree: ObservedTree) -> Votes:
        last = self.tree.count - 1
        (leaf,) = await self._leaves(last, last)
        return await self.halting.count_other_leaves(self.tree, leaf.block_number, chain_tree)

    async def _commit_through(self, chain_tree: ObservedTree) -> None:
        """Commit to new leaves."""
        hook = address_to_bytes32(self.chain.settings.merkle_tree_hook)
        while self.tree.count <= chain_tree.index:
            tree = self.tree.copy()
            batch = []
            for leaf in await self._leaves(tree.count, chain_tree.index):
                tree.insert(leaf.message_id)
                batch.append(
                    Checkpoint(
                        self.chain.domain, hook, tree.root(), leaf.leaf_index, leaf.message_id
                    )
                )
            for earlier in await self.commitments.commit(batch):
                await self.halting.halt(
                    f"leaf {earlier.index} was committed as another", chain_tree, earlier.root
                )
            parts = self.tree.count // PART_LEAVES
            self.tree = tree
            if tree.count // PART_LEAVES > parts:
                await self.leaves.subtrees.complete()

    async def _local_root(self, index: int) -> Bytes32:
        return (await self._tree_of(index + 1)).root()

    async def _tree_of(self, count: int) -> IncrementalMerkle:
        """The tree of the first `count` stored leaves, grown from the committed one."""
        tree = self.tree.copy()
        while tree.count < count:
            for leaf in await self._leaves(tree.count, count - 1):
                tree.insert(leaf.message_id)
        return tree

    async def _leaves(self, first: int, last: int) -> list[Insertion]:
        found = await self.leaves.leaves(first, min(_LEAVES_AT_ONCE, last - first + 1))
        if not found or found[0].leaf_index != first:
            raise StorageError(f"{self.chain.name}: leaf {first} is not stored")
        return found
