"""Answers that browsers and proxies may keep, and need not get again while they are the same."""

import hashlib
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

_SECONDS = 2
_KEPT = "kept_for"


def kept_for(seconds: int) -> Callable[[Endpoint], Endpoint]:
    """Lets an endpoint's answers be kept for some seconds; others are for two."""

    def mark(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, _KEPT, seconds)
        return endpoint

    return mark


class Kept(APIRoute):
    """A route whose answers have an ETag and a Cache-Control."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """See APIRoute."""
        make = super().get_route_handler()
        seconds = getattr(self.endpoint, _KEPT, _SECONDS)

        async def handle(request: Request) -> Response:
            response = await make(request)
            if response.status_code != 200 or "cache-control" in response.headers:
                return response
            tag = f'"{hashlib.sha256(bytes(response.body)).hexdigest()[:32]}"'
            headers = {"etag": tag, "cache-control": f"public, max-age={seconds}"}
            if _matches(request.headers.get("if-none-match"), tag):
                return Response(status_code=304, headers=headers)
            response.headers.update(headers)
            return response

        return handle


def _matches(header: str | None, tag: str) -> bool:
    """True if a request's If-None-Match has the tag, which proxies may have weakened."""
    if header is None:
        return False
    return header.strip() == "*" or tag in (
        each.strip().removeprefix("W/") for each in header.split(",")
    )
