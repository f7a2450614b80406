"""Looking after what was submitted, until the chain's finality settles it."""

import asyncio
from collections.abc import Container, Sequence
from dataclasses import dataclass

from hyperlane.agents.relayer.delivery.batching import uses
from hyperlane.agents.relayer.delivery.mailbox_queries import delivered
from hyperlane.agents.relayer.delivery.outcomes import Outcomes
from hyperlane.agents.relayer.reasons import Reason
from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.sender import Sender
from hyperlane.chain.client import Receipt
from hyperlane.protocol.typecasts import Bytes32
from hyperlane.store.operations import Operation, OperationStore
from hyperlane.store.transactions import Transaction

_STATE_LAG = 1.0
"""Seconds after which a node that gave a receipt is asked again for what it changed."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Of the transactions to one chain."""

    chain: Chain
    sender: Sender
    operations: OperationStore
    outcomes: Outcomes
    sending: Container[str]
    """Batches that are on their way to the node at the moment: to be left alone."""

    async def step(self) -> bool:
        """Look once. Whether anything was settled."""
        domain = self.chain.domain
        unconfirmed = await self.operations.batches(domain)
        seen = {
            batch: block
            for batch, block in unconfirmed
            if batch is not None and batch not in self.sending
        }
        by_others = any(batch is None for batch, _ in unconfirmed)
        if not seen and not by_others:
            return False
        final = await self.chain.client.final_block()
        settled = by_others and await self._settle_others(final)
        live = {item.purpose: item for item in await self.sender.live()}
        transactions = [live[batch] for batch in seen if batch in live]
        found = await self.sender.receipts(transactions)
        receipts = dict(zip((item.purpose for item in transactions), found, strict=True))
        lost = [item for item in transactions if receipts[item.purpose] is None]
        used_nonces = 0
        if lost:
            await self.sender.maintain(lost)
            used_nonces = await self.chain.client.transaction_count(self.sender.address, final)
        for batch, block in seen.items():
            transaction, receipt = live.get(batch), receipts.get(batch)
            if receipt is not None and receipt.block_number > final:
                if block != receipt.block_number:
                    carried = await self.operations.carried(domain, batch)
                    await self.outcomes.included(carried, receipt)
            elif receipt is None and transaction and transaction.nonce >= used_nonces:
                if block is not None:
                    await self.outcomes.excluded(await self.operations.carried(domain, batch))
            else:
                if receipt is None and transaction is not None:
                    (receipt,) = await self.sender.receipts([transaction], expected=True)
                    if receipt is not None and receipt.block_number > final:
                        continue  # the next step looks at it
                await self._settle(batch, transaction, receipt, final)
                settled = True
        return settled

    async def _settle_others(self, final: int) -> bool:
        """Deliveries by others whose block is final."""
        operations = await self.operations.carried(self.chain.domain, None)
        ready = [item for item in operations if (item.block_number or 0) <= final]
        await self._split(ready, None, None, final)
        return bool(ready)

    async def _settle(
        self, batch: str, transaction: Transaction | None, receipt: Receipt | None, final: int
    ) -> None:
        """The fate of a transaction is final: it is in the chain, or can never be."""
        operations = await self.operations.carried(self.chain.domain, batch)
        await self._split(operations, transaction, receipt, final)

    async def _split(
        self,
        operations: Sequence[Operation],
        transaction: Transaction | None,
        receipt: Receipt | None,
        final: int,
    ) -> None:
        """Finish what the final chain knows as delivered, try the rest again."""
        ids = [item.message.id for item in operations]
        known = await delivered(self.chain, ids, final)
        if receipt is not None and receipt.succeeded and len(known) < len(ids):
            # A node can know a receipt before the state that goes with it.
            await asyncio.sleep(_STATE_LAG)
            known = await delivered(self.chain, ids, final)
        async with self.operations.together():  # or a crash in between would lose what it cost
            if transaction is not None:
                await self.sender.store.finish(transaction)
            await self._tell(operations, known, transaction, receipt)

    async def _tell(
        self,
        operations: Sequence[Operation],
        known: Container[Bytes32],
        transaction: Transaction | None,
        receipt: Receipt | None,
    ) -> None:
        gas = charges(operations, receipt)
        wei = {key: used * receipt.gas_price for key, used in gas.items()} if receipt else {}
        done = [item for item in operations if item.message.id in known]
        failed = [item for item in operations if item.message.id not in known]
        for items, lost in ((done, False), (failed, True)):
            costs = {item.message.id: wei[item.message.id] for item in items if wei}
            await self.operations.charge(costs, failed=lost)
        await self.outcomes.delivered(done, gas)
        if transaction is None:
            await self.outcomes.postponed(
                failed, "not in the final chain", pause=0.0, submitted=True
            )
            return
        for item in failed:
            await self.outcomes.retry(
                item,
                Reason.REVERTED_OR_REORGED,
                "the delivery is not in the final chain: it reverted or was reorganised away",
                gas.get(item.message.id, 0),
            )


def charges(operations: Sequence[Operation], receipt: Receipt | None) -> dict[Bytes32, int]:
    """Gas of a transaction that each of its messages has to pay for: never more than it was given.

    Where the transaction says what each used, that counts, and a share of what is left over; else
    it is divided by what each was given.
    """
    if receipt is None or not operations:
        return {}
    used, given = receipt.gas_paid, [item.gas_estimate for item in operations]
    if len(operations) == 1:
        return {operations[0].message.id: used}
    said = uses(receipt.note)[-len(operations) :]  # proofs, which serve many, come before
    if len(said) == len(operations):
        rest = max(0, used - sum(said)) // len(operations)
        shares = [each + rest for each in said]
    else:
        total = sum(given) or 1
        shares = [used * each // total for each in given]
    return {
        item.message.id: min(most, share)
        for item, most, share in zip(operations, given, shares, strict=True)
    }
