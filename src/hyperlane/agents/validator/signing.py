"""The checkpoint signer: from final leaves to published signatures.

A checkpoint is signed only after three things, in this order: the local tree equals the chain's at
one final block; the checkpoint is committed to the database, where an index can never get another
one; the storage was read and has no other signature of this key for the index. While a storage
cannot be read, nothing is signed: it may have one.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.indexer import SequenceIndexer
from hyperlane.agents.runtime.loops import TRANSIENT
from hyperlane.agents.runtime.pulse import Pulse
from hyperlane.agents.validator.committing import Committer
from hyperlane.agents.validator.halting import Halting
from hyperlane.agents.validator.publishing import Publisher
from hyperlane.agents.validator.witnesses import EMPTY, Witnesses
from hyperlane.chain.abi import MerkleTreeHook
from hyperlane.checkpoints.storage import CheckpointStorage
from hyperlane.errors import ChainError
from hyperlane.metrics import Metrics
from hyperlane.store.commitments import CheckpointStore, ObservedTree
from hyperlane.store.sequences import Insertion, InsertionStore

if TYPE_CHECKING:
    from eth_account.signers.base import BaseAccount

log = structlog.get_logger()

_BATCHES_PER_STEP = 20
_BATCHES_PER_PIECE = 4
"""Batches that are published before more of a backlog is committed to."""
_IDLE_LONGEST = 60.0
"""Seconds after which the chain is looked at, though its tree is the one that is signed."""


@dataclass(slots=True, kw_only=True)
class CheckpointSigner:
    """Signs and publishes one checkpoint per leaf of one chain's tree."""

    committer: Committer
    publisher: Publisher
    metrics: Metrics
    doubt: str = ""
    """Reason why nothing is signed until RPCs answer or confirm something, in words; empty if
    none."""
    _signed_all: bool = False
    """True if the last step left nothing to sign."""
    _goal: int | None = None
    """Leaf count at start; once all these are signed, the backfill is complete."""

    async def resume(self) -> None:
        """Restore the tree of committed leaves; check the storage for their signatures again.

        Halted if a reorg stopped an earlier run that could not write the flag any more.
        """
        name, metrics = self._name, self.metrics
        await self.publisher.halting.require_none_before()
        await self.committer.resume()
        self.publisher.unchecked = self.committer.tree.count
        for metric in (metrics.root_mismatch, metrics.critical_error, metrics.undecided):
            metric.labels(name).set(0)
        log.info("validator.resumed", chain=name, committed=self.committer.tree.count)

    async def step(self) -> bool:
        """Bring signatures nearer to the chain's final block; returns whether more are left.

        Halted when the chain contradicts what was seen or signed before.
        """
        self._signed_all = False
        self.publisher.halting.require_running()
        try:
            uncommitted = await self._commit()
        except ChainError as error:
            self._doubted(str(error))
            raise
        self._doubted("")
        return await self._publish(uncommitted)

    async def rest(self) -> None:
        """Look for signatures that the storage may have lost, while the chain has nothing new."""
        self.publisher.halting.require_running()
        await self.publisher.check()

    def pulse(self) -> Pulse:
        """Make what tells whether there may be something to sign, or to halt for."""
        hook = self.committer.chain.settings.merkle_tree_hook
        return self.committer.chain.pulse(
            (hook, MerkleTreeHook.count),
            (hook, MerkleTreeHook.root),
            longest=_IDLE_LONGEST,
        )

    @property
    def signed(self) -> tuple[int, ...]:
        """Count and root of the tree once all of it is signed; empty while something is left."""
        if not self._signed_all:
            return ()
        tree = self.committer.tree
        return tree.count, int.from_bytes(tree.root())

    async def _commit(self) -> bool:
        """Commit to leaves of final blocks; returns whether more are left."""
        committer, client = self.committer, self.committer.chain.client
        block = await client.final_block()
        self.metrics.block_height.labels(self._name).set(block)
        count = await committer.indexer.count(block)
        if self._goal is None:
            self._goal = count
        if count:
            self.metrics.latest_checkpoint.labels("validator_observed", self._name).set(count - 1)
            return await committer.step(block, count)
        if committer.tree.count:
            await committer.require_lag(ObservedTree(EMPTY[1], EMPTY[0], block))
        return False

    async def _publish(self, uncommitted: bool) -> bool:
        """Publish what is committed; returns whether more is to be committed or published."""
        batches = _BATCHES_PER_PIECE if uncommitted else _BATCHES_PER_STEP
        try:
            left = await self.publisher.publish(batches)
        except TRANSIENT:
            # What cannot be read or written keeps none of the others from being looked for.
            await self.publisher.check()
            raise
        if not (left or uncommitted):
            await self.publisher.check()
        count = self.committer.tree.count
        if count:
            processed = self.metrics.latest_checkpoint.labels("validator_processed", self._name)
            processed.set(count - 1)
        assert self._goal is not None
        self._signed_all = not (left or uncommitted)
        if self._signed_all and not self.publisher.unchecked and count >= self._goal:
            self.metrics.backfill_complete.labels(self._name).set(1)
        return left or uncommitted

    def _doubted(self, doubt: str) -> None:
        """Record why nothing is signed; empty if signing goes on. Log when either begins."""
        self.metrics.undecided.labels(self._name).set(1 if doubt else 0)
        if doubt and not self.doubt:
            log.warning("signing.stopped", chain=self._name, reason=doubt)
        elif self.doubt and not doubt:
            log.info("signing.resumed", chain=self._name)
        self.doubt = doubt

    @property
    def _name(self) -> str:
        return self.committer.chain.name


def make_signer(
    *,
    chain: Chain,
    account: "BaseAccount",
    storage: CheckpointStorage,
    commitments: CheckpointStore,
    indexer: SequenceIndexer[Insertion],
    leaves: InsertionStore,
    metrics: Metrics,
    witnesses: Witnesses,
    at_once: int = 50,
) -> CheckpointSigner:
    """Make the signer of one chain, with one halt for all its parts."""
    halting = Halting(
        chain=chain,
        commitments=commitments,
        storage=storage,
        witnesses=witnesses,
        metrics=metrics,
    )
    committer = Committer(
        chain=chain,
        commitments=commitments,
        indexer=indexer,
        leaves=leaves,
        metrics=metrics,
        witnesses=witnesses,
        halting=halting,
    )
    publisher = Publisher(
        chain=chain,
        account=account,
        storage=storage,
        commitments=commitments,
        halting=halting,
        at_once=at_once,
    )
    return CheckpointSigner(committer=committer, publisher=publisher, metrics=metrics)
