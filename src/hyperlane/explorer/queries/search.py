"""Search: what a person may type into the search box, and where it leads."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hyperlane.explorer.queries.accounts import is_account
from hyperlane.explorer.queries.reading import evm, forms, word
from hyperlane.explorer.queries.routes import router_key, routes
from hyperlane.protocol.typecasts import WORD_SIZE, to_checksum, to_hex
from hyperlane.store.database import Database
from hyperlane.store.scraper import tables

LONGEST = 500
"""Characters of a text that are looked at; links are longer than ids."""
_MOST = 20
"""Hits of one kind."""
_HEX = re.compile(r"(?<![0-9a-z])(?:0x)?([0-9a-f]{64}|[0-9a-f]{40})(?![0-9a-z])", re.I | re.A)
_SHORTENED = re.compile(r"0x([0-9a-f]{6,63})(?:(?:…|\.{2,3})([0-9a-f]*))?", re.I | re.A)
"""The beginning of an id or hash, and its end if it was cut out of the middle."""
_NUMBER = re.compile(r"(?:block\D{0,3}|#)?([0-9]{1,12})", re.I | re.A)
_BLOCK_IN_LINK = re.compile(r"/blocks?/([0-9]{1,12})\b", re.A)
_GAPS = re.compile(r"[\s_-]+")


class Kind(StrEnum):
    """Kind of page that a hit leads to."""

    MESSAGE = "message"
    TRANSACTION = "transaction"
    ADDRESS = "address"
    """An address that has to do with messages."""
    VALIDATOR = "validator"
    ROUTE = "route"
    CHAIN = "chain"


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that was found."""

    kind: Kind
    key: str
    """For a URL: hex of an id, hash or address; a domain; a route's key."""
    label: str
    """For people; may be strangers' text."""
    domain: int | None = None


async def search(database: Database, text: str) -> tuple[Hit, ...]:
    """Everything that a text may mean, best first.

    It may be a message id or a transaction's hash, also its beginning, or beginning and end; an
    address of 20 or 32 bytes; a chain's name, domain or chain id; a block's number; the name of a
    route, or of its token; or a text or link that contains whole ids, hashes or addresses.
    """
    text = text[:LONGEST].replace("\0", "").strip().strip("\"'`")
    if not text:
        return ()
    hits: list[Hit] = []
    async with database.read() as connection:
        for data in words(text):
            hits += await _of_word(connection, data) if len(data) == WORD_SIZE else ()
            hits += await _of_address(connection, data)
        if not hits:
            hits += await _shortened(connection, text)
            hits += await _chains(connection, text)
            hits += await _blocks(connection, text)
            hits += await _routes(connection, text)
    if not hits:
        hits += await _tokens(database, text)
    return tuple(dict.fromkeys(hits))


def words(text: str) -> list[bytes]:
    """The hashes and addresses in a text."""
    found = dict.fromkeys(digits.lower() for digits in _HEX.findall(text))
    return [bytes.fromhex(digits) for digits in found][:_MOST]


async def _of_word(connection: AsyncConnection, data: bytes) -> list[Hit]:
    hits = []
    for table in (tables.message, tables.delivered_message):
        if await _exists(connection, table, table.c.msg_id == data):
            hits.append(Hit(Kind.MESSAGE, to_hex(data), to_hex(data)))
            break
    if await _exists(connection, tables.transaction, tables.transaction.c.hash == data):
        hits.append(Hit(Kind.TRANSACTION, to_hex(data), to_hex(data)))
    return hits


async def _of_address(connection: AsyncConnection, data: bytes) -> list[Hit]:
    hits = []
    message, announced, status = (
        tables.message,
        tables.validator_announcement,
        tables.validator_status,
    )
    known = select(tables.domain.c.id)
    address, its = evm(data), forms(data)
    label = to_hex(data) if address is None else to_checksum(address)
    if address is not None and (
        await _exists(connection, announced, announced.c.validator == address)
        or await _exists(
            connection, status, status.c.domain.in_(known) & (status.c.validator == address)
        )
    ):
        hits.append(Hit(Kind.VALIDATOR, to_hex(address), label))
    token = tables.token
    routers = (
        select(token.c.domain, token.c.router, token.c.symbol)
        .where(token.c.domain.in_(known), token.c.router.in_(its))
        .limit(_MOST)
    )
    for domain, router, symbol in (await connection.execute(routers)).all():
        hits.append(
            Hit(Kind.ROUTE, router_key(domain, router), f"{symbol or 'router'} {label}", domain)
        )
    if (
        await _exists(connection, message, message.c.sender == word(data))
        or await _exists(connection, message, message.c.recipient == word(data))
        or (not hits and await is_account(connection, data))
    ):
        hits.append(Hit(Kind.ADDRESS, to_hex(word(data)), label))
    return hits


