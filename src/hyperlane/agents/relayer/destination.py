"""The receiving side: takes deliveries through their states, each chain at its own pace.

One loop starts attempts for what is due, many at a time; another confirms what was submitted once
the chain is final. All state is in the store, so either can be cut off anywhere.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from hyperlane.agents.relayer.matching import Rule, matches
from hyperlane.agents.relayer.metadata import MetadataBuilder
from hyperlane.agents.relayer.origin import Origin
from hyperlane.agents.relayer.reasons import NotReady, Reason, backoff
from hyperlane.agents.runtime import TRANSIENT, Chain
from hyperlane.chain.abi import Mailbox
from hyperlane.chain.client import NoAnswer, Receipt, RpcError, Unreachable
from hyperlane.chain.sender import Sender
from hyperlane.errors import DatabaseError, DecodeError
from hyperlane.metrics import Metrics
from hyperlane.protocol.message import Message
from hyperlane.protocol.typecasts import Address, Bytes32, bytes32_to_address, to_hex
from hyperlane.store.operations import Operation, OperationStore, State
from hyperlane.store.transactions import Transaction

log = structlog.get_logger()

_AT_ONCE = 32
_LONGEST_WAIT = 5.0
_OUTAGE_PAUSE = 10.0
_GAS_MARGIN = 75_000
_CONTEXT = "default"


@dataclass(frozen=True, slots=True)
class RelayPolicy:
    """What an operator decides about deliveries."""

    max_retries: int = 66
    whitelist: Sequence[Rule] = ()
    """Empty allows all."""
    blacklist: Sequence[Rule] = ()

    def allows(self, message: Message) -> bool:
        """Whether a message is to be delivered."""
        listed = not self.whitelist or matches(self.whitelist, message)
        return listed and not matches(self.blacklist, message)


@dataclass(slots=True)
class Destination:
    """One chain as the target of messages."""

    chain: Chain
    sender: Sender
    operations: OperationStore
    origins: Mapping[int, Origin]
    """By domain; those that are connected."""
    metrics: Metrics
    policy: RelayPolicy
    builder: MetadataBuilder
    clock: Callable[[], float] = time.time
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _busy: set[Bytes32] = field(default_factory=set)

    def wake(self) -> None:
        """There may be something to do before the next planned attempt."""
        self._news.set()

    async def deliver(self) -> None:
        """Attempt whatever is due, for ever."""
        async with asyncio.TaskGroup() as attempts:
            while True:
                self._news.clear()
                for operation in await self._startable():
                    self._busy.add(operation.message.id)
                    attempts.create_task(self._attempt(operation))
                await self._wait()

    async def confirm(self) -> None:
        """Look after what was submitted: one step."""
        submitted = await self.operations.submitted(self.chain.domain)
        await self._show_queues()
        if not submitted:
            return
        final = await self.chain.client.final_block()
        live = {item.purpose: item for item in await self.sender.live()}
        transactions = [
            live[purpose] for item in submitted if (purpose := _purpose(item.message)) in live
        ]
        receipts = dict(
            zip(
                (item.purpose for item in transactions),
                await self.sender.receipts(transactions),
                strict=True,
            )
        )
        lost = [item for item in transactions if receipts[item.purpose] is None]
        used_nonces = 0
        if lost:
            await self.sender.maintain(lost)
            used_nonces = await self.chain.client.transaction_count(self.sender.address, final)
        settled = []
        for operation in submitted:
            purpose = _purpose(operation.message)
            transaction, receipt = live.get(purpose), receipts.get(purpose)
            if receipt is not None:
                await self._note_inclusion(operation, receipt)
                is_settled = receipt.block_number <= final
            elif transaction is not None:
                # Another transaction may have used its nonce.
                is_settled = transaction.nonce < used_nonces
            else:
                is_settled = (operation.block_number or 0) <= final
            if is_settled:
                settled.append(operation)
        if settled:
            await self._settle(settled, live, receipts, final)

    async def _startable(self) -> list[Operation]:
        free = _AT_ONCE - len(self._busy)
        if free <= 0:
            return []
        due = await self.operations.due(self.chain.domain, self.clock(), free + len(self._busy))
        return [item for item in due if item.message.id not in self._busy][:free]

    async def _wait(self) -> None:
        """Until news, an attempt's end or the next planned attempt."""
        planned = await self.operations.next_time(self.chain.domain)
        pause = _LONGEST_WAIT
        if planned is not None and not self._busy:
            pause = min(pause, max(0.0, planned - self.clock()))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), pause)

    async def _attempt(self, operation: Operation) -> None:
        """One attempt; whatever goes wrong, the operation gets its next one."""
        message = operation.message
        try:
            await self._prepare_and_submit(operation)
        except NotReady as error:
            await self._retry(operation, error.reason, error.detail)
        except Unreachable as error:
            # Nobody's fault: does not count as a retry.
            await self._postpone(operation, str(error))
        except TRANSIENT as error:
            await self._retry(operation, Reason.ERROR_SUBMITTING, str(error))
        except DatabaseError:
            raise
        except Exception as error:
            log.exception("message.failed", id=to_hex(message.id))
            await self._retry(operation, Reason.ERROR_BUILDING_METADATA, repr(error))
        finally:
            self._busy.discard(message.id)
            self.wake()

    async def _prepare_and_submit(self, operation: Operation) -> None:
        message = operation.message
        client, mailbox = self.chain.client, self.chain.settings.mailbox
        if not self.policy.allows(message):
            await self._change(message, state=State.IGNORED)
            return
        sent = await self.sender.store.live_for(_purpose(message))
        if sent is not None:  # before a restart
            await self._submitted(operation, sent)
            return
        if await client.call(mailbox, Mailbox.delivered, message.id):
            log.info("message.found_delivered", **self._facts(message))
            await self._change(
                message,
                state=State.SUBMITTED,
                reason=Reason.ALREADY_SUBMITTED,
                detail=None,
                tx_hash=None,
                block_number=(await client.block()).number,
            )
            return
        recipient = await self._recipient(message)
        if recipient is None:
            await self._drop(message)
            return
        call = Mailbox.process.encode(await self._metadata(message, recipient), message.encode())
        gas = await self._gas_limit(call)
        try:
            transaction = await self.sender.send(_purpose(message), mailbox, call, gas)
        except RpcError as error:
            raise NotReady(Reason.ERROR_SUBMITTING, str(error)) from None
        await self._submitted(operation, transaction)

    async def _recipient(self, message: Message) -> Address | None:
        """The recipient's address; None if there is no contract to receive anything."""
        try:
            recipient = bytes32_to_address(message.recipient, "recipient")
        except DecodeError:
            return None
        return recipient if await self.chain.client.has_code(recipient) else None

    async def _metadata(self, message: Message, recipient: Address) -> bytes:
        origin = self.origins.get(message.origin)
        if origin is None:
            raise Unreachable(f"origin domain {message.origin} is not connected yet")
        try:
            module = await self.chain.client.call(
                self.chain.settings.mailbox, Mailbox.recipient_ism, recipient
            )
        except (RpcError, NoAnswer) as error:
            raise NotReady(Reason.ERROR_FETCHING_ISM_ADDRESS, str(error)) from None
        labels = (_CONTEXT, origin.chain.name, self.chain.name)
        try:
            metadata = await self.builder.build(origin, message, module)
        except NotReady:
            self.metrics.metadata_builds.labels(*labels, "failure").inc()
            raise
        self.metrics.metadata_builds.labels(*labels, "success").inc()
        return metadata.encode()

    async def _gas_limit(self, call: bytes) -> int:
        client = self.chain.client
        try:
            gas = await client.estimate_gas(self.chain.settings.mailbox, call, self.sender.address)
        except RpcError as error:
            raise NotReady(Reason.ERROR_ESTIMATING_GAS, str(error)) from None
        limit = (await client.block()).gas_limit
        if gas > limit:
            raise NotReady(Reason.EXCEEDS_MAX_GAS_LIMIT, f"needs {gas} gas, a block has {limit}")
        return min(gas + _GAS_MARGIN, limit)

    async def _submitted(self, operation: Operation, transaction: Transaction) -> None:
        message = operation.message
        await self._change(
            message,
            state=State.SUBMITTED,
            reason=Reason.SUBMITTED_BY_SELF,
            detail=None,
            tx_hash=transaction.hash,
            block_number=None,
        )
        self._count("submitted")
        log.info(
            "message.submitted",
            **self._facts(message),
            tx_hash=to_hex(transaction.hash),
            attempt=operation.retries + 1,
        )

    async def _note_inclusion(self, operation: Operation, receipt: Receipt) -> None:
        if operation.block_number == receipt.block_number:
            return
        await self._change(
            operation.message,
            tx_hash=receipt.tx_hash,
            block_number=receipt.block_number,
            gas_used=receipt.gas_used,
        )
        log.info(
            "message.included",
            **self._facts(operation.message),
            tx_hash=to_hex(receipt.tx_hash),
            block=receipt.block_number,
            gas=receipt.gas_used,
            succeeded=receipt.succeeded,
        )

    async def _settle(
        self,
        operations: Sequence[Operation],
        live: Mapping[str, Transaction],
        receipts: Mapping[str, Receipt | None],
        final: int,
    ) -> None:
        """Finish what the final chain knows as delivered, try the rest again."""
        delivered = await self.chain.client.call_each(
            self.chain.settings.mailbox,
            Mailbox.delivered,
            [item.message.id for item in operations],
            final,
        )
        for operation, done in zip(operations, delivered, strict=True):
            purpose = _purpose(operation.message)
            # First, so that a crash in between leaves an operation to settle and no transaction.
            if purpose in live:
                await self.sender.store.finish(live[purpose])
            if done:
                await self._finished(operation, receipts.get(purpose))
            else:
                await self._retry(
                    operation,
                    Reason.REVERTED_OR_REORGED,
                    "the delivery is not in the final chain: it reverted or was reorganised away",
                )
        self.wake()

    async def _finished(self, operation: Operation, receipt: Receipt | None) -> None:
        message = operation.message
        await self._change(message, state=State.DELIVERED, reason=None, detail=None)
        self._count("confirmed")
        origin = self._origin_name(message)
        self.metrics.messages_processed.labels(origin, self.chain.name).inc()
        self.metrics.last_nonce.labels("message_processed", origin).set(message.nonce)
        log.info(
            "message.delivered",
            **self._facts(message),
            tx_hash=to_hex(receipt.tx_hash) if receipt else None,
            gas=receipt.gas_used if receipt else None,
            seconds=round(self.clock() - operation.created_at, 3),
        )

    async def _drop(self, message: Message) -> None:
        await self._change(message, state=State.DROPPED, detail="the recipient is not a contract")
        self._count("dropped")
        log.warning("message.dropped", **self._facts(message), reason="no recipient contract")

    async def _retry(self, operation: Operation, reason: Reason, detail: str) -> None:
        retries = operation.retries + 1
        pause = backoff(reason, retries, self.policy.max_retries)
        await self._change(
            operation.message,
            state=State.PENDING,
            retries=retries,
            next_attempt=self.clock() + pause,
            reason=reason,
            detail=detail,
            tx_hash=None,
            block_number=None,
        )
        self._count("failed")
        log.info(
            "message.retry",
            **self._facts(operation.message),
            reason=reason,
            detail=detail,
            retries=retries,
            retry_in=round(pause, 1),
        )

    async def _postpone(self, operation: Operation, detail: str) -> None:
        await self._change(
            operation.message, next_attempt=self.clock() + _OUTAGE_PAUSE, detail=detail
        )
        log.warning("message.postponed", **self._facts(operation.message), detail=detail)

    async def _change(self, message: Message, **values: object) -> None:
        await self.operations.change(message.id, self.clock(), **values)

    def _count(self, phase: str) -> None:
        self.metrics.operations_processed.labels(_CONTEXT, phase, self.chain.name).inc()

    async def _show_queues(self) -> None:
        for state, count in (await self.operations.counts(self.chain.domain)).items():
            queue = "prepare_queue" if state is State.PENDING else "confirm_queue"
            self.metrics.queue_length.labels(self.chain.name, queue, state, _CONTEXT).set(count)

    def _origin_name(self, message: Message) -> str:
        origin = self.origins.get(message.origin)
        return origin.chain.name if origin else str(message.origin)

    def _facts(self, message: Message) -> dict[str, object]:
        return {
            "id": to_hex(message.id),
            "origin": self._origin_name(message),
            "destination": self.chain.name,
            "nonce": message.nonce,
        }


def _purpose(message: Message) -> str:
    """What a delivery's transaction is stored under."""
    return message.id.hex()
