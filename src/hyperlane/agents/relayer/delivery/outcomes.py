"""What became of attempts: written to the store, counted in the metrics, told in the log."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from hyperlane.agents.relayer.policy.relay import RelayPolicy
from hyperlane.agents.relayer.reasons import (
    FIRST_PAUSE,
    TRIES_WITHOUT_CODE,
    Reason,
    backoff,
    pause_after_failure,
    pause_without_code,
)
from hyperlane.chain.client import Receipt
from hyperlane.metrics import Metrics
from hyperlane.protocol.message import Message
from hyperlane.protocol.typecasts import Bytes32, to_hex
from hyperlane.store.operations import (
    NEVER,
    UNCONFIRMED,
    Lane,
    Operation,
    OperationStore,
    State,
)

log = structlog.get_logger()

OUTAGE_PAUSE = 10.0
"""Seconds until an attempt is repeated that failed through nobody's fault."""
_SIGNING_TIME = 30.0
"""How long after its sending a message's signatures are expected at any moment."""
_SIGNING_PAUSES = (0.2, 2.0)
"""Shortest and longest pause meanwhile."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Of the deliveries to one chain."""

    chain: str
    operations: OperationStore
    names: Callable[[int], str]
    """Of chains, by domain."""
    metrics: Metrics
    policy: RelayPolicy
    clock: Callable[[], float] = time.time

    async def ignored(self, operations: Sequence[Operation]) -> None:
        """The operator does not want them."""
        await self._change(operations, state=State.IGNORED)

    async def impossible(self, operation: Operation, why: str) -> None:
        """It can never be delivered, whatever happens."""
        await self._drop(operation, why, reason=None, next_attempt=NEVER)

    async def without_code(self, operation: Operation) -> None:
        """A node says that its recipient is no contract: one that lags, or not yet.

        It is looked at again soon, after some such answers in a row ever more rarely.
        """
        reason, why = Reason.RECIPIENT_NOT_CONTRACT, "no contract at the recipient"
        if operation.reason != reason or operation.retries + 1 < TRIES_WITHOUT_CODE:
            await self.retry(operation, reason, why)
            return
        pause = pause_without_code(operation.retries + 1)
        await self._drop(
            operation,
            f"{why} so far",
            reason=reason,
            lane=Lane.of(tried=True, paid=operation.lane.paid),
            retries=operation.retries + 1,
            next_attempt=self.clock() + pause,
        )

    async def _drop(self, operation: Operation, why: str, **values: Any) -> None:
        await self._change([operation], state=State.DROPPED, detail=why, **values)
        if operation.detail != why:  # told once, however often it is looked at
            self._count(operation, "dropped")
            log.warning("message.dropped", **self.facts(operation), reason=why)

    async def found_delivered(self, operations: Sequence[Operation], block: int) -> None:
        """The chain knows them as delivered as of `block`, which is not final."""
        await self._change(
            operations,
            state=State.SUBMITTED,
            reason=Reason.ALREADY_SUBMITTED,
            detail=None,
            batch=None,
            tx_hash=None,
            block_number=block,
        )
        for item in operations:
            log.info("message.found_delivered", **self.facts(item))

    async def submitting(
        self, operations: Sequence[Operation], estimates: Sequence[int], batch: str
    ) -> None:
        """They are about to be sent, in one transaction."""
        same = {
            "state": State.SUBMITTED,
            "reason": Reason.SUBMITTED_BY_SELF,
            "detail": None,
            "batch": batch,
            "tx_hash": None,
            "block_number": None,
        }
        await self.operations.change_each(
            self.clock(),
            {
                item.message.id: {**same, "gas_estimate": estimate}
                for item, estimate in zip(operations, estimates, strict=True)
            },
        )

    async def submitted(self, operations: Sequence[Operation], tx_hash: Bytes32) -> None:
        """They were sent."""
        await self._change(operations, tx_hash=tx_hash)
        for item in operations:
            self._count(item, "submitted")
            log.info(
                "message.submitted",
                **self.facts(item),
                tx_hash=to_hex(tx_hash),
                batch=len(operations),
                attempt=item.retries + 1,
            )

    async def included(self, operations: Sequence[Operation], receipt: Receipt) -> None:
        """Their transaction is in a block."""
        await self._change(
            operations,
            state=State.INCLUDED,
            tx_hash=receipt.tx_hash,
            block_number=receipt.block_number,
        )
        log.info(
            "transaction.included",
            chain=self.chain,
            tx_hash=to_hex(receipt.tx_hash),
            messages=len(operations),
            block=receipt.block_number,
            gas=receipt.gas_used,
            succeeded=receipt.succeeded,
        )

    async def excluded(self, operations: Sequence[Operation]) -> None:
        """Their transaction is not in a block any more."""
        await self._change(operations, state=State.SUBMITTED, block_number=None)

    async def already_delivered(self, operations: Sequence[Operation]) -> None:
        """They were delivered before this attempt; those never tried are told in one line."""
        old = [item for item in operations if not item.retries and item.reason is None]
        tried = [item for item in operations if item.retries or item.reason is not None]
        await self.delivered(tried)
        await self._deliver(old, {})
        if old:
            log.info("messages.delivered_before", chain=self.chain, messages=len(old))

    async def delivered(
        self, operations: Sequence[Operation], gas: Mapping[Bytes32, int] | None = None
    ) -> None:
        """At a final block. `gas` is what our transaction used for each."""
        used = gas or {}
        await self._deliver(operations, used)
        for item in operations:
            seconds = self.clock() - item.created_at
            origin = self.names(item.message.origin)
            self.metrics.delivery_seconds.labels(origin, self.chain).observe(seconds)
            log.info(
                "message.delivered",
                **self.facts(item),
                tx_hash=to_hex(item.tx_hash) if item.tx_hash else None,
                gas=used.get(item.message.id),
                seconds=round(seconds, 3),
            )

    async def _deliver(self, operations: Sequence[Operation], used: Mapping[Bytes32, int]) -> None:
        await self.operations.change_each(
            self.clock(),
            {
                item.message.id: {
                    "state": State.DELIVERED,
                    "next_attempt": self.clock() + FIRST_PAUSE,
                    "reason": None,
                    "detail": None,
                    "gas_used": item.gas_used + used.get(item.message.id, 0),
                }
                for item in operations
            },
        )
        for item in operations:
            self._count(item, "confirmed")
            origin = self.names(item.message.origin)
            self.metrics.messages_processed.labels(origin, self.chain).inc()
            self.metrics.last_nonce.labels("message_processed", origin).set(item.message.nonce)

    async def retry(self, operation: Operation, reason: Reason, detail: str, gas: int = 0) -> None:
        """The attempt failed, in a block for `gas` if any; another one comes later."""
        age = self.clock() - operation.created_at
        if reason is Reason.AWAITING_VALIDATOR_SIGNATURES and age < _SIGNING_TIME:
            retries = operation.retries
            pause = min(max(age / 4, _SIGNING_PAUSES[0]), _SIGNING_PAUSES[1])
        else:
            retries = operation.retries + 1
            pause = backoff(reason, retries, self.policy.max_retries)
            if gas:
                pause = max(pause, pause_after_failure(operation.failures + 1))
        await self._change(
            [operation],
            state=State.PENDING,
            lane=Lane.of(tried=retries > 0, paid=operation.lane.paid),
            retries=retries,
            next_attempt=self.clock() + pause,
            reason=reason,
            detail=detail,
            batch=None,
            tx_hash=None,
            block_number=None,
            gas_used=operation.gas_used + gas,
        )
        if retries > operation.retries:
            self._count(operation, "failed")
            log.info(
                "message.retry",
                **self.facts(operation),
                reason=reason,
                detail=detail,
                retries=retries,
                retry_in=round(pause, 1),
            )

    async def postponed(
        self,
        operations: Sequence[Operation],
        detail: str,
        pause: float = OUTAGE_PAUSE,
        *,
        submitted: bool = False,
    ) -> None:
        """The attempt could not be made; it does not count.

        Changes what is being prepared, or, on demand, what counted as submitted.
        """
        await self.operations.change(
            [item.message.id for item in operations],
            self.clock(),
            within=UNCONFIRMED if submitted else (State.PREPARING,),
            state=State.PENDING,
            next_attempt=self.clock() + pause,
            detail=detail,
            batch=None,
            tx_hash=None,
            block_number=None,
        )
        if operations:
            log.warning(
                "messages.postponed", chain=self.chain, messages=len(operations), detail=detail
            )

    def facts(self, operation: Operation) -> dict[str, object]:
        """Which message the log is about."""
        message: Message = operation.message
        return {
            "id": to_hex(message.id),
            "origin": self.names(message.origin),
            "destination": self.chain,
            "nonce": message.nonce,
        }

    async def _change(self, operations: Sequence[Operation], **values: Any) -> None:
        ids = [item.message.id for item in operations]
        await self.operations.change(ids, self.clock(), **values)

    def _count(self, operation: Operation, phase: str) -> None:
        context = self.policy.app_context(operation.message)
        self.metrics.operations_processed.labels(context, phase, self.chain).inc()
