"""Going back on what was settled: deliveries that are asked about again when their time comes.

A delivered one is asked about at distances that double: the next time and the time of the last
change tell how long the last one was.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import case, select, update

from hyperlane.protocol.typecasts import Bytes32
from hyperlane.store import tables
from hyperlane.store.database import Database
from hyperlane.store.operations import Lane, State

_LANES = list(Lane)
"""Named in queries, or the index would end before the time."""


@dataclass(frozen=True, slots=True)
class RevisionStore:
    """Deliveries to one chain that no attempt is planned for."""

    database: Database
    destination: int

    async def revive(self, now: float) -> None:
        """Plan attempts for what is dropped and due."""
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
        """Delivered messages that are to be asked about, those that wait longest first."""
        row = tables.operations
        async with self.database.read() as connection:
            found = await connection.execute(
                select(row.c.message_id)
                .where(
                    row.c.destination == self.destination,
                    row.c.state == State.DELIVERED,
                    row.c.lane.in_(_LANES),
                    row.c.next_attempt <= now,
                )
                .order_by(row.c.next_attempt)
                .limit(limit)
            )
            return [message_id for (message_id,) in found]

    async def confirm(
        self, ids: Sequence[Bytes32], now: float, shortest: float, longest: float
    ) -> None:
        """They are delivered still: ask again after twice the time, within bounds."""
        row = tables.operations
        doubled = 2 * (row.c.next_attempt - row.c.updated_at)
        pause = case((doubled < shortest, shortest), (doubled > longest, longest), else_=doubled)
        await self._change(ids, next_attempt=now + pause, updated_at=now)

    async def reopen(self, ids: Sequence[Bytes32], now: float, reason: str, detail: str) -> None:
        """The chain does not know them as delivered: attempt them at once.

        Gas that their delivery used is not used any more, if it was ever.
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
