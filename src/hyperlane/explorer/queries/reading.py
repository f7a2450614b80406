"""Parts of statements that several queries share."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.visitors import InternalTraversal

from hyperlane.explorer.queries.records import Message, Transaction
from hyperlane.protocol.typecasts import ADDRESS_SIZE, WORD_SIZE, Address, Bytes32
from hyperlane.store.scraper import tables

block, transaction, message = tables.block, tables.transaction, tables.message

TRANSACTION = (
    transaction.c.hash,
    block.c.domain,
    block.c.height,
    block.c.hash,
    block.c.timestamp,
    block.c.final,
    transaction.c.sender,
    transaction.c.recipient,
    transaction.c.nonce,
    transaction.c.gas_limit,
    transaction.c.gas_used,
    transaction.c.effective_gas_price,
)
"""Fields of `Transaction`, in its order."""

MESSAGE = (
    message.c.id,
    message.c.msg_id,
    message.c.origin,
    message.c.destination,
    message.c.nonce,
    message.c.sender,
    message.c.recipient,
    message.c.origin_mailbox,
    message.c.sent_at,
    message.c.delivered_at,
    transaction.c.hash,
    block.c.height,
    block.c.final,
)
"""Fields of `Message`, in its order."""
_MOST, _MOST_OF_ONE = 5000, 100
"""Rows of one kind that are read for some messages, and for one: anybody may pay for a message, or
insert it into a tree, many times."""


class Unindexed(ColumnElement[Any]):
    """A column that SQLite must look up no index by.

    It cannot know that another index of the statement is the one whose part is bounded.
    """

    inherit_cache = True
    __visit_name__ = "unindexed"
    _traverse_internals = [("column", InternalTraversal.dp_clauseelement)]  # noqa: RUF012

    def __init__(self, column: ColumnElement[Any]) -> None:
        self.column = column
        self.type = column.type


@compiles(Unindexed)
def _plain(element: Unindexed, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.column, **options)


@compiles(Unindexed, "sqlite")
def _with_plus(element: Unindexed, compiler: SQLCompiler, **options: Any) -> str:
    return f"+{compiler.process(element.column, **options)}"


def message_rows() -> Select[Any]:
    """Selects messages, each with its transaction and block."""
    return (
        select(*MESSAGE)
        .join_from(message, transaction, message.c.origin_tx_id == transaction.c.id)
        .join(block, transaction.c.block_id == block.c.id)
    )


def with_transaction(table: Any, reference: str, *columns: ColumnElement[Any]) -> Select[Any]:
    """Selects columns of a table's rows, and then those of their transactions and blocks."""
    return (
        select(*columns, *TRANSACTION)
        .join_from(table, transaction, table.c[reference] == transaction.c.id)
        .join(block, transaction.c.block_id == block.c.id)
    )


async def of_each(
    connection: AsyncConnection,
    rows: Callable[[Sequence[Bytes32]], Select[Any]],
    ids: Sequence[Bytes32],
) -> list[Any]:
    """Rows of messages with these ids, in the order of their first column; of each message so few
    that they crowd out no other's."""
    most = min(_MOST, _MOST_OF_ONE * len(ids))
    found = list((await connection.execute(rows(ids).limit(most))).all())
    if len(found) == most and len(ids) > 1:
        found = []
        for each in ids:
            found += (await connection.execute(rows([each]).limit(_MOST_OF_ONE))).all()
    return sorted(found, key=lambda row: int(row[0]))


def as_message(row: Sequence[Any]) -> Message:
    """The message of a row of `message_rows`."""
    return Message(*row)


def as_transaction(row: Sequence[Any]) -> Transaction:
    """The transaction at the end of a row of `with_transaction`."""
    return Transaction(*row[-len(TRANSACTION) :])


def forms(address: bytes) -> tuple[bytes, ...]:
    """The forms in which a column may hold an address: of 20 and of 32 bytes."""
    if len(address) == ADDRESS_SIZE:
        return address, bytes(WORD_SIZE - ADDRESS_SIZE) + address
    if len(address) == WORD_SIZE and not any(address[: WORD_SIZE - ADDRESS_SIZE]):
        return address[WORD_SIZE - ADDRESS_SIZE :], address
    return (address,)


def word(address: bytes) -> Bytes32:
    """An address in 32 bytes."""
    return Bytes32(address.rjust(WORD_SIZE, b"\0"))


def evm(address: bytes) -> Address | None:
    """The EVM address in 20 or 32 bytes; None if it is none."""
    short = forms(address)[0]
    return Address(short) if len(short) == ADDRESS_SIZE else None
