"""Indexing of gas payments to the origin's paymaster."""

from dataclasses import dataclass

from hyperlane.agents.runtime.chain import Chain
from hyperlane.chain.abi import GasPaymaster, Mailbox
from hyperlane.chain.calls import logs_in
from hyperlane.chain.client import Log
from hyperlane.chain.deployment import deployment_block
from hyperlane.chain.endpoint import Call
from hyperlane.protocol.typecasts import Address
from hyperlane.store.payments import GasPayment, PaymentStore

_STORE_EVERY = 1000
"""Blocks without payments after which the cursor is stored anyway, to spare a restart the rest."""


@dataclass(slots=True)
class PaymentIndexer:
    """Copies the payments to one paymaster into the store."""

    chain: Chain
    paymaster: Address
    store: PaymentStore
    _stored: int = -1
    _next: int = -1

    def calls(self, block: int) -> list[Call]:
        """Calls that `sync` is about to make; none unless the store is nearly up to `block`."""
        most = min(self.chain.settings.index.chunk, self.chain.client.log_span)
        if not 0 <= self._next <= block < self._next + most:
            return []
        return [logs_in(self.paymaster, GasPaymaster.GAS_PAYMENT, self._next, block)]

    async def sync(self, block: int) -> int:
        """Store all payments up to `block`; returns how many were new."""
        if self._next < 0:
            self._stored = self._next = await self._start(block)
        added = 0
        while self._next <= block:
            end = min(self._next + self.chain.settings.index.chunk - 1, block)
            logs = await self.chain.client.logs(
                self.paymaster, GasPaymaster.GAS_PAYMENT, self._next, end
            )
            if logs or end - self._stored > _STORE_EVERY:
                await self.store.add([_payment(item) for item in logs], end + 1)
                self._stored = end + 1
            added += len(logs)
            self._next = end + 1
        return added

    async def _start(self, block: int) -> int:
        known = await self.store.next_block()
        if known is not None:
            return known
        first = self.chain.index_range.start(block)
        if first is not None:
            return first
        return await deployment_block(
            self.chain.client, self.chain.settings.mailbox, Mailbox.deployed_block, block
        )


def _payment(item: Log) -> GasPayment:
    gas, payment = GasPaymaster.GAS_PAYMENT.decode(item.data)
    return GasPayment(item.topics[1], int.from_bytes(item.topics[2]), payment, gas)
