"""Operators' stake, as the events of StakingManager add up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sqlalchemy import select

from hyperlane.explorer.queries.keeping import Keeper
from hyperlane.explorer.queries.reading import as_transaction, with_transaction
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
MOST_EVENTS = 5000
"""Most events of one operator that are added up. No stake is shown of one that has made more."""
_keeper = Keeper(10.0)


@dataclass(frozen=True, slots=True)
class Stake:
    """An operator of StakingManager."""

    contract: bytes
    operator: Address
    staked: int = 0
    """What its pool has, without what is being unstaked; in the token's smallest units."""
    slashed: int = 0
    """What was confiscated, of what was being unstaked as well."""
    status: str = "active"
    """Active, jailed, left or tombstoned."""
    jailed_until: int | None = None


async def stakes(
    database: Database, validators: Sequence[Address], domain: int
) -> dict[Address, Stake]:
    """Stake behind the keys of validators of a chain, some seconds old. Keys are left out that no
    operator has, that an operator has replaced, or whose registration is not read yet."""
    wanted = tuple(validators)
    return await _keeper.get(database, (wanted, domain), partial(_read, database, wanted, domain))


async def _read(
    database: Database, validators: Sequence[Address], domain: int
) -> dict[Address, Stake]:
    row = tables.staking_event
    keys = select(row.c.operator, row.c.contract).where(
        row.c.validator.in_(validators), row.c.domain == domain
    )
    found: dict[Address, Stake] = {}
    async with database.read() as connection:
        for operator, contract in dict.fromkeys(map(tuple, await connection.execute(keys))):
            if operator is None:
                continue
            its = with_transaction(
                row, "tx_id", row.c.log_index, row.c.kind, row.c.amount, row.c.fields,
                row.c.validator,
            ).where(row.c.operator == operator, row.c.contract == contract)  # fmt: skip
            events = (await connection.execute(its.limit(MOST_EVENTS + 1))).all()
            if len(events) > MOST_EVENTS:
                continue
            key, stake = _added_up(Stake(contract, operator), sorted(events, key=in_order))
            if key is not None and key in validators:
                found[key] = stake
    return found


def in_order(row: Sequence[Any]) -> tuple[int, int]:
    """Place on the chain of a row that begins with the index of its log, and ends with its
    transaction. The numbers of rows do not tell it, as history is read backwards."""
    return as_transaction(row).block, row[0]


def _added_up(stake: Stake, events: Iterable[Sequence[Any]]) -> tuple[Address | None, Stake]:
    key = None
    for _, kind, amount, fields, validator, *_ in events:
        match kind:
            case "OperatorRegistered" | "KeyRotated":
                key = validator
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
    return key, stake
