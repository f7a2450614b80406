"""The stream of everything that happens to messages."""

from dataclasses import dataclass

from sqlalchemy import func, select

from hyperlane.explorer.queries.life import lives
from hyperlane.explorer.queries.records import Life
from hyperlane.protocol.typecasts import Bytes32
from hyperlane.store.database import Database
from hyperlane.store.scraper import tables


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened to a message."""

    number: int
    time: int
    kind: str
    """dispatched, inserted, paid or delivered; with `un` before it if the chain dropped it."""
    id: Bytes32
    life: Life | None
    """The message as it is now; None if nothing of it is stored any longer."""


async def changes(database: Database, after: int = 0, limit: int = 100) -> tuple[Change, ...]:
    """Changes above a number, in order; lives are without signatures and staking events."""
    row = tables.change
    rows = (
        select(row.c.id, row.c.time_created, row.c.kind, row.c.msg_id)
        .where(row.c.id > after)
        .order_by(row.c.id)
        .limit(limit)
    )
    async with database.read() as connection:
        found = (await connection.execute(rows)).all()
    known = await lives(database, [each.msg_id for each in found]) if found else {}
    return tuple(Change(*each, known.get(each.msg_id)) for each in found)


async def newest(database: Database) -> int:
    """Number of the newest change; 0 before the first."""
    async with database.read() as connection:
        return (await connection.execute(select(func.max(tables.change.c.id)))).scalar() or 0
