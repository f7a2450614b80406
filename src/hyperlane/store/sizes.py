"""Request sizes that RPCs take, stored by URL: see `hyperlane.chain.sizes`."""

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
    """Sizes of all URLs of one chain, written in the background so that no request waits."""

    database: Database
    chain_id: int
    _known: dict[bytes, tuple[int, int]] = field(default_factory=dict)
    _unwritten: set[bytes] = field(default_factory=set)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def recall(self, url: str) -> tuple[int, int] | None:
        """Calls and blocks that a URL took the last time; None if it is new."""
        return self._known.get(self._key(url))

    def note(self, url: str, calls: int, blocks: int) -> None:
        """Take new sizes of a URL, to be written in the background."""
        key = self._key(url)
        self._known[key] = calls, blocks
        self._unwritten.add(key)
        self._changed.set()

    async def read(self) -> None:
        """Load the stored sizes."""
        async with self.database.read() as connection:
            for key, calls, blocks in await connection.execute(select(tables.request_sizes)):
                self._known[key] = calls, blocks

    async def write(self) -> None:
        """Write new sizes; a failure is ignored, as they can be learned again."""
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
        """Write whenever there are new sizes, for ever."""
        while True:
            await self._changed.wait()
            await self.write()

    def _key(self, url: str) -> bytes:
        """Hash of a URL, which may have an API key in it; without user and password, which can be
        guessed."""
        parts = urlsplit(url)
        bare = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment=""))
        return hashlib.sha256(f"{self.chain_id} {bare}".encode()).digest()


@asynccontextmanager
async def remembered_sizes(database: Database, chain_id: int) -> AsyncIterator[SizeStore]:
    """Load the sizes of a chain's URLs; new ones are stored at the end at the latest."""
    store = SizeStore(database, chain_id)
    await store.read()
    writing = asyncio.create_task(store.keep_writing())
    try:
        yield store
    finally:
        writing.cancel()
        await asyncio.wait([writing])
        await store.write()
