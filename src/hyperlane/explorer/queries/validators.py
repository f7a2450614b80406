"""Validators: what they announced, how far they have signed, what they have at stake."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hyperlane.explorer.queries.chains import leaves
from hyperlane.explorer.queries.records import StakingEvent
from hyperlane.explorer.queries.signatures import as_staking_event, staking_rows
from hyperlane.explorer.queries.stakes import KINDS, Stake, stakes
from hyperlane.protocol.typecasts import Address, Bytes32
from hyperlane.store.database import Database
from hyperlane.store.scraper import tables

_MOST_CHAINS = 200
_MOST_ANNOUNCEMENTS = 20


@dataclass(frozen=True, slots=True)
class Announcement:
    """A storage location that a validator announced: strangers' text."""

    location: str
    time: int
    transaction: Bytes32


@dataclass(frozen=True, slots=True)
class Validator:
    """A validator of one chain."""

    domain: int
    address: Address
    announcements: tuple[Announcement, ...]
    """Newest first."""
    location: str | None
    """The location that was read."""
    leaf_index: int | None
    """The newest leaf that it claims signed."""
    leaves: int | None
    """Leaves of the chain's tree, as far as they are stored."""
    signed_at: float | None
    """When the newest leaf was first seen signed."""
    problem: str | None
    """Reason why the storage cannot be read."""
    checked_at: int | None
    """None if it was never looked at."""
    stake: Stake | None

    @property
    def lag(self) -> int | None:
        """Leaves of the tree that it has not signed; None if either is unknown."""
        if self.leaf_index is None or self.leaves is None:
            return None
        return max(0, self.leaves - 1 - self.leaf_index)


@dataclass(frozen=True, slots=True)
class Coverage:
    """A look at a validator's storage at which its newest leaf had changed."""

    leaf_index: int
    seen_at: float


async def validators(
    database: Database, domain: int, after: Address | None = None, limit: int = 200
) -> tuple[Validator, ...]:
    """Validators of a chain that are looked at, by address, above an address.

    Each has its newest announcement only.
    """
    status = tables.validator_status
    above = status.c.domain == domain, status.c.validator > (after or b"")
    async with database.read() as connection:
        rows = await _status(connection, *above, limit=limit)
        count = await leaves(connection, domain)
        announced = await _newest_announcements(connection, domain, [each[1] for each in rows])
    at_stake = await stakes(database, [each[1] for each in rows], domain)
    return tuple(
        _validator(
            row, (announced[row[1]],) if row[1] in announced else (), count, at_stake.get(row[1])
        )
        for row in rows
    )


async def validator(database: Database, address: Address) -> tuple[Validator, ...]:
    """A validator on all chains that it is announced or looked at on; empty if on none."""
    found = []
    for domain in await _domains(database, address):
        async with database.read() as connection:
            status = tables.validator_status
            its = status.c.domain == domain, status.c.validator == address
            rows = await _status(connection, *its, limit=1)
            count = await leaves(connection, domain)
            announced = await _announcements(connection, domain, address)
        stake = (await stakes(database, [address], domain)).get(address)
        row = rows[0] if rows else (domain, address, None, None, None, None, None)
        found.append(_validator(row, announced, count, stake))
    return tuple(found)


async def coverage(
    database: Database, domain: int, address: Address, limit: int = 500
) -> tuple[Coverage, ...]:
    """The newest leaves that a validator was seen to sign, newest first."""
    row = tables.validator_checkpoint
    rows = (
        select(row.c.leaf_index, row.c.seen_at)
        .where(row.c.domain == domain, row.c.validator == address)
        .order_by(row.c.leaf_index.desc())
        .limit(limit)
    )
    async with database.read() as connection:
        return tuple(Coverage(*each) for each in (await connection.execute(rows)).all())


