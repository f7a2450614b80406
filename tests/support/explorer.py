"""The explorer's app over a database, served on a port of its own."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from hyperlane.explorer.api.changes import render
from hyperlane.explorer.app import create_app
from hyperlane.explorer.live import Feed
from hyperlane.explorer.server import serving
from hyperlane.explorer.tracing import Traces
from hyperlane.store.database import Database
from hyperlane.store.migrations.schemas import SCRAPER


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.01)


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Database]:
    """A database in a folder."""
    database = await Database.open(str(folder), SCRAPER)
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def explorer(
    database: Database,
    traces: Traces | None = None,
    clock: Any = time.time,
    feed: Feed | None = None,
    **options: Any,
) -> AsyncIterator[str]:
    """The origin of an explorer of the database."""
    feed = feed or Feed(database, render, interval=0.05)
    running = asyncio.create_task(feed.run())
    try:
        app = create_app(database, feed, traces, clock=clock, **options)
        async with serving(app, "127.0.0.1", 0) as port:
            yield f"http://127.0.0.1:{port}"
            feed.close()
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
