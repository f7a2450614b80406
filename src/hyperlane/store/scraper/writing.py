"""The writing side of the scraper's database: blocks with all their rows, and their removal.

To fill a database by hand, as tests do: make `rows.Block`s and `store` them in a transaction.

    async with database.write() as connection:
        await store(database, connection, domain, [Block(...)], final=10)

Stored again, the same blocks change nothing; another block of the same height replaces the former
and all that came with it. Everything that happens to a message is a row of `change`, too.
"""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Table, bindparam, delete, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hyperlane.store.database import Database
from hyperlane.store.scraper import tables
from hyperlane.store.scraper.columns import Columns
from hyperlane.store.scraper.rows import Block
from hyperlane.store.scraper.statistics import reopen

_CHANGES = (
    (tables.message, "origin_tx_id", "msg_id", "dispatched"),
    (tables.merkle_tree_insertion, "tx_id", "message_id", "inserted"),
    (tables.gas_payment, "tx_id", "msg_id", "paid"),
    (tables.delivered_message, "destination_tx_id", "msg_id", "delivered"),
)
"""What happens to messages: its table, transaction, message and name in `change`."""

REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class ChainName:
    """A chain as it is shown."""

    domain: int
    name: str
    coin: str
    chain_id: int
    is_testnet: bool
    stake_symbol: str | None = None
    """Symbol of the token that its StakingManager holds; a stranger's text."""
    stake_decimals: int | None = None


async def name_chain(database: Database, chain: ChainName) -> None:
    """Store a chain, or what changed of it."""
    values = {
        "name": chain.name,
        "native_token": chain.coin,
        "chain_id": chain.chain_id,
        "is_test_net": chain.is_testnet,
        "is_deprecated": False,
        "stake_symbol": chain.stake_symbol,
        "stake_decimals": chain.stake_decimals,
    }
    async with database.write() as connection:
        await connection.execute(
            database.insert(tables.domain)
            .values(id=chain.domain, time_created=int(time.time()), **values)
            .on_conflict_do_update(index_elements=["id"], set_=values)
        )


async def store(
    database: Database,
    connection: AsyncConnection,
    domain: int,
    blocks: Sequence[Block],
    *,
    final: int,
) -> Counter[str]:
    """Store blocks of one chain, of which those up to height `final` are final.

    Returns how many rows are new, by table, and as `REPLACED` how many stored blocks they replaced.
    """
    if not blocks:
        return Counter()
    writer = _Writer(database, connection, domain, final)
    await writer.store(sorted(blocks, key=lambda block: block.height))
    return writer.added


async def drop(connection: AsyncConnection, domain: int, heights: Sequence[int]) -> int:
    """Delete the blocks of some heights, and all that came with them; returns how many."""
    found = await connection.execute(
        select(tables.block.c.id).where(
            tables.block.c.domain == domain, tables.block.c.height.in_(heights)
        )
    )
    return await _delete(connection, [row.id for row in found])


async def drop_above(connection: AsyncConnection, domain: int, height: int) -> int:
    """Delete the blocks above a height, and all that came with them; returns how many."""
    found = await connection.execute(
        select(tables.block.c.id).where(
            tables.block.c.domain == domain, tables.block.c.height > height
        )
    )
    return await _delete(connection, [row.id for row in found])


async def finalise(
    connection: AsyncConnection, domain: int, first: int, last: int, keep: int
) -> None:
    """Mark the blocks of some heights final; those without transactions go, but for `keep`."""
    row = tables.block.c
    within = (row.domain == domain, row.height >= first, row.height <= last)
    empty = ~select(tables.transaction.c.id).where(tables.transaction.c.block_id == row.id).exists()
    await connection.execute(delete(tables.block).where(*within, empty, row.height != keep))
    await connection.execute(
        update(tables.block).where(*within, row.final.is_(False)).values(final=True)
    )


_MOST_AT_ONCE = 500
"""Ids in one statement: databases limit the number of parameters."""


async def _delete(connection: AsyncConnection, blocks: Sequence[int]) -> int:
    for start in range(0, len(blocks), _MOST_AT_ONCE):
        await _delete_some(connection, blocks[start : start + _MOST_AT_ONCE])
    return len(blocks)


async def _delete_some(connection: AsyncConnection, blocks: Sequence[int]) -> None:
    """Delete blocks: databases delete their rows with them, changes tell followers of it."""
    doomed = select(tables.transaction.c.id).where(tables.transaction.c.block_id.in_(blocks))
    for table, transaction, message, kind in reversed(_CHANGES):
        gone = table.c[transaction].in_(doomed)
        await _tell(connection, table, message, f"un{kind}", gone)
    sent, delivered = tables.message.c, tables.delivered_message.c
    of_doomed = delivered.destination_tx_id.in_(doomed)
    await connection.execute(
        update(tables.message)
        .where(
            sent.msg_id.in_(select(delivered.msg_id).where(of_doomed)),
            sent.destination.in_(select(delivered.domain).where(of_doomed)),
        )
        .values(delivered_at=None)
    )
    row = tables.block.c
    oldest = select(row.domain, func.min(row.timestamp)).where(row.id.in_(blocks))
    for domain, since in (await connection.execute(oldest.group_by(row.domain))).all():
        await reopen(connection, domain, since)
    await connection.execute(delete(tables.block).where(row.id.in_(blocks)))


