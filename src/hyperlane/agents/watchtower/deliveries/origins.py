"""Messages that one origin sent: all of them up to its newest block, or none.

The Mailbox counts its dispatches, so it is noticed if nodes leave one out.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog

from hyperlane.agents.runtime.alerting import Alerter
from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.indexer import SequenceIndexer, SequenceRegressed
from hyperlane.chain.abi import Mailbox
from hyperlane.chain.client import Block, Log
from hyperlane.errors import ChainError
from hyperlane.protocol.message import Message
from hyperlane.protocol.typecasts import Bytes32, to_hex
from hyperlane.store.database import Database
from hyperlane.store.dispatched import Sent, SentStore

log = structlog.get_logger()

_SLICE = 5.0
"""Most seconds that one look spends on dispatches in final blocks."""


@dataclass(frozen=True, slots=True)
class View:
    """An origin as it was at one block."""

    head: Block
    final: int
    """Its last final block."""
    count: int
    """Number of messages that it had sent."""
    tip: Mapping[Bytes32, Sent]
    """Messages in blocks that are not final, by id."""


def _sent(entry: Log) -> Sent:
    (raw,) = Mailbox.DISPATCH.decode(entry.data)
    message = Message.decode(raw)
    return Sent(message.nonce, message.id, entry.block_number, entry.block_hash)


@dataclass(slots=True)
class Origin:
    """Reader of one origin."""

    chain: Chain
    store: SentStore
    alerter: Alerter
    indexer: SequenceIndexer[Sent]
    view: View | None = None
    """The newest view; None before all final dispatches are stored."""
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock)
    _asked: int = 0
    """Number of looks that were asked for."""
    _served: int = 0
    """Number of looks that had been asked for when the last successful one began."""

    @classmethod
    def of(cls, chain: Chain, database: Database, alerter: Alerter) -> "Origin":
        """The reader of a chain, which keeps what it read in the database."""
        store = SentStore(database, chain.domain)
        indexer = SequenceIndexer(
            client=chain.client,
            contract=chain.settings.mailbox,
            event=Mailbox.DISPATCH,
            counter=Mailbox.nonce,
            deployed_block=Mailbox.deployed_block,
            parse=_sent,
            store=store,
            range=chain.index_range,
            needs_all=True,
        )
        return cls(chain, store, alerter, indexer)

    async def look(self) -> None:
        """Bring the view up to the newest block. ChainError if its dispatches are not all known.

        Calls during a look share the next one: there is one call for each destination.
        """
        self._asked += 1
        mine = self._asked
        async with self._looking:
            if self._served < mine:
                served = self._asked
                await self._look()
                self._served = served

    async def _look(self) -> None:
        client = self.chain.client
        head = await client.block()
        final = min(await client.final_block(), head.number)
        await self._drop_replaced()
        try:
            await self.indexer.sync(final, _SLICE)
        except SequenceRegressed as error:
            await self._drop_from(error.count)
            raise
        if not self.indexer.complete:
            self.view = None  # what was seen earlier says nothing of what was sent since
            return
        known = (await self.store.progress()).next_sequence or 0
        count = await self.indexer.count(head.number)
        tip = await self._tip(final, head, range(known, count))
        if (await client.block(head.number)).hash != head.hash:
            raise ChainError(f"{self.chain.name}: block {head.number} was replaced during a look")
        await self.store.see(tip)
        if self.view is not None and self.view.final < final and self.view.tip:
            await self.store.forget_sights()
        self.view = View(head, final, count, {item.id: item for item in tip})

    async def _tip(self, final: int, head: Block, expected: range) -> list[Sent]:
        """Dispatches in the blocks that are not final, in order."""
        if final >= head.number:
            return []
        client = self.chain.client
        logs = await client.logs(
            self.chain.settings.mailbox, Mailbox.DISPATCH, final + 1, head.number
        )
        found = [_sent(entry) for entry in logs]
        if [item.nonce for item in found] != list(expected):
            problem = (
                f"the logs of blocks {final + 1} to {head.number} have {len(found)} messages where"
                f" {len(expected)} are counted"
            )
            client.distrust(problem)
            raise ChainError(f"{self.chain.name}: {problem}")
        return found

    async def _drop_replaced(self) -> None:
        """Drop stored messages whose final blocks the chain replaced all the same."""
        last = (await self.store.progress()).next_sequence
        if not last or await self._stands(last - 1):
            return
        low, high = 0, last - 1  # the first one that was replaced
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if await self._stands(middle) else (low, middle)
        await self._drop_from(low)

    async def _stands(self, nonce: int) -> bool:
        """Tell whether the block of a stored message is still part of the chain."""
        sent = await self.store.at(nonce)
        if sent is None or not sent.block_hash:
            return True
        return (await self.chain.client.block(sent.block_number)).hash == sent.block_hash

    async def _drop_from(self, nonce: int) -> None:
        dropped = await self.store.from_nonce(nonce)
        await self.store.see(dropped)
        await self.indexer.reread(nonce)
        self.view = None
        self.alerter.tell_soon(
            "origin.reorganised",
            chain=self.chain.name,
            first_nonce=nonce,
            messages=[to_hex(item.id) for item in dropped[:20]],
            count=len(dropped),
            remedy="final blocks were replaced: check what was delivered of these messages",
        )
