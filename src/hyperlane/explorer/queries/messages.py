"""Lists of messages, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, literal, select, tuple_

from hyperlane.explorer.queries import paging
from hyperlane.explorer.queries.paging import Page, Place
from hyperlane.explorer.queries.reading import (
    TRANSACTION,
    Unindexed,
    as_message,
    as_transaction,
    message_rows,
)
from hyperlane.explorer.queries.records import Delivery, Message, Transaction
from hyperlane.protocol.typecasts import Bytes32
from hyperlane.store.database import Database
from hyperlane.store.scraper import tables


@dataclass(frozen=True, slots=True)
class Wanted:
    """Properties that messages of a list have in common; None: anything."""

    origin: int | None = None
    destination: int | None = None
    sender: Bytes32 | None = None
    recipient: Bytes32 | None = None
    delivered: bool | None = None
    since: int | None = None
    """Sent at this time or later."""
    until: int | None = None
    """Sent before this time."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """A transaction, and the messages that it dispatched and delivered."""

    transaction: Transaction
    dispatched: tuple[Message, ...]
    delivered: tuple[Message, ...]
    deliveries: tuple[tuple[Bytes32, Delivery], ...]
    """All deliveries by message id, also of messages whose dispatch is not stored."""


ANY = Wanted()

_message = tables.message

_MOST_LOOKED_AT = 20_000
"""Rows of an index that are looked through for one page, if not all of them match."""
_MOST_OF_TRANSACTION = 500
_END = Place(2**62, 0)
"""Above all messages."""

_INDEXED = (("sender",), ("recipient",), ("origin", "destination"), ("origin",), ("destination",))
"""Columns by which messages are indexed in the order of time; the most telling come first."""


async def messages(
    database: Database,
    wanted: Wanted = ANY,
    after: Place | None = None,
    limit: int = paging.DEFAULT,
) -> Page[Message]:
    """Messages that match, newest first, below a place."""
    walk = _Walk.of(wanted, after)
    floor = None
    async with database.read() as connection:
        if walk.rest:
            row = (await connection.execute(walk.floor())).one_or_none()
            floor = None if row is None else Place(*row)
        rows = (await connection.execute(walk.page(floor, limit + 1))).all()
    items = tuple(map(as_message, rows[:limit]))
    if len(rows) > limit:
        return Page(items, Place(items[-1].sent_at, items[-1].number))
    return Page(items, floor)


async def message(database: Database, message_id: Bytes32) -> Message | None:
    """The message of an id."""
    async with database.read() as connection:
        found = await connection.execute(message_rows().where(_message.c.msg_id == message_id))
        row = found.one_or_none()
    return None if row is None else as_message(row)


async def traffic(database: Database, transaction: Bytes32) -> tuple[Traffic, ...]:
    """Effects of a transaction on messages, for each chain that has a transaction of the hash."""
    row, delivered = tables.transaction, tables.delivered_message
    own = (
        select(row.c.id, *TRANSACTION)
        .join_from(row, tables.block, row.c.block_id == tables.block.c.id)
        .where(row.c.hash == transaction)
    )
    found = []
    async with database.read() as connection:
        for number, *columns in (await connection.execute(own)).all():
            sent = message_rows().where(_message.c.origin_tx_id == number).order_by(_message.c.id)
            there = (
                select(
                    delivered.c.msg_id,
                    delivered.c.destination_mailbox,
                    delivered.c.domain,
                )
                .where(delivered.c.destination_tx_id == number)
                .order_by(delivered.c.id)
            )
            dispatched = (await connection.execute(sent.limit(_MOST_OF_TRANSACTION))).all()
            deliveries = list((await connection.execute(there.limit(_MOST_OF_TRANSACTION))).all())
            ids = [item.msg_id for item in deliveries]
            known = message_rows().where(_message.c.msg_id.in_(ids))
            by_id = {
                item.id: item for item in map(as_message, (await connection.execute(known)).all())
            }
            its = as_transaction(columns)
            # A node may make deliveries up of messages that are for other chains.
            others = {item.id for item in by_id.values() if item.destination != its.domain}
            deliveries = [item for item in deliveries if item.msg_id not in others]
            found.append(
                Traffic(
                    its,
                    tuple(map(as_message, dispatched)),
                    tuple(by_id[each.msg_id] for each in deliveries if each.msg_id in by_id),
                    tuple(
                        (item.msg_id, Delivery(item.destination_mailbox, item.domain, its))
                        for item in deliveries
                    ),
                )
            )
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Walk:
    """A walk down one index, and conditions that its rows must meet, too."""

    indexed: Sequence[ColumnElement[bool]]
    rest: Sequence[ColumnElement[bool]]
    below: Place
    lowest: Place | None

    @classmethod
    def of(cls, wanted: Wanted, after: Place | None) -> "_Walk":
        given = {
            name: getattr(wanted, name)
            for name in ("sender", "recipient", "origin", "destination")
            if getattr(wanted, name) is not None
        }
        if wanted.delivered is False:  # there are few, unless nobody delivers
            walked: tuple[str, ...] = ()
            indexed = [_message.c.delivered_at.is_(None)]
        else:
            walked = next((names for names in _INDEXED if set(names) <= set(given)), ())
            indexed = [_message.c[name] == given[name] for name in walked]
        rest = [Unindexed(_message.c[name]) == given[name] for name in given if name not in walked]
        if wanted.delivered:
            rest.append(_message.c.delivered_at.is_not(None))
        # Rows are numbered from 1: a place with 0 comes before all of its second.
        until = _END if wanted.until is None else Place(wanted.until, 0)
        lowest = None if wanted.since is None else Place(wanted.since, 0)
        return cls(indexed, rest, min(until, after or _END), lowest)

    def page(self, floor: Place | None, limit: int) -> Select[Any]:
        """Selects the first rows that match, down to a floor."""
        lowest = max((place for place in (self.lowest, floor) if place), default=None)
        rows = self._within(message_rows(), lowest).where(*self.rest)
        return rows.limit(limit)

    def floor(self) -> Select[Any]:
        """Selects the place at which the walk is broken off for this page."""
        rows = select(_message.c.sent_at, _message.c.id)
        return self._within(rows, self.lowest).offset(_MOST_LOOKED_AT - 1).limit(1)

    def _within(self, rows: Select[Any], lowest: Place | None) -> Select[Any]:
        place = tuple_(_message.c.sent_at, _message.c.id)
        rows = rows.where(*self.indexed, place < _values(self.below))
        if lowest is not None:
            rows = rows.where(place >= _values(lowest))
        return rows.order_by(_message.c.sent_at.desc(), _message.c.id.desc())


def _values(place: Place) -> ColumnElement[Any]:
    return tuple_(
        literal(place.sent_at, _message.c.sent_at.type), literal(place.number, _message.c.id.type)
    )
