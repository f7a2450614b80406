"""Traffic by the hour: past hours as they were summed, the others counted now."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from hyperlane.store.database import Database


@dataclass(frozen=True, slots=True)
class Hour:
    """Messages sent within an hour."""

    start: int
    """Its first second."""
    sent: int
    delivered: int
    payment: int
    delays: Mapping[float, int]
    """Deliveries by the upper bound of their bucket of seconds from dispatch."""
    final: bool
    """False for hours that are not summed yet."""


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
    """Oldest first."""
    pairs: tuple[Pair, ...]
    """Busiest first."""
    complete: bool
    """False if the hours that are not summed yet have more messages than are counted at once."""

    def percentile(self, part: float) -> float | None:
        """Seconds within which this part of the deliveries were made: the upper bound of a
        bucket; None without deliveries."""
        counts: dict[float, int] = defaultdict(int)
        for hour in self.hours:
            for bound, count in hour.delays.items():
                counts[bound] += count
        left = part * sum(counts.values())
        for bound in sorted(counts):
            left -= counts[bound]
            if left <= 0 and counts[bound]:
                return bound
        return None


async def statistics(
    database: Database,
    since: int,
    until: int,
    origin: int | None = None,
    destination: int | None = None,
) -> Statistics:
    """Traffic of the hours that begin within a time; of one origin or destination, if given."""
    raise NotImplementedError
