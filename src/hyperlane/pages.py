"""Parts that all web pages of an agent share: an index, and errors as JSON with a remedy."""

import json
from collections.abc import Awaitable, Callable, Iterable

from aiohttp import web

from hyperlane.wording import shown

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_INDEX = "GET / lists the pages"


def refusal(kind: type[web.HTTPException], error: str, remedy: str) -> web.HTTPException:
    """An error of the kind, as JSON: what is wrong and what to do."""
    return kind(text=_body(error, remedy), content_type="application/json")


def with_index(routes: Iterable[web.RouteDef]) -> list[web.RouteDef]:
    """The routes, and `/`, which lists each with the first line of its handler's docstring."""
    routes = list(routes)
    listed = [
        {"method": route.method, "path": route.path, "what": _first_line(route.handler)}
        for route in routes
    ]

    async def index(_request: web.Request) -> web.Response:
        """List the pages."""
        return web.json_response({"pages": listed})

    return [web.get("/", index), *routes]


@web.middleware
async def json_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answers JSON, too, where the web server itself finds an error."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400 or error.content_type == "application/json":
            raise
        asked, remedy = shown(request.path), _INDEX
        if isinstance(error, web.HTTPMethodNotAllowed):
            wanted = ", ".join(sorted(error.allowed_methods))
            what, remedy = f"{request.method}: {asked} does not take it", f"use {wanted}; {_INDEX}"
        elif isinstance(error, web.HTTPNotFound):
            what = f"no page {asked}"
        elif isinstance(error, web.HTTPRequestEntityTooLarge):
            what, remedy = "body: too large", "ask for less at once"
        else:
            what = f"{error.reason}"
        error.text, error.content_type = _body(what, remedy), "application/json"
        raise


def _body(error: str, remedy: str) -> str:
    return json.dumps({"error": error, "remedy": remedy})


def _first_line(handler: object) -> str:
    return (handler.__doc__ or "").strip().partition("\n")[0]
