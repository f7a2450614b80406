"""The page of figures: volume, latency and fees over time."""

from collections.abc import Mapping
from dataclasses import dataclass

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
    payments: Mapping[int, int]
    """Wei by origin."""
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
        size = _DAY if int(days) > _LONGEST_BY_HOUR else _HOUR
        until = int(site.clock()) // size * size + size
        since = until - int(days) * _DAY
        found = await statistics(site.database, since, until, origin, destination)
        return await site.page(
            request,
            "statistics.html",
            found=found,
            since=since,
            until=until,
            spans=list(reversed(spans(found, since, until, size))),
            size="day" if size == _DAY else "hour",
            choices=SPANS,
            days=days,
            chains=known,
            origin=origin,
            destination=destination,
        )

    return pages


def spans(found: Statistics, since: int, until: int, size: int) -> list[Span]:
    """Hours or days, of `size` seconds, between two times, with their percentiles, oldest first.
    Both times are beginnings of one."""
    return [
        _span(start, [hour for hour in found.hours if start <= hour.start < start + size])
        for start in range(since, until, size)
    ]


def _span(start: int, hours: list[Hour]) -> Span:
    summed = Statistics(tuple(hours), ())
    return Span(
        start,
        sum(hour.sent for hour in hours),
        sum(hour.delivered for hour in hours),
        summed.payments,
        summed.percentile(0.5),
        summed.percentile(0.95),
    )


def _domain(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name, "")[:11]
    return int(text) if text.isascii() and text.isdigit() and int(text) < 2**32 else None
