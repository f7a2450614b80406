"""The page of an address, and the search."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hyperlane.explorer.pages.health import OVERDUE
from hyperlane.explorer.pages.messages import rows
from hyperlane.explorer.pages.site import Site, as_word, read_address
from hyperlane.explorer.queries import messages as queries
from hyperlane.explorer.queries.accounts import account
from hyperlane.explorer.queries.keeping import Keeper
from hyperlane.explorer.queries.messages import Wanted
from hyperlane.explorer.queries.reading import evm
from hyperlane.explorer.queries.records import Message
from hyperlane.explorer.queries.redundancy import Redundancy, redundancy
from hyperlane.explorer.queries.routes import routes
from hyperlane.explorer.queries.search import Hit, Kind, search, words
from hyperlane.explorer.queries.validators import validator
from hyperlane.protocol.typecasts import Address, to_checksum
from hyperlane.store.database import Database
from hyperlane.wording import shown

_LISTED = 25
_MODULES, _AT_ONCE = 1000, 50
"""Security modules that are looked through for an address: in all, and in one query."""
_keeper = Keeper(10.0)
_SHOWN = 10
_CONTRACTS = {
    "mailbox": "the Mailbox",
    "merkle_tree_hook": "the merkle tree hook",
    "validator_announce": "the contract in which validators announce their storages",
    "interchain_gas_paymaster": "the gas paymaster",
    "staking_manager": "the contract that holds stakes",
}
"""Fields of a chain's settings, for people."""


def router(site: Site) -> APIRouter:
    """The pages."""
    pages = APIRouter(include_in_schema=False)

    @pages.get("/address/{address}")
    async def address(request: Request, address: str) -> Response:
        key = read_address(address)
        if key is None:
            what = f"{shown(address)} is no address."
            return await site.missing(request, what, "an address has 0x and 40 or 64 hex digits")
        word = as_word(key)
        sent = await queries.messages(site.database, Wanted(sender=word), limit=_LISTED)
        got = await queries.messages(site.database, Wanted(recipient=word), limit=_LISTED)
        its = await account(site.database, word, _LISTED)
        short = evm(word)
        return await site.page(
            request,
            "address.html",
            word=word,
            sent=await rows(site, _newest(sent.items, its.dispatched)),
            more_sent=sent.next,
            got=await rows(site, _newest(got.items, its.received)),
            more_got=got.next,
            delivered=await rows(site, its.delivered),
            validator=() if short is None else await validator(site.database, short),
            routes=() if short is None else await _routes_with(site, short),
            contracts=() if short is None else list(_contracts(site, short)),
            modules=() if short is None else await _modules_with(site, short),
            overdue=OVERDUE,
        )

    @pages.get("/search")
    async def find(request: Request) -> Response:
        text = request.query_params.get("q", "").strip()[:2000]
        hits = await search(site.database, text) if text else ()
        if len(hits) == 1:
            return RedirectResponse(link(hits[0]), 303)
        named = [evm(each) for each in words(text)]
        if not hits and len(named) == 1 and named[0] is not None:
            # Its page tells what it is, as contracts and modules are; or that nothing is known.
            return RedirectResponse(f"/address/{to_checksum(named[0])}", 303)
        return await site.page(
            request,
            "search.html",
            status=200 if hits or not text else 404,
            text=text,
            hits=[(hit, link(hit)) for hit in hits],
        )

    return pages


def link(hit: Hit) -> str:
    """The page of something that was found."""
    match hit.kind:
        case Kind.MESSAGE:
            return f"/messages/{hit.key}"
        case Kind.TRANSACTION:
            return f"/tx/{hit.key}"
        case Kind.ADDRESS:
            return f"/address/{hit.key}"
        case Kind.VALIDATOR:
            return f"/validators/{hit.key}"
        case Kind.ROUTE:
            return f"/routes/{quote(hit.key, safe='')}"
        case Kind.CHAIN:
            return f"/chains#{quote(hit.key, safe='')}"


def _newest(*lists: tuple[Message, ...]) -> tuple[Message, ...]:
    """Messages of several lists, each once, newest first."""
    each = {message.number: message for messages in lists for message in messages}
    newest = sorted(each.values(), key=lambda it: (it.sent_at, it.number), reverse=True)
    return tuple(newest[:_LISTED])


def _contracts(site: Site, address: Address) -> Iterator[tuple[str, int]]:
    """Names of an address in this server's settings, each with the domain that has it."""
    chains = site.traces.chains.chains if site.traces is not None else {}
    for chain in chains.values():
        for field, what in _CONTRACTS.items():
            if getattr(chain, field) == address:
                yield what, chain.domain_id


async def _modules_with(site: Site, address: Address) -> list[Redundancy]:
    """Security modules that are, contain, or trust an address."""
    known = await _keeper.get(site.database, None, partial(_modules, site.database))
    return known.get(to_checksum(address), [])[:_SHOWN]


async def _modules(database: Database) -> Mapping[str, list[Redundancy]]:
    """Security modules by the addresses in them."""
    found: dict[str, list[Redundancy]] = defaultdict(list)
    after, seen = None, 0
    while seen < _MODULES and (listed := await redundancy(database, None, after, _AT_ONCE)):
        for each in listed:
            for address in dict.fromkeys(_addresses(each.module or {})):
                found[address].append(each)
        last, seen = listed[-1], seen + len(listed)
        after = last.domain, last.recipient, last.origin
    return found


def _addresses(module: Mapping[str, Any]) -> Iterator[str]:
    yield module.get("address", "")
    yield module.get("relayer") or ""
    for signer in module.get("validators") or ():
        yield signer.get("address", "")
    for below in module.get("modules") or ():
        yield from _addresses(below)


async def _routes_with(site: Site, address: Address) -> list[str]:
    """Keys of routes with a router at the address, or that move its token."""
    listed = await routes(site.database)
    return [
        each.key
        for each in listed.routes
        if any(address in (router.router[-20:], router.token) for router in each.routers)
    ]
