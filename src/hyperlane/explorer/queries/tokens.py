"""Token transfers that messages carry."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, case, or_, select

from hyperlane.explorer.queries.reading import of_each
from hyperlane.explorer.queries.records import Transfer
from hyperlane.protocol.typecasts import Bytes32
from hyperlane.store.database import Database
from hyperlane.store.scraper import tables
from hyperlane.store.scraper.tokens import as_token


async def transfers(
    database: Database, ids: Sequence[Bytes32]
) -> dict[Bytes32, tuple[Transfer, ...]]:
    """Token transfers of some messages, by message id."""
    token = tables.token
    async with database.read() as connection:
        found = await of_each(connection, _rows, ids)
        # More than the pairs, which would be looked for by reading all rows.
        read = select(token).where(
            token.c.domain.in_({each.domain for each in found}),
            token.c.router.in_({each.router for each in found}),
        )
        known = map(as_token, (await connection.execute(read)).all())
        tokens = {(each.domain, bytes(each.router)): each for each in known}
    grouped: dict[Bytes32, list[Transfer]] = defaultdict(list)
    for each in found:
        grouped[each.msg_id].append(
            Transfer(
                each.direction,
                each.domain,
                each.router,
                each.remote,
                each.recipient,
                each.amount,
                each.hash,
                tokens.get((each.domain, each.router)),
            )
        )
    return {message_id: tuple(those) for message_id, those in grouped.items()}


def _rows(ids: Sequence[Bytes32]) -> Select[Any]:
    row, its, sent = tables.token_transfer, tables.transaction, tables.message
    place = case((row.c.direction == "sent", sent.c.origin), else_=sent.c.destination)
    return (
        select(
            row.c.id,
            row.c.msg_id,
            row.c.direction,
            row.c.domain,
            row.c.router,
            row.c.remote,
            row.c.recipient,
            row.c.amount,
            its.c.hash,
        )
        .join_from(row, its, row.c.tx_id == its.c.id)
        .outerjoin(sent, sent.c.msg_id == row.c.msg_id)
        # A node of another chain may make transfers up. The dispatch may not be stored.
        .where(row.c.msg_id.in_(ids), or_(sent.c.id.is_(None), row.c.domain == place))
    )
