"""Changes as they happen, for any number of clients up to a bound.

One loop reads changes, and only while somebody follows. Each is rendered once, and kept for all in
a list of bounded size; a client has no queue, only the number of the change that it got last. Who
falls behind the list is served from the database, and who does not read is cut off (`server.py`).
"""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import structlog

from hyperlane.explorer.limits import owner
from hyperlane.explorer.queries.changes import Change, changes, newest
from hyperlane.protocol.typecasts import Bytes32
from hyperlane.store.database import Database

log = structlog.get_logger()

MOST_CLIENTS, MOST_OF_ONE = 200, 20
"""Clients that follow, in all and from one address."""
_MOST_BYTES = 4 * 1024 * 1024
_BATCH = 100
"""Changes that are read at once, each with its message."""
HEARTBEAT = b": still here\n\n"


class Crowded(Exception):
    """Failure to follow: there are as many clients as may be, in all or from one address."""


@dataclass(slots=True)
class Feed:
    """The newest changes, rendered."""

    database: Database
    render: Callable[[Change], bytes]
    interval: float = 0.5
    """Seconds between two looks for changes."""
    heartbeat: float = 15.0
    """Seconds of silence after which a client gets a comment, so that nothing between closes the
    connection."""
    most_clients: int = MOST_CLIENTS
    most_bytes: int = _MOST_BYTES
    most_of_one: int = MOST_OF_ONE
    _clients: Counter[str] = field(default_factory=Counter)
    _kept: deque[tuple[Change, bytes]] = field(default_factory=deque)
    _size: int = 0
    _floor: int | None = None
    """All changes above it are kept; None while nobody follows."""
    _last: int = 0
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _wanted: asyncio.Event = field(default_factory=asyncio.Event)
    _closed: bool = False
    _catching_up: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def clients(self) -> int:
        """Number of clients that follow."""
        return self._clients.total()

    async def run(self) -> None:
        """Read changes while somebody follows, until cancelled."""
        while True:
            await self._wanted.wait()
            try:
                full = await self.step()
            except Exception as error:  # else nobody would be told of anything any more
                log.warning("explorer.feed", error=f"{type(error).__name__}: {error}")
                full = False
            if not full:
                await asyncio.sleep(self.interval)

    async def step(self) -> bool:
        """Read some changes; True if there may be more."""
        if not self.clients:
            self._forget()
            return False
        found = await changes(self.database, await self._position(), _BATCH)
        for change in found:
            self._keep(change, self.render(change))
        if found:
            self._tell()
        return len(found) == _BATCH

    def close(self) -> None:
        """End all streams."""
        self._closed = True
        self._tell()

    @contextmanager
    def place(self, address: str = "") -> Iterator[None]:
        """Take a place for a client at an address; Crowded if there is none, or the server
        stops."""
        client = owner(address)
        if self._closed or self.clients >= self.most_clients:
            raise Crowded(f"{self.most_clients} clients follow")
        if self._clients[client] >= self.most_of_one:
            raise Crowded(f"{self.most_of_one} clients from your address follow")
        self._clients[client] += 1
        self._wanted.set()
        try:
            yield
        finally:
            self._clients[client] -= 1
            self._clients += Counter()  # forgets who has none left

    async def follow(
        self, after: int | None, message_id: Bytes32 | None = None
    ) -> AsyncIterator[bytes]:
        """Rendered changes above a number, or from now on; of one message, if given. A heartbeat
        after a time without."""
        newest_read = await self._position()
        position = newest_read if after is None else after
        while not self._closed:
            news, floor = self._news, self._floor or 0
            if position < floor:
                async with self._catching_up:  # all of history takes long, and others wait
                    found = await changes(self.database, position, _BATCH, message_id)
                for change in found:
                    yield self.render(change)
                position = found[-1].number if found else floor
                continue
            for change, rendered in self._above(position):
                if message_id in (None, change.id):
                    yield rendered
                position = change.number
            try:
                async with asyncio.timeout(self.heartbeat):
                    await news.wait()
            except TimeoutError:
                yield HEARTBEAT

    def _above(self, position: int) -> list[tuple[Change, bytes]]:
        found = []
        for change, rendered in reversed(self._kept):
            if change.number <= position:
                break
            found.append((change, rendered))
        return found[::-1]

    async def _position(self) -> int:
        """Number of the last change that was read; found out when the first client comes."""
        if self._floor is None:
            number = await newest(self.database)
            if self._floor is None:
                self._floor = self._last = number
        return self._last

    def _keep(self, change: Change, rendered: bytes) -> None:
        self._kept.append((replace(change, life=None), rendered))
        self._last = change.number
        self._size += len(rendered)
        while self._size > self.most_bytes:
            oldest, dropped = self._kept.popleft()
            self._floor = oldest.number
            self._size -= len(dropped)

    def _forget(self) -> None:
        self._kept.clear()
        self._size = 0
        self._floor = None
        self._wanted.clear()

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
