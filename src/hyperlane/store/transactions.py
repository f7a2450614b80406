"""Signed transactions of the agent's keys, stored before they are sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, literal_column, select, update

from hyperlane.protocol.typecasts import Address, Bytes32
from hyperlane.store import tables
from hyperlane.store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """One nonce of one key, and the transaction signed for it."""

    id: int
    nonce: int
    purpose: str
    hash: Bytes32
    replaced_hashes: tuple[Bytes32, ...]
    fields: dict[str, Any]
    """Signed fields, as eth_account takes them."""
    raw: bytes
    """Encoded transaction, as sent."""
    sent_at: float

    @property
    def hashes(self) -> tuple[Bytes32, ...]:
        """Hashes of all versions, any of which may be included; the last one first."""
        return (self.hash, *self.replaced_hashes)


@dataclass(frozen=True, slots=True)
class Signed:
    """A transaction that is signed for a purpose."""

    purpose: str
    fields: dict[str, Any]
    """Signed fields, as eth_account takes them, the nonce among them."""
    hash: Bytes32
    raw: bytes


_COLUMNS = [tables.transactions.c[name] for name in (
    "id", "nonce", "purpose", "hash", "replaced_hashes", "fields", "raw", "sent_at",
)]  # fmt: skip

_LIVE: ColumnElement[bool] = literal_column("live")
"""Spelled as in the indexes: SQLite would use none for `live = 1`."""
_FINISHED: dict[str, Any] = {"live": False, "fields": {}, "raw": b""}


class TransactionStore:
    """The transactions of one key on one chain."""

    def __init__(self, database: Database, domain: int, sender: Address) -> None:
        self._database = database
        self._domain = domain
        self._sender = sender
        row = tables.transactions
        self._mine = (row.c.domain == domain) & (row.c.sender == sender) & _LIVE

    async def add(self, signed: Sequence[Signed], now: float) -> list[Transaction]:
        """Store signed transactions as live, all or none; other keys' for the same purposes are
        finished."""
        row = tables.transactions
        async with self._database.write() as connection:
            await connection.execute(
                update(row)
                .where(
                    row.c.domain == self._domain,
                    row.c.purpose.in_([item.purpose for item in signed]),
                    _LIVE,
                    row.c.sender != self._sender,
                )
                .values(_FINISHED)
            )
            added = await connection.execute(
                self._database.insert(row).returning(row.c.id, sort_by_parameter_order=True),
                [
                    {
                        "domain": self._domain,
                        "sender": self._sender,
                        "nonce": item.fields["nonce"],
                        "purpose": item.purpose,
                        "live": True,
                        "hash": item.hash,
                        "replaced_hashes": b"",
                        "fields": item.fields,
                        "raw": item.raw,
                        "sent_at": now,
                    }
                    for item in signed
                ],
            )
            return [
                Transaction(
                    id=identity,
                    nonce=item.fields["nonce"],
                    purpose=item.purpose,
                    hash=item.hash,
                    replaced_hashes=(),
                    fields=item.fields,
                    raw=item.raw,
                    sent_at=now,
                )
                for item, (identity,) in zip(signed, added.all(), strict=True)
            ]

    async def replace(
        self, old: Transaction, fields: dict[str, Any], tx_hash: Bytes32, raw: bytes, now: float
    ) -> Transaction:
        """Store another version of a live transaction."""
        row = tables.transactions
        async with self._database.write() as connection:
            await connection.execute(
                update(row)
                .where(row.c.id == old.id)
                .values(
                    hash=tx_hash,
                    replaced_hashes=b"".join(old.hashes),
                    fields=fields,
                    raw=raw,
                    sent_at=now,
                )
            )
        return Transaction(
            id=old.id,
            nonce=old.nonce,
            purpose=old.purpose,
            hash=tx_hash,
            replaced_hashes=old.hashes,
            fields=fields,
            raw=raw,
            sent_at=now,
        )

    async def finish(self, *transactions: Transaction) -> None:
        """Record that transactions need no more attention; their bytes are deleted."""
        row = tables.transactions
        if not transactions:
            return
        async with self._database.write() as connection:
            await connection.execute(
                update(row)
                .where(row.c.id.in_([item.id for item in transactions]))
                .values(_FINISHED)
            )

    async def live(self) -> list[Transaction]:
        """Live transactions, by nonce."""
        async with self._database.read() as connection:
            found = await connection.execute(
                select(*_COLUMNS).where(self._mine).order_by(tables.transactions.c.nonce)
            )
            return [_transaction(item) for item in found]

    async def nonces(self) -> dict[str, int]:
        """Nonces of live transactions, by purpose."""
        row = tables.transactions
        async with self._database.read() as connection:
            found = await connection.execute(select(row.c.purpose, row.c.nonce).where(self._mine))
            return {item.purpose: item.nonce for item in found}

    async def live_for(self, purpose: str) -> Transaction | None:
        """The live transaction of a purpose."""
        return (await self.live_by_purpose([purpose])).get(purpose)

    async def live_by_purpose(self, purposes: Sequence[str]) -> dict[str, Transaction]:
        """The live transactions of purposes, by purpose."""
        async with self._database.read() as connection:
            found = await connection.execute(
                select(*_COLUMNS).where(self._mine, tables.transactions.c.purpose.in_(purposes))
            )
            return {item.purpose: _transaction(item) for item in found}

    async def unmined_gas(self, used: int) -> list[int]:
        """Gas limits of live transactions from the nonce `used` on."""
        row = tables.transactions
        async with self._database.read() as connection:
            found = await connection.execute(
                select(row.c.fields["gas"].as_integer()).where(self._mine, row.c.nonce >= used)
            )
            return [gas for (gas,) in found]

    async def next_nonce(self) -> int:
        """One more than the highest live nonce, 0 if there is none."""
        async with self._database.read() as connection:
            highest = (
                await connection.execute(
                    select(func.max(tables.transactions.c.nonce)).where(self._mine)
                )
            ).scalar()
        return 0 if highest is None else highest + 1


def _transaction(row: Any) -> Transaction:
    identity, nonce, purpose, tx_hash, replaced, fields, raw, sent_at = row
    hashes = tuple(replaced[start : start + 32] for start in range(0, len(replaced), 32))
    return Transaction(
        id=identity,
        nonce=nonce,
        purpose=purpose,
        hash=tx_hash,
        replaced_hashes=hashes,
        fields=fields,
        raw=raw,
        sent_at=sent_at,
    )
