"""Routers of warp routes, and the transfers that messages carry."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from hyperlane.explorer.queries.records import Token, Transfer
from hyperlane.protocol.typecasts import Bytes32
from hyperlane.store.database import Database
from hyperlane.store.scraper import tables

TOKEN = (
    tables.token.c.domain,
    tables.token.c.router,
    tables.token.c.token,
    tables.token.c.standard,
    tables.token.c.name,
    tables.token.c.symbol,
    tables.token.c.decimals,
    tables.token.c.route,
    tables.token.c.routers,
    tables.token.c.locked,
    tables.token.c.minted,
    tables.token.c.checked_at,
)
"""Fields of `Token`, in its order."""

_MOST = 2000
"""Transfers that are listed at once."""


async def transfers(
    database: Database, ids: Sequence[Bytes32]
) -> dict[Bytes32, tuple[Transfer, ...]]:
    """Token transfers of some messages, by message id."""
    sent, token, its = tables.token_transfer, tables.token, tables.transaction
    found = (
        select(
            sent.c.id,
            sent.c.msg_id,
            sent.c.direction,
            sent.c.domain,
            sent.c.router,
            sent.c.remote,
            sent.c.recipient,
            sent.c.amount,
            its.c.hash,
            *TOKEN,
        )
        .join_from(sent, its, sent.c.tx_id == its.c.id)
        .outerjoin(token, (token.c.domain == sent.c.domain) & (token.c.router == sent.c.router))
        .where(sent.c.msg_id.in_(ids))
        .limit(_MOST)
    )
    async with database.read() as connection:
        rows: Sequence[Any] = (await connection.execute(found)).all()
    grouped: dict[Bytes32, list[Transfer]] = defaultdict(list)
    for row in sorted(rows, key=lambda each: int(each[0])):
        direction, domain, router, remote, recipient, amount, its_hash = row[2:9]
        known = None if row[9] is None else as_token(row[9:])
        grouped[row[1]].append(
            Transfer(direction, domain, router, remote, recipient, amount, its_hash, known)
        )
    return {message_id: tuple(found) for message_id, found in grouped.items()}


def as_token(row: Sequence[Any]) -> Token:
    """The token of a row of `TOKEN`."""
    domain, router, token, standard, name, symbol, decimals, route, routers, *amounts = row
    enrolled = {}
    for remote, address in (routers or {}).items():
        enrolled[int(remote)] = bytes.fromhex(address.removeprefix("0x"))
    return Token(domain, router, token, standard, name, symbol, decimals, route, enrolled, *amounts)
