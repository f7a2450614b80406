"""Deliveries on watched destinations, and what was found about each.

Every verdict is kept with its evidence, and with what is left to do about it, so that a restart
resumes where the last run ended.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, literal_column, select, update

from hyperlane.protocol.typecasts import Address, Bytes32
from hyperlane.store import tables
from hyperlane.store.cursors import Cursor
from hyperlane.store.database import Database

_ROW = tables.watched_deliveries.c
_JUDGING: ColumnElement[Any] = literal_column("judging")
_STOPPING: ColumnElement[Any] = literal_column("stopping")
_CONVICTING: ColumnElement[Any] = literal_column("convicting")
"""Conditions for what is left to do, spelled as in the indexes: SQLite would use no index for
`judging = 1`."""
_IDS_AT_ONCE = 500
"""Ids per statement; databases limit parameters."""


class Verdict(StrEnum):
    """Judgement of one delivery by what its origin sent."""

    UNDECIDED = "undecided"
    """The origin's RPCs show no block yet that decides it."""
    NOT_FINAL = "not final"
    """The message was sent, in a block that the origin may still drop."""
    GENUINE = "genuine"
    """The message was sent, in a final block."""
    DROPPED = "dropped"
    """The message was sent, in a block that the origin dropped afterwards."""
    FORGED = "forged"
    """The message was never sent."""
    UNWATCHED = "unwatched"
    """Its origin is not watched."""


class Outcome(StrEnum):
    """Outcome of one stop for one forged delivery."""

    SENT = "sent"
    STOPPED = "stopped"
    """In force at the newest block."""
    FINAL = "final"
    """In force at a final block."""
    FAILED = "failed"
    """It is tried again."""
    LIFTED = "lifted"
    """The owner unpaused after the delivery; the stop is not sent again."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """The progress of one stop for one forged delivery."""

    outcome: Outcome
    detail: str
    """Reason of a failure; else empty."""
    since: int
    """The first block of its chain at which the owner's acts count; -1 if unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A message that a destination's Mailbox delivered, and what is known about it."""

    message_id: Bytes32
    origin: int
    """Domain that the message claims to be from."""
    recipient: Address
    block_number: int
    block_hash: bytes
    block_time: int
    """Unix seconds, by the destination's clock."""
    tx_hash: Bytes32
    verdict: Verdict = Verdict.UNDECIDED
    evidence: Mapping[str, Any] = field(default_factory=dict)
    """What the verdict rests on."""


_COLUMNS = [_ROW[name] for name in Delivery.__dataclass_fields__]


