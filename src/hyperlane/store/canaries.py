"""Canaries: test messages that kathy sent, how far each got, and what it cost.

The rows are the ledger of the daily budgets, too: a canary counts for the day it was sent on, with
the most that it can cost until its transaction is final, and what it did cost from then on.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, delete, func, insert, select, update

from hyperlane.protocol.message import Message
from hyperlane.protocol.typecasts import Bytes32
from hyperlane.store import tables
from hyperlane.store.database import Database

_TABLE = tables.canaries
_ROW = tables.canaries.c
DAY = 24 * 3600


class Outcome(StrEnum):
    """End of a canary."""

    DELIVERED = "delivered"
    REVERTED = "reverted"
    """Its transaction failed: no message was dispatched."""
    LOST = "lost"
    """Another transaction took the nonce: no message was dispatched."""
    GIVEN_UP = "given up"
    """It was not delivered for so long that nobody waits for it any more."""


class CanaryKey(NamedTuple):
    """Identity of a canary."""

    origin: int
    """Domain."""
    sequence: int
    """Number of the canary among those of its origin, from 1."""


@dataclass(frozen=True, slots=True)
class Canary:
    """One test message."""

    origin: int
    sequence: int
    destination: int
    sent_at: float
    """Time just before its transaction was sent."""
    cost: int
    """Wei of the origin: what it did cost if `settled`, the most that it can cost before."""
    settled: bool
    """True if its transaction is final."""
    message: Message | None
    """The dispatched message; None before its transaction is in a block."""
    leaf_index: int | None
    """Index of the message's leaf; None before it is in a block, and if the message is not in the
    tree of the settings."""
    tx_hash: Bytes32 | None
    """Hash of the version that is in a block."""
    block_number: int | None
    dispatched_at: float | None
    """Time at which the transaction was first seen in a block."""
    signed_at: float | None
    """Time at which enough signatures were first seen."""
    outcome: Outcome | None
    """End that the canary came to; None while it is in flight."""
    ended_at: float | None
    """Time at which the outcome was first seen."""
    late_at: float | None
    """Time at which it was found late."""
    late_stage: str | None
    late_detail: str | None
    alerts: int
    """Number of alerts that people got about it: that it is late, that it was delivered then."""

    @property
    def key(self) -> CanaryKey:
        """Identity."""
        return CanaryKey(self.origin, self.sequence)


_COLUMNS = [_ROW[name] for name in Canary.__dataclass_fields__]
_NOT_DISPATCHED: dict[str, Any] = dict.fromkeys(
    ("message", "leaf_index", "tx_hash", "block_number", "dispatched_at", "signed_at", "outcome",
     "ended_at")
)  # fmt: skip


class CanaryStore:
    """The canaries of one kathy."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, key: CanaryKey, destination: int, now: float, cost: int) -> None:
        """Store a canary that is about to be sent."""
        async with self._database.write() as connection:
            await connection.execute(
                insert(_TABLE).values(
                    **key._asdict(),
                    destination=destination,
                    sent_at=now,
                    cost=str(cost),
                    settled=False,
                    alerts=0,
                )
            )

    async def remove(self, key: CanaryKey) -> None:
        """Delete a canary that was not sent."""
        async with self._database.write() as connection:
            await connection.execute(delete(_TABLE).where(_is(key)))

    async def change(self, key: CanaryKey, **values: Any) -> None:
        """Set columns of a canary."""
        async with self._database.write() as connection:
            await connection.execute(update(_TABLE).where(_is(key)).values(values))

    async def set_cost(self, key: CanaryKey, cost: int, *, settled: bool) -> None:
        """Record what a canary did cost if its transaction is final, else the most it can cost."""
        await self.change(key, cost=str(cost), settled=settled)

    async def undo_dispatch(self, key: CanaryKey) -> None:
        """Record that a reorg took the transaction out of its block."""
        await self.change(key, **_NOT_DISPATCHED)

    async def end(self, key: CanaryKey, outcome: Outcome, now: float) -> None:
        """Record the outcome."""
        await self.change(key, outcome=outcome.value, ended_at=now)

    async def last(self, origin: int) -> Canary | None:
        """The canary of an origin that was sent last."""
        found = await self._select(_ROW.origin == origin, order=_ROW.sequence.desc(), limit=1)
        return found[0] if found else None

    async def unsettled(self, origin: int) -> list[Canary]:
        """Canaries of an origin whose transactions are not final, oldest first."""
        return await self._select(_ROW.origin == origin, ~_ROW.settled)

    async def in_flight(self, destination: int | None = None) -> list[Canary]:
        """Canaries without an outcome, of all destinations or of one."""
        own = () if destination is None else (_ROW.destination == destination,)
        return await self._select(_ROW.outcome.is_(None), *own)

    async def count_in_flight(self, origin: int) -> Counter[int]:
        """Number of canaries without an outcome, by destination."""
        flying = await self._select(_ROW.origin == origin, _ROW.outcome.is_(None))
        return Counter(canary.destination for canary in flying)

    async def spent(self, origin: int, day: float) -> int:
        """Cost of all canaries that were sent on the day that begins at `day`, wei."""
        async with self._database.read() as connection:
            costs = await connection.execute(
                select(_ROW.cost).where(
                    _ROW.origin == origin, _ROW.sent_at >= day, _ROW.sent_at < day + DAY
                )
            )
            return sum(map(int, costs.scalars()))

    async def to_tell(self) -> list[Canary]:
        """Canaries that people still are to be alerted to: late, or delivered after that."""
        return await self._select(
            _ROW.late_at.is_not(None),
            (_ROW.alerts == 0) | ((_ROW.alerts == 1) & (_ROW.outcome == Outcome.DELIVERED.value)),
        )

    async def last_deliveries(self) -> dict[tuple[int, int], float]:
        """Time of the last delivery, by origin and destination."""
        async with self._database.read() as connection:
            found = await connection.execute(
                select(_ROW.origin, _ROW.destination, func.max(_ROW.ended_at))
                .where(_ROW.outcome == Outcome.DELIVERED.value)
                .group_by(_ROW.origin, _ROW.destination)
            )
            return {(origin, destination): time for origin, destination, time in found}

    async def prune(self, before: float) -> None:
        """Delete ended canaries that were sent before, but not the last one of an origin."""
        async with self._database.write() as connection:
            last = select(func.max(_ROW.sequence)).group_by(_ROW.origin)
            await connection.execute(
                delete(_TABLE).where(
                    _ROW.sent_at < before,
                    _ROW.settled,
                    _ROW.outcome.is_not(None),
                    _ROW.sequence.not_in(last.scalar_subquery()),
                )
            )

    async def _select(
        self,
        *conditions: ColumnElement[bool],
        order: ColumnElement[Any] | None = None,
        limit: int | None = None,
    ) -> list[Canary]:
        ordering: Iterable[ColumnElement[Any]] = (
            (_ROW.origin, _ROW.sequence) if order is None else (order,)
        )
        async with self._database.read() as connection:
            found = await connection.execute(
                select(*_COLUMNS).where(*conditions).order_by(*ordering).limit(limit)
            )
            return [_canary(row._asdict()) for row in found]


def _is(key: CanaryKey) -> ColumnElement[bool]:
    return (_ROW.origin == key.origin) & (_ROW.sequence == key.sequence)


def _canary(row: dict[str, Any]) -> Canary:
    message, outcome = row["message"], row["outcome"]
    return Canary(
        **row
        | {
            "cost": int(row["cost"]),
            "message": None if message is None else Message.decode(message),
            "outcome": None if outcome is None else Outcome(outcome),
        }
    )
