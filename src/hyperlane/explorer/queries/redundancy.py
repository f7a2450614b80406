"""Redundancy: how many signers each security module can lose."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select, select, tuple_

from hyperlane.explorer.queries.modules import stored_module
from hyperlane.explorer.queries.reading import forms
from hyperlane.store.database import Database
from hyperlane.store.scraper import tables

row = tables.redundancy


@dataclass(frozen=True, slots=True)
class Redundancy:
    """A recipient's security module for messages of one origin."""

    domain: int
    recipient: bytes
    """Empty for the Mailbox's default module."""
    origin: int
    module: Mapping[str, Any] | None
    """None if what is stored is no module as documented."""
    spare: int | None
    """Number of live signers that can fail, whichever they are, while messages are still delivered;
    None where no signatures are wanted, or who is live is unknown."""
    oldest_at: int | None
    """Time at which the signer that has been silent for longest was last seen to sign something
    new. Signers of which no signature was ever seen are left out."""
    problem: str | None
    checked_at: int


Key = tuple[int, bytes, int]
"""Domain, recipient and origin of a row."""


async def redundancy(
    database: Database,
    domain: int | None = None,
    after: Key | None = None,
    limit: int = 200,
) -> tuple[Redundancy, ...]:
    """Rows by domain, recipient and origin, above a key."""
    rows = select(row).order_by(row.c.domain, row.c.recipient, row.c.origin).limit(limit)
    if domain is not None:
        rows = rows.where(row.c.domain == domain)
    place = tuple_(row.c.domain, row.c.recipient, row.c.origin)
    return await _rows(database, rows.where(place > (after or (-1, b"", -1))))


async def scarcest(database: Database, limit: int = 50) -> tuple[Redundancy, ...]:
    """Rows with the fewest spare signers first; those that want no signatures are left out."""
    rows = select(row).where(row.c.spare.is_not(None)).order_by(row.c.spare, row.c.domain)
    return await _rows(database, rows.limit(limit))


async def unspared(database: Database, limit: int = 50) -> tuple[Redundancy, ...]:
    """Rows of modules that want no signatures, or whose number of spare signers is unknown."""
    rows = select(row).where(row.c.spare.is_(None)).order_by(row.c.domain)
    return await _rows(database, rows.limit(limit))


async def of_message(
    database: Database, origin: int, destination: int, recipient: bytes
) -> Redundancy | None:
    """The row of a message's recipient, else that of its Mailbox's default module."""
    for recipients in (forms(recipient), (b"",)):
        found = await _rows(
            database,
            select(row)
            .where(
                row.c.domain == destination,
                row.c.recipient.in_(recipients),
                row.c.origin == origin,
            )
            .limit(1),
        )
        if found:
            return found[0]
    return None


async def _rows(database: Database, rows: Select[Any]) -> tuple[Redundancy, ...]:
    async with database.read() as connection:
        found = [Redundancy(*each) for each in (await connection.execute(rows)).all()]
    return tuple(replace(each, module=stored_module(each.module)) for each in found)
