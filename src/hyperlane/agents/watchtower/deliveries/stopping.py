"""The stops for forged deliveries: which are asked for, how far each is, and which would fail.

What the owner undoes afterwards is not stopped again for the same delivery.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import structlog

from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.loops import all_ended
from hyperlane.agents.watchtower.alerting import Alerts
from hyperlane.agents.watchtower.deliveries.stops import Pause, Stop
from hyperlane.chain.abi import BlacklistIsm, Pausable
from hyperlane.errors import ChainError
from hyperlane.metrics import Metrics
from hyperlane.protocol.typecasts import Address, to_checksum
from hyperlane.settings import StopSettings
from hyperlane.store.deliveries import Delivery, DeliveryStore, Outcome, Stopped

log = structlog.get_logger()

_UNKNOWN = -1
"""For the block from which on the owner's acts count, while the stop's chain does not answer."""
_ENDED = (Outcome.FINAL, Outcome.LIFTED)
_IN_FORCE = (Outcome.STOPPED, Outcome.FINAL)


@dataclass(slots=True)
class Stopper:
    """Sends the stops for forged deliveries."""

    configured: Sequence[StopSettings]
    stores: Mapping[str, DeliveryStore]
    """Of the watched destinations, by chain."""
    chain_names: Mapping[int, str]
    """Names of origins, by domain."""
    alerts: Alerts
    metrics: Metrics
    chains: dict[str, Chain] = field(default_factory=dict)
    """Destinations that are connected."""
    stops: dict[int, Stop] = field(default_factory=dict)
    """Stops of chains that are connected, by position in the settings."""
    _ready: dict[str, str | None] = field(default_factory=dict)
    """By stop, what was wrong with it when it was tried out last."""

    async def step(self) -> None:
        """Take the next step of every stop that a forged delivery asks for."""
        await all_ended(*(self.enforce(at) for at in self.stops))
        await self.settle()

    async def enforce(self, at: int) -> None:
        """Take the next step of one stop, by its position in the settings."""
        stop = self.stops[at]
        said: Stopped | None = None
        for name, store in self.stores.items():
            destination = self.chains.get(name)
            for delivery in await store.to_stop():
                if destination is not None and self._applies(stop.settings, delivery):
                    said = await self._enforce(store, delivery, destination, stop, said)

    async def settle(self) -> None:
        """Record the deliveries for which nothing is left to do."""
        for store in self.stores.values():
            for delivery in await store.to_stop():
                wanted = [
                    at for at, item in enumerate(self.configured) if self._applies(item, delivery)
                ]
                ended = await _ended(store, delivery)
                if all(at in self.stops and self.stops[at].name in ended for at in wanted):
                    await store.stopped(delivery)

    async def try_out(self, chain: str) -> None:
        """Simulate a chain's stops while all is well, and alert to those that would fail."""
        for stop in list(self.stops.values()):  # other chains connect meanwhile
            if stop.settings.chain != chain:
                continue
            problem = None
            try:
                if not await self._is_in_force(stop):
                    await stop.try_out()
            except ChainError as error:
                problem = str(error)
            labels = (stop.chain.name, to_checksum(stop.settings.contract), _key(stop))
            self.metrics.guardian_stop_ready.labels(*labels).set(problem is None)
            if problem is not None and self._ready.get(stop.name) != problem:
                self.alerts.unusable_stop(stop.name, problem)
            self._ready[stop.name] = problem

    async def _is_in_force(self, stop: Stop) -> bool:
        """Whether there is nothing to try out. ChainError for a contract of another kind."""
        client, contract = stop.chain.client, stop.settings.contract
        if isinstance(stop, Pause):
            return bool(await client.call(contract, Pausable.paused))
        await client.call(contract, BlacklistIsm.is_blacklisted, bytes(32))
        return False

    def _applies(self, stop: StopSettings, delivery: Delivery) -> bool:
        origin = self.chain_names.get(delivery.origin)
        return (not stop.origins or origin in stop.origins) and (
            not stop.recipients or delivery.recipient in stop.recipients
        )

    async def _enforce(
        self,
        store: DeliveryStore,
        delivery: Delivery,
        destination: Chain,
        stop: Stop,
        said: Stopped | None,
    ) -> Stopped | None:
        """Take the next step for one delivery; `said`: how the stop is, if that is known."""
        before = (await store.outcomes(delivery)).get(stop.name)
        if before is not None and before.outcome in _ENDED:
            return said
        since = before.since if before else _UNKNOWN
        try:
            if since == _UNKNOWN:
                since = await self._since(delivery, destination, stop)
            if said is None or not _is_true_of(said, since):
                said = Stopped(await stop.enforce(delivery, destination, since), "", since)
            now = replace(said, since=since)
        except ChainError as error:  # nothing that a node said once ends a stop
            now = Stopped(Outcome.FAILED, str(error), since)
        await self._note(store, delivery, stop, before, now)
        lasts = isinstance(stop, Pause) and now.outcome is not Outcome.LIFTED
        return now if lasts else None

    async def _note(
        self,
        store: DeliveryStore,
        delivery: Delivery,
        stop: Stop,
        before: Stopped | None,
        now: Stopped,
    ) -> None:
        if now == before:
            return
        await store.note(delivery, stop.name, now)
        if before is not None and now.outcome is before.outcome:
            return  # a failure in other words
        labels = (stop.chain.name, to_checksum(stop.settings.contract), now.outcome.value)
        self.metrics.guardian_stops.labels(*labels).inc()
        log.warning("route.stop", stop=stop.name, outcome=now.outcome.value)
        if now.outcome is Outcome.FAILED:
            self.alerts.unstopped(delivery, stop.name, now.detail)
        elif now.outcome in _IN_FORCE and (before is None or before.outcome not in _IN_FORCE):
            self.alerts.stopped(delivery, stop.name)

    async def _since(self, delivery: Delivery, destination: Chain, stop: Stop) -> int:
        """The block of the stop's chain from which on the owner's acts count: whoever acts in the
        delivery's own block does not know of it."""
        if stop.chain.domain == destination.domain:
            return delivery.block_number + 1
        return (await stop.chain.client.block()).number + 1


def _is_true_of(said: Stopped, since: int) -> bool:
    """Whether how a pause is for one delivery holds for another one, too: a pause that is final for
    an earlier one may have ended before."""
    return said.outcome is not Outcome.FINAL or since <= said.since


async def _ended(store: DeliveryStore, delivery: Delivery) -> set[str]:
    """Names of the stops for which nothing is left to do."""
    noted = await store.outcomes(delivery)
    return {name for name, stopped in noted.items() if stopped.outcome in _ENDED}


def _key(stop: Stop) -> str:
    return to_checksum(Address(stop.sender.address))
