"""The stream of everything that happens to messages."""

from dataclasses import dataclass

from hyperlane.explorer.queries.records import Life
from hyperlane.protocol.typecasts import Bytes32
from hyperlane.store.database import Database


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened to a message."""

    number: int
    time: int
    kind: str
    """dispatched, inserted, paid or delivered; with `un` before it if the chain dropped it."""
    id: Bytes32
    life: Life | None
    """The message as it is now; None if nothing of it is stored any longer."""


async def changes(database: Database, after: int = 0, limit: int = 100) -> tuple[Change, ...]:
    """Changes above a number, in order; lives are without signatures and staking events."""
    raise NotImplementedError


async def newest(database: Database) -> int:
    """Number of the newest change; 0 before the first."""
    raise NotImplementedError
