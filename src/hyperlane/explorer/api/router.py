"""All endpoints, and their description."""

import time
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.openapi.utils import get_openapi

from hyperlane.explorer.api import changes, messages, network, tracing
from hyperlane.explorer.api.parameters import known_once
from hyperlane.explorer.api.problems import Problem
from hyperlane.explorer.live import Feed
from hyperlane.explorer.tracing import Traces
from hyperlane.store.database import Database

PREFIX = "/api/v1"
OPENAPI = f"{PREFIX}/openapi.json"

_DESCRIPTION = """What this server has indexed of interchain messages. It only reads.

- Hex has `0x`, and is of lower case in answers; any case is taken. Amounts in wei are decimal
  text, times Unix seconds, senders and recipients of 32 bytes.
- Names, symbols, storage locations, bodies and reasons are strangers' text: treat them as such.
- An error is a problem document (`application/problem+json`).
- Answers have an `ETag`: send it as `If-None-Match`, and what has not changed is not sent again.
"""
_TAGS = {
    "messages": "Messages and their lives.",
    "tracing": "Asks the chains, and takes longer.",
    "changes": "Everything that happens, in order, for other indexers.",
    "search": "Finds anything.",
    "chains": "Chains, and how far they are indexed.",
    "validators": "What validators announced and signed.",
    "routes": "Warp routes.",
    "redundancy": "How many signers modules can lose.",
    "statistics": "Traffic by the hour.",
}


def api_router(
    database: Database,
    feed: Feed,
    traces: Traces | None,
    clock: Callable[[], float] = time.time,
) -> APIRouter:
    """All endpoints, under their prefix."""
    api = APIRouter(prefix=PREFIX, dependencies=[Depends(known_once)])
    # The stream's path before that of a change, were there one; a trace's before a message's.
    api.include_router(changes.router(database, feed))
    api.include_router(tracing.router(database, traces))
    api.include_router(messages.router(database))
    api.include_router(network.router(database, clock))
    return api


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of an app."""
    document = get_openapi(
        title="Explorer",
        version="1",
        description=_DESCRIPTION,
        routes=app.routes,
        tags=[{"name": name, "description": words} for name, words in _TAGS.items()],
    )
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    document["components"]["schemas"]["Problem"] = schema
    return document
