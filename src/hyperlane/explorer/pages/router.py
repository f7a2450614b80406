"""All pages, for the app to include."""

import time
from collections.abc import Callable

from fastapi import APIRouter
from starlette.routing import Mount

from hyperlane.explorer.pages import addresses, messages, network, routes, statistics
from hyperlane.explorer.pages.assets import PREFIX, Assets
from hyperlane.explorer.pages.site import Site
from hyperlane.explorer.tracing import Traces
from hyperlane.store.database import Database


def pages_router(
    database: Database, traces: Traces | None = None, clock: Callable[[], float] = time.time
) -> APIRouter:
    """Pages that show a database, and their assets."""
    site = Site(database, traces, clock)
    pages = APIRouter(include_in_schema=False)
    for part in (messages, addresses, network, routes, statistics):
        pages.include_router(part.router(site))
    pages.routes.append(Mount(PREFIX, Assets()))
    return pages
