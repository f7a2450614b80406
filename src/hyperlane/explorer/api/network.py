"""Endpoints of chains, validators, routes, redundancy and statistics; and search."""

import time
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Path, Query

from hyperlane.explorer.api import network_models as models
from hyperlane.explorer.api.caching import Kept, kept_for
from hyperlane.explorer.api.parameters import (
    AfterValidator,
    Destination,
    DomainPath,
    Limit,
    ManyLimit,
    OfDomain,
    Origin,
    Since,
    Until,
    Validator,
)
from hyperlane.explorer.api.problems import missing, responses
from hyperlane.explorer.queries import chains, redundancy, routes, search, statistics, validators
from hyperlane.explorer.queries.paging import DEFAULT
from hyperlane.protocol.typecasts import Address, to_hex
from hyperlane.store.database import Database

DAY = 86_400
MOST_DAYS = 31
_FEW = responses(400, 429, 503)
_ONE = responses(400, 404, 429, 503)

Text = Annotated[
    str,
    Query(
        description="A message id or transaction hash, also shortened; an address; a chain's name,"
        " domain or chain id; a block's number; a route, a token; or a link with one of them.",
        min_length=1,
        max_length=search.LONGEST,
        examples=["ethereum"],
    ),
]
RouteKey = Annotated[
    str,
    Path(
        description="A route's name, or one of its routers as `<domain>:<0x address>`.",
        max_length=200,
        json_schema_extra={"examples": ["USDC/one-two"]},
    ),
]


def router(database: Database, clock: Callable[[], float] = time.time) -> APIRouter:
    """The endpoints, of a database."""
    api = APIRouter(route_class=Kept)

    @api.get("/search", response_model=models.Hits, responses=_FEW, tags=["search"])
    async def find(q: Text) -> models.Hits:
        """Find what a text means: anything that has an id, an address or a name."""
        found = await search.search(database, q)
        return models.Hits.model_validate({"items": found})

    @api.get("/chains", response_model=models.Chains, responses=_FEW, tags=["chains"])
    @kept_for(5)
    async def list_chains() -> models.Chains:
        """List the chains, and how far each is indexed."""
        found = await chains.chains(database)
        return models.Chains.model_validate({"items": found})

    @api.get("/chains/{domain}", response_model=models.Chain, responses=_ONE, tags=["chains"])
    @kept_for(5)
    async def get_chain(domain: DomainPath) -> models.Chain:
        """Get a chain by its domain."""
        found = await chains.chain(database, domain)
        if found is None:
            raise missing(f"no chain of domain {domain} is known", "GET /api/v1/chains lists them")
        return models.Chain.model_validate(found)

    @api.get(
        "/chains/{domain}/validators",
        response_model=models.Validators,
        responses=_FEW,
        tags=["validators"],
    )
    @kept_for(5)
    async def list_validators(
        domain: DomainPath, after: AfterValidator = None, limit: ManyLimit = 100
    ) -> models.Validators:
        """List the validators of a chain by address, with what each has signed."""
        found = await validators.validators(database, domain, after, limit)
        following = found[-1].address if len(found) == limit else None
        return models.Validators.model_validate({"items": found, "next": following})

    @api.get(
        "/validators/{address}",
        response_model=models.Validators,
        responses=_ONE,
        tags=["validators"],
    )
    @kept_for(5)
    async def get_validator(address: Validator) -> models.Validators:
        """Get a validator on each chain that it announced a storage for."""
        found = await validators.validator(database, Address(address))
        if not found:
            raise missing(
                f"no validator {to_hex(address)} is announced",
                "GET /api/v1/chains/{domain}/validators lists them",
            )
        return models.Validators.model_validate({"items": found})

    @api.get("/routes", response_model=models.Routes, responses=_FEW, tags=["routes"])
    @kept_for(30)
    async def list_routes() -> models.Routes:
        """List warp routes, with what each locks and has minted."""
        found = await routes.routes(database)
        return models.Routes.model_validate(found)

    @api.get("/routes/{key:path}", response_model=models.Route, responses=_ONE, tags=["routes"])
    @kept_for(5)
    async def get_route(key: RouteKey) -> models.Route:
        """Get a route by its name, or by one of its routers."""
        found = await routes.route(database, key)
        if found is None:
            raise missing(
                f"no route of this key is known: {key!r}", "GET /api/v1/routes lists them"
            )
        return models.Route.model_validate(found)

    @api.get(
        "/redundancy",
        response_model=models.RedundancyPage,
        responses=_FEW,
        tags=["redundancy"],
    )
    @kept_for(5)
    async def list_redundancy(
        domain: OfDomain = None, limit: Limit = DEFAULT
    ) -> models.RedundancyPage:
        """List security modules: of a domain, or those with the fewest spare signers first."""
        found = (
            await redundancy.scarcest(database, limit)
            if domain is None
            else await redundancy.redundancy(database, domain, limit=limit)
        )
        return models.RedundancyPage.model_validate({"items": found})

    @api.get("/statistics", response_model=models.Statistics, responses=_FEW, tags=["statistics"])
    @kept_for(60)
    async def get_statistics(
        since: Since = None,
        until: Until = None,
        origin: Origin = None,
        destination: Destination = None,
    ) -> models.Statistics:
        """Get traffic by the hour: of the last day, or of up to 31 days before `until`.

        `since` and `until` of the answer tell the time that it is about.
        """
        end = int(clock()) + 1 if until is None else until
        begin = end - DAY if since is None else max(since, end - MOST_DAYS * DAY)
        found = await statistics.statistics(database, begin, end, origin, destination)
        delays = {
            "half": found.percentile(0.5),
            "nine_tenths": found.percentile(0.9),
            "ninety_nine_hundredths": found.percentile(0.99),
        }
        return models.Statistics.model_validate(
            {
                "since": begin,
                "until": end,
                "hours": found.hours,
                "pairs": found.pairs,
                "delays": delays,
            }
        )

    return api
