"""What RPCs take in one request, remembered by URL: see `hyperlane.chain.sizes`."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

import structlog
from sqlalchemy import select

from hyperlane.errors import DatabaseError
from hyperlane.store import tables
from hyperlane.store.database import Database

log = structlog.get_logger()


@dataclass(slots=True)
class SizeStore:
    """Sizes of all URLs of one chain. They are written beside the requests, which do not wait."""

    database: Database
    chain_id: int
    _known: dict[bytes, tuple[int, int]] = field(default_factory=dict)
    _unwritten: set[bytes] = field(default_factory=set)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def recall(self, url: str) -> tuple[int, int] | None:
        """Calls and blocks that a URL took at last; None if it is new."""
        return self._known.get(self._key(url))

    def note(self, url: str, calls: int, blocks: int) -> None:
        """Remember them; they are written in a moment."""
        key = self._key(url)
        self._known[key] = calls, blocks
        self._unwritten.add(key)
        self._changed.set()

    async def read(self) -> None:
        """Learn what is stored."""
        async with self.database.read() as connection:
            for key, calls, blocks in await connection.execute(select(tables.request_sizes)):
                self._known[key] = calls, blocks

    async def write(self) -> None:
        """Store what was noted, if that can be: otherwise it only has to be found again."""
        try:
            await self._write()
        except DatabaseError as error:
            log.warning("rpc.sizes_not_stored", error=str(error))

    async def _write(self) -> None:
        self._changed.clear()
        keys, self._unwritten = self._unwritten, set()
        rows = [(key, *self._known[key]) for key in keys]
        if not rows:
            return
        row = tables.request_sizes
        async with self.database.write() as connection:
            for key, calls, blocks in rows:
                values = {"calls": calls, "blocks": blocks}
                await connection.execute(
                    self.database.insert(row)
                    .values(url_hash=key, **values)
                    .on_conflict_do_update(index_elements=[row.c.url_hash], set_=values)
                )

    async def keep_writing(self) -> None:
        """Write whenever there is something new, for ever."""
        while True:
            await self._changed.wait()
            await self.write()

    def _key(self, url: str) -> bytes:
        """A hash, since URLs hold API keys; without user and password, which can be guessed."""
        parts = urlsplit(url)
        bare = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment=""))
        return hashlib.sha256(f"{self.chain_id} {bare}".encode()).digest()


@asynccontextmanager
async def remembered_sizes(database: Database, chain_id: int) -> AsyncIterator[SizeStore]:
    """The sizes of a chain's URLs; what is noted meanwhile is stored at the end at the latest."""
    store = SizeStore(database, chain_id)
    await store.read()
    writing = asyncio.create_task(store.keep_writing())
    try:
        yield store
    finally:
        writing.cancel()
        await asyncio.wait([writing])
        await store.write()
