"""Validators' signatures of one leaf, and what slashing contracts say of it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hyperlane.explorer.queries.reading import as_transaction, with_transaction
from hyperlane.explorer.queries.records import Signature, StakingEvent
from hyperlane.protocol.typecasts import Address
from hyperlane.store.database import Database
from hyperlane.store.scraper import tables

_MOST_VALIDATORS = 200
_MOST_OPERATORS = 50
_MOST_EVENTS = 100
_OF_A_LEAF = ("Challenged", "Answered", "Unanswered", "FaultProven")


async def signatures(
    database: Database, domain: int, leaf_index: int, sent_at: int
) -> tuple[Signature, ...]:
    """Times at which validators of a chain that are looked at were seen to have signed a leaf."""
    status, seen = tables.validator_status, tables.validator_checkpoint
    its = (seen.c.domain == status.c.domain) & (seen.c.validator == status.c.validator)
    at = seen.c.leaf_index
    first = select(seen.c.seen_at).where(its, at >= leaf_index).order_by(at).limit(1)
    before = select(seen.c.id).where(its, at < leaf_index).order_by(at.desc()).limit(1)
    rows = (
        select(
            status.c.validator,
            first.scalar_subquery(),
            before.scalar_subquery(),
            status.c.leaf_index,
            status.c.problem,
        )
        .where(status.c.domain == domain)
        .order_by(status.c.validator)
        .limit(_MOST_VALIDATORS)
    )
    async with database.read() as connection:
        found = (await connection.execute(rows)).all()
    return tuple(
        Signature(
            validator,
            seen_at,
            at_first_look := seen_at is not None and earlier is None,
            None if seen_at is None or at_first_look else max(0.0, seen_at - sent_at),
            newest,
            problem,
        )
        for validator, seen_at, earlier, newest, problem in found
    )


async def answers_for(
    database: Database, domain: int, leaf_index: int, validators: Sequence[Address]
) -> tuple[StakingEvent, ...]:
    """Challenges of these validators to sign a leaf, with their answers, and proven faults."""
    row = tables.staking_event
    async with database.read() as connection:
        operators = await connection.execute(
            select(row.c.operator)
            .where(row.c.validator.in_(validators), row.c.domain == domain)
            .limit(_MOST_OPERATORS * 10)
        )
        wanted = list(dict.fromkeys(each for (each,) in operators.all() if each is not None))
        events = [
            event
            for operator in wanted[:_MOST_OPERATORS]
            for kind in _OF_A_LEAF
            for event in await _events(connection, operator, kind)
        ]
    challenges = {
        (event.contract, event.fields.get("challenge"))
        for event in events
        if event.kind == "Challenged" and number(event.fields.get("index")) == leaf_index
    }
    return tuple(
        event
        for event in events
        if (event.contract, event.fields.get("challenge")) in challenges
        or (event.kind == "FaultProven" and number(event.fields.get("index")) == leaf_index)
    )


async def _events(connection: AsyncConnection, operator: bytes, kind: str) -> list[StakingEvent]:
    row = tables.staking_event
    rows = (
        staking_rows()
        .where(row.c.operator == operator, row.c.kind == kind)
        .order_by(row.c.id.desc())
        .limit(_MOST_EVENTS)
    )
    return list(map(as_staking_event, (await connection.execute(rows)).all()))


def staking_rows(*before: ColumnElement[Any]) -> Select[Any]:
    """Selects staking events, each with its transaction and block, and columns before them."""
    row = tables.staking_event
    columns = (
        row.c.kind,
        row.c.contract,
        row.c.operator,
        row.c.validator,
        row.c.amount,
        row.c.fields,
    )
    return with_transaction(row, "tx_id", *before, *columns)


def as_staking_event(row: Sequence[Any]) -> StakingEvent:
    """The event of a row of `staking_rows`."""
    kind, contract, operator, validator, amount, fields = row[:6]
    return StakingEvent(kind, contract, operator, validator, amount, fields, as_transaction(row))


def number(value: object) -> int | None:
    """An integer in a field of an event, which may be decimal text."""
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and value.isdecimal() else None
