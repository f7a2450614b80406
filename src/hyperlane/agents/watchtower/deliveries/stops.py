"""Kinds of stops. Each stop is a call of one contract with one key.

A stop is simulated and sent once, replaced at a higher fee while blocks leave it out, and followed
until it is final.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.sender import Sender
from hyperlane.chain.abi import BlacklistIsm, Event, Pausable, TimelockRouter
from hyperlane.errors import ChainError
from hyperlane.protocol.typecasts import Bytes32, to_checksum, to_hex
from hyperlane.settings import StopSettings
from hyperlane.store.deliveries import Delivery, Outcome
from hyperlane.store.transactions import Transaction

_GAS_MARGIN = 50_000
_ANY_QUEUED = Event(TimelockRouter.QUEUED.signature, ())
"""The event of an announcement, without decoding its data."""
_MOST_LISTED = 100
"""Most announced messages that are listed for one delivery, to fit into one transaction."""


@dataclass(slots=True)
class Stop(ABC):
    """One contract that is stopped with one key."""

    settings: StopSettings
    chain: Chain
    sender: Sender

    @property
    def name(self) -> str:
        """Unique name, under which the database keeps its progress."""
        settings = self.settings
        contract, key = to_checksum(settings.contract), to_checksum(self.sender.address)
        return f"{settings.kind} {settings.chain} {contract} by {key}"

    async def enforce(self, delivery: Delivery, destination: Chain, since: int) -> Outcome:
        """Take the next step, and return the outcome so far. Reverted if the contract refuses the
        key."""
        client = self.chain.client
        head, final = await client.block(), await client.final_block()
        done = await self.is_done(delivery, destination, head.number)
        # At a final block before the delivery, an earlier pause may have been in force.
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
        """Tell whether a transaction may still have an effect; one in no block is sent again.

        `undone`: a block at which the stop is not in force. A transaction in that block or an
        earlier one has no effect any more: the owner ended its pause, and the next one must not
        wait for it.
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
        """Purpose of the transaction; at most one live transaction has it."""

    @abstractmethod
    async def is_done(self, delivery: Delivery, destination: Chain, block: int) -> bool:
        """Tell whether the stop is in force at a block."""

    @abstractmethod
    async def is_lifted(self, since: int) -> bool:
        """Tell whether the owner ended a stop in the block `since` or later."""

    @abstractmethod
    async def call(self, delivery: Delivery, destination: Chain, block: int) -> bytes:
        """Calldata of the stop."""

    @abstractmethod
    def example(self) -> bytes:
        """Calldata for a simulation, which takes the same right."""


class Pause(Stop):
    """Pause of a module or a hook."""

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
    """Messages that a delivery announced to a `TimelockRouter`, where they wait now; the first ones
    if there are very many.

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


def make_stop(settings: StopSettings, chain: Chain, sender: Sender) -> Stop:
    """The stop that an entry of the settings asks for."""
    return (Pause if settings.kind == "pause" else Blacklist)(settings, chain, sender)
