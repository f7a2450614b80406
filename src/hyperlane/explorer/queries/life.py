"""The whole life of one message."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Select, and_
from sqlalchemy.ext.asyncio import AsyncConnection

from hyperlane.explorer.queries.reading import (
    MESSAGE,
    TRANSACTION,
    as_message,
    as_transaction,
    message,
    message_rows,
    of_each,
    with_transaction,
)
from hyperlane.explorer.queries.records import (
    Delivery,
    Insertion,
    Life,
    Payment,
    StakingEvent,
)
from hyperlane.explorer.queries.signatures import answers_for, signatures
from hyperlane.explorer.queries.tokens import transfers
from hyperlane.protocol.typecasts import Bytes32
from hyperlane.store.database import Database
from hyperlane.store.scraper import tables


async def life(database: Database, message_id: Bytes32) -> Life | None:
    """All that is stored of a message; None if nothing is."""
    found = (await lives(database, [message_id])).get(message_id)
    if found is None or found.message is None or not found.insertions:
        return found
    sent, leaf = found.message, found.insertions[0].leaf_index
    signed = await signatures(database, sent.origin, leaf, sent.sent_at)
    staking: tuple[StakingEvent, ...] = await answers_for(
        database, sent.origin, leaf, [each.validator for each in signed]
    )
    return replace(found, signatures=signed, staking=staking)


async def lives(database: Database, ids: Sequence[Bytes32]) -> dict[Bytes32, Life]:
    """Records of some messages, by id, without signatures and staking events."""
    wanted = list(dict.fromkeys(ids))
    sent: dict[Bytes32, Sequence[Any]]
    async with database.read() as connection:
        sent = {row[1]: row for row in (await connection.execute(_dispatches(wanted))).all()}
        inserted = await _grouped(connection, _insertions, wanted)
        paid = await _grouped(connection, _payments, wanted)
        delivered = await _grouped(connection, _deliveries, wanted)
    carried = await transfers(database, wanted)
    found = {}
    for message_id in wanted:
        if not (message_id in sent or message_id in delivered):
            continue
        row = sent.get(message_id)
        dispatched = None if row is None else as_message(row[: len(MESSAGE)])
        found[message_id] = Life(
            id=message_id,
            message=dispatched,
            body=None if row is None else row[len(MESSAGE)] or b"",
            dispatch=None if row is None else as_transaction(row),
            insertions=tuple(
                Insertion(each[2], each[3], as_transaction(each)) for each in inserted[message_id]
            ),
            payments=tuple(
                Payment(each[2], each[3], each[4], each[5], as_transaction(each))
                for each in paid[message_id]
            ),
            delivery=next(
                (
                    Delivery(each[2], each[3], as_transaction(each))
                    for each in delivered[message_id]
                    if dispatched is None or each[3] == dispatched.destination
                ),
                None,
            ),
            transfers=carried.get(message_id, ()),
            signatures=(),
            staking=(),
        )
    return found


def _dispatches(ids: Sequence[Bytes32]) -> Select[Any]:
    return (
        message_rows()
        .add_columns(message.c.msg_body, *TRANSACTION)
        .where(message.c.msg_id.in_(ids))
    )


def _insertions(ids: Sequence[Bytes32]) -> Select[Any]:
    row = tables.merkle_tree_insertion
    columns = row.c.id, row.c.message_id, row.c.merkle_tree_hook, row.c.leaf_index
    return _on_origin(row, with_transaction(row, "tx_id", *columns), row.c.message_id, ids)


def _payments(ids: Sequence[Bytes32]) -> Select[Any]:
    row = tables.gas_payment
    columns = (
        row.c.id,
        row.c.msg_id,
        row.c.interchain_gas_paymaster,
        row.c.payment,
        row.c.gas_amount,
        row.c.destination,
    )
    return _on_origin(row, with_transaction(row, "tx_id", *columns), row.c.msg_id, ids)


def _on_origin(table: Any, rows: Select[Any], id_: Any, ids: Sequence[Bytes32]) -> Select[Any]:
    """Rows of messages that are from the message's own origin: another chain's node may make some
    up."""
    its = and_(message.c.msg_id == id_, message.c.origin == table.c.domain)
    return rows.join(message, its).where(id_.in_(ids))


def _deliveries(ids: Sequence[Bytes32]) -> Select[Any]:
    row = tables.delivered_message
    columns = row.c.id, row.c.msg_id, row.c.destination_mailbox, row.c.domain
    return with_transaction(row, "destination_tx_id", *columns).where(row.c.msg_id.in_(ids))


async def _grouped(
    connection: AsyncConnection,
    rows: Callable[[Sequence[Bytes32]], Select[Any]],
    ids: Sequence[Bytes32],
) -> Mapping[Bytes32, list[Sequence[Any]]]:
    """Rows by their second column, the id."""
    grouped: dict[Bytes32, list[Sequence[Any]]] = defaultdict(list)
    for row in await of_each(connection, rows, ids):
        grouped[row[1]].append(row)
    return grouped
