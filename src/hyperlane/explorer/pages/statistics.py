"""The page of figures: volume, latency and fees over time."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from hyperlane.explorer.pages.site import Site
from hyperlane.explorer.queries.chains import chains
from hyperlane.explorer.queries.statistics import Hour, Statistics, statistics

SPANS = {"1": "24 hours", "7": "7 days", "30": "30 days"}
"""Choices of the page, by days."""
_DAY = 86400
_HOUR = 3600
_LONGEST_BY_HOUR = 7


@dataclass(frozen=True, slots=True)
class Span:
    """Messages sent within an hour or a day."""

    start: int
    sent: int
    delivered: int
    payment: int
    half: float | None
    most: float | None
    """Seconds within which half, and 95 of 100, of the deliveries were made."""


def router(site: Site) -> APIRouter:
    """The page."""
    pages = APIRouter(include_in_schema=False)

    @pages.get("/statistics")
    async def figures(request: Request) -> Response:
        days = request.query_params.get("days", "1")
        days = days if days in SPANS else "1"
        known = await chains(site.database)
        origin = _domain(request.query_params, "origin")
        destination = _domain(request.query_params, "destination")
        until = int(site.clock()) // _HOUR * _HOUR + _HOUR
        since = until - int(days) * _DAY
        found = await statistics(site.database, since, until, origin, destination)
        coins = {each.native_token for each in known if origin in (None, each.domain)}
        return await site.page(
            request,
            "statistics.html",
            found=found,
            since=since,
            until=until,
            spans=list(reversed(spans(found, by_day=int(days) > _LONGEST_BY_HOUR))),
            choices=SPANS,
            days=days,
            chains=known,
            origin=origin,
            destination=destination,
            coin=coins.pop() if len(coins) == 1 else None,
        )

    return pages


def spans(found: Statistics, *, by_day: bool) -> list[Span]:
    """Hours with their percentiles, or days of them; oldest first."""
    size = _DAY if by_day else _HOUR
    return [
        _span(start, tuple(hours))
        for start, hours in groupby(found.hours, key=lambda hour: hour.start // size * size)
    ]


def _span(start: int, hours: tuple[Hour, ...]) -> Span:
    summed = Statistics(hours, ())
    return Span(
        start,
        sum(hour.sent for hour in hours),
        sum(hour.delivered for hour in hours),
        sum(hour.payment for hour in hours),
        summed.percentile(0.5),
        summed.percentile(0.95),
    )


def _domain(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name, "")[:11]
    return int(text) if text.isascii() and text.isdigit() and int(text) < 2**32 else None
