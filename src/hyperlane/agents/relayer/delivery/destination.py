"""The receiving side: takes deliveries to one chain through their states, at the chain's own pace.

Three loops run side by side. One takes the deliveries that are due and has their metadata built,
many messages at once. One sends what is ready, many messages in one transaction, and no more
transactions than the windows of its keys have room for. One confirms what was sent once the chain
is final. The stages that they call return verdicts, which are written here and nowhere else. All
lasting state is in the store, so any loop can be cut off anywhere.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from hyperlane.agents.relayer.delivery.confirmation import Confirmation
from hyperlane.agents.relayer.delivery.keys import Key, Keys
from hyperlane.agents.relayer.delivery.outcomes import Outcomes
from hyperlane.agents.relayer.delivery.preparation import Candidate, Preparation, Prepared
from hyperlane.agents.relayer.delivery.simulation import Simulator
from hyperlane.agents.relayer.delivery.slots import Slots
from hyperlane.agents.relayer.delivery.submission import Submission
from hyperlane.agents.relayer.delivery.submitting import Submitter
from hyperlane.agents.relayer.delivery.verdicts import Postponed, Settled
from hyperlane.agents.relayer.delivery.window import Window
from hyperlane.agents.relayer.metadata import MetadataBuilder
from hyperlane.agents.relayer.origin.follow import Origin
from hyperlane.agents.relayer.policy.relay import RelayPolicy
from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.loops import TRANSIENT, all_ended
from hyperlane.agents.runtime.sender import Sender
from hyperlane.errors import ChainError
from hyperlane.metrics import Metrics
from hyperlane.protocol.typecasts import to_checksum
from hyperlane.store.operations import UNCONFIRMED, Operation, OperationStore

_LONGEST_WAIT = 1.0
"""Seconds after which the store is read again, in case it changed without `wake`."""
_SLOW_AFTER = 3.0
"""Seconds of building metadata after which an attempt gives its slot to others."""


@dataclass(slots=True, kw_only=True)
class Destination:
    """One chain as the target of messages."""

    chain: Chain
    senders: Sequence[Sender]
    """One for each key, that of the main key first."""
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
    submitter: Submitter = field(init=False)
    confirmation: Confirmation = field(init=False)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _slots: Slots = field(default_factory=Slots)

    def __post_init__(self) -> None:
        self.outcomes = Outcomes(
            chain=self.chain.name,
            operations=self.operations,
            transactions=self.senders[0].store,
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
        self.submitter = Submitter(
            chain=self.chain.name,
            keys=Keys([self._key(sender) for sender in self.senders]),
            outcomes=self.outcomes,
            slots=self._slots,
            free=self._free,
        )
        self.confirmation = Confirmation(
            chain=self.chain,
            senders=self.senders,
            operations=self.operations,
            is_sending=self.submitter.is_sending,
        )

    def _key(self, sender: Sender) -> Key:
        settings = self.chain.settings
        simulator = Simulator(self.chain.client, settings.mailbox)
        return Key(
            Submission(chain=self.chain, sender=sender, policy=self.policy, simulator=simulator),
            Window(sender=sender, most=settings.max_in_flight, pause=settings.window_pause),
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
        """Send whatever is ready, for ever."""
        await self.submitter.run()

    async def confirm(self) -> None:
        """Follow submitted transactions: one step."""
        async for verdicts in self.confirmation.verdicts():
            await self.outcomes.write(verdicts)
            if any(isinstance(item, Settled) for item in verdicts):
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
        for sender in self.senders:
            balance = await self.chain.client.balance(sender.address)
            address = to_checksum(sender.address)
            self.metrics.show_balance(self.chain.name, "relayer", address, balance)
        self.metrics.gas_price.labels(self.chain.name).set(await self.senders[0].gas_price())

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
            await all_ended(self.senders[0].gas_price(), self.chain.client.gas_limit())

    async def _build(self, candidate: Candidate) -> None:
        operation = candidate.operation
        timer = asyncio.get_running_loop().call_later(_SLOW_AFTER, self._slow_down, operation)
        try:
            result = await self.preparation.build(candidate)
        finally:
            timer.cancel()
        if isinstance(result, Prepared):
            self.submitter.add(result)
        else:
            await self.outcomes.write([result])
            self._free([operation])

    def _free(self, operations: Sequence[Operation]) -> None:
        for item in operations:
            self._slots.free(item)
        self.wake()

    def _slow_down(self, operation: Operation) -> None:
        if self._slots.slow_down(operation):
            self.wake()
