"""The writer of verdicts: to the store, the metrics and the log.

Nothing else in `delivery` changes a delivery's row or says in the log what became of it, so what a
verdict means is in this file only.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, cast

import structlog
from sqlalchemy import ColumnElement

from hyperlane.agents.relayer.delivery.verdicts import (
    Delivered,
    DeliveredBefore,
    Excluded,
    FoundDelivered,
    Ignored,
    Impossible,
    Included,
    Parked,
    Postponed,
    Retry,
    Sending,
    Settled,
    Submitted,
    Verdict,
)
from hyperlane.agents.relayer.policy.relay import RelayPolicy
from hyperlane.agents.relayer.reasons import (
    FIRST_PAUSE,
    UNPAID,
    Reason,
    backoff,
    pause_after_failure,
    pause_without_code,
    reveal_pause,
)
from hyperlane.metrics import Metrics
from hyperlane.protocol.message import Message
from hyperlane.protocol.typecasts import Bytes32, to_hex
from hyperlane.store.operations import (
    MOST_GAS,
    NEVER,
    UNCONFIRMED,
    Operation,
    OperationStore,
    State,
    if_paid,
    lane_of,
)
from hyperlane.store.transactions import TransactionStore

log = structlog.get_logger()

_SIGNING_TIME = 30.0
"""Seconds after a message was indexed during which its signatures may come at any moment."""
_SIGNING_PAUSES = (0.2, 2.0)
"""Shortest and longest pause between attempts during that time."""

_MOST_REVEALS = 10_000
"""Messages whose attempts are counted in memory; the oldest are forgotten first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """Writes the verdicts on deliveries to one chain."""

    chain: str
    operations: OperationStore
    transactions: TransactionStore
    chain_name: Callable[[int], str]
    """Name of a chain by its domain."""
    metrics: Metrics
    policy: RelayPolicy
    clock: Callable[[], float] = time.time
    _reveals: dict[Bytes32, int] = field(default_factory=dict, init=False)
    """Attempts of messages that found no commitment to reveal. After a start they begin anew."""

    async def write(self, verdicts: Sequence[Verdict]) -> None:
        """Write verdicts in order, in one database transaction."""
        if not verdicts:
            return
        async with self.operations.together():
            for _, alike in groupby(verdicts, type):
                await self._write(list(alike))

    async def _write(self, verdicts: Sequence[Verdict]) -> None:
        """Write verdicts of one kind: what comes in great numbers, together."""
        first = verdicts[0]
        if isinstance(first, Sending):
            await self._sending(cast("list[Sending]", verdicts))
        elif isinstance(first, Submitted):
            await self._submitted(cast("list[Submitted]", verdicts))
        elif isinstance(first, Settled):
            await self._settled(cast("list[Settled]", verdicts))
        else:
            for verdict in verdicts:
                await self._write_one(verdict)

    async def _write_one(self, verdict: Verdict) -> None:
        match verdict:
            case Ignored():
                await self._change(verdict.operations, state=State.IGNORED)
            case Impossible():
                await self._impossible(verdict)
            case Parked():
                await self._parked(verdict)
            case Retry():
                await self._retry(verdict)
            case Postponed():
                await self._postponed(verdict)
            case DeliveredBefore():
                await self._delivered_before(verdict)
            case FoundDelivered():
                await self._found_delivered(verdict)
            case Included():
                await self._included(verdict)
            case Excluded():
                await self._change(verdict.operations, state=State.SUBMITTED, block_number=None)
            case Delivered():
                await self._delivered(verdict)

    async def _impossible(self, verdict: Impossible) -> None:
        await self._drop(verdict.operation, verdict.detail, reason=None, next_attempt=NEVER)

    async def _parked(self, verdict: Parked) -> None:
        operation = verdict.operation
        retries = operation.retries + 1
        await self._drop(
            operation,
            verdict.detail,
            reason=verdict.reason,
            lane=lane_of(tried=True),
            retries=retries,
            next_attempt=self.clock() + pause_without_code(retries),
        )

    async def _drop(self, operation: Operation, detail: str, **values: Any) -> None:
        await self._change([operation], state=State.DROPPED, detail=detail, **values)
        if operation.detail != detail:  # log it once, however often it is checked again
            self._count(operation, "dropped")
            log.warning("message.dropped", **self._facts(operation), reason=detail)

    async def _found_delivered(self, verdict: FoundDelivered) -> None:
        await self._change(
            [verdict.operation],
            state=State.SUBMITTED,
            reason=Reason.ALREADY_SUBMITTED,
            detail=None,
            batch=None,
            tx_hash=None,
            block_number=verdict.block,
        )
        log.info("message.found_delivered", **self._facts(verdict.operation))

    async def _sending(self, verdicts: Sequence[Sending]) -> None:
        same = {
            "state": State.SUBMITTED,
            "reason": Reason.SUBMITTED_BY_SELF,
            "detail": None,
            "tx_hash": None,
            "block_number": None,
        }
        await self.operations.change_each(
            self.clock(),
            {
                item.message.id: {**same, "batch": verdict.batch, "gas_estimate": estimate}
                for verdict in verdicts
                for item, estimate in zip(verdict.operations, verdict.estimates, strict=True)
            },
        )

    async def _submitted(self, verdicts: Sequence[Submitted]) -> None:
        carried = [(item, verdict) for verdict in verdicts for item in verdict.operations]
        await self.operations.change_each(
            self.clock(),
            {item.message.id: {"tx_hash": verdict.tx_hash} for item, verdict in carried},
        )
        for item, verdict in carried:
            self._count(item, "submitted")
            log.info(
                "message.submitted",
                **self._facts(item),
                tx_hash=to_hex(verdict.tx_hash),
                batch=len(verdict.operations),
                attempt=item.retries + 1,
            )

    async def _included(self, verdict: Included) -> None:
        receipt = verdict.receipt
        await self._change(
            verdict.operations,
            state=State.INCLUDED,
            tx_hash=receipt.tx_hash,
            block_number=receipt.block_number,
        )
        log.info(
            "transaction.included",
            chain=self.chain,
            tx_hash=to_hex(receipt.tx_hash),
            messages=len(verdict.operations),
            block=receipt.block_number,
            gas=receipt.gas_used,
            succeeded=receipt.succeeded,
        )

    async def _delivered_before(self, verdict: DeliveredBefore) -> None:
        """A relayer that starts finds thousands: those never tried share one line of the log."""
        old = [item for item in verdict.operations if not item.retries and item.reason is None]
        tried = [item for item in verdict.operations if item.retries or item.reason is not None]
        await self._delivered(Delivered(tried))
        await self._deliver(old, {})
        if old:
            log.info("messages.delivered_before", chain=self.chain, messages=len(old))

    async def _delivered(self, verdict: Delivered) -> None:
        await self._deliver(verdict.operations, verdict.gas)
        for item in verdict.operations:
            seconds = self.clock() - item.created_at
            origin = self.chain_name(item.message.origin)
            self.metrics.delivery_seconds.labels(origin, self.chain).observe(seconds)
            log.info(
                "message.delivered",
                **self._facts(item),
                tx_hash=to_hex(item.tx_hash) if item.tx_hash else None,
                gas=verdict.gas.get(item.message.id),
                seconds=round(seconds, 3),
            )

    async def _deliver(self, operations: Sequence[Operation], gas: Mapping[Bytes32, int]) -> None:
        await self.operations.change_each(
            self.clock(),
            {
                item.message.id: {
                    "state": State.DELIVERED,
                    "next_attempt": self.clock() + FIRST_PAUSE,
                    "reason": None,
                    "detail": None,
                    "gas_used": _spent(item, gas.get(item.message.id, 0)),
                }
                for item in operations
            },
        )
        for item in operations:
            self._count(item, "confirmed")
            origin = self.chain_name(item.message.origin)
            self.metrics.messages_processed.labels(origin, self.chain).inc()
            self.metrics.last_nonce.labels("message_processed", origin).set(item.message.nonce)

    async def _settled(self, verdicts: Sequence[Settled]) -> None:
        """Write all outcomes of batches, within the one database transaction of `write`.

        A crash between these writes would lose what a batch cost, or charge it twice: once its
        transaction is finished nothing leads to the receipt any more.
        """
        finished = [item.transaction for item in verdicts if item.transaction is not None]
        await self.transactions.finish(*finished)
        costs = [cost for item in verdicts for cost in item.costs.items()]
        failed_costs = [cost for item in verdicts for cost in item.failed_costs.items()]
        await self.operations.charge(costs, failed_costs)
        await self._delivered(
            Delivered(
                [operation for item in verdicts for operation in item.delivered.operations],
                {key: gas for item in verdicts for key, gas in item.delivered.gas.items()},
            )
        )
        for outcome in (failure for item in verdicts for failure in item.failed):
            await self._write_one(outcome)

    async def _retry(self, verdict: Retry) -> None:
        operation = verdict.operation
        retries, pause = self._schedule(verdict)
        if verdict.defect is not None:
            log.exception("message.failed", exc_info=verdict.defect, **self._facts(operation))
        await self._change(
            [operation],
            state=State.PENDING,
            lane=lane_of(tried=retries > 0),
            retries=retries,
            next_attempt=self._next_attempt(verdict, pause),
            reason=verdict.reason,
            detail=verdict.detail,
            batch=None,
            tx_hash=None,
            block_number=None,
            gas_used=_spent(operation, verdict.gas),
        )
        if retries > operation.retries:
            self._count(operation, "failed")
            log.info(
                "message.retry",
                **self._facts(operation),
                reason=verdict.reason,
                detail=verdict.detail,
                retries=retries,
                retry_in=round(pause, 1),
            )

    def _next_attempt(self, verdict: Retry, pause: float) -> float | ColumnElement[float]:
        """Time of the next attempt: now, if a payment that was missing came during this one."""
        now = self.clock()
        if verdict.reason not in UNPAID or verdict.operation.lane.paid:
            return now + pause
        return if_paid(now, now + pause)

    def _schedule(self, verdict: Retry) -> tuple[int, float]:
        """The number of counted retries, and seconds until the next attempt."""
        operation, reason = verdict.operation, verdict.reason
        age = self.clock() - operation.created_at
        if reason is Reason.AWAITING_VALIDATOR_SIGNATURES and age < _SIGNING_TIME:
            # Validators are expected to be slower than this relayer: that is no failure.
            return operation.retries, min(max(age / 4, _SIGNING_PAUSES[0]), _SIGNING_PAUSES[1])
        if reason is Reason.AWAITING_ICA_REVEAL:
            polls = self._reveals[operation.message.id] = self._polls(operation) + 1
            if (poll := reveal_pause(polls)) is not None:
                return operation.retries, poll
        retries = operation.retries + 1
        pause = backoff(reason, retries, self.policy.max_retries)
        if verdict.gas:
            pause = max(pause, pause_after_failure(operation.failures + 1))
        return retries, pause

    def _polls(self, operation: Operation) -> int:
        if len(self._reveals) >= _MOST_REVEALS:
            self._reveals.pop(next(iter(self._reveals)))
        return self._reveals.get(operation.message.id, 0)

    async def _postponed(self, verdict: Postponed) -> None:
        await self.operations.change(
            [item.message.id for item in verdict.operations],
            self.clock(),
            within=UNCONFIRMED if verdict.submitted else (State.PREPARING,),
            state=State.PENDING,
            next_attempt=self.clock() + verdict.pause,
            detail=verdict.detail,
            batch=None,
            tx_hash=None,
            block_number=None,
        )
        if verdict.operations:
            log.warning(
                "messages.postponed",
                chain=self.chain,
                messages=len(verdict.operations),
                detail=verdict.detail,
            )

    def _facts(self, operation: Operation) -> dict[str, object]:
        """Fields of a log event that identify the message."""
        message: Message = operation.message
        return {
            "id": to_hex(message.id),
            "origin": self.chain_name(message.origin),
            "destination": self.chain,
            "nonce": message.nonce,
        }

    async def _change(self, operations: Sequence[Operation], **values: Any) -> None:
        ids = [item.message.id for item in operations]
        await self.operations.change(ids, self.clock(), **values)

    def _count(self, operation: Operation, phase: str) -> None:
        context = self.policy.app_context(operation.message)
        self.metrics.operations_processed.labels(context, phase, self.chain).inc()


def _spent(operation: Operation, gas: int) -> int:
    """Gas of all attempts including one more, whatever a node said of its fee for data."""
    return min(operation.gas_used + gas, MOST_GAS)
