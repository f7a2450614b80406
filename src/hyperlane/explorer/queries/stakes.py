"""Operators' stake, as the events of StakingManager add up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from operator import itemgetter
from typing import Any

from sqlalchemy import select

from hyperlane.explorer.queries.keeping import Keeper
from hyperlane.explorer.queries.signatures import number
from hyperlane.protocol.typecasts import Address
from hyperlane.store.database import Database
from hyperlane.store.scraper import tables

KINDS = (
    "OperatorRegistered",
    "KeyRotated",
    "CommissionLowered",
    "OperatorLeft",
    "Staked",
    "Unstaked",
    "Rewarded",
    "Slashed",
    "Jailed",
    "Unjailed",
    "Tombstoned",
    "Challenged",
    "Answered",
    "Unanswered",
    "FaultProven",
)
"""Events that name an operator."""

_TAKEN = ("staked", "unbonding")
_MOST_EVENTS = 5000
"""Of one operator. Who makes more, one unit at a time, goes without."""
_keeper = Keeper(10.0)


@dataclass(frozen=True, slots=True)
class Stake:
    """An operator of StakingManager."""

    contract: bytes
    operator: Address
    staked: int = 0
    """Tokens of its pool that are not being unstaked."""
    slashed: int = 0
    """Tokens that were confiscated, unbonding ones included."""
    status: str = "active"
    """Active, jailed, left or tombstoned."""
    jailed_until: int | None = None


async def stakes(
    database: Database, validators: Sequence[Address], domain: int
) -> dict[Address, Stake]:
    """Stake behind the keys of validators of a chain, some seconds old; validators that are no
    operators are left out."""
    wanted = tuple(validators)
    return await _keeper.get(database, (wanted, domain), partial(_read, database, wanted, domain))


async def _read(
    database: Database, validators: Sequence[Address], domain: int
) -> dict[Address, Stake]:
    row = tables.staking_event
    keys = select(row.c.validator, row.c.operator, row.c.contract).where(
        row.c.validator.in_(validators), row.c.domain == domain
    )
    found = {}
    async with database.read() as connection:
        for key, operator, contract in (await connection.execute(keys)).all():
            if operator is None or key in found:
                continue
            its = select(row.c.id, row.c.kind, row.c.amount, row.c.fields).where(
                row.c.operator == operator, row.c.contract == contract
            )
            events = (await connection.execute(its.limit(_MOST_EVENTS + 1))).all()
            if len(events) > _MOST_EVENTS:
                continue
            found[key] = _added_up(Stake(contract, operator), sorted(events, key=itemgetter(0)))
    return found


def _added_up(stake: Stake, events: Iterable[Sequence[Any]]) -> Stake:
    for _, kind, amount, fields in events:
        match kind:
            case "Staked" | "Rewarded":
                stake = replace(stake, staked=stake.staked + (amount or 0))
            case "Unstaked":
                stake = replace(stake, staked=stake.staked - (amount or 0))
            case "Slashed":
                taken, unbonding = (number(fields.get(name)) or 0 for name in _TAKEN)
                stake = replace(
                    stake, staked=stake.staked - taken, slashed=stake.slashed + taken + unbonding
                )
            case "Jailed":
                until = number(fields.get("until"))
                stake = replace(stake, status="jailed", jailed_until=until)
            case "Unjailed":
                stake = replace(stake, status="active", jailed_until=None)
            case "OperatorLeft":
                stake = replace(stake, status="left")
            case "Tombstoned":
                stake = replace(stake, status="tombstoned")
    return stake
