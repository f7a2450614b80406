"""Cursors: up to which block the logs of one kind are stored."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from hyperlane.store import tables
from hyperlane.store.database import Database


@dataclass(frozen=True, slots=True)
class Cursor:
    """The cursor of one kind of logs of one chain. Both methods run in the caller's transaction."""

    database: Database
    domain: int
    kind: str

    async def next_block(self, connection: AsyncConnection) -> int | None:
        """The first block whose logs are not stored; None before anything was read."""
        row = tables.cursors.c
        found = await connection.execute(
            select(row.next_block).where(row.domain == self.domain, row.kind == self.kind)
        )
        block: int | None = found.scalar()
        return block

    async def move(self, connection: AsyncConnection, next_block: int) -> None:
        """Write that all logs below `next_block` are stored, or are to be read again from there."""
        await connection.execute(
            self.database.insert(tables.cursors)
            .values(domain=self.domain, kind=self.kind, next_block=next_block)
            .on_conflict_do_update(
                index_elements=["domain", "kind"], set_={"next_block": next_block}
            )
        )
