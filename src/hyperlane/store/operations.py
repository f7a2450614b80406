"""The delivery of each message as a row that moves through states.

pending → preparing → submitted → included → delivered, or dropped, or ignored. No state is final:
a delivery that turns out not to have happened goes back to `pending`. Dropped deliveries are
attempted again from time to time, see `hyperlane.store.revisions`.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    bindparam,
    case,
    delete,
    func,
    literal,
    literal_column,
    select,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from hyperlane.protocol.message import Message
from hyperlane.protocol.typecasts import Bytes32
from hyperlane.store import tables
from hyperlane.store.database import Database
from hyperlane.store.payments import GasPaid, gas_paid, paid_ids


class State(StrEnum):
    """State of a delivery."""

    PENDING = "pending"
    """Waits for its next attempt."""
    PREPARING = "preparing"
    """Being attempted: metadata is built, the delivery is simulated."""
    SUBMITTED = "submitted"
    """In a transaction of this relayer, or found delivered by others."""
    INCLUDED = "included"
    """That transaction is in a block that is not final."""
    DELIVERED = "delivered"
    """Confirmed at a final block, and checked again later, see `hyperlane.store.revisions`."""
    DROPPED = "dropped"
    """Parked: its recipient is no contract so far or, with `NEVER`, no address at all."""
    IGNORED = "ignored"
    """Excluded by whitelist or blacklist; decided anew when the relayer starts."""


NEVER = 253_402_300_799.0
"""Time of the next attempt of a delivery that cannot succeed: the end of the year 9999."""
UNCONFIRMED = (State.SUBMITTED, State.INCLUDED)
OPEN = (State.PENDING, State.PREPARING, *UNCONFIRMED)


class Lane(IntEnum):
    """Priority of a delivery. Each lane has a capacity of its own, so none delays another."""

    PAID = 0
    """Paid for, not tried yet."""
    FRESH = 1
    """Not tried yet."""
    PAID_RETRY = 2
    RETRY = 3

    @classmethod
    def of(cls, *, tried: bool, paid: bool) -> "Lane":
        """The lane of a delivery."""
        return cls(2 * tried + (not paid))

    @property
    def paid(self) -> bool:
        """Whether something was paid for the delivery."""
        return self in (Lane.PAID, Lane.PAID_RETRY)


_WHEN_PAID = {
    Lane.FRESH.value: Lane.PAID.value,
    Lane.RETRY.value: Lane.PAID_RETRY.value,
}
"""The lane that a payment moves a delivery to, by its lane without one."""

_IS_PAID = tables.operations.c.lane.in_([lane.value for lane in Lane if lane.paid])


def lane_of(*, tried: bool) -> ColumnElement[int]:
    """The lane for a delivery, which may have been paid for since it was read."""
    paid, unpaid = (Lane.of(tried=tried, paid=paid).value for paid in (True, False))
    return case((_IS_PAID, paid), else_=unpaid)


def if_paid(then: float, otherwise: float) -> ColumnElement[float]:
    """One value for a delivery that is paid for by now, another one for others."""
    return case((_IS_PAID, then), else_=otherwise)


MOST_GAS = 2**63 - 1
"""Highest `gas_used` that the database holds."""


@dataclass(frozen=True, slots=True)
class Operation:
    """The delivery of one message."""

    message: Message
    state: State
    lane: Lane
    retries: int
    next_attempt: float
    reason: str | None
    """Why it waits, in the reference's words."""
    detail: str | None
    batch: str | None
    """Key of the transaction that carries it, its `purpose` in the TransactionStore; None if
    others delivered it."""
    tx_hash: Bytes32 | None
    block_number: int | None
    """Block in which the delivery was seen."""
    gas_estimate: int
    """Gas estimate of the last attempt: its share of the transaction's gas."""
    gas_used: int
    """Gas used by all final transactions of this relayer for it, data fees included as gas."""
    created_at: float
    failures: int = 0
    """Number of those transactions that did not deliver it."""
    wei_used: int = 0
    """Cost of those transactions in wei."""


