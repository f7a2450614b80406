"""Messages of an account that name it neither as sender nor as recipient.

A wallet sends tokens by calling a router, which is the sender of the message; the recipient is a
router as well. A relayer is no part of the messages that it delivers.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hyperlane.explorer.queries.reading import as_message, evm, message_rows, word
from hyperlane.explorer.queries.records import Message
from hyperlane.protocol.typecasts import Bytes32
from hyperlane.store.database import Database
from hyperlane.store.scraper import tables

_LOOKED_AT = 100
"""Transactions and transfers of an account, the last stored of each, that are looked through."""


@dataclass(frozen=True, slots=True)
class Account:
    """Messages of an account, newest first."""

    dispatched: tuple[Message, ...]
    """Those of its transactions."""
    received: tuple[Message, ...]
    """Those whose tokens are for it."""
    delivered: tuple[Message, ...]
    """Those that its transactions delivered."""


async def account(database: Database, address: bytes, limit: int) -> Account:
    """The messages of an address of 20 or 32 bytes."""
    row, message = tables.delivered_message, tables.message
    async with database.read() as connection:
        numbers = list((await connection.execute(_transactions(address))).scalars())
        sent = message_rows().where(message.c.origin_tx_id.in_(numbers)).limit(_LOOKED_AT)
        deliveries = select(row.c.msg_id, row.c.domain).where(row.c.destination_tx_id.in_(numbers))
        carried = await _told(connection, _transfers(address))
        brought = await _told(connection, deliveries.limit(_LOOKED_AT))
        received = await _messages(connection, carried)
        delivered = await _messages(connection, brought)
        return Account(
            _newest(map(as_message, (await connection.execute(sent)).all()), limit),
            _newest((each for each in received if _ends(each) & carried), limit),
            _newest((each for each in delivered if (each.id, each.destination) in brought), limit),
        )


async def is_account(connection: AsyncConnection, address: bytes) -> bool:
    """Whether anything is known of an account."""
    for rows in (_transactions(address), _transfers(address)):
        if (await connection.execute(rows.limit(1))).first() is not None:
            return True
    return False


def _transactions(address: bytes) -> Select[Any]:
    row = tables.transaction
    rows = select(row.c.id).where(row.c.sender == (evm(address) or address))
    return rows.order_by(row.c.id.desc()).limit(_LOOKED_AT)


def _transfers(address: bytes) -> Select[Any]:
    row = tables.token_transfer
    rows = select(row.c.msg_id, row.c.domain).where(row.c.recipient == word(address))
    return rows.order_by(row.c.id.desc()).limit(_LOOKED_AT)


async def _told(connection: AsyncConnection, rows: Select[Any]) -> set[tuple[Bytes32, int]]:
    """Ids of messages, each with the chain whose records name it. Only a message's origin and
    destination are believed."""
    return {(each.msg_id, each.domain) for each in (await connection.execute(rows)).all()}


def _ends(message: Message) -> set[tuple[Bytes32, int]]:
    return {(message.id, message.origin), (message.id, message.destination)}


async def _messages(
    connection: AsyncConnection, told: Iterable[tuple[Bytes32, int]]
) -> list[Message]:
    ids = {message_id for message_id, _ in told}
    rows = message_rows().where(tables.message.c.msg_id.in_(ids))
    return list(map(as_message, (await connection.execute(rows)).all()))


def _newest(messages: Iterable[Message], limit: int) -> tuple[Message, ...]:
    newest = sorted(messages, key=lambda each: (each.sent_at, each.number), reverse=True)
    return tuple(newest[:limit])
