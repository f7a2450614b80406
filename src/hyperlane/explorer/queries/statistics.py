"""Traffic by the hour: past hours as they were summed, the others counted now."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from weakref import WeakKeyDictionary

from sqlalchemy.ext.asyncio import AsyncEngine

from hyperlane.agents.scraper.statistics import BUCKETS, percentiles, total
from hyperlane.explorer.queries.keeping import Keeper
from hyperlane.store.database import Database
from hyperlane.store.scraper.statistics import HOUR, StatisticsStore, Traffic, hour_of


@dataclass(frozen=True, slots=True)
class Hour:
    """Messages sent within an hour."""

    start: int
    """Its first second."""
    sent: int
    delivered: int
    payments: Mapping[int, int]
    """Wei that was paid for their gas, by origin: coins of chains are not to be added up."""
    delays: Mapping[int, int]
    """Deliveries by the upper bound of their bucket of seconds from dispatch."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Messages from one chain to another within a time."""

    origin: int
    destination: int
    sent: int
    delivered: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """Traffic of some hours."""

    hours: tuple[Hour, ...]
    """Oldest first; those without messages are left out."""
    pairs: tuple[Pair, ...]
    """Busiest first."""

    @property
    def payments(self) -> Mapping[int, int]:
        """Wei that was paid for the messages' gas, by origin."""
        return added(hour.payments for hour in self.hours)

    def percentile(self, part: float) -> float | None:
        """Seconds within which this part of the deliveries were made; None without deliveries."""
        counts = Counter[int]()
        for hour in self.hours:
            counts.update(hour.delays)
        return percentiles(counts, (part,))[0]


_keeper = Keeper(20.0)
_DAY = 24 * HOUR
_turns: WeakKeyDictionary[AsyncEngine, asyncio.Lock] = WeakKeyDictionary()
"""Locks by database: times of more than two days are added up one after the other, as a month of
many pairs of chains takes a second."""


async def statistics(
    database: Database,
    since: int,
    until: int,
    origin: int | None = None,
    destination: int | None = None,
) -> Statistics:
    """Traffic of the hours that begin within a time; of one origin or destination, if given.

    It may be some seconds old: a month has many rows, and many people look at it.
    """
    wanted = _next_hour(since), _next_hour(until), origin, destination
    return await _keeper.get(database, wanted, partial(_read, database, *wanted))


async def _read(
    database: Database, since: int, until: int, origin: int | None, destination: int | None
) -> Statistics:
    starts = range(since, until, _DAY)
    turn = _turns.setdefault(database.engine, asyncio.Lock())
    async with turn if len(starts) > 2 else nullcontext():
        days = [  # one by one, so that other requests get their turn
            await _read_day(database, start, min(start + _DAY, until), origin, destination)
            for start in starts
        ]
    counts: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
    for pair in (pair for day in days for pair in day.pairs):
        sums = counts[pair.origin, pair.destination]
        sums[:] = sums[0] + pair.sent, sums[1] + pair.delivered
    pairs = [Pair(*chains, *sums) for chains, sums in counts.items()]
    pairs.sort(key=lambda pair: (-pair.sent, pair.origin, pair.destination))
    return Statistics(tuple(hour for day in days for hour in day.hours), tuple(pairs))


async def _read_day(
    database: Database, since: int, until: int, origin: int | None, destination: int | None
) -> Statistics:
    found = await StatisticsStore(database, BUCKETS).traffic(since, until)
    wanted = [
        (slot, traffic)
        for slot, traffic in found.items()
        if origin in (None, slot.origin) and destination in (None, slot.destination)
    ]
    by_hour: dict[int, list[Traffic]] = {}
    by_pair: dict[tuple[int, int], list[Traffic]] = {}
    paid: dict[int, list[Mapping[int, int]]] = {}
    for slot, traffic in wanted:
        by_hour.setdefault(slot.hour, []).append(traffic)
        paid.setdefault(slot.hour, []).append({slot.origin: traffic.payment})
        by_pair.setdefault((slot.origin, slot.destination), []).append(traffic)
    pairs = [_pair(*chains, total(those)) for chains, those in by_pair.items()]
    return Statistics(
        tuple(_hour(start, total(by_hour[start]), added(paid[start])) for start in sorted(by_hour)),
        tuple(pairs),
    )


def _next_hour(time: int) -> int:
    """The first hour that begins at a time or after it."""
    return hour_of(time + HOUR - 1)


def added(payments: Iterable[Mapping[int, int]]) -> Mapping[int, int]:
    """Payments by origin, added up; origins without any are left out."""
    sums: dict[int, int] = {}
    for each in payments:
        for origin, payment in each.items():
            sums[origin] = sums.get(origin, 0) + payment
    return {origin: sums[origin] for origin in sorted(sums) if sums[origin]}


def _hour(start: int, sums: Traffic, payments: Mapping[int, int]) -> Hour:
    return Hour(start, sums.sent, sums.delivered, payments, sums.delays)


def _pair(origin: int, destination: int, sums: Traffic) -> Pair:
    return Pair(origin, destination, sums.sent, sums.delivered)
