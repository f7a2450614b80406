"""The strip of figures on the first page: how the network is doing."""

from dataclasses import dataclass

from hyperlane.explorer.queries import chains as chain_queries
from hyperlane.explorer.queries import messages as message_queries
from hyperlane.explorer.queries import redundancy as redundancy_queries
from hyperlane.explorer.queries import statistics as statistics_queries
from hyperlane.explorer.queries.messages import Wanted
from hyperlane.store.database import Database

DAY = 86400
OVERDUE = 600
"""Seconds after which a message that is not delivered is called late."""
_COUNTED = 50
"""Late messages, and modules without a spare signer, are counted up to here."""


@dataclass(frozen=True, slots=True)
class Count:
    """A number that was not counted to its end if `more`."""

    number: int
    more: bool

    def __str__(self) -> str:
        return f"{self.number}+" if self.more else str(self.number)


@dataclass(frozen=True, slots=True)
class Health:
    """Figures of the last day, and of now."""

    sent: int
    median: float | None
    """Seconds in which half of the day's deliveries were made."""
    late: Count
    without_spare: Count
    """Security modules that cannot lose a signer."""
    chains: int
    behind: float | None
    """Age of the oldest newest block, in seconds."""


async def health(database: Database, now: float) -> Health:
    """Read the figures."""
    moment = int(now)
    day = await statistics_queries.statistics(database, moment - DAY, moment + 1)
    late = await message_queries.messages(
        database, Wanted(delivered=False, until=moment - OVERDUE), limit=_COUNTED
    )
    scarce = await redundancy_queries.scarcest(database, _COUNTED)
    scraped = [each for each in await chain_queries.chains(database) if each.cursors]
    ages = [max(0.0, now - each.block_time) for each in scraped if each.block_time is not None]
    bare = sum(1 for each in scarce if each.spare is not None and each.spare <= 0)
    return Health(
        sum(hour.sent for hour in day.hours),
        day.percentile(0.5),
        Count(len(late.items), late.next is not None),
        Count(bare, bare == _COUNTED),
        len(scraped),
        max(ages, default=None),
    )
