"""Forgets one chain in the scraper's database, for one that was started anew."""

from sqlalchemy import Table, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hyperlane.errors import DatabaseError
from hyperlane.store.database import Database
from hyperlane.store.locks import exclusive
from hyperlane.store.scraper import tables
from hyperlane.store.scraper.writing import drop_above

OWNER = "a scraper"
"""Name of the lock that a running scraper holds."""
_KEPT = {tables.domain.name, tables.block.name}
"""`domain`: chains stay known. `block`: blocks go before, with all that came with them."""
_OF_CHAIN = ("domain", "origin")
"""Columns that say which chain a row is about."""


async def forget(database: Database, domain: int) -> int:
    """Delete what a scraper's database has of a chain, and return the number of rows.

    What other chains sent to it stays, as not delivered. DatabaseError for a domain that it does
    not have, and while a scraper uses it.
    """
    async with exclusive(database, OWNER), database.write() as connection:
        await _require_known(connection, database, domain)
        gone = await drop_above(connection, domain, -1)
        for table in tables.metadata.sorted_tables:
            if table.name not in _KEPT and not table.foreign_keys:
                gone += await _delete(connection, table, domain)
        return gone


async def _require_known(connection: AsyncConnection, database: Database, domain: int) -> None:
    known = tables.deployments.c.domain
    domains = sorted((await connection.execute(select(known))).scalars())
    if domain not in domains:
        raise DatabaseError(
            f"db: {database.name}: no chain has domain {domain}; expected one of"
            f" {', '.join(map(str, domains)) or 'none: the database is empty'}"
        )


async def _delete(connection: AsyncConnection, table: Table, domain: int) -> int:
    columns = [table.c[name] for name in _OF_CHAIN if name in table.c]
    if not columns:
        return 0
    of_chain = or_(*(column == domain for column in columns))
    return int((await connection.execute(delete(table).where(of_chain))).rowcount)
