"""Endpoints of the stream of changes: by polling, and as server-sent events."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from hyperlane.explorer.api import models
from hyperlane.explorer.api.caching import Kept
from hyperlane.explorer.api.parameters import After, Limit, OfMessage
from hyperlane.explorer.api.problems import ApiError, responses, wrong
from hyperlane.explorer.limits import visitor
from hyperlane.explorer.live import Crowded, Feed
from hyperlane.explorer.queries.changes import Change, changes, newest
from hyperlane.explorer.queries.paging import DEFAULT
from hyperlane.protocol.typecasts import Bytes32
from hyperlane.store.database import Database

ENDLESS = "/changes/stream"
_RETRY = 5
"""Seconds after which a client that found no place may come back."""
_NUMBER = r"^(0|[1-9][0-9]{0,17})$"
LastEventId = Annotated[
    str | None,
    Header(
        alias="Last-Event-ID",
        description="Number of the last change that you have; from now on if left out.",
        pattern=_NUMBER,
        examples=["41"],
    ),
]


def render(change: Change) -> bytes:
    """A change as a server-sent event."""
    document = models.Change.model_validate(change).model_dump_json(by_alias=True)
    return f"event: change\nid: {change.number}\ndata: {document}\n\n".encode()


def router(database: Database, feed: Feed) -> APIRouter:
    """The endpoints, of a database and its feed."""
    api = APIRouter(route_class=Kept, tags=["changes"])

    @api.get("/changes", response_model=models.Changes, responses=responses(400, 409, 429, 503))
    async def list_changes(after: After = 0, limit: Limit = DEFAULT) -> models.Changes:
        """List what happened to messages, in order, each change with its message as it is now.

        To follow, ask again with `after` as `next` said; none is ever missed. At the end, wait a
        second, or use the stream. Store each record over the one of the same id: then it does not
        matter that a record is newer than its change.
        """
        found = await changes(database, after, limit)
        last = max(await newest(database), found[-1].number if found else 0)
        if after > last:
            raise ApiError(
                409,
                f"after: {after}: the newest change has number {last}, so that you followed"
                " another database: start again with after=0",
                parameter="after",
                value=str(after),
                expected=f"a number up to {last}",
            )
        following = found[-1].number if found else after
        return models.Changes.model_validate({"items": found, "next": following, "newest": last})

    @api.get(
        ENDLESS,
        response_class=Response,
        responses={
            200: {
                "description": "Events of type `change`, whose data is a change as in the list and"
                " whose id is its number. A comment comes in after 15 seconds of silence.",
                "content": {"text/event-stream": {"schema": {"type": "string"}}},
            },
            **responses(400, 429, 503),
        },
    )
    async def stream_changes(
        message: OfMessage = None, last_event_id: LastEventId = None
    ) -> Response:
        """Stream changes as server-sent events, as they happen."""
        after = None if last_event_id is None else int(last_event_id)
        if after is not None and after > (last := await newest(database)):
            raise wrong("Last-Event-ID", str(after), f"a number up to {last}")
        return Stream(feed, after, message and Bytes32(message))

    return api


class Stream(Response):
    """A response that follows a feed until the client leaves."""

    media_type = "text/event-stream"

    def __init__(
        self, feed: Feed, after: int | None = None, message_id: Bytes32 | None = None
    ) -> None:
        super().__init__()
        self.feed, self.after, self.message_id = feed, after, message_id
        del self.headers["content-length"]
        # Proxies such as nginx would keep back what they got.
        self.headers.update({"cache-control": "no-store", "x-accel-buffering": "no"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See Response."""
        try:
            with self.feed.place(visitor(Request(scope))):
                await self._stream(receive, send)
        except Crowded as error:
            full = ApiError(
                503,
                f"{error}, which is the most: try again, or ask for /api/v1/changes now and then",
                retry_after=_RETRY,
            )
            await full.response()(scope, receive, send)

    async def _stream(self, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        sending = asyncio.create_task(_send(self.feed.follow(self.after, self.message_id), send))
        leaving = asyncio.create_task(_left(receive))
        try:
            await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, leaving):
                task.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)


async def _send(chunks: AsyncIterator[bytes], send: Send) -> None:
    await send({"type": "http.response.body", "body": b": welcome\n\n", "more_body": True})
    async for chunk in chunks:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
