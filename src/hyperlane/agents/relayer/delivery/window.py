"""The window of one key: how much of what it sends may wait for a block at once.

Nodes take transactions in the order of their nonces, and drop long queues. So little is sent ahead
of the chain, and the rest waits here, where the best lane goes first whatever came before it.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from hyperlane.agents.runtime.sender import Sender
from hyperlane.store.operations import Lane

_BLOCKS_AHEAD = 2
"""Blocks that what waits for one may fill."""
_OLDEST_EVERY = 8
"""Every so many places, the one that waits longest gets the place, so that no lane starves."""


@dataclass(slots=True)
class _Ticket:
    """A transaction that waits for a place, perhaps the first of several."""

    number: int
    gas: int
    block_gas: int
    turn: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True, kw_only=True)
class Window:
    """Places for transactions of one key that are in no block yet.

    What is in no block is read from the store and the chain, so that a restart keeps the bound;
    between two looks, all that was sent since counts as well.
    """

    sender: Sender
    most: int
    """Most transactions at once."""
    pause: float
    """Least seconds between two looks at the chain."""
    clock: Callable[[], float] = time.monotonic
    wanted: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a look at the chain may give room to one that waits."""
    _unmined: list[int] | None = None
    """Gas of each transaction that was in no block at the last look; None before the first."""
    _sent: list[int] = field(default_factory=list)
    """Gas of each that got a place and left it, in this process, since that look began."""
    _held: list[int] = field(default_factory=list)
    """Gas of each that has a place: it is being stored and sent."""
    _waiting: dict[Lane, deque[_Ticket]] = field(
        default_factory=lambda: {lane: deque() for lane in Lane}
    )
    _issued: int = 0
    _given: int = 0
    _looked_at: float = float("-inf")

    @property
    def room(self) -> int:
        """Number of transactions that could be sent now; below 0 while some wait."""
        waiting = sum(map(len, self._waiting.values()))
        return self.most - len(self._ahead) - waiting

    @property
    def _ahead(self) -> list[int]:
        """Gas of each transaction that is in no block, or may be in none."""
        return [*(self._unmined or ()), *self._sent, *self._held]

    @asynccontextmanager
    async def places(self, lane: Lane, gas: Sequence[int], block_gas: int) -> AsyncIterator[int]:
        """Wait for a place for the first of some transactions, and take as many as there are then.

        Yields their number; the places are held until all of these are sent.
        """
        ticket = _Ticket(self._issued, gas[0], block_gas)
        self._issued += 1
        self._waiting[lane].append(ticket)
        self._admit()
        held: Sequence[int] = ()
        try:
            if not ticket.turn.is_set() and self.clock() - self._looked_at >= self.pause:
                self.wanted.set()
            await ticket.turn.wait()
            held = [gas[0], *self._more(gas[1:], block_gas)]
            yield len(held)
        finally:
            if ticket.turn.is_set():
                for item in held or gas[:1]:
                    self._held.remove(item)
                    self._sent.append(item)
            else:
                self._waiting[lane].remove(ticket)
            self._admit()

    def _more(self, gas: Sequence[int], block_gas: int) -> Iterator[int]:
        """Take places for the first of some transactions, as long as nobody waits for one."""
        for item in gas:
            if self._next() is not None or not self._fits(item, block_gas):
                return
            self._held.append(item)
            self._given += 1
            yield item

    async def look(self) -> None:
        """Find out what is in no block yet, if somebody waits for it: one step."""
        if self._unmined is not None and not any(self._waiting.values()):
            return
        self._looked_at = self.clock()
        sent_before = len(self._sent)
        used = await self.sender.client.transaction_count(self.sender.address, "latest")
        self._unmined = await self.sender.store.unmined_gas(used)
        del self._sent[:sent_before]
        self._admit()

    def _admit(self) -> None:
        """Give places to whatever may have one now."""
        while (lane := self._next()) is not None:
            ticket = self._waiting[lane][0]
            if not self._fits(ticket.gas, ticket.block_gas):
                return
            self._waiting[lane].popleft()
            self._held.append(ticket.gas)
            self._given += 1
            ticket.turn.set()

    def _next(self) -> Lane | None:
        """The lane that is served next: the best, and now and then the one that waits longest."""
        lanes = [lane for lane in Lane if self._waiting[lane]]
        if lanes and self._given % _OLDEST_EVERY == _OLDEST_EVERY - 1:
            return min(lanes, key=lambda lane: self._waiting[lane][0].number)
        return min(lanes, default=None)

    def _fits(self, gas: int, block_gas: int) -> bool:
        ahead = self._ahead
        if self._unmined is None or len(ahead) >= self.most:
            return False
        return not ahead or sum(ahead) + gas <= _BLOCKS_AHEAD * block_gas
