"""Pages about messages: the first page, lists, one message, a transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from hyperlane.errors import HyperlaneError
from hyperlane.explorer.limits import visitor
from hyperlane.explorer.pages.contents import contents
from hyperlane.explorer.pages.filters import read_filters
from hyperlane.explorer.pages.health import OVERDUE, health
from hyperlane.explorer.pages.site import Site, read_id
from hyperlane.explorer.queries import messages as queries
from hyperlane.explorer.queries.chains import chains
from hyperlane.explorer.queries.life import life
from hyperlane.explorer.queries.records import Message, Transfer
from hyperlane.explorer.queries.redundancy import of_message
from hyperlane.explorer.queries.tokens import transfers
from hyperlane.protocol.typecasts import Bytes32
from hyperlane.wording import shown

_FIRST_PAGE = 15
_LIST = 50
_NO_ID = "an id has 0x and 64 hex digits: search for it, or look through the messages"


@dataclass(frozen=True, slots=True)
class Row:
    """A message in a list, and the tokens that it carries."""

    message: Message
    transfer: Transfer | None


def router(site: Site) -> APIRouter:
    """The pages."""
    pages = APIRouter(include_in_schema=False)

    @pages.get("/")
    async def home(request: Request) -> Response:
        found = await queries.messages(site.database, limit=_FIRST_PAGE)
        return await site.page(
            request,
            "home.html",
            rows=await rows(site, found.items),
            health=await health(site.database, site.clock()),
            overdue=OVERDUE,
        )

    @pages.get("/messages")
    async def list_(request: Request) -> Response:
        filters = read_filters(request.query_params)
        found = await queries.messages(site.database, filters.wanted, filters.after, _LIST)
        return await site.page(
            request,
            "messages.html",
            status=400 if filters.problems else 200,
            rows=await rows(site, found.items),
            next=found.next,
            filters=filters,
            chains=await chains(site.database),
            overdue=OVERDUE,
        )

    @pages.get("/messages/{id}")
    async def message(request: Request, id: str) -> Response:
        key = read_id(id)
        found = None if key is None else await life(site.database, key)
        if found is None:
            return await site.missing(request, f"No message {shown(id)} is stored.", _NO_ID)
        seen = found.message
        module = None
        if seen is not None:
            module = await of_message(site.database, seen.origin, seen.destination, seen.recipient)
        return await site.page(
            request,
            "message.html",
            life=found,
            seen=seen,
            carried=_first_sent(found.transfers),
            module=module,
            contents=None
            if found.body is None
            else contents(found.body, is_transfer=bool(found.transfers)),
            overdue=OVERDUE,
        )

    @pages.get("/messages/{id}/trace")
    async def trace(request: Request, id: str) -> Response:
        key = read_id(id)
        found = None if key is None else await queries.message(site.database, key)
        if found is None:
            return await site.missing(request, f"No message {shown(id)} is stored.", _NO_ID)
        traced: Mapping[str, Any] | None = None
        refusal = "this server has no nodes of the chains to ask"
        if site.traces is not None:
            try:
                traced = await site.traces.trace(found, visitor(request))
            except HyperlaneError as error:
                refusal = site.traces.chains.without_urls(str(error))
        return await site.page(
            request,
            "trace.html",
            id=found.id,
            trace=traced,
            refusal=None if traced else refusal,
        )

    @pages.get("/tx/{hash}")
    async def transaction(request: Request, hash: str) -> Response:
        key = read_id(hash)
        found = () if key is None else await queries.traffic(site.database, key)
        if not found:
            what = f"No transaction {shown(hash)} is stored."
            remedy = "only transactions that dispatch, pay for or deliver messages are; " + _NO_ID
            return await site.missing(request, what, remedy)
        sections = [
            (
                each,
                await rows(site, each.dispatched),
                await rows(site, each.delivered),
                [
                    (id_, delivery)
                    for id_, delivery in each.deliveries
                    if id_ not in {message.id for message in each.delivered}
                ],
            )
            for each in found
        ]
        return await site.page(request, "transaction.html", sections=sections, overdue=OVERDUE)

    return pages


async def rows(site: Site, messages: tuple[Message, ...]) -> list[Row]:
    """Messages as lists show them."""
    carried: Mapping[Bytes32, tuple[Transfer, ...]] = {}
    if messages:
        carried = await transfers(site.database, [each.id for each in messages])
    return [Row(each, _first_sent(carried.get(each.id, ()))) for each in messages]


def _first_sent(transfers: tuple[Transfer, ...]) -> Transfer | None:
    """Transfer sent, rather than one that arrived: the same tokens in the origin's units."""
    return next(
        (each for each in transfers if each.direction == "sent"), next(iter(transfers), None)
    )