async def staking_events(
    database: Database, operator: Address, limit: int = 100
) -> tuple[StakingEvent, ...]:
    """Events of an operator, newest first."""
    row = tables.staking_event
    found: list[tuple[int, StakingEvent]] = []
    async with database.read() as connection:
        for kind in KINDS:
            rows = (
                staking_rows()
                .add_columns(row.c.id)
                .where(row.c.operator == operator, row.c.kind == kind)
                .order_by(row.c.id.desc())
                .limit(limit)
            )
            for *event, its in (await connection.execute(rows)).all():
                found.append((its, as_staking_event(event)))
    found.sort(key=itemgetter(0), reverse=True)
    return tuple(event for _, event in found[:limit])


async def _domains(database: Database, address: Address) -> list[int]:
    """Domains on which an address is announced, or looked at; few chains have many."""
    status, announced = tables.validator_status, tables.validator_announcement
    known = select(tables.domain.c.id)
    seen = select(status.c.domain).where(status.c.domain.in_(known), status.c.validator == address)
    told = select(announced.c.domain).where(
        announced.c.validator == address, announced.c.domain.in_(known)
    )
    async with database.read() as connection:
        found = {
            *(await connection.execute(seen)).scalars(),
            *(await connection.execute(told.distinct())).scalars(),
        }
    return sorted(found)[:_MOST_CHAINS]


async def _status(
    connection: AsyncConnection, *conditions: ColumnElement[bool], limit: int
) -> Sequence[Any]:
    status, seen = tables.validator_status, tables.validator_checkpoint
    rows = (
        select(
            status.c.domain,
            status.c.validator,
            status.c.storage_location,
            status.c.leaf_index,
            seen.c.seen_at,
            status.c.problem,
            status.c.checked_at,
        )
        .outerjoin(
            seen,
            (seen.c.domain == status.c.domain)
            & (seen.c.validator == status.c.validator)
            & (seen.c.leaf_index == status.c.leaf_index),
        )
        .where(*conditions)
        .order_by(status.c.validator)
        .limit(limit)
    )
    return (await connection.execute(rows)).all()


async def _announcements(
    connection: AsyncConnection, domain: int, address: Address
) -> tuple[Announcement, ...]:
    row = tables.validator_announcement
    rows = (
        _announcement_rows()
        .where(row.c.validator == address, row.c.domain == domain)
        .order_by(row.c.id.desc())
        .limit(_MOST_ANNOUNCEMENTS)
    )
    return tuple(_announcement(each) for each in (await connection.execute(rows)).all())


async def _newest_announcements(
    connection: AsyncConnection, domain: int, addresses: Sequence[Address]
) -> dict[Address, Announcement]:
    row = tables.validator_announcement
    of_each = (
        select(func.max(row.c.id))
        .where(row.c.validator.in_(addresses), row.c.domain == domain)
        .group_by(row.c.validator)
    )
    numbers = (await connection.execute(of_each)).scalars().all()
    rows = _announcement_rows().where(row.c.id.in_(numbers))
    return {each[0]: _announcement(each) for each in (await connection.execute(rows)).all()}


def _announcement_rows() -> Any:
    row, its, block = tables.validator_announcement, tables.transaction, tables.block
    return (
        select(row.c.validator, row.c.storage_location, block.c.timestamp, its.c.hash)
        .join_from(row, its, row.c.tx_id == its.c.id)
        .join(block, its.c.block_id == block.c.id)
    )


def _announcement(row: Sequence[Any]) -> Announcement:
    return Announcement(row[1], row[2], row[3])


def _validator(
    row: Sequence[Any],
    announced: tuple[Announcement, ...],
    count: int | None,
    stake: Stake | None,
) -> Validator:
    domain, address, location, leaf_index, signed_at, problem, checked_at = row
    return Validator(
        domain=domain,
        address=address,
        announcements=announced,
        location=location,
        leaf_index=leaf_index,
        leaves=count,
        signed_at=signed_at,
        problem=problem,
        checked_at=checked_at,
        stake=stake,
    )
