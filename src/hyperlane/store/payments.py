"""Gas payments, summed up per message and destination."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from hyperlane.protocol.typecasts import Bytes32
from hyperlane.store import tables
from hyperlane.store.cursors import Cursor
from hyperlane.store.database import Database

_KIND = "gas_payment"
_KEYS_AT_ONCE = 400
"""Keys per statement; databases limit parameters."""


@dataclass(frozen=True, slots=True)
class GasPaid:
    """Sums of the payments for one message."""

    payments: int = 0
    payment: int = 0
    """Wei on the origin."""
    gas: int = 0
    """On the destination."""

    def __add__(self, other: "GasPaid") -> "GasPaid":
        return GasPaid(
            self.payments + other.payments, self.payment + other.payment, self.gas + other.gas
        )


@dataclass(frozen=True, slots=True)
class GasPayment:
    """One payment, as the paymaster announced it."""

    message_id: Bytes32
    destination: int
    payment: int
    gas: int


@dataclass(frozen=True, slots=True)
class PaymentStore:
    """Payments on one origin. Each is counted once: sums and cursor move together."""

    kind = _KIND
    database: Database
    domain: int
    promote: "Promote"

    async def next_block(self) -> int | None:
        """The block whose logs are read next; None before anything was read."""
        async with self.database.read() as connection:
            return await self._cursor.next_block(connection)

    @property
    def _cursor(self) -> Cursor:
        return Cursor(self.database, self.domain, _KIND)

    async def add(self, payments: Sequence[GasPayment], next_block: int) -> None:
        """Count payments and move the cursor, both or neither; paid messages go ahead of others."""
        sums: dict[tuple[Bytes32, int], GasPaid] = {}
        for item in payments:
            key = (item.message_id, item.destination)
            sums[key] = sums.get(key, GasPaid()) + GasPaid(1, item.payment, item.gas)
        async with self.database.write() as connection:
            keys = list(sums)
            for start in range(0, len(keys), _KEYS_AT_ONCE):
                await self._count(
                    connection, {key: sums[key] for key in keys[start : start + _KEYS_AT_ONCE]}
                )
            await self._cursor.move(connection, next_block)

    async def _count(
        self, connection: AsyncConnection, sums: dict[tuple[Bytes32, int], GasPaid]
    ) -> None:
        known = await _paid(connection, list(sums))
        totals = {key: known.get(key, GasPaid()) + paid for key, paid in sums.items()}
        row = tables.gas_paid
        statement = self.database.insert(row)
        names = ("payments", "payment", "gas")
        await connection.execute(
            statement.on_conflict_do_update(
                index_elements=["message_id", "destination"],
                set_={name: statement.excluded[name] for name in names},
            ),
            [
                {
                    "message_id": message_id,
                    "destination": destination,
                    "payments": total.payments,
                    "payment": str(total.payment),
                    "gas": str(total.gas),
                }
                for (message_id, destination), total in totals.items()
            ],
        )
        await self.promote(connection, list(sums))


class Promote(Protocol):
    """Tells deliveries, by message id and destination, that they were paid for.

    It runs in the transaction that counts the payments.
    """

    async def __call__(
        self, connection: AsyncConnection, keys: Sequence[tuple[Bytes32, int]]
    ) -> None: ...


async def paid_ids(connection: AsyncConnection, ids: Sequence[Bytes32]) -> set[Bytes32]:
    """The messages among `ids` that have a payment, for whatever destination."""
    row = tables.gas_paid
    found: set[Bytes32] = set()
    for start in range(0, len(ids), _KEYS_AT_ONCE):
        part = ids[start : start + _KEYS_AT_ONCE]
        answer = await connection.execute(
            select(row.c.message_id).where(row.c.message_id.in_(part))
        )
        found |= {item for (item,) in answer}
    return found


async def gas_paid(
    database: Database, keys: Sequence[tuple[Bytes32, int]]
) -> dict[tuple[Bytes32, int], GasPaid]:
    """Sums of payments by message id and destination; keys without payments are left out."""
    found: dict[tuple[Bytes32, int], GasPaid] = {}
    async with database.read() as connection:
        for start in range(0, len(keys), _KEYS_AT_ONCE):
            found |= await _paid(connection, keys[start : start + _KEYS_AT_ONCE])
    return found


async def _paid(
    connection: AsyncConnection, keys: Sequence[tuple[Bytes32, int]]
) -> dict[tuple[Bytes32, int], GasPaid]:
    row = tables.gas_paid
    answer = await connection.execute(
        select(row).where(tuple_(row.c.message_id, row.c.destination).in_(list(keys)))
    )
    return {
        (item.message_id, item.destination): GasPaid(
            item.payments, int(item.payment), int(item.gas)
        )
        for item in answer
    }
