"""Loops that run beside the following of the chains: one list for each chain, one for all.

Each step writes through the database's own lock, and raises only what `repeat` outlives.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.scraper.redundancy import Origin, RedundancyWatcher
from hyperlane.agents.scraper.statistics import BUCKETS, TrafficWatcher
from hyperlane.agents.scraper.tokens import RouteNames, TokenWatcher, route_names
from hyperlane.agents.scraper.validators import ValidatorWatcher
from hyperlane.store.scraper.redundancy import RedundancyStore
from hyperlane.store.scraper.statistics import StatisticsStore
from hyperlane.store.scraper.tokens import TokenStore
from hyperlane.store.scraper.validators import ValidatorStore

if TYPE_CHECKING:
    from hyperlane.agents.scraper.agent import Scraper


_COUNTED_EVERY, _MODULES_EVERY, _ROUTERS_EVERY, _HOURS_EVERY = 15.0, 30.0, 30.0, 60.0
_NAMES_EVERY = 600.0


@dataclass(frozen=True, slots=True)
class Loop:
    """A step that is repeated for ever."""

    name: str
    interval: float
    """Seconds between two steps."""
    step: Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Shared:
    """Things that the loops of all chains share."""

    origins: dict[int, Origin] = field(default_factory=dict)
    """Connected chains by domain, as origins."""
    route_names: RouteNames = field(default_factory=dict)


def chain_loops(scraper: "Scraper", chain: Chain) -> Iterator[Loop]:
    """The loops of one connected chain; started once it is connected."""
    settings, database = scraper.settings, scraper.runtime.database
    shared, name = scraper.shared, chain.name
    validators, tokens = ValidatorStore(database, chain.domain), TokenStore(database)
    watcher = ValidatorWatcher(
        chain, validators, settings.allow_local_checkpoint_syncers, scraper.runtime.web
    )
    origin = shared.origins[chain.domain] = Origin(chain, validators)
    routers = TokenWatcher(chain, tokens, lambda: shared.route_names)
    modules = RedundancyWatcher(
        chain, RedundancyStore(database, chain.domain), tokens, shared.origins
    )
    yield Loop(f"look at proven storages of {name}", settings.interval, watcher.look_at_proven)
    yield Loop(f"look at other storages of {name}", settings.interval, watcher.look_at_others)
    yield Loop(f"count leaves of {name}", min(settings.interval, _COUNTED_EVERY), origin.step)
    yield Loop(f"read routers of {name}", _ROUTERS_EVERY, routers.step)
    yield Loop(f"read modules of {name}", _MODULES_EVERY, modules.step)


def common_loops(scraper: "Scraper") -> Iterator[Loop]:
    """The loops over all chains, `scraper.chains`; started at once, when none may be connected."""
    traffic = TrafficWatcher(StatisticsStore(scraper.runtime.database, BUCKETS))
    yield Loop("sum past hours", _HOURS_EVERY, traffic.step)
    registry = scraper.settings.registry
    if registry is not None:
        domains = {name: chain.domain_id for name, chain in scraper.settings.chains.items()}

        async def read_names() -> None:
            scraper.shared.route_names = await asyncio.to_thread(route_names, registry, domains)

        yield Loop("read names of routes", _NAMES_EVERY, read_names)
