"""The watch over one destination: its deliveries are judged by what their origins sent."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.loops import all_ended
from hyperlane.agents.watchtower.alerting import Alerts
from hyperlane.agents.watchtower.deliveries.following import Follower
from hyperlane.agents.watchtower.deliveries.judging import Judgement, judge
from hyperlane.agents.watchtower.deliveries.origins import Origin
from hyperlane.metrics import Metrics
from hyperlane.store.deliveries import Delivery, DeliveryStore, Verdict

_SEALING = 3
"""Divisor: a block is sealed at most a third of the block time after its timestamp."""
_LONGEST_SEALING = 4.0
"""Most seconds from a block's timestamp to its sealing: a third of Ethereum's block time. Chains
that make blocks on demand may have hours between two blocks, and seal none hours late."""
_SAMPLE = 100
"""Blocks over which the block time is measured."""


@dataclass(slots=True)
class DeliveryWatch:
    """Watch over the deliveries of one destination."""

    chain: Chain
    store: DeliveryStore
    origins: Mapping[int, Origin | None]
    """By domain; None while the origin is not connected."""
    alerts: Alerts
    metrics: Metrics
    forged: Callable[[], None]
    """Called when a forged delivery was found."""
    clock: Callable[[], float] = time.time
    _margin: float | None = None
    _new: dict[int, asyncio.Event] = field(default_factory=dict)

    async def step(self) -> None:
        """Read new deliveries, and judge all that have no lasting verdict."""
        await self.read()
        await all_ended(*(self.judge(domain) for domain in self.origins))

    async def read(self) -> None:
        """Read new deliveries, and have those judged whose origins are watched."""
        head = await Follower(self.chain, self.store, self.clock).look()
        self.metrics.guardian_block.labels(self.chain.name).set(head)
        open_ones = await self.store.to_judge()
        for item in open_ones:
            if item.origin not in self.origins:
                await self._record(item, Judgement(Verdict.UNWATCHED, {"origin": item.origin}))
            elif not item.evidence:
                self.new_from(item.origin).set()
        times = [item.block_time for item in open_ones if item.verdict is Verdict.UNDECIDED]
        age = max(0.0, self.clock() - min(times)) if times else 0.0
        self.metrics.guardian_undecided.labels(self.chain.name).set(age)

    def new_from(self, domain: int) -> asyncio.Event:
        """The event that is set when an origin has a delivery that was not judged yet."""
        return self._new.setdefault(domain, asyncio.Event())

    async def judge(self, domain: int) -> None:
        """Judge the deliveries from one origin by its newest view, and those that this leaves
        undecided by a new look at it.

        The new look begins after the deliveries were read. So it finds every message that was sent
        before them, whatever the clocks of the two chains say.
        """
        if self._margin is None:
            self._margin = min(await self._block_time() / _SEALING, _LONGEST_SEALING)
        origin, undecided = self.origins[domain], []
        for item in await self.store.to_judge(domain):
            if (await self._judge(item, origin, is_new=False)) is Verdict.UNDECIDED:
                undecided.append(item)
        if undecided and origin is not None:
            await origin.look()
            for item in undecided:
                await self._judge(item, origin, is_new=True)

    def _name(self, domain: int) -> str:
        """Name of an origin; its domain if it is not watched."""
        origin = self.origins.get(domain)
        return str(domain) if origin is None else origin.chain.name

    async def _block_time(self) -> float:
        """Seconds between two blocks of the destination."""
        known = self.chain.settings.blocks.estimate_block_time
        if known is not None:
            return known
        head = await self.chain.client.block()
        earlier = max(0, head.number - _SAMPLE)
        if earlier == head.number:
            return 0.0
        since = (await self.chain.client.block(earlier)).timestamp
        return (head.timestamp - since) / (head.number - earlier)

    async def _judge(self, delivery: Delivery, origin: Origin | None, *, is_new: bool) -> Verdict:
        """Judge a delivery; `is_new`: the origin was looked at after the delivery was read."""
        view = None if origin is None else origin.view
        if origin is None:
            judgement = judge(delivery, None, None, None, 0)
        elif delivery.verdict is Verdict.NOT_FINAL and view and delivery.message_id in view.tip:
            return delivery.verdict  # as before: spares the database two queries a look
        else:
            judgement = judge(
                delivery,
                view,
                await origin.store.find(delivery.message_id),
                await origin.store.seen(delivery.message_id),
                self._margin or 0.0,
            )
        if judgement.verdict is Verdict.FORGED and not is_new:
            return Verdict.UNDECIDED
        await self._record(delivery, judgement)
        return judgement.verdict

    async def _record(self, delivery: Delivery, judgement: Judgement) -> None:
        if judgement.verdict is delivery.verdict and delivery.evidence:
            return
        await self.store.judge(delivery, judgement.verdict, judgement.evidence, self.clock())
        if judgement.verdict is delivery.verdict:
            return
        self.metrics.guardian_deliveries.labels(
            self.chain.name, self._name(delivery.origin), judgement.verdict.value
        ).inc()
        if judgement.verdict is Verdict.FORGED:
            self.forged()
        if judgement.verdict in (Verdict.FORGED, Verdict.DROPPED):
            judged = replace(delivery, verdict=judgement.verdict, evidence=judgement.evidence)
            self.alerts.delivery(self.chain.name, judged)
