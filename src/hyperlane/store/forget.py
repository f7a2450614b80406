"""Forgets one chain, for one that was started anew; other chains stay as they are."""

from typing import Any

from sqlalchemy import Table, delete, func, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hyperlane.errors import DatabaseError
from hyperlane.store import tables
from hyperlane.store.database import Database
from hyperlane.store.locks import exclusive
from hyperlane.store.operations import State

_SIGNED = (tables.checkpoints, tables.reorgs)
"""Tables of what a validator signed. A chain with rows in them is not forgotten: a validator's key
signs for one history of a chain alone."""
_BY_MESSAGE = (tables.gas_paid, tables.delivery_costs)
_OF_CHAIN = ("domain", "origin")
"""Columns that say which chain a row is about."""


async def forget(database: Database, domain: int) -> int:
    """Delete what a database has of a chain, and return the number of rows.

    Deliveries to the chain from others are begun anew. DatabaseError for a validator's database,
    for a domain that it does not have, and while a relayer or kathy uses it.
    """
    async with (
        exclusive(database, "a relayer"),
        exclusive(database, "kathy"),
        database.write() as connection,
    ):
        await _require_forgettable(connection, database, domain)
        gone = 0
        message, operation = tables.messages.c, tables.operations
        sent = select(message.id).where(message.origin == domain).scalar_subquery()
        for table in _BY_MESSAGE:
            gone += await _delete(connection, table, table.c.message_id.in_(sent))
        here = operation.c.destination == domain
        paid = tables.delivery_costs
        delivered = select(operation.c.message_id).where(here).scalar_subquery()
        gone += await _delete(connection, paid, paid.c.message_id.in_(delivered))
        watched, stops = tables.watched_deliveries.c, tables.delivery_stops
        claimed = select(watched.domain, watched.message_id).where(watched.origin == domain)
        of_claimed = tuple_(stops.c.domain, stops.c.message_id).in_(claimed)
        gone += await _delete(connection, stops, of_claimed)
        for table in tables.metadata.sorted_tables:
            columns = [table.c[name] for name in _OF_CHAIN if name in table.c]
            if columns:
                condition = or_(*(column == domain for column in columns))
                gone += await _delete(connection, table, condition)
        await connection.execute(
            update(operation)
            .where(here)
            .values(
                state=State.PENDING.value,
                retries=0,
                next_attempt=0.0,
                reason=None,
                detail=None,
                batch=None,
                tx_hash=None,
                block_number=None,
                gas_used=0,
            )
        )
        return gone


async def _require_forgettable(
    connection: AsyncConnection, database: Database, domain: int
) -> None:
    known = tables.deployments.c.domain
    domains = sorted((await connection.execute(select(known))).scalars())
    if domain not in domains:
        raise DatabaseError(
            f"db: {database.name}: no chain has domain {domain}; expected one of"
            f" {', '.join(map(str, domains)) or 'none: the database is empty'}"
        )
    for table in _SIGNED:
        count = select(func.count()).select_from(table).where(table.c.domain == domain)
        if (await connection.execute(count)).scalar():
            raise DatabaseError(
                f"db: {database.name}: a validator signed for domain {domain}, and its key must not"
                " sign for another history: give it another key, another db and another storage"
            )


async def _delete(connection: AsyncConnection, table: Table, condition: Any) -> int:
    return int((await connection.execute(delete(table).where(condition))).rowcount)
