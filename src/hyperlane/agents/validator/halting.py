"""Halting of a validator: evidence that is required before, and records of it."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NoReturn

import structlog

from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.validator.witnesses import Undecided, Votes, Witnesses
from hyperlane.chain import answers
from hyperlane.checkpoints.storage import CheckpointStorage
from hyperlane.errors import HyperlaneError
from hyperlane.metrics import Metrics
from hyperlane.protocol.merkle import IncrementalMerkle
from hyperlane.protocol.reorg import ReorgReport
from hyperlane.protocol.typecasts import Bytes32, to_hex
from hyperlane.store.commitments import CheckpointStore, ObservedTree

log = structlog.get_logger()


class Halted(HyperlaneError):
    """Stop of a validator, which must not sign again until a person has examined it."""


@dataclass(slots=True, kw_only=True)
class Halting:
    """Requires evidence that a chain contradicts what a validator signed, and halts it."""

    chain: Chain
    commitments: CheckpointStore
    storage: CheckpointStorage
    witnesses: Witnesses
    metrics: Metrics
    clock: Callable[[], float] = time.time
    _reason: str = ""
    """Reason of the halt; empty while the validator signs."""

    def require_running(self) -> None:
        """Raise Halted if the validator was halted."""
        if self._reason:
            raise self._halted()

    async def require_none_before(self) -> None:
        """Raise Halted if a reorg stopped an earlier run that could not write the flag any more."""
        report = await self.commitments.unflagged_reorg()
        if report is None:
            return
        await self.storage.write_reorg_flag(report)
        await self.commitments.reorg_flagged()
        self._reason = "a reorg stopped it before"
        raise self._halted()

    async def halt(self, what: str, chain_tree: ObservedTree, local: Bytes32) -> NoReturn:
        """Stop for good: sign nothing from here on, store the reason, write the reorg flag."""
        self._reason = what
        name = self.chain.name
        report = ReorgReport(
            local,
            chain_tree.root,
            max(0, chain_tree.index),
            int(self.clock()),
            self.chain.client.reorg_period,
        )
        try:
            await self._record(report)
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
        raise self._halted()

    def stop(self, why: str) -> NoReturn:
        """Stop without a flag: the chain is not to blame."""
        self._reason = why
        raise Halted(why)

    def _halted(self) -> Halted:
        return Halted(
            f"{self.chain.name}: {self._reason}: the chain contradicts what this validator saw; it"
            f" wrote {self.storage.reorg_flag} and does not sign until a person removes it"
        )

    async def require_confirmed(self, chain_tree: ObservedTree) -> None:
        """Raise Undecided unless most RPCs, asked one by one, confirm a tree: one answer is no
        proof of a reorg."""
        self._require_most(await self.witnesses.count(chain_tree), chain_tree)

    async def require_contradicted(self, chain_tree: ObservedTree) -> None:
        """Raise Undecided unless most RPCs confirm a tree that contradicts the signed one, and do
        not show the signed one, too."""
        signed = await self.commitments.observed()
        if signed is None:
            await self.require_confirmed(chain_tree)
            return
        votes = await self.witnesses.count_against(signed, chain_tree)
        self._require_most(votes, chain_tree)

    def _require_most(self, votes: Votes, chain_tree: ObservedTree) -> None:
        if votes.most:
            return
        index = chain_tree.index
        what = f"the root of leaf {index}" if index >= 0 else "a tree without leaves"
        if 2 * votes.agree < votes.said:
            self.chain.client.rpc.distrust(f"{what}: {votes}", answers.CALL.name)
        raise Undecided(
            f"{self.chain.name}: the tree at block {chain_tree.block_number} is not what this"
            " validator saw, and nothing is signed before more than half of its RPCs confirm that,"
            f" or none says so any more: {what}: {votes}"
        )

    async def count_other_leaves(
        self, signed: IncrementalMerkle, last_block: int, chain_tree: ObservedTree
    ) -> Votes:
        """Count RPCs whose logs do not lead from the signed tree to the chain's; `last_block` has
        the last leaf of the signed one."""
        return await self.witnesses.count_without(
            signed.copy(), await self.commitments.observed(), chain_tree, last_block
        )

    async def _record(self, report: ReorgReport) -> None:
        """Store why the validator halts: in the database, in the storage as the reorg flag, and
        there what each RPC says. A failure to write one is logged; the others are written anyway.
        """

        async def flag() -> None:
            await self.storage.write_reorg_flag(report)
            await self.commitments.reorg_flagged()

        async def testify() -> None:
            await self.storage.write_rpc_responses(await self.witnesses.testify())

        async def attempt(step: Callable[[], Awaitable[None]]) -> None:
            try:
                await step()
            except HyperlaneError as error:
                log.error("validator.flag_unwritten", chain=self.chain.name, error=str(error))

        await attempt(lambda: self.commitments.remember_reorg(report))
        await attempt(flag)
        await attempt(testify)
