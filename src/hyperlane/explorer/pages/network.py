"""Pages about the network: chains, validators, redundancy."""

from dataclasses import dataclass

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from hyperlane.explorer.pages.site import Site, read_address
from hyperlane.explorer.queries import validators as queries
from hyperlane.explorer.queries.chains import chains
from hyperlane.explorer.queries.redundancy import scarcest, unspared
from hyperlane.explorer.queries.validators import Coverage, Validator, staking_events
from hyperlane.protocol.typecasts import Address
from hyperlane.wording import shown

_STALE = 3600
"""Seconds after which a validator that has not signed a leaf is called silent."""
_LOOKS = 100
_MOST_MODULES, _MOST_VALIDATORS = 50, 200
"""Modules of a list, and validators of a chain, on one page."""


@dataclass(frozen=True, slots=True)
class OnChain:
    """A validator on one of its chains, and what it was seen to sign there."""

    validator: Validator
    looks: tuple[Coverage, ...]


def router(site: Site) -> APIRouter:
    """The pages."""
    pages = APIRouter(include_in_schema=False)

    @pages.get("/chains")
    async def list_chains(request: Request) -> Response:
        return await site.page(request, "chains.html", chains=await chains(site.database))

    @pages.get("/validators")
    async def list_validators(request: Request) -> Response:
        found = []
        for chain in await chains(site.database):
            listed = await queries.validators(site.database, chain.domain, limit=_MOST_VALIDATORS)
            if listed or chain.cursors:
                found.append((chain, listed))
        return await site.page(
            request, "validators.html", chains=found, stale=_STALE, most=_MOST_VALIDATORS
        )

    @pages.get("/validators/{address}")
    async def one_validator(request: Request, address: str) -> Response:
        key = read_address(address)
        on_chains: list[OnChain] = []
        if key is not None and not any(key[:-20]):
            for each in await queries.validator(site.database, Address(key[-20:])):
                looks = await queries.coverage(site.database, each.domain, each.address, _LOOKS)
                on_chains.append(OnChain(each, looks))
        if not on_chains:
            what = f"No validator {shown(address)} is known."
            return await site.missing(request, what, "the validators' page lists all that are")
        operators = {each.validator.stake.operator for each in on_chains if each.validator.stake}
        events = [
            event
            for operator in sorted(operators)
            for event in await staking_events(site.database, operator)
        ]
        return await site.page(
            request,
            "validator.html",
            address=on_chains[0].validator.address,
            on_chains=on_chains,
            events=events,
            stale=_STALE,
        )

    @pages.get("/redundancy")
    async def list_redundancy(request: Request) -> Response:
        return await site.page(
            request,
            "redundancy.html",
            scarce=await scarcest(site.database, _MOST_MODULES + 1),
            others=await unspared(site.database, _MOST_MODULES + 1),
            most=_MOST_MODULES,
        )

    return pages