_COLUMNS = [tables.messages.c.raw] + [
    tables.operations.c[name]
    for name in Operation.__dataclass_fields__
    if name not in ("message", "failures", "wei_used")
] + [
    func.coalesce(tables.delivery_costs.c.failures, 0),
    func.coalesce(tables.delivery_costs.c.wei, "0"),
]  # fmt: skip

_SELECT = (
    select(*_COLUMNS)
    .join(
        tables.messages,
        (tables.messages.c.origin == tables.operations.c.origin)
        & (tables.messages.c.nonce == tables.operations.c.nonce),
    )
    .outerjoin(
        tables.delivery_costs,
        tables.delivery_costs.c.message_id == tables.operations.c.message_id,
    )
    .where(tables.messages.c.id == tables.operations.c.message_id)
)
"""Built once: SQLAlchemy takes longer for it than SQLite to answer."""

_IS_UNCONFIRMED: ColumnElement[bool] = literal_column(
    "operations.state IN ('submitted', 'included')"
)
IS_DELIVERED: ColumnElement[bool] = literal_column("operations.state = 'delivered'")
"""Spelled as in the indexes, which a database uses only for the very same condition."""
_IDS_AT_ONCE = 500
"""Ids per statement; databases limit parameters."""


class OperationStore:
    """All deliveries of one relayer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def together(self) -> AbstractAsyncContextManager[None]:
        """Run all that the block writes, by whatever store, in one transaction."""
        return self._database.together()

    async def create(
        self, connection: AsyncConnection, messages: Sequence[Message], now: float
    ) -> None:
        """Insert deliveries of messages that have none yet, in the caller's transaction."""
        if not messages:
            return
        ids = [message.id for message in messages]
        paid = await paid_ids(connection, ids)
        await self._database.insert_many(
            connection,
            tables.operations,
            [
                {
                    "message_id": message_id,
                    "origin": message.origin,
                    "nonce": message.nonce,
                    "destination": message.destination,
                    "state": State.PENDING.value,
                    "lane": Lane.of(tried=False, paid=message_id in paid).value,
                    "retries": 0,
                    "next_attempt": 0.0,
                    "gas_estimate": 0,
                    "gas_used": 0,
                    "created_at": now,
                    "updated_at": now,
                }
                for message_id, message in zip(ids, messages, strict=True)
            ],
        )

    async def promote(
        self,
        connection: AsyncConnection,
        keys: Sequence[tuple[Bytes32, int]],
        *,
        waiting_for: Collection[str],
    ) -> None:
        """Move deliveries that were paid for to the paid lanes, in the caller's transaction.

        `keys` are message ids and destinations. Those that wait for a payment, by their reason, are
        due at once.
        """
        row = tables.operations
        mine = tuple_(row.c.message_id, row.c.destination).in_(list(keys))
        await connection.execute(
            update(row)
            .where(mine, row.c.lane.in_(_WHEN_PAID))
            .values(lane=case(_WHEN_PAID, value=row.c.lane))
        )
        await connection.execute(
            update(row)
            .where(mine, row.c.state == State.PENDING, row.c.reason.in_(waiting_for))
            .values(next_attempt=0.0)
        )

    async def recover(self) -> None:
        """After a start: make what was being prepared, ignored or parked pending, and due at once.

        Deletes deliveries of messages that a reorg removed.
        """
        row, sent = tables.operations, tables.messages
        known = select(sent.c.id).where(sent.c.origin == row.c.origin, sent.c.nonce == row.c.nonce)
        async with self._database.write() as connection:
            here = row.c.destination.in_(await _destinations(connection))
            await connection.execute(
                delete(row).where(
                    here,
                    row.c.state.in_((*OPEN, State.DROPPED)),
                    row.c.message_id.not_in(known.scalar_subquery()),
                )
            )
            await connection.execute(
                update(row)
                .where(
                    here,
                    row.c.state.in_((State.PREPARING, State.IGNORED, State.DROPPED)),
                    row.c.next_attempt < NEVER,
                )
                .values(state=State.PENDING, next_attempt=0.0)
            )

    async def take(self, destination: int, now: float, room: Mapping[Lane, int]) -> list[Operation]:
        """Take pending due deliveries, at most `room` per lane; they are `preparing` now."""
        row = tables.operations
        taken: list[Operation] = []
        for lane, limit in room.items():
            taken += await self._select(
                row.c.destination == destination,
                row.c.state == State.PENDING,
                row.c.lane == lane,
                row.c.next_attempt <= now,
                order=(row.c.next_attempt, row.c.origin, row.c.nonce),
                limit=limit,
            )
        await self.change([item.message.id for item in taken], now, state=State.PREPARING)
        return taken

    async def next_times(self, destination: int) -> dict[Lane, float]:
        """Time of the next pending delivery by lane; lanes without any are left out."""
        row = tables.operations
        earliest = (
            select(literal(lane.value), func.min(row.c.next_attempt)).where(
                row.c.destination == destination,
                row.c.state == State.PENDING,
                row.c.lane == lane,
            )
            for lane in Lane
        )
        async with self._database.read() as connection:
            found = await connection.execute(union_all(*earliest))
            return {Lane(lane): time for lane, time in found if time is not None}

    async def batches(self, destination: int) -> set[tuple[str | None, int | None]]:
        """Batches of unconfirmed deliveries, and the block that each was seen in."""
        row = tables.operations
        async with self._database.read() as connection:
            found = await connection.execute(
                select(row.c.batch, row.c.block_number)
                .where(row.c.destination == destination, _IS_UNCONFIRMED)
                .distinct()
            )
            return {(batch, block) for batch, block in found}

    async def found_delivered(self, destination: int) -> list[Operation]:
        """Unconfirmed deliveries that others made."""
        row = tables.operations
        return await self._select(
            row.c.destination == destination,
            _IS_UNCONFIRMED,
            row.c.batch.is_(None),
            order=(row.c.origin, row.c.nonce),
        )

    async def carried_by(
        self, destination: int, batches: Sequence[str]
    ) -> dict[str, list[Operation]]:
        """Unconfirmed deliveries of several batches, by batch."""
        row = tables.operations
        found = await self._select(
            row.c.destination == destination,
            _IS_UNCONFIRMED,
            row.c.batch.in_(batches),
            order=(row.c.origin, row.c.nonce),
        )
        grouped: dict[str, list[Operation]] = {}
        for item in found:
            grouped.setdefault(str(item.batch), []).append(item)
        return grouped

    async def get(self, message_id: Bytes32) -> Operation | None:
        """The delivery of a message; None if it is not known."""
        found = await self._select(tables.operations.c.message_id == message_id, order=())
        return found[0] if found else None

    async def listed(
        self,
        states: Iterable[State],
        *,
        destination: int | None = None,
        after: tuple[int, int] = (-1, -1),
        limit: int = 100,
    ) -> list[Operation]:
        """A page of deliveries in some states, by origin and nonce, after `after`."""
        row = tables.operations
        conditions: list[ColumnElement[bool]] = [
            row.c.state.in_(list(states)),
            tuple_(row.c.origin, row.c.nonce) > tuple_(*after),
        ]
        if destination is not None:
            conditions.append(row.c.destination == destination)
        return await self._select(*conditions, order=(row.c.origin, row.c.nonce), limit=limit)

    async def paid_for(self, operations: Sequence[Operation]) -> dict[Bytes32, GasPaid]:
        """Gas payments for each delivery."""
        keys = [(item.message.id, item.message.destination) for item in operations]
        paid = await gas_paid(self._database, keys)
        return {key[0]: paid.get(key, GasPaid()) for key in keys}

    async def counts(self, destination: int) -> dict[State, int]:
        """Number of deliveries in each open state."""
        row = tables.operations
        async with self._database.read() as connection:
            found = await connection.execute(
                select(row.c.state, func.count())
                .where(row.c.destination == destination, row.c.state.in_(OPEN))
                .group_by(row.c.state)
            )
            counted = {State(state): count for state, count in found}
        return {state: counted.get(state, 0) for state in OPEN}

    async def change(
        self,
        ids: Sequence[Bytes32],
        now: float,
        *,
        within: Sequence[State] = tuple(State),
        **values: Any,
    ) -> None:
        """Set the same columns of several deliveries in the states `within`, all or none."""
        row = tables.operations
        if not ids:
            return
        async with self._database.write() as connection:
            for start in range(0, len(ids), _IDS_AT_ONCE):
                await connection.execute(
                    update(row)
                    .where(
                        row.c.message_id.in_(ids[start : start + _IDS_AT_ONCE]),
                        row.c.state.in_(within),
                    )
                    .values(updated_at=now, **values)
                )

    async def change_each(self, now: float, changes: Mapping[Bytes32, Mapping[str, Any]]) -> None:
        """Set the same columns of several deliveries, each to its own values, all or none."""
        if not changes:
            return
        row = tables.operations
        names = next(iter(changes.values())).keys()
        async with self._database.write() as connection:
            await connection.execute(
                update(row)
                .where(row.c.message_id == bindparam("_id"))
                .values(updated_at=now, **{name: bindparam(f"_{name}") for name in names}),
                [
                    {"_id": key, **{f"_{name}": value for name, value in values.items()}}
                    for key, values in changes.items()
                ],
            )

    async def charge(
        self, costs: Sequence[tuple[Bytes32, int]], failed_costs: Sequence[tuple[Bytes32, int]] = ()
    ) -> None:
        """Add costs in wei of final transactions, by message, and of those that did not deliver."""
        row = tables.delivery_costs
        spent, failures = Counter[Bytes32](), Counter(key for key, _ in failed_costs)
        for key, wei in (*costs, *failed_costs):
            spent[key] += wei
        ids = list(spent)
        async with self._database.write() as connection:
            for start in range(0, len(ids), _IDS_AT_ONCE):
                mine = row.c.message_id.in_(ids[start : start + _IDS_AT_ONCE])
                for key, count, wei in await connection.execute(
                    select(row.c.message_id, row.c.failures, row.c.wei).where(mine)
                ):
                    failures[key] += count
                    spent[key] += int(wei)
            if ids:
                added = self._database.insert(row)
                replaced = {name: added.excluded[name] for name in ("failures", "wei")}
                await connection.execute(
                    added.on_conflict_do_update(index_elements=["message_id"], set_=replaced),
                    [
                        {"message_id": key, "failures": failures[key], "wei": str(spent[key])}
                        for key in ids
                    ],
                )

    async def _select(
        self, *conditions: Any, order: Sequence[Any], limit: int | None = None
    ) -> list[Operation]:
        async with self._database.read() as connection:
            found = await connection.execute(
                _SELECT.where(*conditions).order_by(*order).limit(limit)
            )
            return [
                Operation(Message.decode(raw), State(state), Lane(lane), *rest, int(wei))  # type: ignore[call-arg]
                for raw, state, lane, *rest, wei in found
            ]


async def _destinations(connection: AsyncConnection) -> list[int]:
    """All destinations, each found by one step in the index: DISTINCT would read every row."""
    column = tables.operations.c.destination
    found: list[int] = []
    while True:
        above = select(func.min(column)).where(column > (found[-1] if found else -1))
        next_one = (await connection.execute(above)).scalar()
        if next_one is None:
            return found
        found.append(next_one)
