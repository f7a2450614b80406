"""Warp routes: routers that are enrolled with each other, and what they lock and have minted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from hyperlane.explorer.queries.reading import forms, word
from hyperlane.explorer.queries.records import Token
from hyperlane.explorer.queries.tokens import TOKEN, as_token
from hyperlane.store.database import Database
from hyperlane.store.scraper import tables

_MOST_LISTED = 2000
_MOST_OF_ROUTE = 500
"""Routers: strangers may enrol as many as they like."""

End = tuple[int, bytes]
"""A router: its domain, and its address in 32 bytes."""


@dataclass(frozen=True, slots=True)
class Link:
    """An enrolment of one router with another."""

    start: End
    end: End
    mutual: bool
    """False if the other is not enrolled with it, or is not known."""


@dataclass(frozen=True, slots=True)
class Route:
    """Routers that are connected by enrolments."""

    key: str
    """Its name in the registry, else `<domain>:<router>` of its first router."""
    name: str | None
    routers: tuple[Token, ...]
    links: tuple[Link, ...]
    locked: Fraction | None
    """Whole tokens that its routers lock; None if it is unknown of a router that locks."""
    minted: Fraction | None
    """Whole tokens that its routers have minted."""

    @property
    def missing(self) -> Fraction | None:
        """Whole tokens that were minted beyond what is locked; None if unknown, or if the route
        locks nothing."""
        if not self.locked or self.minted is None:
            return None
        return max(Fraction(0), self.minted - self.locked)


@dataclass(frozen=True, slots=True)
class Routes:
    """A list of routes."""

    routes: tuple[Route, ...]
    complete: bool
    """False if there are more routers than are listed; search finds them."""


async def routes(database: Database) -> Routes:
    """Routes with a name in the registry first, then the newest others."""
    token = tables.token
    named = select(*TOKEN).where(token.c.route.is_not(None)).order_by(token.c.route)
    others = select(*TOKEN).where(token.c.id > 0, token.c.route.is_(None))
    async with database.read() as connection:
        found = await _tokens(connection, named.limit(_MOST_LISTED + 1))
        left = _MOST_LISTED + 1 - len(found)
        found += await _tokens(connection, others.order_by(token.c.id.desc()).limit(left))
    listed = found[:_MOST_LISTED]
    grouped = sorted(_grouped(listed), key=lambda each: (each.name is None, each.name or ""))
    return Routes(tuple(grouped), complete=len(found) <= _MOST_LISTED)


async def route(database: Database, key: str) -> Route | None:
    """The route of a key, or of any of its routers as `<domain>:<router>`."""
    token = tables.token
    async with database.read() as connection:
        end = _end(key)
        start = (
            select(*TOKEN).where(token.c.route == key)
            if end is None
            else select(*TOKEN).where(token.c.domain == end[0], token.c.router.in_(forms(end[1])))
        )
        found = await _tokens(connection, start.limit(_MOST_OF_ROUTE))
        if not found:
            return None
        found = await _connected(connection, found)
    # A router that the registry does not name may connect routes that it does: the key decides.
    return next((each for each in _grouped(found) if _is_of(each, key, end)), None)


def router_key(domain: int, router: bytes) -> str:
    """The key of a router: `<domain>:<0x…>`."""
    return f"{domain}:0x{forms(router)[0].hex()}"


async def _connected(connection: AsyncConnection, found: list[Token]) -> list[Token]:
    """The routers, and those that are enrolled with them, step by step."""
    known = {_place(each): each for each in found}
    asked: set[End] = set(known)
    while len(known) < _MOST_OF_ROUTE:
        wanted = {end for each in known.values() for end in _enrolled(each)} - asked
        if not wanted:
            break
        asked |= wanted
        some = sorted(wanted)[:_MOST_OF_ROUTE]
        either = [(domain, form) for domain, router in some for form in forms(router)]
        place = tuple_(tables.token.c.domain, tables.token.c.router)
        for each in await _tokens(connection, select(*TOKEN).where(place.in_(either))):
            known[_place(each)] = each
    return list(known.values())[:_MOST_OF_ROUTE]


async def _tokens(connection: AsyncConnection, rows: Any) -> list[Token]:
    return list(map(as_token, (await connection.execute(rows)).all()))


def _grouped(tokens: Sequence[Token]) -> list[Route]:
    """Routes of the routers: those of one name, and those that are enrolled with each other."""
    group: dict[End | str, End | str] = {}

    def root(item: End | str) -> End | str:
        while group.setdefault(item, item) != item:
            item = group[item]
        return item

    by_place = {_place(each): each for each in tokens}
    for place, each in by_place.items():
        if each.route is not None:
            group[root(place)] = root(each.route)
        for end in _enrolled(each):
            other = by_place.get(end)
            # Enrolment by one side alone joins nothing: strangers may enrol whom they like.
            if other is not None and place in _enrolled(other):
                group[root(place)] = root(end)
    members: dict[End | str, list[Token]] = {}
    for place, each in by_place.items():
        members.setdefault(root(place), []).append(each)
    return [_route(each, by_place) for each in members.values()]


def _route(routers: list[Token], known: dict[End, Token]) -> Route:
    routers.sort(key=_place)
    name = next((each.route for each in routers if each.route is not None), None)
    links = tuple(
        Link(
            _place(each),
            end,
            mutual=end in known and _place(each) in _enrolled(known[end]),
        )
        for each in routers
        for end in _enrolled(each)
    )
    key = name or router_key(*_place(routers[0]))
    return Route(
        key,
        name,
        tuple(routers),
        links,
        _sum((each.locked, each.decimals) for each in routers),
        _sum((each.minted, each.decimals) for each in routers),
    )


def _sum(amounts: Iterable[tuple[int | None, int | None]]) -> Fraction | None:
    """Whole tokens; None if decimals of an amount are unknown."""
    total = Fraction(0)
    for amount, decimals in amounts:
        if amount is None:
            continue
        if decimals is None:
            return None
        total += Fraction(amount, 10**decimals)
    return total


def _is_of(route: Route, key: str, end: End | None) -> bool:
    if end is None:
        return any(each.route == key for each in route.routers)
    return end in map(_place, route.routers)


def _place(token: Token) -> End:
    return token.domain, word(token.router)


def _enrolled(token: Token) -> set[End]:
    return {(domain, word(router)) for domain, router in token.routers.items()}


def _end(key: str) -> End | None:
    """The router of a key; None if it is a name."""
    domain, _, router = key.partition(":0x")
    if not domain.isdecimal() or not domain.isascii() or int(domain) >= 2**32:
        return None
    try:
        return int(domain), word(bytes.fromhex(router))
    except ValueError:
        return None
