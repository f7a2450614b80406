"""Following submitted transactions until the chain's finality settles them.

Looking and deciding are apart: `Confirmation` reads the store and the chain, the functions at the
end decide what it means.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from hyperlane.agents.relayer.delivery.charges import charges
from hyperlane.agents.relayer.delivery.mailbox_queries import delivered
from hyperlane.agents.relayer.delivery.verdicts import (
    Delivered,
    Excluded,
    Included,
    Postponed,
    Retry,
    Settled,
    Verdict,
)
from hyperlane.agents.relayer.reasons import Reason
from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.sender import Sender
from hyperlane.agents.runtime.upkeep import is_filler
from hyperlane.chain.client import Receipt
from hyperlane.protocol.typecasts import Bytes32, bytes_from_hex
from hyperlane.store.operations import Operation, OperationStore
from hyperlane.store.transactions import Transaction

_GROUP = 64
"""Batches that the chain is asked about together."""
_PORTION = 200
"""Messages after which a group of verdicts ends: others want to write, too."""
_STATE_LAG = 1.0
"""Seconds after which a node that gave a receipt is asked again for what it changed."""


@dataclass(frozen=True, slots=True)
class Look:
    """State of one batch by the store and by the chain, as of one final block."""

    batch: str
    seen_in: int | None
    """Block in which the store has the batch; None while it has it in none."""
    transaction: Transaction | None
    """The live transaction for the batch, if a current key has one."""
    receipt: Receipt | None
    """Receipt of whichever version of the transaction is in a block."""
    final: int
    """Number of the final block."""
    used_nonces: int = 0
    """Transactions of our key up to the final block; counted only if a receipt is missing."""


class Fate(Enum):
    """Change of a batch since the store was last written."""

    UNCHANGED = auto()
    INCLUDED = auto()
    """It is in a block that is not final, and that the store does not know."""
    EXCLUDED = auto()
    """It was in a block that a reorg removed, and may be in another one later."""
    FINAL = auto()
    """It is in a final block, or no block can have it any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """Follows the transactions to one chain until they are final."""

    chain: Chain
    senders: Sequence[Sender]
    """One for each key."""
    operations: OperationStore
    is_sending: Callable[[str], bool]
    """Returns True while a batch is being sent: then it is left alone."""

    async def verdicts(self) -> AsyncIterator[Sequence[Verdict]]:
        """Look at all unconfirmed deliveries once; the verdicts come in groups.

        Each group is to be written before the next one is asked for: if the chain stops answering
        in between, the first ones count.
        """
        stored = [item for sender in self.senders for item in await sender.store.nonces()]
        unconfirmed = await self.operations.batches(self.chain.domain)
        # The order matters. A batch is stored before it is sent and `is_sending` from before that
        # until its transaction is stored. So one that was read above and is not being sent now has
        # its transaction in the store, unless that was refused.
        seen = {
            batch: block
            for batch, block in unconfirmed
            if batch is not None and not self.is_sending(batch)
        }
        seen |= dict.fromkeys(self._empty(stored, {batch for batch, _ in unconfirmed}))
        by_others = any(batch is None for batch, _ in unconfirmed)
        if not seen and not by_others:
            return
        # One final block for the whole look: all questions below are about the same chain.
        final = await self.chain.client.final_block()
        if by_others:
            operations = await self.operations.found_delivered(self.chain.domain)
            ready = [item for item in operations if (item.block_number or 0) <= final]
            if ready:
                yield [settle(ready, await self._delivered(ready, final))]
        looks = [item for item in await self._look(seen, final) if fate(item) is not Fate.UNCHANGED]
        for start in range(0, len(looks), _GROUP):
            for verdicts in portions(await self._judge(looks[start : start + _GROUP], final)):
                yield verdicts

    def _empty(self, stored: Sequence[str], carrying: Container[str | None]) -> Iterator[str]:
        """Batches whose live transactions are to be followed though they carry no message any more.

        A reorg removed the messages, or other keys delivered them while this one was not
        configured. All higher nonces wait for such a transaction.
        """
        for batch in stored:
            if not (batch in carrying or is_filler(batch) or self.is_sending(batch)):
                yield batch

    async def _look(self, seen: Mapping[str, int | None], final: int) -> list[Look]:
        looks = {batch: Look(batch, block, None, None, final) for batch, block in seen.items()}
        for sender in self.senders:
            nonces = await sender.store.nonces()
            live = {
                batch: nonces[batch]
                for batch in seen
                if batch in nonces and not self.is_sending(batch)
            }
            asked = await self._unsettled(sender, live, seen, final)
            receipts = await sender.receipts(asked)
            lost = [item for item, found in zip(asked, receipts, strict=True) if found is None]
            used_nonces = 0
            if lost:
                await sender.maintain(lost)
                # Counted at the final block: a nonce that is used there stays used, so a
                # transaction with that nonce and without a receipt can never be included. Counted
                # after the receipts were read: one between the two is only looked at once more.
                used_nonces = await self.chain.client.transaction_count(sender.address, final)
            for batch in live:
                del looks[batch]
            for item, found in zip(asked, receipts, strict=True):
                looks[item.purpose] = Look(
                    item.purpose, seen[item.purpose], item, found, final, used_nonces
                )
        return list(looks.values())

    async def _unsettled(
        self, sender: Sender, live: Mapping[str, int], seen: Mapping[str, int | None], final: int
    ) -> list[Transaction]:
        """Transactions for batches, of which the nonces are given, that may have changed.

        Left out is what waits in a block for its finality, as long as its nonce is used: should a
        reorg have put it into another block, that is found out once the first is final.
        """
        waiting = {batch for batch in live if (seen[batch] or 0) > final}
        used = 0
        if waiting:
            used = await self.chain.client.transaction_count(sender.address, "latest")
        asked = [item for item, nonce in live.items() if item not in waiting or nonce >= used]
        found = await sender.store.live_by_purpose(asked) if asked else {}
        return sorted(found.values(), key=lambda item: item.nonce)

    async def _judge(
        self, looks: Sequence[Look], final: int
    ) -> Sequence[Included | Excluded | Settled]:
        """Decide about batches whose state changed, in as few questions as for one."""
        looks = await self._with_lost_receipts(looks, final)
        carried = await self.operations.carried_by(
            self.chain.domain, [item.batch for item in looks]
        )
        again = await self._sent_again(looks)
        verdicts: list[Included | Excluded | Settled] = []
        final_ones: list[Look] = []
        for look in looks:
            operations = carried.get(look.batch, [])
            match fate(look):
                case Fate.INCLUDED if operations:
                    assert look.receipt is not None  # nothing else tells of a block
                    verdicts.append(Included(operations, look.receipt))
                case Fate.EXCLUDED:
                    verdicts.append(Excluded(operations))
                case Fate.FINAL if look.batch not in again:
                    final_ones.append(look)
        settled = [item for look in final_ones for item in carried.get(look.batch, [])]
        known = await self._delivered(settled, final)
        known |= await self._delivered_later(final_ones, carried, known)
        return verdicts + [
            settle(carried.get(item.batch, []), known, item.transaction, item.receipt)
            for item in final_ones
        ]

    async def _with_lost_receipts(self, looks: Sequence[Look], final: int) -> list[Look]:
        """Ask again for receipts that are missing though the nonces are used for good.

        Most probably by these transactions: a single node that lacks a receipt must not make its
        messages be sent a second time. One in a block that is not final is left to the next look.
        """
        lost = [
            item.transaction
            for item in looks
            if item.receipt is None and item.transaction and fate(item) is Fate.FINAL
        ]
        found = await self.senders[0].receipts(lost, expected=True) if lost else []
        receipts = {item.purpose: given for item, given in zip(lost, found, strict=True)}
        asked = [replace(item, receipt=receipts.get(item.batch, item.receipt)) for item in looks]
        return [
            item
            for item in asked
            if item.batch not in receipts
            or item.receipt is None
            or item.receipt.block_number <= final
        ]

    async def _sent_again(self, looks: Sequence[Look]) -> set[str]:
        """Batches without a transaction that have got one since this look began.

        The same messages make the same batch: refused by the node while the look waited for it, the
        batch can have been tried again. Read after what it carries: those rows may be the new ones.
        """
        without = {item.batch for item in looks if item.transaction is None}
        if not without:
            return set()
        live = {item for sender in self.senders for item in await sender.store.nonces()}
        return {item for item in without if item in live or self.is_sending(item)}

    async def _delivered(self, operations: Sequence[Operation], final: int) -> set[Bytes32]:
        """Messages that the mailbox has delivered as of the final block."""
        return await delivered(self.chain, [item.message.id for item in operations], final)

    async def _delivered_later(
        self, looks: Sequence[Look], carried: Mapping[str, Sequence[Operation]], known: set[Bytes32]
    ) -> set[Bytes32]:
        """Those of transactions that succeeded, and of which no delivery was known: asked again.

        A node can know a receipt before the state that goes with it. A state that has some of the
        deliveries of a transaction has all that succeeded.
        """
        doubtful = [
            item
            for look in looks
            if look.receipt is not None and look.receipt.succeeded
            for operations in [carried.get(look.batch, [])]
            if not any(item.message.id in known for item in operations)
            for item in operations
        ]
        if not doubtful:
            return set()
        await asyncio.sleep(_STATE_LAG)
        return await self._delivered(doubtful, looks[0].final)


