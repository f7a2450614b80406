"""Validators: what they announced, how far they have signed, what they have at stake."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hyperlane.explorer.queries.chains import Tree, newest_tree
from hyperlane.explorer.queries.records import StakingEvent
from hyperlane.explorer.queries.signatures import as_staking_event, staking_rows
from hyperlane.explorer.queries.stakes import KINDS, MOST_EVENTS, Stake, stakes
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
    """Time at which the newest leaf was first seen signed, which may be that of the first look at
    the storage."""
    waiting_since: int | None
    """Time of the first leaf that it has not signed; None if there is none, or it is unknown."""
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
        tree = await newest_tree(connection, domain)
        waiting = await _next_leaves(connection, domain, tree, [each[3] for each in rows])
        announced = await _announcements(connection, domain, *(each[1] for each in rows))
    at_stake = await stakes(database, [each[1] for each in rows], domain)
    return tuple(
        _validator(
            row,
            announced.get(row[1], [])[:1],
            tree,
            waiting,
            at_stake.get(row[1]),
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
            tree = await newest_tree(connection, domain)
            waiting = await _next_leaves(connection, domain, tree, [each[3] for each in rows])
            announced = await _announcements(connection, domain, address)
        stake = (await stakes(database, [address], domain)).get(address)
        row = rows[0] if rows else (domain, address, None, None, None, None, None)
        found.append(
            _validator(row, announced.get(address, [])[:_MOST_ANNOUNCEMENTS], tree, waiting, stake)
        )
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
    row = tables.staking_event.c
    rows = staking_rows(row.log_index).where(row.operator == operator, row.kind.in_(KINDS))
    rows = rows.limit(MOST_EVENTS)
    found: list[tuple[tuple[int, int, int], StakingEvent]] = []
    async with database.read() as connection:
        for log_index, *its in (await connection.execute(rows)).all():
            event = as_staking_event(its)
            found.append(((event.transaction.time, event.transaction.block, log_index), event))
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


async def _next_leaves(
    connection: AsyncConnection, domain: int, tree: Tree | None, signed: Sequence[int | None]
) -> Mapping[int, int]:
    """Times of the leaves that come next after the signed ones, by the index of the signed one."""
    row, its, block = tables.merkle_tree_insertion, tables.transaction, tables.block
    following = {each + 1 for each in signed if each is not None}
    if tree is None or not following:
        return {}
    rows = (
        select(row.c.leaf_index, block.c.timestamp)
        .join_from(row, its, row.c.tx_id == its.c.id)
        .join(block, its.c.block_id == block.c.id)
        .where(
            row.c.domain == domain,
            row.c.merkle_tree_hook == tree.hook,
            row.c.leaf_index.in_(following),
        )
    )
    return {index - 1: time for index, time in (await connection.execute(rows)).all()}


async def _announcements(
    connection: AsyncConnection, domain: int, *addresses: Address
) -> dict[Address, list[Announcement]]:
    """Announcements of some validators, newest first by block: the numbers of rows do not tell, as
    history is read backwards."""
    row, its, block = tables.validator_announcement, tables.transaction, tables.block
    rows = (
        select(
            block.c.height,
            row.c.log_index,
            row.c.validator,
            row.c.storage_location,
            block.c.timestamp,
            its.c.hash,
        )
        .join_from(row, its, row.c.tx_id == its.c.id)
        .join(block, its.c.block_id == block.c.id)
        .where(row.c.validator.in_(addresses), row.c.domain == domain)
    )
    found: dict[Address, list[Announcement]] = {}
    ordered = sorted((await connection.execute(rows)).all(), key=itemgetter(0, 1), reverse=True)
    for _, _, validator, *told in ordered:
        found.setdefault(validator, []).append(Announcement(*told))
    return found


def _validator(
    row: Sequence[Any],
    announced: Sequence[Announcement],
    tree: Tree | None,
    waiting: Mapping[int, int],
    stake: Stake | None,
) -> Validator:
    domain, address, location, leaf_index, signed_at, problem, checked_at = row
    return Validator(
        domain=domain,
        address=address,
        announcements=tuple(announced),
        location=location,
        leaf_index=leaf_index,
        leaves=None if tree is None else tree.leaves,
        signed_at=signed_at,
        waiting_since=waiting.get(leaf_index),
        problem=problem,
        checked_at=checked_at,
        stake=stake,
    )
