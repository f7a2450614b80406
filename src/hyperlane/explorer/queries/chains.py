"""The chains, and how far they are indexed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ScalarSelect, Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hyperlane.store.database import Database
from hyperlane.store.scraper import tables

_MOST_TREES = 16
"""Merkle trees of a chain that are looked for: a Mailbox rarely changes its own."""


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain."""

    domain: int
    name: str
    native_token: str
    chain_id: int | None
    test_net: bool
    deprecated: bool
    cursors: Mapping[str, int]
    """Block up to which rows are stored, by kind of event; empty for a chain that is not
    scraped."""
    block: int | None
    """The newest block that is stored, which may not be final."""
    block_time: int | None
    final_block: int | None
    leaves: int | None
    """Leaves of its merkle tree, as far as they are stored."""
    stake_symbol: str | None
    stake_decimals: int | None
    """Decimals of the token that its StakingManager holds; None if unknown."""


async def chains(database: Database) -> tuple[Chain, ...]:
    """All chains, by name."""
    found = await _chains(database, _rows())
    return tuple(sorted(found, key=lambda each: (each.name, each.domain)))


async def chain(database: Database, domain: int) -> Chain | None:
    """The chain of a domain."""
    found = await _chains(database, _rows().where(tables.domain.c.id == domain))
    return found[0] if found else None


async def names(database: Database) -> dict[int, str]:
    """Names of chains by domain."""
    async with database.read() as connection:
        found = await connection.execute(select(tables.domain.c.id, tables.domain.c.name))
        return {each.id: each.name for each in found.all()}


async def coins(database: Database) -> dict[int, str]:
    """Symbols of chains' own coins by domain."""
    async with database.read() as connection:
        found = await connection.execute(select(tables.domain.c.id, tables.domain.c.native_token))
        return {each.id: each.native_token for each in found.all()}


async def stake_tokens(database: Database) -> dict[int, tuple[str | None, int | None]]:
    """Symbols and decimals of the tokens that are staked on chains, by domain."""
    row = tables.domain.c
    async with database.read() as connection:
        found = await connection.execute(select(row.id, row.stake_symbol, row.stake_decimals))
        return {each.id: (each.stake_symbol, each.stake_decimals) for each in found.all()}


@dataclass(frozen=True, slots=True)
class Tree:
    """A merkle tree of a chain."""

    hook: bytes
    leaves: int
    """As far as they are stored."""


async def newest_tree(connection: AsyncConnection, domain: int) -> Tree | None:
    """The tree of a chain that grew last, in the order of its blocks."""
    row = tables.merkle_tree_insertion
    newest: tuple[int, int, bytes] | None = None
    hook = b""
    for _ in range(_MOST_TREES):
        # A step from tree to tree; asking for all of them at once would read all leaves.
        following = (
            select(row.c.merkle_tree_hook)
            .where(row.c.domain == domain, row.c.merkle_tree_hook > hook)
            .order_by(row.c.merkle_tree_hook)
            .limit(1)
        )
        found = (await connection.execute(following)).scalar()
        if found is None:
            break
        hook = found
        last = (
            select(row.c.block_number, row.c.leaf_index)
            .where(row.c.domain == domain, row.c.merkle_tree_hook == hook)
            .order_by(row.c.leaf_index.desc())
            .limit(1)
        )
        block, index = (await connection.execute(last)).one()
        newest = max((block, index, hook), newest or (0, 0, b""))
    return None if newest is None else Tree(newest[2], newest[1] + 1)


async def _chains(database: Database, rows: Select[Any]) -> list[Chain]:
    cursors: dict[int, dict[str, int]] = defaultdict(dict)
    async with database.read() as connection:
        found: Sequence[Any] = (await connection.execute(rows)).all()
        heights = tables.cursor.c.domain, tables.cursor.c.event_type, tables.cursor.c.height
        for domain, kind, height in (await connection.execute(select(*heights))).all():
            cursors[domain][kind] = height
        trees = {each[0]: await newest_tree(connection, each[0]) for each in found}
        return [
            Chain(
                domain=each[0],
                name=each[1],
                native_token=each[2],
                chain_id=each[3],
                test_net=each[4],
                deprecated=each[5],
                cursors=cursors.get(each[0], {}),
                block=each[6],
                block_time=each[7],
                final_block=each[8],
                leaves=None if (tree := trees[each[0]]) is None else tree.leaves,
                stake_symbol=each[9],
                stake_decimals=each[10],
            )
            for each in found
        ]


def _rows() -> Select[Any]:
    domain, block = tables.domain, tables.block
    return select(
        domain.c.id,
        domain.c.name,
        domain.c.native_token,
        domain.c.chain_id,
        domain.c.is_test_net,
        domain.c.is_deprecated,
        _newest(block.c.height),
        _newest(block.c.timestamp),
        _newest(block.c.height, block.c.final.is_(True)),
        domain.c.stake_symbol,
        domain.c.stake_decimals,
    )


def _newest(column: Any, *conditions: Any) -> ScalarSelect[Any]:
    block = tables.block
    return (
        select(column)
        .where(block.c.domain == tables.domain.c.id, *conditions)
        .order_by(block.c.height.desc())
        .limit(1)
        .scalar_subquery()
    )