def portions(verdicts: Sequence[Included | Excluded | Settled]) -> Iterator[Sequence[Verdict]]:
    """Divide verdicts into groups of about `_PORTION` messages."""
    group: list[Verdict] = []
    messages = 0
    for verdict in verdicts:
        group.append(verdict)
        messages += len(verdict.operations)
        if messages >= _PORTION:
            yield group
            group, messages = [], 0
    if group:
        yield group


def fate(look: Look) -> Fate:
    """Decide what happened to a batch."""
    if look.receipt is not None:
        if look.receipt.block_number <= look.final:
            return Fate.FINAL
        return Fate.UNCHANGED if look.receipt.block_number == look.seen_in else Fate.INCLUDED
    if look.transaction is not None and look.transaction.nonce >= look.used_nonces:
        return Fate.UNCHANGED if look.seen_in is None else Fate.EXCLUDED
    # The nonce is used by another transaction, or no key of ours has a transaction for the batch.
    return Fate.FINAL


def settle(
    operations: Sequence[Operation],
    known: Container[Bytes32],
    transaction: Transaction | None = None,
    receipt: Receipt | None = None,
) -> Settled:
    """Decide about the deliveries of a batch whose fate is final.

    Messages that the final chain has as delivered (`known`) are done, the others are tried again:
    at once where no transaction of ours failed, later where one did. All are charged with their
    part of the transaction.
    """
    gas = charges(operations, receipt, _data(transaction))
    wei = {key: used * receipt.gas_price for key, used in gas.items()} if receipt else {}
    done = [item for item in operations if item.message.id in known]
    failed = [item for item in operations if item.message.id not in known]
    retries: list[Retry | Postponed] = [
        Retry(
            item,
            Reason.REVERTED_OR_REORGED,
            "the delivery is not in the final chain: it reverted or was reorganised away",
            gas.get(item.message.id, 0),
        )
        for item in failed
    ]
    if transaction is None:
        retries = [Postponed(failed, "not in the final chain", pause=0.0, submitted=True)]
    return Settled(
        Delivered(done, gas),
        retries,
        transaction,
        {key: cost for key, cost in wei.items() if key in known},
        {key: cost for key, cost in wei.items() if key not in known},
    )


def _data(transaction: Transaction | None) -> bytes:
    if transaction is None:
        return b""
    return bytes_from_hex(transaction.fields["data"], "transaction.data")
