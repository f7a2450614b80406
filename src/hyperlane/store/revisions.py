"""Going back on what was settled: what is parked is tried again, when its time has come."""

from dataclasses import dataclass

from sqlalchemy import update

from hyperlane.store import tables
from hyperlane.store.database import Database
from hyperlane.store.operations import Lane, State


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
                    row.c.lane.in_(list(Lane)),  # or the index would end before the time
                    row.c.next_attempt <= now,
                )
                .values(state=State.PENDING)
            )
