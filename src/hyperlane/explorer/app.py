"""The app: API and pages, with what holds for every answer."""

import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hyperlane.errors import DatabaseError
from hyperlane.explorer.api.changes import ENDLESS
from hyperlane.explorer.api.docs import endpoints, samples
from hyperlane.explorer.api.problems import DOCS, ApiError, of_exception
from hyperlane.explorer.api.router import OPENAPI, PREFIX, api_router, describe
from hyperlane.explorer.limits import Buckets
from hyperlane.explorer.live import Feed
from hyperlane.explorer.pages.assets import PREFIX as ASSETS
from hyperlane.explorer.pages.rendering import render
from hyperlane.explorer.pages.router import pages_router
from hyperlane.explorer.pages.site import error_page
from hyperlane.explorer.tracing import Traces
from hyperlane.store.database import Database
from hyperlane.visitors import is_known_host, known_names
from hyperlane.wording import shown

_COSTLY = ("/trace", "/delivery", "/statistics", "/routes", "/redundancy")
_COST = 5.0
"""Tokens of a request that asks chains, or whose answer takes long to make."""

_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src"
    " 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors"
    " 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
_SHARED = {
    # Anybody's page may read what anybody may read; there is nobody to be logged in as.
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "etag, retry-after",
    "cross-origin-resource-policy": "cross-origin",
}
_OWN = {"cross-origin-resource-policy": "same-origin"}
_ANSWERED: tuple[type[Exception], ...] = (
    ApiError,
    RequestValidationError,
    DatabaseError,
    HTTPException,
)
_PREFLIGHT = {
    "access-control-allow-methods": "GET",
    "access-control-allow-headers": "if-none-match, last-event-id",
    "access-control-max-age": "86400",
}


def create_app(
    database: Database,
    feed: Feed,
    traces: Traces | None = None,
    *,
    hosts: Iterable[str] = (),
    buckets: Buckets | None = None,
    clock: Callable[[], float] = time.time,
) -> ASGIApp:
    """The app of a database, whose feed runs elsewhere.

    `hosts`: names that requests may ask for, besides `localhost` and addresses. `buckets`: limit of
    each client; None: none.
    """
    app = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers=dict.fromkeys(_ANSWERED, _answer),
        middleware=[Middleware(_Caught)],
    )
    app.include_router(api_router(database, feed, traces, clock))
    app.include_router(pages_router(database, traces, clock))
    document: dict[str, Any] = {}

    @app.get(OPENAPI, include_in_schema=False)
    async def openapi() -> JSONResponse:
        return JSONResponse(document)

    @app.get(DOCS, include_in_schema=False)
    async def docs() -> HTMLResponse:
        page = {
            "path": DOCS,
            "openapi": OPENAPI,
            "description": document["info"]["description"],
            "endpoints": list(endpoints(document, await samples(database))),
        }
        return HTMLResponse(render("api.html", page))

    document.update(describe(app))
    return _Gate(app, frozenset(known_names(hosts)), buckets)


async def _answer(request: Request, error: Exception) -> Response:
    """Answer to an exception: a problem document, or a page for people."""
    response = _response(request, of_exception(error))
    for name, value in (getattr(error, "headers", None) or {}).items():
        response.headers[name] = value  # such as Allow
    return response


def _response(request: Request, problem: ApiError) -> Response:
    if request.scope["path"].startswith(PREFIX):
        return problem.response()
    what, _, remedy = problem.detail.partition("; ")
    page = error_page(request, problem.status, what, remedy)
    return HTMLResponse(page, problem.status, problem.headers)


@dataclass(frozen=True, slots=True)
class _Caught:
    """Answers whatever an endpoint failed with: the web server would log all of it, at length."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        started = False

        async def noting(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, noting)
        except Exception as error:
            response = await _answer(Request(scope), error)
            if not started:
                await response(scope, receive, send)


@dataclass(frozen=True, slots=True)
class _Gate:
    """Checks that come before the app, and headers that all its answers have."""

    app: ASGIApp
    hosts: frozenset[str]
    buckets: Buckets | None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        shared = scope["path"].startswith(PREFIX)
        if scope["method"] == "HEAD" and not scope["path"].endswith(ENDLESS):
            scope = {**scope, "method": "GET"}  # the web server leaves out the body
        headers = [
            (name.encode(), value.encode())
            for name, value in {**_HEADERS, **(_SHARED if shared else _OWN)}.items()
        ]

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *headers]}
            await send(message)

        refused = self._refusal(Request(scope), shared)
        handle: Callable[..., Awaitable[None]] = self.app if refused is None else refused
        await handle(scope, receive, send_with_headers)

    def _refusal(self, request: Request, shared: bool) -> Response | None:
        given = request.headers.getlist("host")
        own = request.scope.get("server")
        if len(given) != 1 or not is_known_host(given[0], self.hosts, own and own[0]):
            return ApiError(
                421,
                f"Host: {shown(', '.join(given))} is no name of this server; add it to"
                " explorerAllowedHosts if it is",
            ).response()
        if shared and request.method == "OPTIONS":
            return Response(status_code=204, headers=_PREFLIGHT)
        if self.buckets is None or request.client is None:
            return None
        path = request.scope["path"].rstrip()  # routes allow for a line feed at the end
        if path.startswith(f"{ASSETS}/"):
            return None  # a page has many, and browsers keep them
        cost = _COST if path.endswith(_COSTLY) else 1.0
        wait = self.buckets.take(request.client.host, cost)
        if wait is None:
            return None
        problem = ApiError(
            429, f"too many requests from this address; go on in {wait} s", retry_after=wait
        )
        return _response(request, problem)
