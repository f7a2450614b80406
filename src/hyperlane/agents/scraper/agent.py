"""Entry point of the scraper."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from hyperlane.agents.runtime.chain import Chain, connect
from hyperlane.agents.runtime.loops import repeat, until_done
from hyperlane.agents.runtime.process import Runtime, start
from hyperlane.agents.scraper.auditing import Auditor
from hyperlane.agents.scraper.beside import Loop, Shared, chain_loops, common_loops
from hyperlane.agents.scraper.events import Contracts
from hyperlane.agents.scraper.following import Follower
from hyperlane.agents.scraper.reading import ChainSource, contracts_of
from hyperlane.agents.scraper.tokens import stake_token
from hyperlane.settings import ScraperSettings
from hyperlane.store.locks import exclusive
from hyperlane.store.migrations.schemas import SCRAPER
from hyperlane.store.scraper.forgetting import OWNER
from hyperlane.store.scraper.writing import ChainName, name_chain

_AUDIT_INTERVAL = 30.0
"""Seconds between two looks for messages and leaves that are missing."""


async def run(settings: ScraperSettings) -> None:
    """Scrape until cancelled."""
    async with scraping(settings) as scraper:
        await scraper.run()


@asynccontextmanager
async def scraping(settings: ScraperSettings) -> AsyncIterator["Scraper"]:
    """Open the database and web pages of a scraper. Whoever serves it runs beside `Scraper.run`."""
    async with (
        start(settings, waiting=settings.chains_to_scrape, schema=SCRAPER) as runtime,
        exclusive(runtime.database, OWNER),
    ):
        yield Scraper(settings, runtime)


@dataclass(slots=True)
class Scraper:
    """All chains that are scraped; each joins as soon as it can be reached."""

    settings: ScraperSettings
    runtime: Runtime
    chains: dict[int, Chain] = field(default_factory=dict)
    """Those that are connected, by domain."""
    shared: Shared = field(default_factory=Shared)

    async def run(self) -> None:
        """Follow all chains, and run what `beside` has for them, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for name in self.settings.chains_to_scrape:
                tasks.create_task(self._serve(name))
            _start(tasks, common_loops(self))

    async def _serve(self, name: str) -> None:
        """Connect one chain, then run its loops for ever."""
        async with connect(self.settings.chains[name], self.runtime.database) as chain:
            await self._name(chain)
            contracts = await self._contracts(chain)
            self.chains[chain.domain] = chain
            self.runtime.waiting.discard(name)
            async with asyncio.TaskGroup() as tasks:
                _start(tasks, self._loops(chain, contracts))

    async def _name(self, chain: Chain) -> None:
        settings = chain.settings
        stake: list[tuple[str | None, int | None]] = []

        async def look() -> None:
            stake.append(await stake_token(chain))

        await until_done(f"read the stake token of {chain.name}", look)
        await name_chain(
            self.runtime.database,
            ChainName(
                settings.domain_id,
                settings.name,
                settings.coin,
                settings.chain_id,
                settings.is_testnet,
                *stake[0],
            ),
        )

    async def _contracts(self, chain: Chain) -> Contracts:
        found: list[Contracts] = []

        async def look() -> None:
            found.append(await contracts_of(chain))

        await until_done(f"find contracts of {chain.name}", look)
        return found[0]

    def _loops(self, chain: Chain, contracts: Contracts) -> Iterator[Loop]:
        source = ChainSource(chain, contracts)
        follower = Follower(
            source, self.runtime.database, self.runtime.metrics, chain.settings.index.chunk
        )
        auditor = Auditor(
            follower, self.runtime.database, contracts.mailbox, contracts.merkle_tree_hook
        )
        pause = chain.settings.poll_interval
        yield Loop(f"follow {chain.name}", pause, follower.tip)
        yield Loop(f"read history of {chain.name}", pause, follower.history)
        yield Loop(f"look for gaps of {chain.name}", _AUDIT_INTERVAL, auditor.step)
        yield from chain_loops(self, chain)


def _start(tasks: asyncio.TaskGroup, loops: Iterator[Loop]) -> None:
    for loop in loops:
        tasks.create_task(repeat(loop.name, loop.interval, loop.step))
