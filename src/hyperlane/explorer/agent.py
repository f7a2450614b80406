"""Entry point of the scraper with its explorer: one process, one event loop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from hyperlane.agents.scraper.agent import scraping
from hyperlane.explorer.api.changes import render
from hyperlane.explorer.app import create_app
from hyperlane.explorer.limits import Buckets
from hyperlane.explorer.live import Feed
from hyperlane.explorer.server import serving
from hyperlane.explorer.tracing import Configured, Traces
from hyperlane.settings import ScraperSettings
from hyperlane.store.database import Database

log = structlog.get_logger()

_BURST = 10
"""Seconds' worth of requests that a client may send at once."""


async def run(settings: ScraperSettings) -> None:
    """Scrape, and serve what is scraped, until cancelled."""
    async with scraping(settings) as scraper, serve(settings, scraper.runtime.database):
        await scraper.run()


@asynccontextmanager
async def serve(settings: ScraperSettings, database: Database) -> AsyncIterator[int]:
    """Serve the explorer of a database while the block runs; gives its port."""
    port = settings.explorer_port
    assert port is not None
    database = database.for_visitors()
    feed = Feed(database, render)
    traces = Traces(
        Configured(settings.chains, settings.allow_local_checkpoint_syncers), settings.relayers
    )
    app = create_app(
        database,
        feed,
        traces,
        hosts=(settings.explorer_host, *settings.explorer_allowed_hosts),
        buckets=Buckets(settings.explorer_rate, settings.explorer_rate * _BURST),
    )
    following = asyncio.create_task(feed.run())
    try:
        async with serving(app, settings.explorer_host, port, settings.explorer_proxies) as taken:
            log.info("explorer.started", url=f"http://{settings.explorer_host}:{taken}")
            try:
                yield taken
            finally:
                feed.close()  # streams have no end of their own
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await traces.close()
        await database.close()
