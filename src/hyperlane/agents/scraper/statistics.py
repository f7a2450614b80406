"""Statistics of messages: sums of past hours, and what can be told from them.

Delays are counted in buckets, so that any number of hours and pairs can be added up. A bucket
reaches from the bound before it, excluded, to its own.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hyperlane.store.scraper.statistics import StatisticsStore, Traffic


def _bounds() -> tuple[int, ...]:
    """Each second up to ten, then steps of about an eighth, up to a century."""
    found = list(range(11))
    while found[-1] < 100 * 365 * 24 * 3600:
        found.append(found[-1] + max(1, found[-1] // 8))
    return tuple(found)


BUCKETS = _bounds()
"""Bounds of the buckets, seconds."""
_BELOW = dict(zip(BUCKETS[1:], BUCKETS, strict=False))
"""By bound, the one before it."""


@dataclass(frozen=True, slots=True)
class TrafficWatcher:
    """Keeper of the stored sums."""

    store: StatisticsStore

    async def step(self) -> None:
        """Sum the hours that have become final, then those that changed after that."""
        await self.store.begin()
        for origin in await self.store.origins():
            await self.store.close_hours(origin)
        while await self.store.catch_up():
            pass


def total(traffic: Iterable[Traffic]) -> Traffic:
    """Add up traffic of any hours and pairs, but not its payments, which may be in any coins."""
    sums = Traffic()
    for each in traffic:
        sums.sent += each.sent
        sums.delivered += each.delivered
        sums.delays.update(each.delays)
    return sums


def percentiles(delays: Mapping[int, int], shares: Iterable[float]) -> list[float | None]:
    """Delays in seconds that these shares of deliveries do not exceed, such as 0.5 for the median;
    within a bucket by proportion. None without deliveries."""
    counts = Counter({bound: count for bound, count in delays.items() if count > 0})
    return [_percentile(counts, share) for share in shares]


def _percentile(counts: Counter[int], share: float) -> float | None:
    wanted, before = share * counts.total(), 0
    for bound in sorted(counts):
        if before + counts[bound] >= wanted:
            below = _BELOW.get(bound, bound)
            return below + (bound - below) * max(0.0, wanted - before) / counts[bound]
        before += counts[bound]
    return None
