"""Warp routes: routers that are enrolled with each other, and what they lock and have minted."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

from sqlalchemy import Select, String, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hyperlane.agents.scraper.backing import Backing, backings
from hyperlane.explorer.queries.keeping import Keeper
from hyperlane.explorer.queries.reading import forms, word
from hyperlane.store.database import Database
from hyperlane.store.scraper import tables
from hyperlane.store.scraper.tokens import End, Token, as_token

_MOST_LISTED, _MOST_OF_ROUTE = 2000, 500
"""Routers: strangers may make as many as they like."""
_ROOM_OF_LIST, _ROOM_OF_ROUTE = 2 * 1024**2, 1024**2
"""Most characters, in JSON, of all routers that these are enrolled with: each may have hundreds."""
_MOST_STEPS = 10
"""Steps from a router to those that it is enrolled with. Mostly one leads to all others."""
_keeper = Keeper(10.0)
_ROUTER = re.compile("([0-9]{1,10}):0x([0-9a-fA-F]{40}|[0-9a-fA-F]{64})")


@dataclass(frozen=True, slots=True)
class Link:
    """An enrolment of one router with another, each by domain and address in 32 bytes."""

    start: End
    end: End
    mutual: bool
    """False if the other is not enrolled with it, or is not known."""


@dataclass(frozen=True, slots=True)
class Route:
    """Routers that are enrolled with each other, directly or by way of others."""

    key: str
    """Its name in the registry, else `<domain>:<router>` of its first router."""
    name: str | None
    routers: tuple[Token, ...]
    links: tuple[Link, ...]
    unread: tuple[End, ...]
    """Enrolled routers that nothing is known of."""
    locked: Fraction | None
    """Whole tokens that its routers lock; None if unknown, as where its ends disagree about what a
    whole token is, or keep shares of a vault."""
    minted: Fraction | None
    """Whole tokens that its routers have minted."""
    partial: bool
    """Whether some routers do not tell, or are not read, so that more may be locked and minted."""
    missing: Fraction | None
    """Whole tokens that were minted beyond what is locked; None if that cannot be told."""
    covered: bool | None
    """Whether nothing is missing; None if that cannot be told."""


@dataclass(frozen=True, slots=True)
class Routes:
    """A list of routes."""

    routes: tuple[Route, ...]
    complete: bool
    """False if there are more routers than are listed; search finds them."""


async def routes(database: Database) -> Routes:
    """Routes with a name in the registry first, then the newest others; some seconds old."""
    return await _keeper.get(database, None, partial(_read, database))


async def _read(database: Database) -> Routes:
    token = tables.token
    named = select(token).where(token.c.route.is_not(None)).order_by(token.c.route)
    others = select(token).where(token.c.id > 0, token.c.route.is_(None))
    async with database.read() as connection:
        listed, room = await _tokens(connection, named.limit(_MOST_LISTED), _ROOM_OF_LIST)
        left = _MOST_LISTED - len(listed)
        more, room = await _tokens(
            connection, others.order_by(token.c.id.desc()).limit(left + 1), room
        )
    listed += more[:left]
    grouped = sorted(_routes(listed), key=lambda each: (each.name is None, each.name or ""))
    return Routes(tuple(grouped), complete=room >= 0 and len(more) <= left)


async def route(database: Database, key: str) -> Route | None:
    """The route of a key, or of any of its routers as `<domain>:<router>`."""
    key = key.replace("\0", "")  # PostgreSQL has no text with it
    token, end = tables.token, _end(key)
    if end is None:
        start = select(token).where(token.c.route == key).order_by(token.c.id)
    else:
        domain, router = end
        start = select(token).where(token.c.domain == domain, token.c.router.in_(forms(router)))
    async with database.read() as connection:
        found, room = await _tokens(connection, start.limit(_MOST_OF_ROUTE), _ROOM_OF_ROUTE)
        if not found:
            return None
        first = _place(found[0])
        found = await _connected(connection, found, room)
    return next(each for each in _routes(found) if first in map(_place, each.routers))


def router_key(domain: int, router: bytes) -> str:
    """The key of a router: `<domain>:<0x…>`."""
    return f"{domain}:0x{forms(router)[0].hex()}"


async def _connected(connection: AsyncConnection, found: list[Token], room: int) -> list[Token]:
    """The routers, and those that are enrolled with them, step by step."""
    known = {_place(each): each for each in found}
    asked: set[End] = set(known)
    for _ in range(_MOST_STEPS):
        wanted = {end for each in found for end in each.enrolled} - asked
        if not wanted or room < 0 or len(known) >= _MOST_OF_ROUTE:
            break
        asked |= wanted
        some = sorted(wanted)[:_MOST_OF_ROUTE]
        # Pairs would be looked for by reading all rows.
        either = select(tables.token).where(
            tables.token.c.domain.in_({domain for domain, _ in some}),
            tables.token.c.router.in_({form for _, router in some for form in forms(router)}),
        )
        found, room = await _tokens(connection, either, room)
        found = [each for each in found if _place(each) in wanted]
        known |= {_place(each): each for each in found}
    return list(known.values())[:_MOST_OF_ROUTE]


async def _tokens(
    connection: AsyncConnection, rows: Select[Any], room: int
) -> tuple[list[Token], int]:
    """Routers until `room` characters are used up, and the room that is left: below 0 if some are
    left out."""
    token, wanted = tables.token, []
    sizes = rows.with_only_columns(token.c.id, func.length(cast(token.c.routers, String)))
    for number, size in (await connection.execute(sizes)).all():
        room -= size or 0
        if room < 0:
            break
        wanted.append(number)
    read = select(token).where(token.c.id.in_(wanted))
    found = {row.id: as_token(row) for row in (await connection.execute(read)).all()}
    return [found[number] for number in wanted if number in found], room


def _routes(tokens: Sequence[Token]) -> list[Route]:
    known = {_place(each): each for each in tokens}
    return [_route(each, known) for each in backings(tokens)]


def _route(backing: Backing, known: dict[End, Token]) -> Route:
    routers = sorted(backing.ends, key=_place)
    name = next((each.route for each in routers if each.route is not None), None)
    links = tuple(
        Link(
            _place(each),
            end,
            end in known and word(each.router) in known[end].routers.get(each.domain, ()),
        )
        for each in routers
        for end in sorted(each.enrolled)
    )
    return Route(
        name or router_key(*_place(routers[0])),
        name,
        tuple(routers),
        links,
        tuple(backing.unread),
        _whole(backing.locked, backing.unit),
        _whole(backing.minted, backing.unit),
        backing.partial,
        _whole(backing.missing, backing.unit),
        None if backing.missing is None else backing.missing == 0,
    )


def _whole(amount: int | None, unit: Fraction | None) -> Fraction | None:
    return None if amount is None or unit is None else amount / unit


def _place(token: Token) -> End:
    return token.domain, word(token.router)


def _end(key: str) -> End | None:
    """The router of a key; None if it is a name."""
    match = _ROUTER.fullmatch(key)
    if match is None or int(match[1]) >= 2**32:
        return None
    return int(match[1]), word(bytes.fromhex(match[2]))
