"""Entry point of the scraper."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from hyperlane.agents.runtime.chain import Chain, connect
from hyperlane.agents.runtime.loops import repeat
from hyperlane.agents.runtime.process import Runtime, start
from hyperlane.agents.scraper.beside import Loop, chain_loops, common_loops
from hyperlane.settings import ScraperSettings
from hyperlane.store.scraper.opening import prepare


async def run(settings: ScraperSettings) -> None:
    """Scrape until cancelled."""
    async with scraping(settings) as scraper:
        await scraper.run()


@asynccontextmanager
async def scraping(settings: ScraperSettings) -> AsyncIterator["Scraper"]:
    """Open the database and web pages of a scraper. Whoever serves it runs beside `Scraper.run`."""
    async with start(settings, waiting=settings.chains_to_scrape) as runtime:
        await prepare(runtime.database)
        yield Scraper(settings, runtime)


@dataclass(slots=True)
class Scraper:
    """All chains that are scraped; each joins as soon as it can be reached."""

    settings: ScraperSettings
    runtime: Runtime
    chains: dict[int, Chain] = field(default_factory=dict)
    """Those that are connected, by domain."""

    async def run(self) -> None:
        """Follow all chains, and run what `beside` has for them, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for name in self.settings.chains_to_scrape:
                tasks.create_task(self._serve(name))
            _start(tasks, common_loops(self))

    async def _serve(self, name: str) -> None:
        """Connect one chain, then run its loops for ever."""
        async with connect(self.settings.chains[name], self.runtime.database) as chain:
            self.chains[chain.domain] = chain
            self.runtime.waiting.discard(name)
            async with asyncio.TaskGroup() as tasks:
                _start(tasks, self._loops(chain))

    def _loops(self, chain: Chain) -> Iterator[Loop]:
        yield from chain_loops(self, chain)


def _start(tasks: asyncio.TaskGroup, loops: Iterator[Loop]) -> None:
    for loop in loops:
        tasks.create_task(repeat(loop.name, loop.interval, loop.step))
