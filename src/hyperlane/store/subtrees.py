"""Roots of the complete parts of a chain's tree, so that it is not built anew at every start."""

from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hyperlane.protocol.merkle_part import PART_LEAVES, part_root
from hyperlane.protocol.typecasts import Bytes32
from hyperlane.store import tables
from hyperlane.store.database import Database

_PARTS_AT_ONCE = 8
"""Parts whose roots are stored in one transaction, which keeps others from writing."""


@dataclass(frozen=True, slots=True)
class SubtreeStore:
    """The stored roots of one chain's parts, without gaps from part 0 on.

    Each is derived from the leaves in the transaction that stores it, and is deleted in the one
    that deletes a leaf of it: whenever a program is killed, they are those of the stored leaves.
    """

    database: Database
    domain: int

    async def roots(self) -> list[Bytes32]:
        """All roots, in order."""
        row = tables.subtrees.c
        async with self.database.read() as connection:
            found = await connection.execute(
                select(row.root).where(row.domain == self.domain).order_by(row.part)
            )
            return list(found.scalars())

    async def complete(self) -> None:
        """Store the roots of all parts whose leaves are stored."""
        while await self._complete_some():
            pass

    async def forget(self, connection: AsyncConnection, leaf: int) -> None:
        """Delete, in the given transaction, the roots of the parts with leaves from `leaf` on."""
        row = tables.subtrees
        await connection.execute(
            delete(row).where(row.c.domain == self.domain, row.c.part >= leaf // PART_LEAVES)
        )

    async def _complete_some(self) -> bool:
        """Store the next roots; returns whether there may be more."""
        row, leaf = tables.subtrees.c, tables.insertions.c
        async with self.database.write() as connection:
            highest = await connection.execute(
                select(func.max(row.part)).where(row.domain == self.domain)
            )
            last = highest.scalar()
            first = 0 if last is None else last + 1
            for part in range(first, first + _PARTS_AT_ONCE):
                start = part * PART_LEAVES
                found = await connection.execute(
                    select(leaf.message_id)
                    .where(leaf.domain == self.domain, leaf.leaf_index >= start)
                    .where(leaf.leaf_index < start + PART_LEAVES)
                    .order_by(leaf.leaf_index)
                    # Another program with this database deletes none of them meanwhile.
                    .with_for_update(read=True)
                )
                leaves = list(found.scalars())
                if len(leaves) < PART_LEAVES:
                    return False
                await connection.execute(
                    self.database.insert(tables.subtrees)
                    .values(domain=self.domain, part=part, root=part_root(leaves))
                    .on_conflict_do_nothing()
                )
        return True
