"""Traffic by hour and pair of chains: sums of past hours that are stored, and of others, now.

An hour of an origin is summed once it is past and all of its blocks are final. Whatever happens to
its messages later, such as a delivery, is a `change`, after which it is summed again. Both marks,
the next hour and the last change, move in the transaction that stores the sums. If the chain drops
final blocks, the first goes back to their hour, and sums from there on do not count.
"""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, case, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hyperlane.store.database import Database
from hyperlane.store.scraper.tables import (
    block,
    change,
    cursor,
    domain,
    gas_payment,
    hourly_traffic,
    message,
)

HOUR = 3600
_HOURS, _CHANGES = "traffic_hours", "traffic_changes"
_CHANGES_AT_ONCE, _HOURS_AT_ONCE = 50_000, 24
_MOST_PAID = 10**78 - 1
"""Largest sum that the column holds: a node can make up payments of any amount."""
_EVERYWHERE = 0
"""Domain of the cursor over changes."""
_HOUR_SENT = (message.c.sent_at - message.c.sent_at % HOUR).label("hour")


@dataclass(slots=True)
class Traffic:
    """Messages of one hour and pair of chains."""

    sent: int = 0
    delivered: int = 0
    payment: int = 0
    """Wei of the origin that was paid for their delivery."""
    delays: Counter[int] = field(default_factory=Counter)
    """Deliveries by seconds from dispatch, at most those of the bucket's bound."""


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """An hour and a pair of chains."""

    hour: int
    """Its first second."""
    origin: int
    destination: int


