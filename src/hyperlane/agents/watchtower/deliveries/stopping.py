"""Stops: what is sent when a delivery was forged, from keys that can do nothing else.

A stop is simulated, sent once, offered at a fee that rises with every block that leaves it out, and
watched until it is final. What the owner undoes afterwards is not stopped again for the same
delivery.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.loops import all_ended
from hyperlane.agents.runtime.sender import Sender
from hyperlane.agents.watchtower.alerting import Alerts
from hyperlane.chain.abi import BlacklistIsm, Event, Pausable, TimelockRouter
from hyperlane.errors import ChainError
from hyperlane.metrics import Metrics
from hyperlane.protocol.typecasts import Address, Bytes32, to_checksum, to_hex
from hyperlane.settings import StopSettings
from hyperlane.store.deliveries import Delivery, DeliveryStore, Outcome, Stopped
from hyperlane.store.transactions import Transaction

log = structlog.get_logger()

_GAS_MARGIN = 50_000
_ANY_QUEUED = Event(TimelockRouter.QUEUED.signature, ())
"""The announcement, whatever stands in its data."""
_MOST_LISTED = 100
"""Announced messages that are listed for one delivery, so that they fit into one transaction."""
_UNKNOWN = -1
"""For the block from which on the owner's acts count, while the stop's chain does not answer."""
_ENDED = (Outcome.FINAL, Outcome.LIFTED)
_IN_FORCE = (Outcome.STOPPED, Outcome.FINAL)


@dataclass(slots=True)
class Stop(ABC):
    """One contract that is stopped with one key."""

    settings: StopSettings
    chain: Chain
    sender: Sender

    @property
    def name(self) -> str:
        """Name in the database, which no other stop has."""
        settings = self.settings
        contract, key = to_checksum(settings.contract), to_checksum(self.sender.address)
        return f"{settings.kind} {settings.chain} {contract} by {key}"

    async def enforce(self, delivery: Delivery, destination: Chain, since: int) -> Outcome:
        """Take the next step; the outcome so far. Reverted when the contract refuses the key."""
        client = self.chain.client
        head, final = await client.block(), await client.final_block()
        done = await self.is_done(delivery, destination, head.number)
        # At a final block of before the delivery, another pause may have been in force.
        if done and final >= since and await self.is_done(delivery, destination, final):
            return await self._finish(delivery)
        transaction = await self.sender.store.live_for(self._purpose(delivery))
        undone = None if done else head.number
        if transaction is not None and await self._is_open(transaction, undone):
            return Outcome.STOPPED if done else Outcome.SENT
        if done:
            return Outcome.STOPPED
        if await self.is_lifted(since):
            return Outcome.LIFTED
        data = await self.call(delivery, destination, head.number)
        need = await client.estimate_gas(self.settings.contract, data, self.sender.address)
        await self.sender.send(
            self._purpose(delivery), self.settings.contract, data, need + _GAS_MARGIN, need=need
        )
        return Outcome.SENT

    async def try_out(self) -> None:
        """Simulate the stop. Reverted if the contract would refuse it, ChainError if the key could
        not pay for it."""
        client, contract = self.chain.client, self.settings.contract
        need = await client.estimate_gas(contract, self.example(), self.sender.address)
        cost = (need + _GAS_MARGIN) * await self.sender.gas_price()
        balance = await client.balance(self.sender.address)
        if balance < cost:
            raise ChainError(
                f"{self.chain.name}: {to_checksum(self.sender.address)} has {balance} wei, and a"
                f" stop may cost {cost}: fund it"
            )

    async def _finish(self, delivery: Delivery) -> Outcome:
        transaction = await self.sender.store.live_for(self._purpose(delivery))
        if transaction is not None and await self._is_open(transaction):
            return Outcome.STOPPED
        return Outcome.FINAL

    async def _is_open(self, transaction: Transaction, undone: int | None = None) -> bool:
        """Whether a transaction may still have an effect; one in no block is sent again.

        `undone`: a block at which the stop is not in force. A transaction up to that block is
        spent: the owner has ended its pause since, and it must not keep the next one waiting.
        """
        final = await self.chain.client.final_block()
        (receipt,) = await self.sender.receipts([transaction])
        if receipt is None:
            used = await self.chain.client.transaction_count(self.sender.address, final)
            if transaction.nonce >= used:
                await self.sender.maintain([transaction])
                return True
        elif receipt.block_number > (final if undone is None else max(final, undone)):
            return True
        await self.sender.store.finish(transaction)
        return False

    @abstractmethod
    def _purpose(self, delivery: Delivery) -> str:
        """Purpose of the transaction, which has one live transaction at most."""

    @abstractmethod
    async def is_done(self, delivery: Delivery, destination: Chain, block: int) -> bool:
        """Whether the stop is in force at a block."""

    @abstractmethod
    async def is_lifted(self, since: int) -> bool:
        """Whether somebody with the right to do so ended a stop after a block."""

    @abstractmethod
    async def call(self, delivery: Delivery, destination: Chain, block: int) -> bytes:
        """Calldata."""

    @abstractmethod
    def example(self) -> bytes:
        """Calldata that needs the same right, and changes nothing that matters."""


class Pause(Stop):
    """Pause of a module, a hook or a limiter."""

    def _purpose(self, delivery: Delivery) -> str:
        return self.name

    async def is_done(self, delivery: Delivery, destination: Chain, block: int) -> bool:
        client, contract = self.chain.client, self.settings.contract
        return bool(await client.call(contract, Pausable.paused, block=block))

    async def is_lifted(self, since: int) -> bool:
        client, head = self.chain.client, await self.chain.client.block()
        return bool(
            await client.logs(self.settings.contract, Pausable.UNPAUSED, since, head.number)
        )

    async def call(self, delivery: Delivery, destination: Chain, block: int) -> bytes:
        return Pausable.pause.encode()

    def example(self) -> bytes:
        return Pausable.pause.encode()


class Blacklist(Stop):
    """Listing of the forged message, and of the messages that it announced, in a `BlacklistIsm`."""

    def _purpose(self, delivery: Delivery) -> str:
        return f"{self.name} {to_hex(delivery.message_id)}"

    async def is_done(self, delivery: Delivery, destination: Chain, block: int) -> bool:
        return not await self._missing(delivery, destination, block)

    async def is_lifted(self, since: int) -> bool:
        return False  # nobody can take a message off the list

    async def call(self, delivery: Delivery, destination: Chain, block: int) -> bytes:
        return BlacklistIsm.blacklist.encode(await self._missing(delivery, destination, block))

    def example(self) -> bytes:
        return BlacklistIsm.blacklist.encode([])

    async def _missing(
        self, delivery: Delivery, destination: Chain, block: int
    ) -> Sequence[Bytes32]:
        ids = [delivery.message_id, *await announced(delivery, destination)]
        listed = await self.chain.client.call_each(
            self.settings.contract, BlacklistIsm.is_blacklisted, ids, block
        )
        return [item for item, is_listed in zip(ids, listed, strict=True) if not is_listed]


async def announced(delivery: Delivery, destination: Chain) -> list[Bytes32]:
    """Messages that wait since a delivery announced them to a `TimelockRouter`, some of very many.

    The recipient may be anybody's contract, and its logs in any form.
    """
    logs = await destination.client.logs(
        delivery.recipient, _ANY_QUEUED, delivery.block_number, delivery.block_number
    )
    found = [
        item.topics[1]
        for item in logs
        if item.tx_hash == delivery.tx_hash and len(item.topics) == 2
    ]
    return list(dict.fromkeys(found))[:_MOST_LISTED]


@dataclass(frozen=True, slots=True)
class Said:
    """How a pause is, found out for one delivery."""

    outcome: Outcome
    detail: str
    since: int

    def is_true_of(self, since: int) -> bool:
        """Whether it is so for another delivery, too: a pause that is final for an earlier one may
        have ended before."""
        return self.outcome is not Outcome.FINAL or since <= self.since


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
        said: Said | None = None
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
        said: Said | None,
    ) -> Said | None:
        """Take the next step for one delivery; `said`: how the stop is, if that is known."""
        before = (await store.outcomes(delivery)).get(stop.name)
        if before is not None and before.outcome in _ENDED:
            return said
        since = before.since if before else _UNKNOWN
        try:
            if since == _UNKNOWN:
                since = await self._since(delivery, destination, stop)
            if said is None or not said.is_true_of(since):
                said = Said(await stop.enforce(delivery, destination, since), "", since)
            outcome, detail = said.outcome, said.detail
        except ChainError as error:  # nothing that a node said once ends a stop
            outcome, detail = Outcome.FAILED, str(error)
        await self._note(store, delivery, stop, before, Stopped(outcome, detail, since))
        lasts = isinstance(stop, Pause) and outcome is not Outcome.LIFTED
        return Said(outcome, detail, since) if lasts else None

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


async def _ended(store: DeliveryStore, delivery: Delivery) -> set[str]:
    """Names of the stops for which nothing is left to do."""
    noted = await store.outcomes(delivery)
    return {name for name, stopped in noted.items() if stopped.outcome in _ENDED}


def make_stop(settings: StopSettings, chain: Chain, sender: Sender) -> Stop:
    """The stop that an entry of the settings asks for."""
    return (Pause if settings.kind == "pause" else Blacklist)(settings, chain, sender)


def _key(stop: Stop) -> str:
    return to_checksum(Address(stop.sender.address))
