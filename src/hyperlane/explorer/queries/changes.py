"""The stream of everything that happens to messages."""

from dataclasses import dataclass
from itertools import accumulate

from sqlalchemy import func, select

from hyperlane.explorer.queries.life import lives
from hyperlane.explorer.queries.records import Life
from hyperlane.protocol.typecasts import Bytes32
from hyperlane.store.database import Database
from hyperlane.store.scraper import tables

_MOST_BYTES = 1024 * 1024
"""Bytes of all bodies at once."""


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


async def changes(
    database: Database, after: int = 0, limit: int = 100, message_id: Bytes32 | None = None
) -> tuple[Change, ...]:
    """Changes above a number, in order, of one message if given; fewer where bodies are long.

    Lives are without signatures and staking events.
    """
    row, sent = tables.change, tables.message
    rows = (
        select(row.c.id, row.c.time_created, row.c.kind, row.c.msg_id, func.length(sent.c.msg_body))
        .outerjoin(sent, sent.c.msg_id == row.c.msg_id)
        .where(row.c.id > after)
        .order_by(row.c.id)
        .limit(limit)
    )
    if message_id is not None:
        rows = rows.where(row.c.msg_id == message_id)
    async with database.read() as connection:
        found = (await connection.execute(rows)).all()
    sizes = accumulate(size or 0 for *_, size in found)
    found = found[: max(1, sum(size <= _MOST_BYTES for size in sizes))]
    known = await lives(database, [each.msg_id for each in found]) if found else {}
    return tuple(Change(*each[:4], known.get(each.msg_id)) for each in found)


async def newest(database: Database) -> int:
    """Number of the newest change; 0 before the first."""
    async with database.read() as connection:
        return (await connection.execute(select(func.max(tables.change.c.id)))).scalar() or 0
