"""The checkpoint signer: from final leaves to published signatures.

A checkpoint is signed only after three things, in this order: the local tree equals the chain's at
one final block; the checkpoint is committed to the database, where an index can never get another
one; the storage was read and has no other signature of this key for the index. While a storage
cannot be read, nothing is signed: it may have one.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

import structlog

from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.indexer import IndexGap, SequenceIndexer, SequenceRegressed
from hyperlane.agents.runtime.pulse import Pulse
from hyperlane.agents.validator.halting import Halting
from hyperlane.agents.validator.witnesses import EMPTY, Undecided, Votes, Witnesses
from hyperlane.chain.abi import MerkleTreeHook
from hyperlane.chain.signer import address_of
from hyperlane.checkpoints.storage import CheckpointStorage
from hyperlane.errors import (
    ChainError,
    DatabaseError,
    DecodeError,
    HyperlaneError,
    StorageError,
)
from hyperlane.metrics import Metrics
from hyperlane.protocol.checkpoint import Checkpoint, SignedCheckpoint
from hyperlane.protocol.merkle import IncrementalMerkle
from hyperlane.protocol.reorg import ReorgReport
from hyperlane.protocol.typecasts import Bytes32, address_to_bytes32, to_checksum, to_hex
from hyperlane.store.commitments import CheckpointStore, ObservedTree
from hyperlane.store.sequences import Insertion, InsertionStore

if TYPE_CHECKING:
    from eth_account.signers.base import BaseAccount

log = structlog.get_logger()

_LEAVES_AT_ONCE = 1000
_BATCHES_PER_STEP = 20
_IDLE_LONGEST = 60.0
"""Seconds after which the chain is looked at, though its tree is the one that is signed."""


class Halted(HyperlaneError):
    """Stop of a validator, which must not sign again until a person has examined it."""


@dataclass(slots=True, kw_only=True)
class CheckpointSigner:
    """Signs and publishes one checkpoint per leaf of one chain's tree."""

    chain: Chain
    account: "BaseAccount"
    storage: CheckpointStorage
    commitments: CheckpointStore
    indexer: SequenceIndexer[Insertion]
    leaves: InsertionStore
    metrics: Metrics
    witnesses: Witnesses
    at_once: int = 50
    """Number of checkpoints that are signed and written concurrently."""
    clock: Callable[[], float] = time.time
    _tree: IncrementalMerkle = field(default_factory=IncrementalMerkle)
    """Tree of the committed leaves."""
    doubt: str = ""
    """Reason why nothing is signed until RPCs answer or confirm something, in words; empty if
    none."""
    _halted: str = ""
    """Reason of the halt; empty while the validator signs."""
    _signed_all: bool = False
    """Whether the last step left nothing to sign."""
    _latest_written: int = -1
    """The highest index that was written to the storage as the latest."""
    _goal: int | None = None
    """Leaf count at start; once all these are signed, the backfill is complete."""

    @property
    def _halting(self) -> Halting:
        return Halting(
            chain=self.chain,
            commitments=self.commitments,
            storage=self.storage,
            witnesses=self.witnesses,
        )

    async def resume(self) -> None:
        """Rebuild the tree of committed leaves; check the storage for their signatures again.

        Halted if a reorg stopped an earlier run that could not write the flag any more.
        """
        report = await self.commitments.unflagged_reorg()
        if report is not None:
            await self.storage.write_reorg_flag(report)
            await self.commitments.reorg_flagged()
            raise self._stopped("a reorg stopped it before")
        self._tree = await self._tree_of(await self.commitments.next_index())
        last = await self.commitments.at(self._tree.count - 1)
        if last is not None and last.root != self._tree.root():
            raise DatabaseError(
                f"db: the leaves of {self.chain.name} that are stored do not give the root that"
                f" was committed to for leaf {last.index}, as if another agent wrote there: give"
                " this validator a new db of its own; its storage has what it signed"
            )
        await self.commitments.republish()
        metrics = self.metrics
        for metric in (metrics.root_mismatch, metrics.critical_error, metrics.undecided):
            metric.labels(self.chain.name).set(0)
        log.info("validator.resumed", chain=self.chain.name, committed=self._tree.count)

    async def step(self) -> None:
        """Bring signatures up to the chain's final block.

        Halted when the chain contradicts what was seen or signed before.
        """
        self._signed_all = False
        if self._halted:
            raise self._stopped(self._halted)
        try:
            await self._commit_to_final()
        except ChainError as error:
            self._doubted(str(error))
            raise
        self._doubted("")
        assert self._goal is not None
        self._signed_all = await self._publish()
        if self._signed_all and self._tree.count >= self._goal:
            self.metrics.backfill_complete.labels(self.chain.name).set(1)

    def pulse(self) -> Pulse:
        """Make what tells whether there may be something to sign, or to halt for."""
        hook = self.chain.settings.merkle_tree_hook
        return self.chain.pulse(
            (hook, MerkleTreeHook.count),
            (hook, MerkleTreeHook.root),
            longest=_IDLE_LONGEST,
        )

    @property
    def signed(self) -> tuple[int, ...]:
        """Count and root of the tree once all of it is signed; empty while something is left."""
        if not self._signed_all:
            return ()
        return self._tree.count, int.from_bytes(self._tree.root())

    async def _commit_to_final(self) -> None:
        """Commit to the leaves up to the chain's final block."""
        block = await self.chain.client.final_block()
        self.metrics.block_height.labels(self.chain.name).set(block)
        count = await self.indexer.count(block)
        if self._goal is None:
            self._goal = count
        if count:
            await self._follow(block)
        elif self._tree.count:
            await self._require_lag(ObservedTree(EMPTY[1], EMPTY[0], block))

    def _doubted(self, doubt: str) -> None:
        """Record why nothing is signed; empty if signing goes on. Log when either begins."""
        name = self.chain.name
        self.metrics.undecided.labels(name).set(1 if doubt else 0)
        if doubt and not self.doubt:
            log.warning("signing.stopped", chain=name, reason=doubt)
        elif self.doubt and not doubt:
            log.info("signing.resumed", chain=name)
        self.doubt = doubt

    async def _follow(self, block: int) -> None:
        """Commit to all leaves as of `block`."""
        name = self.chain.name
        root, index = await self.chain.client.call(
            self.chain.settings.merkle_tree_hook, MerkleTreeHook.latest_checkpoint, block=block
        )
        self.metrics.latest_checkpoint.labels("validator_observed", name).set(index)
        chain_tree = ObservedTree(index, root, block)
        committed = await self.commitments.at(index)
        if committed is not None and committed.root != root:
            await self._halting.require_contradicted(chain_tree)
            await self._halt("the tree has another root", chain_tree, committed.root)
        if index + 1 < self._tree.count and await self._require_lag(chain_tree):
            return
        await self._index(chain_tree)
        if committed is None:
            await self._require_agreement(chain_tree)
            await self.witnesses.confirm(chain_tree)
            # First, so that what is committed is never ahead of what was observed.
            await self.commitments.observe(chain_tree)
            await self._commit_through(chain_tree)
        self.metrics.initial_consistency.labels(name).set(1)

    async def _require_lag(self, chain_tree: ObservedTree) -> bool:
        """Halt if a tree that lacks a signed leaf is of no earlier block than the one observed.

        Returns True if it is of an earlier one, as a node lags behind the one asked before; False
        if no tree was observed yet.
        """
        observed = await self.commitments.observed()
        if observed is None or chain_tree.block_number < observed.block_number:
            return observed is not None
        await self._halting.require_contradicted(chain_tree)
        left = f"leaf {chain_tree.index}" if chain_tree.index >= 0 else "none"
        await self._halt(
            f"the tree went back from leaf {self._tree.count - 1} to {left} at block"
            f" {chain_tree.block_number}",
            chain_tree,
            self._tree.root(),
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
            if chain_tree.index + 1 >= self._tree.count:
                raise  # the tree has all that was signed: it is the count that is wrong
            await self._halting.require_contradicted(chain_tree)
            await self._halt(str(error), chain_tree, self._tree.root())

    async def _index_gap(self, chain_tree: ObservedTree) -> int:
        """Index once more, as logs lack a leaf. If that is the first after the signed ones, a reorg
        may have put it into an earlier block than theirs: halt if RPCs confirm that."""
        try:
            return await self.indexer.sync(chain_tree.block_number)
        except IndexGap as gap:
            if self._tree.count and not await self.leaves.leaves(self._tree.count, 1):
                votes = await self._count_other_leaves(chain_tree)
                if votes.unopposed:
                    await self._halting.require_confirmed(chain_tree)
                    await self._halt(str(gap), chain_tree, self._tree.root())
            raise

    async def _reread(self, problem: str) -> None:
        """Delete the leaves without a commitment, to read them again from another URL."""
        log.warning("validator.rereading", chain=self.chain.name, from_leaf=self._tree.count)
        self.chain.client.distrust(problem)
        await self.indexer.reread(self._tree.count)

    async def _require_agreement(self, chain_tree: ObservedTree) -> None:
        """Halt unless the stored leaves give the chain's root."""
        if await self._local_root(chain_tree.index) == chain_tree.root:
            return
        await self._reread("the leaves of its logs do not give the root of its tree")
        await self.indexer.sync(chain_tree.block_number)
        local = await self._local_root(chain_tree.index)
        if local != chain_tree.root:
            await self._halting.require_confirmed(chain_tree)
            await self._require_other_leaves(chain_tree)
            await self._halt("the leaves give another root", chain_tree, local)

    async def _require_other_leaves(self, chain_tree: ObservedTree) -> None:
        """Raise Undecided unless the logs of most RPCs, read one by one, do not lead from the
        committed tree to the chain's, and no RPC's do: that one would prove the others' wrong.
        """
        evidence = ""
        if self._tree.count:
            votes = await self._count_other_leaves(chain_tree)
            if votes.unopposed:
                return
            evidence = f"; that they follow another tree than the signed one: {votes}"
        raise Undecided(
            f"{self.chain.name}: the leaves of its logs do not give the root of leaf"
            f" {chain_tree.index}; they are read again, nothing is signed meanwhile{evidence}"
        )

    async def _count_other_leaves(self, chain_tree: ObservedTree) -> Votes:
        last = self._tree.count - 1
        (leaf,) = await self._leaves(last, last)
        return await self._halting.count_other_leaves(self._tree, leaf.block_number, chain_tree)

    async def _commit_through(self, chain_tree: ObservedTree) -> None:
        """Commit to new leaves."""
        hook = address_to_bytes32(self.chain.settings.merkle_tree_hook)
        while self._tree.count <= chain_tree.index:
            tree = self._tree.copy()
            batch = []
            for leaf in await self._leaves(tree.count, chain_tree.index):
                tree.insert(leaf.message_id)
                batch.append(
                    Checkpoint(
                        self.chain.domain, hook, tree.root(), leaf.leaf_index, leaf.message_id
                    )
                )
            for earlier in await self.commitments.commit(batch):
                await self._halt(
                    f"leaf {earlier.index} was committed as another", chain_tree, earlier.root
                )
            self._tree = tree

    async def _local_root(self, index: int) -> Bytes32:
        return (await self._tree_of(index + 1)).root()

    async def _tree_of(self, count: int) -> IncrementalMerkle:
        """The tree of the first `count` stored leaves, grown from the committed one."""
        tree = self._tree.copy()
        while tree.count < count:
            for leaf in await self._leaves(tree.count, count - 1):
                tree.insert(leaf.message_id)
        return tree

    async def _leaves(self, first: int, last: int) -> list[Insertion]:
        found = await self.leaves.leaves(first, min(_LEAVES_AT_ONCE, last - first + 1))
        if not found or found[0].leaf_index != first:
            raise StorageError(f"{self.chain.name}: leaf {first} is not stored")
        return found

    async def _publish(self) -> bool:
        """Sign and publish committed checkpoints, newest first: a backlog delays no new message.

        Returns whether none is left; after some batches it returns so that the chain is read again.
        """
        failures: list[BaseException] = []
        for _ in range(_BATCHES_PER_STEP):
            batch = await self.commitments.unpublished(self.at_once)
            if not batch:
                break
            # All of them end before any failure counts: nothing may go on signing after a halt.
            outcomes = await asyncio.gather(*map(self._publish_one, batch), return_exceptions=True)
            failures = [item for item in outcomes if item is not None]
            for failure in failures:
                if isinstance(failure, Halted):
                    raise failure
            # One that cannot be read or written keeps none of the others from being used.
            done = [
                item.index for item, outcome in zip(batch, outcomes, strict=True) if outcome is None
            ]
            if done and done[0] > self._latest_written:
                await self.storage.raise_latest_index(done[0])
                self._latest_written = done[0]
            await self.commitments.mark_published(done)
            if not done:
                break
            self.metrics.latest_checkpoint.labels("validator_processed", self.chain.name).set(
                self._tree.count - 1
            )
        for failure in failures:
            raise failure
        return not batch

    async def _publish_one(self, checkpoint: Checkpoint) -> None:
        if await self._is_published(checkpoint):
            return
        if self._halted:
            raise self._stopped(self._halted)
        # In a thread: the key may be behind a network.
        signature = await asyncio.to_thread(checkpoint.sign, self.account)
        signed = SignedCheckpoint(checkpoint, signature)
        await self.storage.write_checkpoint(signed)
        log.info(
            "checkpoint.signed",
            chain=self.chain.name,
            index=checkpoint.index,
            root=to_hex(checkpoint.root),
            message_id=to_hex(checkpoint.message_id),
        )

    async def _is_published(self, checkpoint: Checkpoint) -> bool:
        """Whether the storage has the checkpoint. Halted if it has another one for the index.

        StorageError when it cannot be read: it may have a signature that this database does not
        know, made before the database was restored, or on another host.
        """
        try:
            stored = await self.storage.checkpoint(checkpoint.index)
            signer = None if stored is None else stored.signer
        except (StorageError, DecodeError) as error:
            raise StorageError(
                f"{self.storage.location}: nothing is signed for leaf {checkpoint.index} before it"
                " is known what was signed: make the storage readable, or remove the object if it"
                f" never held a signature of {self.account.address}: {error}"
            ) from None
        if stored is None or signer is None:
            return False
        if signer != address_of(self.account):
            self._halted = (
                f"{self.storage.location}: checkpoint {checkpoint.index} is signed by"
                f" {to_checksum(signer)} and not by this validator {self.account.address}: use a"
                " storage of its own"
            )
            raise Halted(self._halted)
        if stored.checkpoint != checkpoint:
            await self._halt(
                f"the storage has another checkpoint {checkpoint.index} signed by this validator",
                ObservedTree(checkpoint.index, checkpoint.root, 0),
                stored.checkpoint.root,
            )
        return True

    async def _halt(self, what: str, chain_tree: ObservedTree, local: Bytes32) -> NoReturn:
        """Stop for good: sign nothing from here on, store the reason, write the reorg flag."""
        self._halted = what
        name = self.chain.name
        report = ReorgReport(
            local,
            chain_tree.root,
            max(0, chain_tree.index),
            int(self.clock()),
            self.chain.client.reorg_period,
        )
        try:
            await self._halting.record(report)
        finally:
            self.metrics.root_mismatch.labels(name).set(1)
            self.metrics.critical_error.labels(name).set(1)
            log.error(
                "validator.halted",
                chain=name,
                reason=what,
                index=chain_tree.index,
                local_root=to_hex(local),
                canonical_root=to_hex(chain_tree.root),
            )
        raise self._stopped(what)

    def _stopped(self, what: str) -> Halted:
        return Halted(
            f"{self.chain.name}: {what}: the chain contradicts what this validator saw; it wrote"
            f" {self.storage.reorg_flag} and does not sign until a person removes it"
        )
