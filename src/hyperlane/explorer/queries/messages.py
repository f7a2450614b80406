"""Lists of messages, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass

from hyperlane.explorer.queries import paging
from hyperlane.explorer.queries.paging import Page, Place
from hyperlane.explorer.queries.records import Delivery, Message, Transaction, Transfer
from hyperlane.protocol.typecasts import Bytes32
from hyperlane.store.database import Database


@dataclass(frozen=True, slots=True)
class Wanted:
    """What messages of a list have in common; None: anything."""

    origin: int | None = None
    destination: int | None = None
    sender: Bytes32 | None = None
    recipient: Bytes32 | None = None
    delivered: bool | None = None
    since: int | None = None
    """Sent at this time or later."""
    until: int | None = None
    """Sent before this time."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """A transaction, and the messages that it dispatched and delivered."""

    transaction: Transaction
    dispatched: tuple[Message, ...]
    delivered: tuple[Message, ...]
    deliveries: tuple[tuple[Bytes32, Delivery], ...]
    """All deliveries by message id, also of messages whose dispatch is not stored."""


ANY = Wanted()


async def messages(
    database: Database,
    wanted: Wanted = ANY,
    after: Place | None = None,
    limit: int = paging.DEFAULT,
) -> Page[Message]:
    """Messages that match, newest first, below a place."""
    raise NotImplementedError


async def message(database: Database, message_id: Bytes32) -> Message | None:
    """The message of an id."""
    raise NotImplementedError


async def traffic(database: Database, transaction: Bytes32) -> tuple[Traffic, ...]:
    """What a transaction did; one for each chain that has a transaction of the hash."""
    raise NotImplementedError


async def transfers(
    database: Database, ids: Sequence[Bytes32]
) -> dict[Bytes32, tuple[Transfer, ...]]:
    """Token transfers of some messages, by message id."""
    raise NotImplementedError
