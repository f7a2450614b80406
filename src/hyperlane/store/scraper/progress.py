"""Progress of reading a chain: cursors, and ranges of blocks that are still to be read.

All functions run in the caller's transaction.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hyperlane.store.database import Database
from hyperlane.store.scraper.tables import cursor, unread


class Mark(StrEnum):
    """The cursors of one chain."""

    FIRST = "first"
    """The block where reading begins."""
    TIP = "tip"
    """The newest block that is read: all from the first one to it are, but for unread ranges."""
    FINAL = "final"
    """All stored blocks up to it are final."""


@dataclass(frozen=True, slots=True)
class Range:
    """Blocks that are still to be read."""

    id: int
    first: int
    last: int
    again: bool


async def marks(connection: AsyncConnection, domain: int) -> dict[Mark, int]:
    """The cursors that are set."""
    row = cursor.c
    found = await connection.execute(
        select(row.event_type, row.height).where(row.domain == domain, row.event_type.in_(Mark))
    )
    return {Mark(kind): height for kind, height in found}


async def move(
    database: Database, connection: AsyncConnection, domain: int, mark: Mark, height: int
) -> None:
    """Set a cursor."""
    values = {"height": height, "time_created": int(time.time())}
    await connection.execute(
        database.insert(cursor)
        .values(domain=domain, event_type=mark.value, **values)
        .on_conflict_do_update(index_elements=["domain", "event_type"], set_=values)
    )


async def unread_ranges(connection: AsyncConnection, domain: int) -> Sequence[Range]:
    """Ranges to read, those that were never read first, each kind from the newest block down."""
    row = unread.c
    found = await connection.execute(
        select(row.id, row.first_block, row.last_block, row.again)
        .where(row.domain == domain)
        .order_by(row.again, row.last_block.desc())
    )
    return [Range(*item) for item in found]


async def add_unread(
    connection: AsyncConnection, domain: int, first: int, last: int, *, again: bool = False
) -> None:
    """Add a range to read, unless it is empty."""
    if first <= last:
        await connection.execute(
            insert(unread).values(domain=domain, first_block=first, last_block=last, again=again)
        )


async def have_read(connection: AsyncConnection, range_: Range, first: int) -> bool:
    """Cut a range, whose blocks from `first` on are read; False if it is another one by now."""
    row = unread.c
    same = (row.id == range_.id, row.last_block == range_.last, row.first_block == range_.first)
    if first <= range_.first:
        done = await connection.execute(delete(unread).where(*same))
    else:
        done = await connection.execute(update(unread).where(*same).values(last_block=first - 1))
    return done.rowcount == 1


async def cut_unread(connection: AsyncConnection, domain: int, height: int) -> None:
    """Take the blocks above `height` out of all ranges."""
    row = unread.c
    await connection.execute(delete(unread).where(row.domain == domain, row.first_block > height))
    await connection.execute(
        update(unread)
        .where(row.domain == domain, row.last_block > height)
        .values(last_block=height)
    )
