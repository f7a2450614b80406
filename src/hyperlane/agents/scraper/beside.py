"""Loops that run beside the following of the chains: one list for each chain, one for all.

Each step writes through the database's own lock, and raises only what `repeat` outlives.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hyperlane.agents.runtime.chain import Chain

if TYPE_CHECKING:
    from hyperlane.agents.scraper.agent import Scraper


@dataclass(frozen=True, slots=True)
class Loop:
    """A step that is repeated for ever."""

    name: str
    interval: float
    """Seconds between two steps."""
    step: Callable[[], Awaitable[None]]


def chain_loops(scraper: "Scraper", chain: Chain) -> Iterator[Loop]:
    """The loops of one connected chain; started once it is connected."""
    yield from ()


def common_loops(scraper: "Scraper") -> Iterator[Loop]:
    """The loops over all chains, `scraper.chains`; started at once, when none may be connected."""
    yield from ()
