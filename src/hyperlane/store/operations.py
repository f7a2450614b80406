"""The delivery of each message as a row that moves through states.

pending → submitted → delivered, or dropped, or ignored. `pending` waits for its next attempt;
`submitted` was sent by us or found delivered, and waits until the destination's finality confirms
it or takes it back to `pending`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hyperlane.protocol.message import Message
from hyperlane.protocol.typecasts import Bytes32
from hyperlane.store import tables
from hyperlane.store.database import Database


class State(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    SUBMITTED = "submitted"
    DELIVERED = "delivered"
    """Confirmed at a final block."""
    DROPPED = "dropped"
    """Can never be delivered."""
    IGNORED = "ignored"
    """Excluded by whitelist or blacklist; looked at again when the relayer starts."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One message on its way."""

    message: Message
    state: State
    retries: int
    next_attempt: float
    reason: str | None
    """Why it is not further, a reference retry reason."""
    detail: str | None
    tx_hash: Bytes32 | None
    """Of our own transaction; None for what others delivered."""
    block_number: int | None
    """Block in which the delivery was seen."""
    gas_used: int | None
    created_at: float


class OperationStore:
    """All deliveries of one relayer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(
        self, connection: AsyncConnection, messages: Sequence[Message], now: float
    ) -> None:
        """Deliveries for messages that have none yet, in the caller's transaction."""
        if not messages:
            return
        await connection.execute(
            self._database.insert(tables.operations).on_conflict_do_nothing(),
            [
                {
                    "message_id": message.id,
                    "origin": message.origin,
                    "nonce": message.nonce,
                    "destination": message.destination,
                    "state": State.PENDING,
                    "retries": 0,
                    "next_attempt": 0.0,
                    "created_at": now,
                    "updated_at": now,
                }
                for message in messages
            ],
        )

    async def reconsider_ignored(self) -> None:
        """Make what is ignored pending again."""
        row = tables.operations
        async with self._database.write() as connection:
            await connection.execute(
                update(row).where(row.c.state == State.IGNORED).values(state=State.PENDING)
            )

    async def due(self, destination: int, now: float, limit: int) -> list[Operation]:
        """Pending deliveries whose time has come: first attempts first, by nonce, then by time."""
        row = tables.operations
        return await self._select(
            row.c.destination == destination,
            row.c.state == State.PENDING,
            row.c.next_attempt <= now,
            order=(row.c.next_attempt, row.c.origin, row.c.nonce),
            limit=limit,
        )

    async def submitted(self, destination: int) -> list[Operation]:
        """Deliveries that wait for confirmation."""
        row = tables.operations
        return await self._select(
            row.c.destination == destination,
            row.c.state == State.SUBMITTED,
            order=(row.c.origin, row.c.nonce),
        )

    async def get(self, message_id: Bytes32) -> Operation | None:
        """One delivery."""
        found = await self._select(tables.operations.c.message_id == message_id, order=())
        return found[0] if found else None

    async def next_time(self, destination: int) -> float | None:
        """When the next pending delivery is due; None if there is none."""
        row = tables.operations
        async with self._database.read() as connection:
            found = await connection.execute(
                select(func.min(row.c.next_attempt)).where(
                    row.c.destination == destination, row.c.state == State.PENDING
                )
            )
            time: float | None = found.scalar()
            return time

    async def counts(self, destination: int) -> dict[State, int]:
        """How many deliveries are in each state that is not final."""
        row = tables.operations
        open_states = (State.PENDING, State.SUBMITTED)
        async with self._database.read() as connection:
            found = await connection.execute(
                select(row.c.state, func.count())
                .where(row.c.destination == destination, row.c.state.in_(open_states))
                .group_by(row.c.state)
            )
            counted = {State(state): count for state, count in found}
        return {state: counted.get(state, 0) for state in open_states}

    async def change(self, message_id: Bytes32, now: float, **values: Any) -> None:
        """Write columns of one delivery."""
        row = tables.operations
        async with self._database.write() as connection:
            await connection.execute(
                update(row).where(row.c.message_id == message_id).values(updated_at=now, **values)
            )

    async def _select(
        self, *conditions: Any, order: Sequence[Any], limit: int | None = None
    ) -> list[Operation]:
        row, sent = tables.operations, tables.messages
        async with self._database.read() as connection:
            found = await connection.execute(
                select(
                    sent.c.raw,
                    row.c.state,
                    row.c.retries,
                    row.c.next_attempt,
                    row.c.reason,
                    row.c.detail,
                    row.c.tx_hash,
                    row.c.block_number,
                    row.c.gas_used,
                    row.c.created_at,
                )
                .join(sent, (sent.c.origin == row.c.origin) & (sent.c.nonce == row.c.nonce))
                .where(sent.c.id == row.c.message_id, *conditions)
                .order_by(*order)
                .limit(limit)
            )
            return [
                Operation(Message.decode(raw), State(state), *rest) for raw, state, *rest in found
            ]
