"""Keys that operators signed with, as far as the logs of a staking manager were read."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass

from sqlalchemy import select

from hyperlane.protocol.typecasts import Address
from hyperlane.store import tables
from hyperlane.store.cursors import Cursor
from hyperlane.store.database import Database

_ROW = tables.operator_keys.c


@dataclass(frozen=True, slots=True)
class Bound:
    """A key that became an operator's. No key is ever bound twice."""

    operator: Address
    key: Address
    block_number: int
    log_index: int


class KeyStore:
    """The keys of one manager. Keys and cursor are written together."""

    def __init__(self, database: Database, domain: int, manager: Address) -> None:
        self._database = database
        self._domain = domain
        self._manager = manager
        self._cursor = Cursor(database, domain, f"operator_keys {manager.hex()}")

    async def next_block(self) -> int | None:
        """The block whose logs are read next; None before anything was read."""
        async with self._database.read() as connection:
            return await self._cursor.next_block(connection)

    async def all(self) -> list[Bound]:
        """Every key, in the order of the logs."""
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(_ROW.operator, _ROW.key, _ROW.block_number, _ROW.log_index)
                .where(_ROW.domain == self._domain, _ROW.manager == self._manager)
                .order_by(_ROW.block_number, _ROW.log_index)
            )
            return [Bound(*row) for row in rows]

    async def add(self, keys: Sequence[Bound], next_block: int) -> None:
        """Store keys that are new and move the cursor, both or neither."""
        names = ("operator", "key", "block_number", "log_index")
        values = [
            {
                "domain": self._domain,
                "manager": self._manager,
                **dict(zip(names, astuple(item), strict=True)),
            }
            for item in keys
        ]
        async with self._database.write() as connection:
            if values:
                await connection.execute(
                    self._database.insert(tables.operator_keys).on_conflict_do_nothing(), values
                )
            await self._cursor.move(connection, next_block)
