"""Numbers of messages and leaves that are missing among those stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hyperlane.protocol.typecasts import Address, Bytes32
from hyperlane.store.scraper import tables

_MOST = 20


@dataclass(frozen=True, slots=True)
class Gap:
    """Missing numbers: all between two that are stored, or up to those that are counted."""

    before: int | None
    """The stored number below; None if there is none."""
    after: int
    """The number above."""
    first_block: int | None
    """The block of the number below."""
    last_block: int
    """That of the number above, or the one where they were counted."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers that one contract counts up."""

    what: str
    number: Column[Any]
    contract: Column[Any]
    domain: Column[Any]

    def of(self, domain: int, contract: Address) -> tuple[Any, Any]:
        """The rows of one contract."""
        return self.contract == contract, self.domain == domain


_MESSAGE, _LEAF = tables.message.c, tables.merkle_tree_insertion.c
MESSAGES = Numbers("message", _MESSAGE.nonce, _MESSAGE.origin_mailbox, _MESSAGE.origin)
LEAVES = Numbers("leaf", _LEAF.leaf_index, _LEAF.merkle_tree_hook, _LEAF.domain)


async def gaps(
    connection: AsyncConnection, numbers: Numbers, domain: int, contract: Address, above: int
) -> Sequence[Gap]:
    """The first gaps above a number; the first stored number is after a gap unless it is 0."""
    table = numbers.number.table
    assert table is not None
    below = table.alias("below")
    neighbour = (
        select(below.c.id)
        .where(
            below.c[numbers.contract.name] == contract,
            below.c[numbers.domain.name] == domain,
            below.c[numbers.number.name] == numbers.number - 1,
        )
        .exists()
    )
    found = await connection.execute(
        select(numbers.number)
        .where(*numbers.of(domain, contract), numbers.number > max(above, 0), ~neighbour)
        .order_by(numbers.number)
        .limit(_MOST)
    )
    return [await _gap(connection, numbers, domain, contract, item[0]) for item in found]


async def highest(
    connection: AsyncConnection, numbers: Numbers, domain: int, contract: Address
) -> tuple[int, int | None]:
    """The highest stored number and its block; (-1, None) for none."""
    found = await connection.execute(
        select(func.max(numbers.number)).where(*numbers.of(domain, contract))
    )
    number: int | None = found.scalar()
    if number is None:
        return -1, None
    block = await connection.execute(_height(numbers, domain, contract, number))
    return number, block.scalar_one()


async def undelivered(
    connection: AsyncConnection, domain: int, after: tuple[int, int], count: int
) -> Sequence[tuple[Bytes32, tuple[int, int]]]:
    """The next messages to a chain without a delivery, each with its time and number of row."""
    row, (sent_at, id_) = tables.message.c, after
    found = await connection.execute(
        select(row.msg_id, row.sent_at, row.id)
        .where(
            row.delivered_at.is_(None),
            row.destination == domain,
            row.sent_at >= sent_at,
            (row.sent_at > sent_at) | (row.id > id_),
        )
        .order_by(row.sent_at, row.id)
        .limit(count)
    )
    return [(Bytes32(item.msg_id), (item.sent_at, item.id)) for item in found]


async def _gap(
    connection: AsyncConnection, numbers: Numbers, domain: int, contract: Address, after: int
) -> Gap:
    found = await connection.execute(
        select(func.max(numbers.number)).where(
            *numbers.of(domain, contract), numbers.number < after
        )
    )
    before = found.scalar()
    last = await connection.execute(_height(numbers, domain, contract, after))
    first = (
        None
        if before is None
        else (await connection.execute(_height(numbers, domain, contract, before))).scalar_one()
    )
    return Gap(before, after, first, last.scalar_one())


def _height(numbers: Numbers, domain: int, contract: Address, number: int) -> Select[Any]:
    """The height of the block with a number."""
    table = numbers.number.table
    transaction = table.c["origin_tx_id" if table is tables.message else "tx_id"]
    return (
        select(tables.block.c.height)
        .join(tables.transaction, tables.transaction.c.block_id == tables.block.c.id)
        .join(table, transaction == tables.transaction.c.id)
        .where(*numbers.of(domain, contract), numbers.number == number)
    )