async def _shortened(connection: AsyncConnection, text: str) -> list[Hit]:
    """Ids and hashes with the beginning, and the end, that a text has."""
    match = _SHORTENED.fullmatch(text)
    if match is None:
        return []
    head, tail = match[1].lower(), (match[2] or "").lower()
    lowest, highest = (bytes.fromhex(head.ljust(64, digit)) for digit in "0f")
    hits = []
    for kind, column in (
        (Kind.MESSAGE, tables.message.c.msg_id),
        (Kind.TRANSACTION, tables.transaction.c.hash),
    ):
        rows = select(column).where(column >= lowest, column <= highest).limit(_MOST)
        for data in (await connection.execute(rows)).scalars():
            if data.hex().endswith(tail):
                hits.append(Hit(kind, to_hex(data), to_hex(data)))
    return hits


async def _chains(connection: AsyncConnection, text: str) -> list[Hit]:
    row = tables.domain
    found = (await connection.execute(select(row.c.id, row.c.name, row.c.chain_id))).all()
    wanted = _GAPS.sub("", text.casefold()).removeprefix("chain").removeprefix("domain")
    named = [
        each for each in found if wanted in (each.name.casefold(), str(each.id), str(each.chain_id))
    ]
    some = named or [each for each in found if wanted and each.name.casefold().startswith(wanted)]
    return [Hit(Kind.CHAIN, str(each.id), each.name, each.id) for each in some[:_MOST]]


async def _blocks(connection: AsyncConnection, text: str) -> list[Hit]:
    """Transactions of the blocks of this number, on any chain."""
    match = _NUMBER.fullmatch(text) or _BLOCK_IN_LINK.search(text)
    if match is None:
        return []
    block, row = tables.block, tables.transaction
    rows = (
        select(row.c.hash, block.c.domain)
        .join_from(block, row, row.c.block_id == block.c.id)
        .where(block.c.domain.in_(select(tables.domain.c.id)), block.c.height == int(match[1]))
        .limit(_MOST)
    )
    return [
        Hit(Kind.TRANSACTION, to_hex(hash_), f"{to_hex(hash_)} in block {int(match[1]):,}", domain)
        for hash_, domain in (await connection.execute(rows)).all()
    ]


async def _routes(connection: AsyncConnection, text: str) -> list[Hit]:
    row = tables.token
    spellings = dict.fromkeys((text, text.lower(), _with_upper_symbol(text)))
    found = select(row.c.route).where(row.c.route.in_(spellings)).limit(_MOST)
    names = dict.fromkeys((await connection.execute(found)).scalars())
    return [Hit(Kind.ROUTE, name, name) for name in names]


async def _tokens(database: Database, text: str) -> list[Hit]:
    """Routes whose token has this name or symbol."""
    wanted = text.casefold()
    return [
        Hit(Kind.ROUTE, each.key, each.name or f"{text} {each.key}")
        for each in (await routes(database)).routes
        if any(
            wanted in ((router.symbol or "").casefold(), (router.name or "").casefold())
            for router in each.routers
        )
    ][:_MOST]


def _with_upper_symbol(text: str) -> str:
    """A route's name as registries write it: `USDC/ethereum-base`."""
    symbol, slash, chains = text.partition("/")
    return f"{symbol.upper()}{slash}{chains.lower()}"


async def _exists(connection: AsyncConnection, table: Any, condition: ColumnElement[bool]) -> bool:
    found = select(next(iter(table.c))).where(condition).limit(1)
    return (await connection.execute(found)).first() is not None
