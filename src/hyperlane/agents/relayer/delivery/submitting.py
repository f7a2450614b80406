"""Sending what is ready: gathered by lane, simulated together, sent as the windows have room."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from hyperlane.agents.relayer.delivery.drafts import Draft, Limits
from hyperlane.agents.relayer.delivery.keys import Key, Keys
from hyperlane.agents.relayer.delivery.outcomes import Outcomes
from hyperlane.agents.relayer.delivery.preparation import Prepared
from hyperlane.agents.relayer.delivery.slots import Slots
from hyperlane.agents.relayer.delivery.verdicts import OUTAGE_PAUSE, Postponed
from hyperlane.agents.runtime.loops import TRANSIENT, repeat
from hyperlane.protocol.typecasts import Bytes32
from hyperlane.store.operations import Lane, Operation

log = structlog.get_logger()

_GATHERING_TIME = 0.05
"""Seconds that a ready delivery waits for others to share its transaction."""
_SINGLES = 32
"""Deliveries that are simulated and sent together, each alone, where a chain takes no batches."""
_SUBMISSIONS = 1
"""Batches of a lane that are simulated side by side, beside one for each key that is sent."""


@dataclass(slots=True, kw_only=True)
class Submitter:
    """Sends deliveries to one chain as soon as they are prepared."""

    chain: str
    keys: Keys
    outcomes: Outcomes
    slots: Slots
    free: Callable[[Sequence[Operation]], None]
    """Called with deliveries whose attempts are over."""
    _ready: dict[Lane, asyncio.Queue[Prepared]] = field(
        default_factory=lambda: {lane: asyncio.Queue() for lane in Lane}
    )
    _sending: set[str] = field(default_factory=set)
    """Batches between being stored as submitted and having a stored transaction."""

    def add(self, item: Prepared) -> None:
        """Take a delivery that is ready."""
        self._ready[item.candidate.operation.lane].put_nowait(item)

    def is_sending(self, batch: str) -> bool:
        """Tell whether a batch may be stored without its transaction."""
        return batch in self._sending

    async def run(self) -> None:
        """Send whatever is ready, for ever; a lane does not wait for another one's simulations."""
        async with asyncio.TaskGroup() as tasks:
            for window in (key.window for key in self.keys.keys):
                looks = repeat(
                    f"window {self.chain}", window.pause, window.look, wake=window.wanted
                )
                tasks.create_task(looks)
            for lane in Lane:
                tasks.create_task(self._submit_lane(lane))

    async def _submit_lane(self, lane: Lane) -> None:
        room = asyncio.Semaphore(_SUBMISSIONS + len(self.keys.keys))
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
        size = max(_SINGLES, await self._batch_size())
        ready = self._ready[lane]
        batch = [await ready.get()]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GATHERING_TIME):
                while len(batch) < min(size, self.slots.attempts[lane]):
                    batch.append(await ready.get())
        return batch

    async def _submit(self, batch: Sequence[Prepared]) -> None:
        """Send what succeeds in its simulation; every delivery gets a verdict."""
        operations = [item.candidate.operation for item in batch]
        try:
            left = batch
            while left:
                left = await self._submit_now(left)
        except TRANSIENT as error:
            await self.outcomes.write([Postponed(operations, str(error))])
        finally:
            self.free(operations)

    async def _submit_now(self, batch: Sequence[Prepared]) -> Sequence[Prepared]:
        """Plan and send; returns what waited too long, and has to be planned again."""
        key = self.keys.best()
        plan = await key.submission.plan(batch)
        await self.outcomes.write(plan.verdicts)
        stale = await self._send(key, plan.drafts)
        # A group waits for all when it is cancelled, `gather` for the first that ends: a write
        # that nobody waits for is cancelled a second time at the end, and its connection hangs.
        async with asyncio.TaskGroup() as submissions:
            alone = [
                submissions.create_task(self._submit_alone(*share, plan.limits))
                for share in self.keys.divide(plan.alone)
            ]
        stale = stale.union(*(task.result() for task in alone))
        return [item for item in batch if item.candidate.operation.message.id in stale]

    async def _submit_alone(
        self, key: Key, items: Sequence[Prepared], limits: Limits
    ) -> set[Bytes32]:
        """Send deliveries one by one; returns those that waited too long."""
        stale: set[Bytes32] = set()
        try:
            for sent_by, plan in await self.keys.plan_alone(key, items, limits):
                await self.outcomes.write(plan.verdicts)
                stale |= await self._send(sent_by, plan.drafts)
        except TRANSIENT as error:
            operations = [item.candidate.operation for item in items]
            await self.outcomes.write([Postponed(operations, str(error))])
        return stale

    async def _send(self, key: Key, drafts: Sequence[Draft]) -> set[Bytes32]:
        """Send transactions of one lane, as the window has places for them.

        What waited too long is simulated again while it has its place: it could wait as long for
        another one. Returns the messages of those that have to be planned anew.
        """
        stale: set[Bytes32] = set()
        left = drafts
        while left:
            lane, gas = left[0].operations[0].lane, [item.gas for item in left]
            async with key.window.places(lane, gas, left[0].most_gas) as places:
                group, left = left[:places], left[places:]
                old = [item for item in group if key.submission.is_stale(item)]
                renewed = await key.submission.renew(old) if old else []
                stale |= _ids(old) - _ids(renewed)
                await self._send_now(key, [*(item for item in group if item not in old), *renewed])
        return stale

    async def _send_now(self, key: Key, drafts: Sequence[Draft]) -> None:
        """Store which messages transactions carry, then send them.

        In this order, because after a crash the store must know of every transaction that was sent:
        a message in two transactions is paid for twice.
        """
        purposes = {item.purpose for item in drafts}
        self._sending |= purposes
        try:
            await self.outcomes.write([item.sending for item in drafts])
            if drafts:
                await self.outcomes.write(await key.submission.send(drafts))
        finally:
            self._sending -= purposes

    async def _batch_size(self) -> int:
        """How many messages a transaction takes, once the chain can be asked."""
        while True:
            try:
                return (await self.keys.keys[0].submission.batching()).max_size
            except TRANSIENT as error:
                log.warning("task.failed", task=f"probe {self.chain}", error=str(error))
            await asyncio.sleep(OUTAGE_PAUSE)


def _ids(drafts: Sequence[Draft]) -> set[Bytes32]:
    """Messages of drafts."""
    return {item.message.id for draft in drafts for item in draft.operations}
