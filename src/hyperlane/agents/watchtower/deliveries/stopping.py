"""Stops for forged deliveries: which are asked for, the progress of each, and which would fail.

A stop that the owner lifts is not sent again for the same delivery.
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
"""Value of `since` before the stop's chain has answered."""
_ENDED = (Outcome.FINAL, Outcome.LIFTED)
_IN_FORCE = (Outcome.STOPPED, Outcome.FINAL)


@dataclass(slots=True)
class Stopper:
    """Sends the stops for forged deliveries."""

    configured: Sequence[StopSettings]
    stores: Mapping[str, DeliveryStore]
    """Stores of the watched destinations, by chain."""
    chain_names: Mapping[int, str]
    """Names of origins, by domain."""
    alerts: Alerts
    metrics: Metrics
    chains: dict[str, Chain] = field(default_factory=dict)
    """Destinations that are connected."""
    stops: dict[int, Stop] = field(default_factory=dict)
    """Stops of chains that are connected, by position in the settings."""
    _ready: dict[str, str | None] = field(default_factory=dict)
    """Problem of each stop when it was last tried out, by name; None if it had none."""

    async def step(self) -> None:
        """Take the next step of every stop that a forged delivery asks for."""
        await all_ended(*(self.enforce(at) for at in self.stops))
        await self.settle()

    async def enforce(self, at: int) -> None:
        """Take the next step of one stop, by its position in the settings."""
        stop = self.stops[at]
        known: Stopped | None = None
        for name, store in self.stores.items():
            destination = self.chains.get(name)
            for delivery in await store.to_stop():
                if destination is not None and self._applies(stop.settings, delivery):
                    known = await self._enforce(store, delivery, destination, stop, known)

    async def settle(self) -> None:
        """Record the deliveries for which no stop is left to be sent or confirmed."""
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
        """Tell whether a pause is in force, so that it cannot be tried out. ChainError for a
        contract of another kind."""
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
        known: Stopped | None,
    ) -> Stopped | None:
        """Take the next step for one delivery, and return how far the pause is, for the next one.
        `known`: the same as found for another delivery, None if it has to be found."""
        before = (await store.outcomes(delivery)).get(stop.name)
        if before is not None and before.outcome in _ENDED:
            return known
        since = before.since if before else _UNKNOWN
        try:
            if since == _UNKNOWN:
                since = await self._since(delivery, destination, stop)
            if known is None or not _holds_for(known, since):
                known = Stopped(await stop.enforce(delivery, destination, since), "", since)
            now = replace(known, since=since)
        except ChainError as error:  # it is tried again: one answer of a node ends no stop
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
            return  # another failure, or the same in other words
        labels = (stop.chain.name, to_checksum(stop.settings.contract), now.outcome.value)
        self.metrics.guardian_stops.labels(*labels).inc()
        log.warning("route.stop", stop=stop.name, outcome=now.outcome.value)
        if now.outcome is Outcome.FAILED:
            self.alerts.unstopped(delivery, stop.name, now.detail)
        elif now.outcome in _IN_FORCE and (before is None or before.outcome not in _IN_FORCE):
            self.alerts.stopped(delivery, stop.name)

    async def _since(self, delivery: Delivery, destination: Chain, stop: Stop) -> int:
        """The first block of the stop's chain at which the owner's acts count. In the delivery's
        own block the owner cannot know of it."""
        if stop.chain.domain == destination.domain:
            return delivery.block_number + 1
        return (await stop.chain.client.block()).number + 1


def _holds_for(known: Stopped, since: int) -> bool:
    """Tell whether the progress of a pause, known for one delivery, holds for another one, too: a
    pause that is final for an earlier delivery may have ended before the later one."""
    return known.outcome is not Outcome.FINAL or since <= known.since


async def _ended(store: DeliveryStore, delivery: Delivery) -> set[str]:
    """Names of the stops that are final or lifted."""
    noted = await store.outcomes(delivery)
    return {name for name, stopped in noted.items() if stopped.outcome in _ENDED}


def _key(stop: Stop) -> str:
    return to_checksum(Address(stop.sender.address))
