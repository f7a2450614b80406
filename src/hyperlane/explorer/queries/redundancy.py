"""Redundancy: how many signers each security module can lose."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hyperlane.store.database import Database


@dataclass(frozen=True, slots=True)
class Redundancy:
    """A recipient's security module for messages of one origin."""

    domain: int
    recipient: bytes
    """Empty for the Mailbox's default module."""
    origin: int
    module: Mapping[str, Any]
    spare: int | None
    """Live signers above the threshold, where it is scarcest; None where no signatures are
    wanted."""
    oldest_at: int | None
    """Time of the oldest last signature."""
    problem: str | None
    checked_at: int


Key = tuple[int, bytes, int]
"""Domain, recipient and origin of a row."""


async def redundancy(
    database: Database,
    domain: int | None = None,
    after: Key | None = None,
    limit: int = 200,
) -> tuple[Redundancy, ...]:
    """Rows by domain, recipient and origin, above a key."""
    raise NotImplementedError


async def scarcest(database: Database, limit: int = 50) -> tuple[Redundancy, ...]:
    """Rows with the fewest spare signers first; those that want no signatures are left out."""
    raise NotImplementedError


async def of_message(
    database: Database, origin: int, destination: int, recipient: bytes
) -> Redundancy | None:
    """The row of a message's recipient, else that of its Mailbox's default module."""
    raise NotImplementedError