class StatisticsStore:
    """The traffic of all chains. `buckets`: the rising bounds that delays are rounded up to."""

    def __init__(self, database: Database, buckets: Sequence[int]) -> None:
        self._database = database
        self._buckets = buckets

    async def origins(self) -> list[int]:
        """Domains of all chains."""
        async with self._database.read() as connection:
            return await _origins(connection)

    async def begin(self) -> None:
        """Leave out the changes before the first hour is closed: its sum will have them."""
        async with self._database.read() as connection:
            if await _mark(connection, _EVERYWHERE, _CHANGES) is not None:
                return
            newest = await connection.execute(select(func.max(change.c.id)))
            last = newest.scalar() or 0
        async with self._database.write() as connection:
            await self._move(connection, _EVERYWHERE, _CHANGES, last)

    async def close_hours(self, origin: int) -> None:
        """Sum all hours of an origin that are past and whose blocks are final.

        What is stored meanwhile is a change that `catch_up` finds, which therefore must not run
        beside this.
        """
        async with self._database.read() as connection:
            mark = await _mark(connection, origin, _HOURS) or 0
            end = await self._final_until(connection, origin)
        while mark < end:
            async with self._database.read() as connection:
                start = await self._next_hour(connection, origin, mark, end)
                until = min(start + _HOURS_AT_ONCE * HOUR, end)
                sums = await self._summed(connection, origin, start, until)
            async with self._database.write() as connection:
                if (await _mark(connection, origin, _HOURS) or 0) != mark:
                    return  # the chain dropped blocks meanwhile
                await self._replace(connection, origin, mark, until, sums)
                await self._move(connection, origin, _HOURS, until)
            mark = until

    async def catch_up(self) -> bool:
        """Sum those closed hours again whose messages changed; True if more changes wait."""
        row = change.c
        async with self._database.read() as connection:
            mark = await _mark(connection, _EVERYWHERE, _CHANGES) or 0
            newest = await connection.execute(select(func.max(row.id)))
            last = min(newest.scalar() or 0, mark + _CHANGES_AT_ONCE)
            if last <= mark:
                return False
            found = await connection.execute(
                select(message.c.origin, _HOUR_SENT)
                .join(change, row.msg_id == message.c.msg_id)
                .where(row.id > mark, row.id <= last)
                .distinct()
            )
            changed, marks = found.all(), dict[int, int]()
            for origin, _ in changed:
                if origin not in marks:
                    marks[origin] = await _mark(connection, origin, _HOURS) or 0
        for origin, start in changed:
            if start < marks[origin]:
                async with self._database.read() as connection:
                    sums = await self._summed(connection, origin, start, start + HOUR)
                async with self._database.write() as connection:
                    await self._replace(connection, origin, start, start + HOUR, sums)
        async with self._database.write() as connection:
            await self._move(connection, _EVERYWHERE, _CHANGES, last)
        return last == mark + _CHANGES_AT_ONCE

    async def traffic(self, since: int, until: int) -> dict[Slot, Traffic]:
        """The traffic of all hours that begin from `since` on and before `until`, the running one
        included: stored sums where there are any, others are made now."""
        row = hourly_traffic.c
        found: dict[Slot, Traffic] = {}
        first, end = hour_of(since + HOUR - 1), hour_of(until + HOUR - 1)
        async with self._database.read() as connection:
            # The marks before the sums, so that an hour that is closed meanwhile is not missed.
            unsummed = await self._unsummed(connection, first)
            its = (cursor.c.domain == row.origin) & (cursor.c.event_type == _HOURS)
            stored = await connection.execute(
                select(hourly_traffic)
                .join(cursor, its)
                .where(row.hour >= first, row.hour < end, row.hour < cursor.c.height)
            )
            for item in stored:
                found[Slot(item.hour, item.origin, item.destination)] = Traffic(
                    item.sent, item.delivered, item.payment, _parsed(item.delays)
                )
            for origin, since_when in unsummed.items():
                if since_when is not None and since_when < end:
                    found |= await self._summed(connection, origin, hour_of(since_when), end)
        return found

    async def _unsummed(self, connection: AsyncConnection, since: int) -> dict[int, int | None]:
        """Times, by origin, of the first message that is in no stored sum; None where there is no
        such message, as on chains that are known by name only."""
        row, mark = message.c, cursor.c
        its = (mark.domain == domain.c.id) & (mark.event_type == _HOURS)
        start = case((mark.height > since, mark.height), else_=since)  # one bound, or all is read
        first = (
            select(row.sent_at)
            .where(row.origin == domain.c.id, row.sent_at >= start)
            .order_by(row.sent_at)
            .limit(1)
        )
        found = await connection.execute(
            select(domain.c.id, first.scalar_subquery()).select_from(domain.outerjoin(cursor, its))
        )
        return dict(map(tuple, found))

    async def _final_until(self, connection: AsyncConnection, origin: int) -> int:
        """End of the last hour whose blocks are all read and final."""
        row = block.c
        first_open = select(func.min(row.timestamp)).where(row.domain == origin, ~row.final)
        newest = (
            select(row.timestamp).where(row.domain == origin).order_by(row.height.desc()).limit(1)
        )
        until = (await connection.execute(first_open)).scalar()
        if until is None:
            until = (await connection.execute(newest)).scalar()
        return hour_of(until or 0)

    async def _next_hour(
        self, connection: AsyncConnection, origin: int, since: int, until: int
    ) -> int:
        """The first hour with messages; the last one before `until` if none has any."""
        row = message.c
        found = await connection.execute(
            select(func.min(row.sent_at)).where(*_sent(origin, since, until))
        )
        first = found.scalar()
        return until - HOUR if first is None else hour_of(first)

    async def _replace(
        self,
        connection: AsyncConnection,
        origin: int,
        start: int,
        end: int,
        sums: Mapping[Slot, Traffic],
    ) -> None:
        row = hourly_traffic.c
        await connection.execute(
            delete(hourly_traffic).where(row.hour >= start, row.hour < end, row.origin == origin)
        )
        if sums:
            await connection.execute(
                insert(hourly_traffic),
                [
                    {
                        "hour": slot.hour,
                        "origin": slot.origin,
                        "destination": slot.destination,
                        "sent": traffic.sent,
                        "delivered": traffic.delivered,
                        "payment": min(traffic.payment, _MOST_PAID),
                        "delays": {str(bound): n for bound, n in sorted(traffic.delays.items())},
                    }
                    for slot, traffic in sums.items()
                ],
            )

    async def _summed(
        self, connection: AsyncConnection, origin: int, start: int, end: int
    ) -> dict[Slot, Traffic]:
        row, found = message.c, dict[Slot, Traffic]()
        hour, within = _HOUR_SENT, _sent(origin, start, end)
        delay = (row.delivered_at - row.sent_at).label("delay")
        for sent_in, destination, seconds, count in await connection.execute(
            select(hour, row.destination, delay, func.count())
            .where(*within)
            .group_by(hour, row.destination, delay)
        ):
            traffic = found.setdefault(Slot(sent_in, origin, destination), Traffic())
            traffic.sent += count
            if seconds is not None:
                traffic.delivered += count
                traffic.delays[self._bucket(seconds)] += count
        # Databases cannot sum so large numbers alike; equal ones are many.
        for sent_in, destination, payment, count in await connection.execute(
            select(hour, row.destination, gas_payment.c.payment, func.count())
            .join(gas_payment, gas_payment.c.msg_id == row.msg_id)
            .where(*within, gas_payment.c.domain == origin)
            .group_by(hour, row.destination, gas_payment.c.payment)
        ):
            found[Slot(sent_in, origin, destination)].payment += payment * count
        return found

    def _bucket(self, seconds: int) -> int:
        """The bound that a delay is rounded up to. Clocks of chains differ: none is below 0."""
        return next((bound for bound in self._buckets if seconds <= bound), self._buckets[-1])

    async def _move(self, connection: AsyncConnection, owner: int, kind: str, height: int) -> None:
        values = {"height": height, "time_created": int(time.time())}
        await connection.execute(
            self._database.insert(cursor)
            .values(domain=owner, event_type=kind, **values)
            .on_conflict_do_update(index_elements=["domain", "event_type"], set_=values)
        )


async def reopen(connection: AsyncConnection, origin: int, since: int) -> None:
    """Move an origin's mark back, so that hours from that of `since` on are summed again: blocks
    were dropped."""
    row = cursor.c
    await connection.execute(
        update(cursor)
        .where(row.domain == origin, row.event_type == _HOURS, row.height > hour_of(since))
        .values(height=hour_of(since))
    )


def _sent(origin: int, since: int, until: int) -> Sequence[ColumnElement[bool]]:
    """Messages of an origin that were sent within a time, which is to be found by the time: an
    index that begins with the origin would be read from end to end."""
    row = message.c
    return (row.origin + 0 == origin, row.sent_at >= since, row.sent_at < until)


async def _origins(connection: AsyncConnection) -> list[int]:
    return sorted((await connection.execute(select(domain.c.id))).scalars())


async def _mark(connection: AsyncConnection, owner: int, kind: str) -> int | None:
    row = cursor.c
    found = await connection.execute(
        select(row.height).where(row.domain == owner, row.event_type == kind)
    )
    height: int | None = found.scalar()
    return height


def hour_of(seconds: int) -> int:
    """The first second of the hour."""
    return seconds - seconds % HOUR


def _parsed(delays: Mapping[str, Any]) -> Counter[int]:
    return Counter({int(bound): int(count) for bound, count in delays.items()})