class DeliveryStore:
    """Deliveries of one destination."""

    def __init__(self, database: Database, domain: int) -> None:
        self._database = database
        self._domain = domain
        self._cursor = Cursor(database, domain, "watched_delivery")

    async def next_block(self) -> int | None:
        """The first block that has to be read, for the first time or again; None at the first
        start."""
        async with self._database.read() as connection:
            return await self._cursor.next_block(connection)

    async def add(self, deliveries: Sequence[Delivery], next_block: int, now: float) -> None:
        """Store new deliveries, and the new blocks of known ones; move the cursor."""
        moved = ("block_number", "block_hash", "block_time", "tx_hash")
        async with self._database.write() as connection:
            for item in deliveries:
                await connection.execute(
                    self._database.insert(tables.watched_deliveries)
                    .values(self._values(item, now))
                    .on_conflict_do_update(
                        index_elements=["domain", "message_id"],
                        set_={name: getattr(item, name) for name in moved},
                    )
                )
            await self._cursor.move(connection, next_block)

    async def known(self, positions: Iterable[tuple[Bytes32, bytes]]) -> set[tuple[Bytes32, bytes]]:
        """Those pairs of message id and block hash that are stored."""
        wanted = set(positions)
        ids = list({message_id for message_id, _ in wanted})
        found: set[tuple[Bytes32, bytes]] = set()
        async with self._database.read() as connection:
            for start in range(0, len(ids), _IDS_AT_ONCE):
                rows = await connection.execute(
                    select(_ROW.message_id, _ROW.block_hash).where(
                        _ROW.domain == self._domain,
                        _ROW.message_id.in_(ids[start : start + _IDS_AT_ONCE]),
                    )
                )
                found |= {(message_id, block_hash) for message_id, block_hash in rows}
        return found & wanted

    async def find(self, message_id: Bytes32) -> Delivery | None:
        """The delivery of a message."""
        found = await self._select(_ROW.message_id == message_id)
        return found[0] if found else None

    async def to_judge(self, origin: int | None = None) -> list[Delivery]:
        """Deliveries without a verdict that stands for good, oldest first; those from one origin
        if it is given."""
        return await self._select(
            _JUDGING if origin is None else and_(_JUDGING, _ROW.origin == origin)
        )

    async def to_stop(self) -> list[Delivery]:
        """Forged deliveries for which stops are still to be sent or confirmed, oldest first."""
        return await self._select(_STOPPING)

    async def to_convict(self) -> list[Delivery]:
        """Forged deliveries whose signatures were not read yet, oldest first."""
        return await self._select(_CONVICTING)

    async def judge(
        self,
        delivery: Delivery,
        verdict: Verdict,
        evidence: Mapping[str, Any],
        now: float,
    ) -> None:
        """Store a verdict and its evidence, and mark what is left to do about it."""
        forged = verdict is Verdict.FORGED
        open_still = verdict in (Verdict.UNDECIDED, Verdict.NOT_FINAL)
        await self._set(
            delivery,
            verdict=verdict.value,
            evidence=dict(evidence),
            judged_at=now,
            judging=open_still,
            stopping=forged,
            convicting=forged,
        )

    async def stopped(self, delivery: Delivery) -> None:
        """Record that all stops for a forged delivery have ended."""
        await self._set(delivery, stopping=False)

    async def convicted(self, delivery: Delivery) -> None:
        """Record that the signatures in a forged delivery were read and judged."""
        await self._set(delivery, convicting=False)

    async def outcomes(self, delivery: Delivery) -> dict[str, Stopped]:
        """The progress of each stop that was tried for a forged delivery, by name."""
        row = tables.delivery_stops.c
        async with self._database.read() as connection:
            found = await connection.execute(
                select(row.stop, row.outcome, row.detail, row.since).where(
                    row.domain == self._domain, row.message_id == delivery.message_id
                )
            )
            return {
                stop: Stopped(Outcome(outcome), detail, since)
                for stop, outcome, detail, since in found
            }

    async def note(self, delivery: Delivery, stop: str, stopped: Stopped) -> None:
        """Record the progress of a stop."""
        values = {
            "outcome": stopped.outcome.value,
            "detail": stopped.detail,
            "since": stopped.since,
        }
        async with self._database.write() as connection:
            await connection.execute(
                self._database.insert(tables.delivery_stops)
                .values(domain=self._domain, message_id=delivery.message_id, stop=stop, **values)
                .on_conflict_do_update(index_elements=["domain", "message_id", "stop"], set_=values)
            )

    async def _select(self, condition: Any) -> list[Delivery]:
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(*_COLUMNS)
                .where(_ROW.domain == self._domain, condition)
                .order_by(_ROW.block_number, _ROW.seen_at)
            )
            return [_delivery(row) for row in rows]

    async def _set(self, delivery: Delivery, **values: Any) -> None:
        async with self._database.write() as connection:
            await connection.execute(
                update(tables.watched_deliveries).where(self._is(delivery)).values(**values)
            )

    def _is(self, delivery: Delivery) -> Any:
        return (_ROW.domain == self._domain) & (_ROW.message_id == delivery.message_id)

    def _values(self, item: Delivery, now: float) -> dict[str, Any]:
        return {
            "domain": self._domain,
            **{name: getattr(item, name) for name in Delivery.__dataclass_fields__},
            "verdict": item.verdict.value,
            "evidence": dict(item.evidence),
            "seen_at": now,
            "judged_at": now,
            "judging": True,
            "stopping": False,
            "convicting": False,
        }


def _delivery(row: Any) -> Delivery:
    values = dict(row._mapping)
    return Delivery(**{**values, "verdict": Verdict(values["verdict"])})
