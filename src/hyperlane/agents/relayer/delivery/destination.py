"""The receiving side: takes deliveries through their states, each chain at its own pace.

One loop takes what is due and has its metadata built, many messages side by side; another sends
what is ready, many messages in one transaction; a third confirms what was sent once the chain is
final. What lasts is in the store, so any of them can be cut off anywhere.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from hyperlane.agents.relayer.delivery.confirmation import Confirmation
from hyperlane.agents.relayer.delivery.outcomes import OUTAGE_PAUSE, Outcomes
from hyperlane.agents.relayer.delivery.preparation import Candidate, Preparation
from hyperlane.agents.relayer.delivery.simulation import Simulator
from hyperlane.agents.relayer.delivery.slots import Slots
from hyperlane.agents.relayer.delivery.submission import Prepared, Submission
from hyperlane.agents.relayer.metadata import MetadataBuilder
from hyperlane.agents.relayer.origin.follow import Origin
from hyperlane.agents.relayer.policy.relay import RelayPolicy
from hyperlane.agents.relayer.reasons import NotReady, Reason
from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.loops import TRANSIENT
from hyperlane.agents.runtime.sender import Sender
from hyperlane.chain.client import Unreachable
from hyperlane.errors import DatabaseError
from hyperlane.metrics import Metrics
from hyperlane.protocol.typecasts import to_checksum
from hyperlane.store.operations import UNCONFIRMED, Lane, Operation, OperationStore

log = structlog.get_logger()

_LONGEST_WAIT = 1.0
_SLOW_AFTER = 3.0
"""Seconds of building metadata after which an attempt gives its place to others."""
_GATHERING_TIME = 0.05
"""Seconds that a ready delivery waits for company."""
_SUBMISSIONS = 2
"""Batches of a lane that are simulated and sent side by side."""


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
    names: Callable[[int], str]
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

    def __post_init__(self) -> None:
        self.outcomes = Outcomes(
            self.chain.name, self.operations, self.names, self.metrics, self.policy, self.clock
        )
        self.preparation = Preparation(
            self.chain,
            self.operations,
            self.origins,
            self.policy,
            self.builder,
            self.outcomes,
            self.metrics,
        )
        self.submission = Submission(
            self.chain,
            self.sender,
            self.policy,
            self.outcomes,
            Simulator(self.chain.client, self.chain.settings.mailbox),
        )
        self.confirmation = Confirmation(
            self.chain, self.sender, self.operations, self.outcomes, self.submission.sending
        )

    def wake(self) -> None:
        """There may be something to do before the next planned attempt."""
        self._news.set()

    async def prepare(self) -> None:
        """Attempt whatever is due, for ever."""
        async with asyncio.TaskGroup() as attempts:
            while True:
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

    async def _submit_lane(self, lane: Lane) -> None:
        room = asyncio.Semaphore(_SUBMISSIONS)
        async with asyncio.TaskGroup() as submissions:
            while True:
                batch = await self._gather(lane)
                await room.acquire()
                task = submissions.create_task(self._submit(batch))
                task.add_done_callback(lambda _: room.release())

    async def confirm(self) -> None:
        """Look after what was submitted: one step."""
        if await self.confirmation.step():
            self.wake()

    async def watch(self) -> None:
        """Show queues and funds: one step."""
        for state, count in (await self.operations.counts(self.chain.domain)).items():
            queue = "confirm_queue" if state in UNCONFIRMED else "prepare_queue"
            self.metrics.queue_length.labels(self.chain.name, queue, state, "default").set(count)
        for endpoint in self.chain.client.rpc.endpoints:
            for method, count in endpoint.asked.items():
                self.metrics.requests.labels(self.chain.name, method).set(count)
        self.metrics.show_balance(
            self.chain.name,
            "relayer",
            to_checksum(self.sender.address),
            await self.chain.client.balance(self.sender.address),
        )
        self.metrics.gas_price.labels(self.chain.name).set(await self.sender.gas_price())

    async def _wait(self, pause: float) -> None:
        """For news or an attempt's end, but not for long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(pause, _LONGEST_WAIT)):
                await self._news.wait()

    async def _attempt(self, operations: Sequence[Operation]) -> None:
        """Begin one attempt for each; whatever goes wrong, they get their next one."""
        left = {item.message.id: item for item in operations}
        try:
            candidates = await self.preparation.sift(operations)
            async with asyncio.TaskGroup() as builds:
                for candidate in candidates:
                    left.pop(candidate.operation.message.id)
                    builds.create_task(self._build(candidate))
        except TRANSIENT as error:
            await self.outcomes.postponed(list(left.values()), str(error))
        finally:
            for item in left.values():
                self._slots.free(item)
            self.wake()

    async def _build(self, candidate: Candidate) -> None:
        operation = candidate.operation
        timer = asyncio.get_running_loop().call_later(_SLOW_AFTER, self._slow_down, operation)
        try:
            metadata = await self.preparation.metadata(candidate)
        except NotReady as error:
            await self._end(operation, error.reason, error.detail)
        except Unreachable as error:
            await self.outcomes.postponed([operation], str(error))
            self._free([operation])
        except DatabaseError:
            raise
        except Exception as error:
            if not isinstance(error, TRANSIENT):
                log.exception("message.failed", **self.outcomes.facts(operation))
            await self._end(operation, Reason.ERROR_BUILDING_METADATA, repr(error))
        else:
            self._ready[operation.lane].put_nowait(Prepared(candidate, metadata))
        finally:
            timer.cancel()

    async def _end(self, operation: Operation, reason: Reason, detail: str) -> None:
        await self.outcomes.retry(operation, reason, detail)
        self._free([operation])

    async def _gather(self, lane: Lane) -> list[Prepared]:
        """The next deliveries to send together."""
        size = await self._batch_size()
        ready = self._ready[lane]
        batch = [await ready.get()]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GATHERING_TIME):
                while len(batch) < min(size, self._slots.attempts[lane]):
                    batch.append(await ready.get())
        return batch

    async def _submit(self, batch: Sequence[Prepared]) -> None:
        operations = [item.candidate.operation for item in batch]
        try:
            await self.submission.submit(batch)
        except TRANSIENT as error:
            await self.outcomes.postponed(operations, str(error))
        finally:
            self._free(operations)

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
                return (await self.submission.carrier()).max_size
            except TRANSIENT as error:
                log.warning("task.failed", task=f"probe {self.chain.name}", error=str(error))
            await asyncio.sleep(OUTAGE_PAUSE)