async def _tell(
    connection: AsyncConnection, table: Table, message: str, kind: str, which: Any
) -> None:
    """Add a change for each row of a table that `which` selects, in their order."""
    now = literal(int(time.time()))
    rows = select(now, literal(kind), table.c[message]).where(which).order_by(table.c.id)
    columns = ["time_created", "kind", "msg_id"]
    await connection.execute(insert(tables.change).from_select(columns, rows))


@dataclass(slots=True)
class _Writer:
    """Writes blocks of one chain in one transaction."""

    database: Database
    connection: AsyncConnection
    domain: int
    final: int
    added: Counter[str] = field(default_factory=Counter)
    columns: Columns = field(init=False)

    def __post_init__(self) -> None:
        sqlite = self.database.engine.dialect.name == "sqlite"
        self.columns = Columns(self.domain, self.final, int(time.time()), sqlite)

    async def store(self, blocks: Sequence[Block]) -> None:
        await self._replace(blocks)
        await self._insert(tables.block, [self.columns.block(block) for block in blocks])
        await self._store_transactions(blocks)
        before = {table: await self._last(table) for table, *_ in _CHANGES}
        # Deliveries first, so that messages of the same blocks find theirs.
        for table, rows in self.columns.tables():
            await self._insert(
                table,
                [
                    row
                    for block in blocks
                    for transaction in block.transactions
                    for row in rows(block, transaction)
                ],
            )
        await self._deliver(blocks)
        for table, _, message, kind in _CHANGES:
            await _tell(self.connection, table, message, kind, table.c.id > before[table])

    async def _replace(self, blocks: Sequence[Block]) -> None:
        """Delete stored blocks of the same heights that are others."""
        row = tables.block.c
        hashes = {block.height: block.hash for block in blocks}
        found = await self.connection.execute(
            select(row.id, row.height, row.hash).where(
                row.domain == self.domain,
                row.height >= blocks[0].height,
                row.height <= blocks[-1].height,
            )
        )
        others = [item.id for item in found if hashes.get(item.height, item.hash) != item.hash]
        if others:
            self.added[REPLACED] = await _delete(self.connection, others)

    async def _store_transactions(self, blocks: Sequence[Block]) -> None:
        block, transaction = tables.block.c, tables.transaction.c
        within = (
            block.domain == self.domain,
            block.height >= blocks[0].height,
            block.height <= blocks[-1].height,
        )
        found = await self.connection.execute(select(block.height, block.id).where(*within))
        ids = {item.height: item.id for item in found}
        await self._insert(
            tables.transaction,
            [
                self.columns.transaction(item, ids[block.height])
                for block in blocks
                for item in block.transactions
            ],
        )
        known = await self.connection.execute(
            select(block.height, transaction.hash, transaction.id)
            .join(tables.block, transaction.block_id == block.id)
            .where(*within)
        )
        self.columns.transaction_ids = {(height, hash_): id_ for height, hash_, id_ in known}

    async def _deliver(self, blocks: Sequence[Block]) -> None:
        """Note on stored messages when they were delivered."""
        times = [
            {"delivered": item.message_id, "domain": self.domain, "time": block.timestamp}
            for block in blocks
            for transaction in block.transactions
            for item in transaction.deliveries
        ]
        if times:
            statement = (
                update(tables.message)
                .where(
                    tables.message.c.msg_id == bindparam("delivered"),
                    tables.message.c.destination == bindparam("domain"),
                )
                .values(delivered_at=bindparam("time"))
            )
            await self._execute_many(statement, times)

    async def _last(self, table: Table) -> int:
        found = await self.connection.execute(select(func.max(table.c.id)))
        return found.scalar() or 0

    async def _insert(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        if not rows:
            return
        before = await self._last(table)
        statement = self.database.insert(table).on_conflict_do_nothing()
        if table is tables.message:
            delivered = tables.delivered_message.c
            when = select(delivered.delivered_at).where(
                delivered.msg_id == bindparam("msg_id"),
                delivered.domain == bindparam("destination"),
            )
            statement = statement.values(
                {name: bindparam(name) for name in rows[0]}
                | {"delivered_at": when.scalar_subquery()}
            )
        await self._execute_many(statement, rows)
        self.added[table.name] += await self._count_above(table, before)

    async def _count_above(self, table: Table, id_: int) -> int:
        found = await self.connection.execute(
            select(func.count()).select_from(table).where(table.c.id > id_)
        )
        return found.scalar_one()

    async def _execute_many(self, statement: Any, rows: Sequence[Mapping[str, Any]]) -> None:
        await self.database.execute_many(self.connection, statement, rows)
