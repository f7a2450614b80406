"""The receiving side: takes deliveries to one chain through their states, at the chain's own pace.

Three loops run side by side. One takes the deliveries that are due and has their metadata built,
many messages at once. One sends what is ready, many messages in one transaction. One confirms what
was sent once the chain is final. The stages that they call return verdicts, which are written here
and nowhere else. All lasting state is in the store, so any loop can be cut off anywhere.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from hyperlane.agents.relayer.delivery.confirmation import Confirmation
from hyperlane.agents.relayer.delivery.outcomes import Outcomes
from hyperlane.agents.relayer.delivery.preparation import Candidate, Preparation, Prepared
from hyperlane.agents.relayer.delivery.simulation import Simulator
from hyperlane.agents.relayer.delivery.slots import Slots
from hyperlane.agents.relayer.delivery.submission import Draft, Limits, Submission
from hyperlane.agents.relayer.delivery.verdicts import OUTAGE_PAUSE, Postponed, Settled
from hyperlane.agents.relayer.metadata import MetadataBuilder
from hyperlane.agents.relayer.origin.follow import Origin
from hyperlane.agents.relayer.policy.relay import RelayPolicy
from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.loops import TRANSIENT, all_ended
from hyperlane.agents.runtime.sender import Sender
from hyperlane.errors import ChainError
from hyperlane.metrics import Metrics
from hyperlane.protocol.typecasts import to_checksum
from hyperlane.store.operations import UNCONFIRMED, Lane, Operation, OperationStore

log = structlog.get_logger()

_LONGEST_WAIT = 1.0
"""Seconds after which the store is read again, in case it changed without `wake`."""
_SLOW_AFTER = 3.0
"""Seconds of building metadata after which an attempt gives its slot to others."""
_GATHERING_TIME = 0.05
"""Seconds that a ready delivery waits for others to share its transaction."""
_SUBMISSIONS = 2
"""Batches of a lane that are simulated and sent side by side."""


@dataclass(slots=True, kw_only=True)
class Destination:
    """One chain as the target of messages."""

    chain: Chain
    sender: Sender
    operations: OperationStore
    origins: Mapping[int, Origin]
    """Connected origins by domain."""
    metrics: Metrics
    policy: RelayPolicy
    builder: MetadataBuilder
    chain_name: Callable[[int], str]
    """Name of a chain by its domain."""
    clock: Callable[[], float] = time.time
    outcomes: Outcomes = field(init=False)
    preparation: Preparation = field(init=False)
    submission: Submission = field(init=False)
    confirmation: Confirmation = field(init=False)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _slots: Slots = field(default_factory=Slots)
    _ready: dict[Lane, asyncio.Queue[Prepared]] = field(
        default_factory=lambda: {lane: asyncio.Queue() for lane in Lane}
    )
    _sending: set[str] = field(default_factory=set)
    """Batches between being stored as submitted and having a stored transaction."""

    def __post_init__(self) -> None:
        self.outcomes = Outcomes(
            chain=self.chain.name,
            operations=self.operations,
            transactions=self.sender.store,
            chain_name=self.chain_name,
            metrics=self.metrics,
            policy=self.policy,
            clock=self.clock,
        )
        self.preparation = Preparation(
            chain=self.chain,
            operations=self.operations,
            origins=self.origins,
            policy=self.policy,
            builder=self.builder,
            metrics=self.metrics,
            warm_up=self._warm_up,
        )
        self.submission = Submission(
            chain=self.chain,
            sender=self.sender,
            policy=self.policy,
            simulator=Simulator(self.chain.client, self.chain.settings.mailbox),
        )
        self.confirmation = Confirmation(
            chain=self.chain,
            sender=self.sender,
            operations=self.operations,
            is_sending=self._is_sending,
        )

    def wake(self) -> None:
        """Look for due deliveries now: there may be some before the next planned attempt."""
        self._news.set()

    async def prepare(self) -> None:
        """Attempt whatever is due, for ever."""
        async with asyncio.TaskGroup() as attempts:
            while True:
                # Cleared before the store is read: what comes later sets it again, and is not lost.
                self._news.clear()
                times, room = await self.operations.next_times(self.chain.domain), self._slots.room
                now = self.clock()
                due = {lane: room[lane] for lane, at in times.items() if at <= now and room[lane]}
                taken = await self.operations.take(self.chain.domain, now, due)
                for operation in taken:
                    self._slots.take(operation)
                if taken:
                    attempts.create_task(self._attempt(taken))
                else:
                    later = (at - now for at in times.values() if at > now)
                    await self._wait(min(later, default=_LONGEST_WAIT))

    async def submit(self) -> None:
        """Send whatever is ready, for ever; a lane does not wait for another one's simulations."""
        async with asyncio.TaskGroup() as lanes:
            for lane in Lane:
                lanes.create_task(self._submit_lane(lane))

    async def confirm(self) -> None:
        """Follow submitted transactions: one step."""
        async for verdict in self.confirmation.verdicts():
            await self.outcomes.write([verdict])
            if isinstance(verdict, Settled):
                self.wake()

    async def watch(self) -> None:
        """Set the gauges of queues and requests: one step."""
        for state, count in (await self.operations.counts(self.chain.domain)).items():
            queue = "confirm_queue" if state in UNCONFIRMED else "prepare_queue"
            self.metrics.queue_length.labels(self.chain.name, queue, state, "default").set(count)
        for endpoint in self.chain.client.rpc.endpoints:
            for method, count in endpoint.asked.items():
                self.metrics.requests.labels(self.chain.name, method).set(count)

    async def show_funds(self) -> None:
        """Set the gauges of funds and gas price: one step."""
        self.metrics.show_balance(
            self.chain.name,
            "relayer",
            to_checksum(self.sender.address),
            await self.chain.client.balance(self.sender.address),
        )
        self.metrics.gas_price.labels(self.chain.name).set(await self.sender.gas_price())

    async def _wait(self, pause: float) -> None:
        """Wait for news or the end of an attempt, for at most `_LONGEST_WAIT`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(pause, _LONGEST_WAIT)):
                await self._news.wait()

    async def _attempt(self, operations: Sequence[Operation]) -> None:
        """Begin one attempt for each delivery; whatever goes wrong, it gets its next one."""
        left = {item.message.id: item for item in operations}
        try:
            sifted = await self.preparation.sift(operations)
            await self.outcomes.write(sifted.verdicts)
            async with asyncio.TaskGroup() as builds:
                for candidate in sifted.candidates:
                    left.pop(candidate.operation.message.id)
                    builds.create_task(self._build(candidate))
        except TRANSIENT as error:
            await self.outcomes.write([Postponed(list(left.values()), str(error))])
        finally:
            self._free(list(left.values()))

    async def _warm_up(self) -> None:
        """Read fees and the block's gas limit ahead, while recipients are looked up."""
        with contextlib.suppress(ChainError):  # whoever needs them reads them again
            await all_ended(self.sender.gas_price(), self.chain.client.gas_limit())

    async def _build(self, candidate: Candidate) -> None:
        operation = candidate.operation
        timer = asyncio.get_running_loop().call_later(_SLOW_AFTER, self._slow_down, operation)
        try:
            result = await self.preparation.build(candidate)
        finally:
            timer.cancel()
        if isinstance(result, Prepared):
            self._ready[operation.lane].put_nowait(result)
        else:
            await self.outcomes.write([result])
            self._free([operation])

    async def _submit_lane(self, lane: Lane) -> None:
        room = asyncio.Semaphore(_SUBMISSIONS)
        async with asyncio.TaskGroup() as submissions:
            while True:
                batch = await self._gather(lane)
                await room.acquire()
                task = submissions.create_task(self._submit(batch))
                task.add_done_callback(lambda _: room.release())

    async def _gather(self, lane: Lane) -> list[Prepared]:
        """Collect the next deliveries to send together.

        It waits for no more than the attempts that are under way in the lane.
        """
        size = await self._batch_size()
        ready = self._ready[lane]
        batch = [await ready.get()]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GATHERING_TIME):
                while len(batch) < min(size, self._slots.attempts[lane]):
                    batch.append(await ready.get())
        return batch

    async def _submit(self, batch: Sequence[Prepared]) -> None:
        """Send what succeeds in its simulation; every delivery gets a verdict."""
        operations = [item.candidate.operation for item in batch]
        try:
            plan = await self.submission.plan(batch)
            await self.outcomes.write(plan.verdicts)
            for draft in plan.drafts:
                await self._send(draft)
            # A group waits for all when it is cancelled, `gather` for the first that ends: a write
            # that nobody waits for is cancelled a second time at the end, and its connection hangs.
            async with asyncio.TaskGroup() as submissions:
                for item in plan.alone:
                    submissions.create_task(self._submit_alone(item, plan.limits))
        except TRANSIENT as error:
            await self.outcomes.write([Postponed(operations, str(error))])
        finally:
            self._free(operations)

    async def _submit_alone(self, item: Prepared, limits: Limits) -> None:
        try:
            result = await self.submission.plan_alone(item, limits)
            if isinstance(result, Draft):
                await self._send(result)
            else:
                await self.outcomes.write([result])
        except TRANSIENT as error:
            await self.outcomes.write([Postponed([item.candidate.operation], str(error))])

    async def _send(self, draft: Draft) -> None:
        """Store which messages a transaction carries, then send it.

        In this order, because after a crash the store must know of every transaction that was sent:
        a message in two transactions is paid for twice.
        """
        self._sending.add(draft.purpose)
        try:
            await self.outcomes.write([draft.sending])
            await self.outcomes.write(await self.submission.send(draft))
        finally:
            self._sending.discard(draft.purpose)

    def _is_sending(self, batch: str) -> bool:
        return batch in self._sending

    def _free(self, operations: Sequence[Operation]) -> None:
        for item in operations:
            self._slots.free(item)
        self.wake()

    def _slow_down(self, operation: Operation) -> None:
        if self._slots.slow_down(operation):
            self.wake()

    async def _batch_size(self) -> int:
        """How many messages a transaction takes, once the chain can be asked."""
        while True:
            try:
                return (await self.submission.batching()).max_size
            except TRANSIENT as error:
                log.warning("task.failed", task=f"probe {self.chain.name}", error=str(error))
            await asyncio.sleep(OUTAGE_PAUSE)
