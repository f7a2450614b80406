"""Revision of settled deliveries: dropped and delivered ones are checked again when due.

A delivered one is checked at intervals that double. The last interval is not stored: it is
`next_attempt - updated_at`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import case, select, update

from hyperlane.protocol.typecasts import Bytes32
from hyperlane.store import tables
from hyperlane.store.database import Database
from hyperlane.store.operations import IS_DELIVERED, Lane, State

_DAY = 24 * 3600.0
_LANES = list(Lane)
"""All lanes, named in queries so that the database index also covers `next_attempt`."""


@dataclass(frozen=True, slots=True)
class RevisionStore:
    """Settled deliveries to one chain."""

    database: Database
    destination: int
    started: float
    """Time of the start. What was delivered on the day before is checked then: a reorg may have
    come meanwhile."""

    async def revive(self, now: float) -> None:
        """Make dropped deliveries that are due pending."""
        row = tables.operations
        async with self.database.write() as connection:
            await connection.execute(
                update(row)
                .where(
                    row.c.destination == self.destination,
                    row.c.state == State.DROPPED,
                    row.c.lane.in_(_LANES),
                    row.c.next_attempt <= now,
                )
                .values(state=State.PENDING)
            )

    async def due(self, now: float, limit: int) -> list[Bytes32]:
        """Delivered messages that are due for a check: of the day before the start, and others,
        those that wait longest first."""
        row = tables.operations
        found: list[tuple[float, Bytes32]] = []
        delivered = select(row.c.next_attempt, row.c.message_id).where(
            row.c.destination == self.destination, IS_DELIVERED
        )
        async with self.database.read() as connection:
            fresh = await connection.execute(
                delivered.where(
                    row.c.updated_at > self.started - _DAY, row.c.updated_at < self.started
                )
                .order_by(row.c.updated_at)
                .limit(limit)
            )
            checked = [message_id for _, message_id in fresh]
            for lane in Lane:  # each is in order in the index: all together would be sorted
                due = await connection.execute(
                    delivered.where(row.c.lane == lane, row.c.next_attempt <= now)
                    .order_by(row.c.next_attempt)
                    .limit(limit)
                )
                found += [(time, message_id) for time, message_id in due]
        checked += [message_id for _, message_id in sorted(found)]
        return list(dict.fromkeys(checked))[:limit]

    async def confirm(
        self, ids: Sequence[Bytes32], now: float, shortest: float, longest: float
    ) -> None:
        """Record that they are still delivered: check again after twice the interval, in bounds."""
        row = tables.operations
        doubled = 2 * (row.c.next_attempt - row.c.updated_at)
        pause = case((doubled < shortest, shortest), (doubled > longest, longest), else_=doubled)
        await self._change(ids, next_attempt=now + pause, updated_at=now)

    async def reopen(self, ids: Sequence[Bytes32], now: float, reason: str, detail: str) -> None:
        """Make deliveries that the chain does not know pending, and due at once.

        Their transactions were reorged away, and so was the gas that these used.
        """
        await self._change(
            ids,
            state=State.PENDING,
            next_attempt=now,
            updated_at=now,
            reason=reason,
            detail=detail,
            batch=None,
            tx_hash=None,
            block_number=None,
            gas_used=0,
        )

    async def _change(self, ids: Sequence[Bytes32], **values: object) -> None:
        row = tables.operations
        if not ids:
            return
        async with self.database.write() as connection:
            await connection.execute(
                update(row)
                .where(row.c.message_id.in_(ids), row.c.state == State.DELIVERED)
                .values(**values)
            )
