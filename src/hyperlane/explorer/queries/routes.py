"""Warp routes: routers that are enrolled with each other, and what they lock and have minted."""

from dataclasses import dataclass
from fractions import Fraction

from hyperlane.explorer.queries.records import Token
from hyperlane.store.database import Database


@dataclass(frozen=True, slots=True)
class Link:
    """An enrolment of one router with another, each as (domain, router of 32 bytes)."""

    start: tuple[int, bytes]
    end: tuple[int, bytes]
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
    raise NotImplementedError


async def route(database: Database, key: str) -> Route | None:
    """The route of a key, or of any of its routers as `<domain>:<router>`."""
    raise NotImplementedError
