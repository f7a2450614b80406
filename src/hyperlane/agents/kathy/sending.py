"""Sending canaries from one chain, and following their transactions until they are final.

A canary is stored before its transaction, and its transaction before it is sent, so that a restart
at any moment sends none twice. No canary is sent while an earlier transaction is in no block: a
chain that is down holds up one canary at a time.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from hyperlane.agents.kathy.observations import Observations
from hyperlane.agents.kathy.rotation import Rotation, Turn, day_of
from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.sender import Sender
from hyperlane.chain.abi import Mailbox, MerkleTreeHook
from hyperlane.chain.client import Receipt, Unreachable
from hyperlane.chain.fees import FeeCeiling
from hyperlane.errors import ChainError
from hyperlane.metrics import Metrics
from hyperlane.protocol.message import Message
from hyperlane.protocol.typecasts import Address, address_to_bytes32, to_checksum, to_hex
from hyperlane.store.canaries import Canary, CanaryKey, CanaryStore, Outcome
from hyperlane.store.database import Database
from hyperlane.store.transactions import Transaction

log = structlog.get_logger()

_GAS_MARGIN = 50_000


@dataclass(frozen=True, slots=True)
class _Draft:
    """A canary that was simulated, with all that its transaction takes."""

    key: CanaryKey
    destination: int
    sent_at: float
    data: bytes
    value: int
    """Quoted fee in wei."""
    gas: int
    """Gas that it needs."""


@dataclass(slots=True, kw_only=True)
class CanarySender:
    """Sender of the canaries of one chain."""

    chain: Chain
    sender: Sender
    database: Database
    canaries: CanaryStore
    rotation: Rotation
    recipients: Mapping[int, Address]
    """Recipients by domain, of the chains that are connected: to others nothing is sent."""
    budget: int
    """Wei that all canaries of a day may cost."""
    seen: Observations
    metrics: Metrics
    chain_name: Callable[[int], str]
    clock: Callable[[], float] = time.time
    _tried: Turn | None = None
    """The last turn in which nothing could be sent."""
    _warned: float | None = None
    """The day for which people were warned that the budget is exhausted."""

    async def step(self) -> None:
        """Follow the transactions, then send a canary if it is time."""
        for canary in await self.canaries.unsettled(self.chain.domain):
            await self._follow(canary)
        await self._send_if_due()
        day = day_of(self.clock())
        spent = await self.canaries.spent(self.chain.domain, day)
        self.metrics.canary_spent.labels(self.chain.name).set(spent)

    # Sending

    async def _send_if_due(self) -> None:
        unmined = [
            item
            for item in await self.canaries.unsettled(self.chain.domain)
            if item.block_number is None
        ]
        if unmined:
            return
        now = self.clock()
        last = await self.canaries.last(self.chain.domain)
        destination = self.rotation.next(now, self._last_turn(last), await self._in_flight())
        if destination is None:
            return
        try:
            key = CanaryKey(self.chain.domain, 1 if last is None else last.sequence + 1)
            sent = await self._send(await self._draft(key, destination, now))
        except Unreachable:
            raise
        except ChainError as error:
            self._tried = Turn(now, destination)
            self.metrics.canaries_unsent.labels(*self._pair(destination)).inc()
            log.warning(
                "canary.unsent",
                origin=self.chain.name,
                destination=self.chain_name(destination),
                error=str(error),
            )
            return
        if not sent:
            self._tried = Turn(now, destination)
        balance = await self.chain.client.balance(self.sender.address)
        address = to_checksum(self.sender.address)
        self.metrics.show_balance(self.chain.name, "kathy", address, balance)

    def _last_turn(self, last: Canary | None) -> Turn | None:
        sent = None if last is None else Turn(last.sent_at, last.destination)
        turns = [turn for turn in (sent, self._tried) if turn is not None]
        return max(turns, key=lambda turn: turn.time, default=None)

    async def _in_flight(self) -> Mapping[int, int]:
        """Canaries on their way to each destination; those that are not connected have no room."""
        counted = await self.canaries.count_in_flight(self.chain.domain)
        full = {
            destination: self.rotation.max_in_flight
            for destination in self.rotation.destinations
            if destination not in self.recipients
        }
        return {**counted, **full}

    async def _draft(self, key: CanaryKey, destination: int, now: float) -> _Draft:
        """Quote and simulate a canary; ChainError if it would fail."""
        client, mailbox = self.chain.client, self.chain.settings.mailbox
        pair = ">".join(self._pair(destination))
        # Recipients store a short text in fewer slots.
        body = f"canary {key.sequence} {pair} {int(now)}".encode()
        arguments = (destination, address_to_bytes32(self.recipients[destination]), body)
        value = await client.call(mailbox, Mailbox.quote_dispatch, *arguments)
        data = Mailbox.dispatch.encode(*arguments)
        gas = await client.estimate_gas(mailbox, data, self.sender.address, value)
        return _Draft(key, destination, now, data, value, gas)

    async def _send(self, draft: _Draft) -> bool:
        """Send a canary unless the budget has no room for it; True if it was sent."""
        key, day = draft.key, day_of(draft.sent_at)
        room = self.budget - await self.canaries.spent(self.chain.domain, day)
        fits = draft.value + await self._gas_cost(draft) <= room
        self.metrics.budget_exhausted.labels(self.chain.name).set(int(not fits))
        if not fits:
            self._warn_of_budget(day, room)
            return False
        # The most that it can cost, as the ceiling keeps it below that.
        await self.canaries.add(key, draft.destination, draft.sent_at, room)
        self._set_ceiling(room - draft.value)
        try:
            transaction = await self.sender.send(
                _purpose(key),
                self.chain.settings.mailbox,
                draft.data,
                draft.gas + _GAS_MARGIN,
                need=draft.gas,
                value=draft.value,
            )
        except ChainError:
            if await self.sender.store.live_for(_purpose(key)) is None:
                await self.canaries.remove(key)
            raise
        self.seen.fresh.add(key)
        await self.canaries.set_cost(key, await self._most_cost(transaction), settled=False)
        log.info("canary.sent", **self._names(draft.destination), sequence=key.sequence)
        return True

    async def _gas_cost(self, draft: _Draft) -> int:
        """Wei that the gas of a canary costs now, data fees included."""
        offers = self.sender.offers
        fees = await offers.fees()
        gas = offers.gas_limit(draft.gas + _GAS_MARGIN, draft.gas, None)
        (data_fee,) = await self.sender.data_fees([draft.data])
        return gas * max(fees.now, fees.least) + data_fee

    def _set_ceiling(self, room: int) -> None:
        """Keep the next transaction, and its replacements, within what is left of a budget."""
        most = self.chain.settings.max_transaction_cost
        self.sender.offers.ceiling = (
            FeeCeiling(most) if most <= room else FeeCeiling(room, "what dailyBudget leaves")
        )

    def _warn_of_budget(self, day: float, room: int) -> None:
        if self._warned == day:
            return
        self._warned = day
        log.warning(
            "canary.budget_exhausted",
            chain=self.chain.name,
            budget=str(self.budget),
            left=str(room),
            remedy=f"no canary leaves {self.chain.name} until the next day (UTC) begins: raise"
            f" chains.{self.chain.name}.dailyBudget or interval",
        )

    # Following

    async def _follow(self, canary: Canary) -> None:
        """Look after one transaction: send it again, find it in a block, settle it when final."""
        live = await self.sender.store.live_for(_purpose(canary.key))
        if live is None:
            await self._without_transaction(canary)
            return
        final = await self.chain.client.final_block()
        (receipt,) = await self.sender.receipts([live])
        if receipt is None:
            await self._push(canary, live, final)
            return
        if (canary.tx_hash, canary.block_number) != (receipt.tx_hash, receipt.block_number):
            await self._mined(canary, receipt)
        if receipt.block_number <= final:
            async with self.database.together():
                await self.sender.store.finish(live)
                await self.canaries.set_cost(canary.key, _cost(live, receipt), settled=True)

    async def _without_transaction(self, canary: Canary) -> None:
        """End a canary whose transaction was never stored, or is another key's."""
        cost = 0 if canary.block_number is None else canary.cost
        await self.canaries.set_cost(canary.key, cost, settled=True)
        if canary.block_number is None:
            log.warning("canary.lost", **self._of(canary))
            await self.canaries.end(canary.key, Outcome.LOST, self.clock())

    async def _push(self, canary: Canary, live: Transaction, final: int) -> None:
        """Have a transaction included that is in no block."""
        if canary.block_number is not None:
            log.warning("canary.reorganised", **self._of(canary))
            await self.canaries.undo_dispatch(canary.key)
        if live.nonce < await self.chain.client.transaction_count(self.sender.address, final):
            log.warning("canary.lost", **self._of(canary), nonce=live.nonce)
            async with self.database.together():
                await self.sender.store.finish(live)
                await self.canaries.set_cost(canary.key, 0, settled=True)
                await self.canaries.end(canary.key, Outcome.LOST, self.clock())
            self.seen.forget(canary.key)
            return
        spent = await self.canaries.spent(self.chain.domain, day_of(canary.sent_at))
        self._set_ceiling(self.budget - (spent - canary.cost) - live.fields["value"])
        await self.sender.maintain([live])
        newest = await self.sender.store.live_for(_purpose(canary.key)) or live
        cost = await self._most_cost(newest)
        await self.canaries.set_cost(canary.key, cost, settled=False)

    async def _mined(self, canary: Canary, receipt: Receipt) -> None:
        """Record the block of a transaction, and the message that it dispatched."""
        now = self.clock()
        where: dict[str, Any] = {
            "tx_hash": receipt.tx_hash,
            "block_number": receipt.block_number,
            "dispatched_at": now,
        }
        if not receipt.succeeded:
            log.warning("canary.reverted", **self._of(canary), tx_hash=to_hex(receipt.tx_hash))
            await self.canaries.change(canary.key, **where)
            await self.canaries.end(canary.key, Outcome.REVERTED, now)
            self.seen.forget(canary.key)
            return
        message = await self._message(receipt)
        leaf = await self._leaf(message, receipt)
        block = await self.chain.client.block(receipt.block_number)
        if canary.message not in (None, message):
            await self.canaries.undo_dispatch(canary.key)
        await self.canaries.change(canary.key, **where, message=message.encode(), leaf_index=leaf)
        self.metrics.canaries_sent.labels(*self._pair(canary.destination)).inc()
        if canary.key in self.seen.fresh:
            labels = (*self._pair(canary.destination), "dispatched")
            self.metrics.canary_seconds.labels(*labels).observe(now - canary.sent_at)
        log.info(
            "canary.dispatched",
            **self._of(canary),
            id=to_hex(message.id),
            tx_hash=to_hex(receipt.tx_hash),
            block=block.number,
            block_time=block.timestamp,
            leaf=leaf,
        )

    async def _message(self, receipt: Receipt) -> Message:
        """The message that a transaction dispatched; ChainError while the node does not show it."""
        logs = await self.chain.client.logs(
            self.chain.settings.mailbox,
            Mailbox.DISPATCH,
            receipt.block_number,
            receipt.block_number,
        )
        for entry in logs:
            if entry.tx_hash == receipt.tx_hash:
                (raw,) = Mailbox.DISPATCH.decode(entry.data)
                return Message.decode(raw)
        raise ChainError(
            f"{self.chain.name}: no log of block {receipt.block_number} shows the message that"
            f" {to_hex(receipt.tx_hash)} dispatched"
        )

    async def _leaf(self, message: Message, receipt: Receipt) -> int | None:
        """The message's leaf index; None if it is not in the tree of the settings."""
        logs = await self.chain.client.logs(
            self.chain.settings.merkle_tree_hook,
            MerkleTreeHook.INSERTED,
            receipt.block_number,
            receipt.block_number,
        )
        leaves = dict(MerkleTreeHook.INSERTED.decode(entry.data) for entry in logs)
        return leaves.get(message.id)

    async def _most_cost(self, transaction: Transaction) -> int:
        """Most wei that a transaction can cost, its value included."""
        fields = transaction.fields
        data = bytes.fromhex(fields["data"].removeprefix("0x"))
        (data_fee,) = await self.sender.data_fees([data])
        return int(fields["value"] + fields["gas"] * _offer(transaction) + data_fee)

    def _pair(self, destination: int) -> tuple[str, str]:
        return self.chain.name, self.chain_name(destination)

    def _names(self, destination: int) -> dict[str, str]:
        origin, remote = self._pair(destination)
        return {"origin": origin, "destination": remote}

    def _of(self, canary: Canary) -> dict[str, Any]:
        return {**self._names(canary.destination), "sequence": canary.sequence}


def _purpose(key: CanaryKey) -> str:
    return f"canary {key.sequence}"


def _offer(transaction: Transaction) -> int:
    """Most wei per gas that a transaction offers."""
    fields = transaction.fields
    return int(fields.get("maxFeePerGas", fields.get("gasPrice", 0)))


def _cost(transaction: Transaction, receipt: Receipt) -> int:
    """Wei that a final transaction cost, without the value if it failed: then that was returned."""
    price = receipt.gas_price or _offer(transaction)
    value = transaction.fields["value"] if receipt.succeeded else 0
    return int(receipt.gas_used * price + receipt.data_fee + value)
