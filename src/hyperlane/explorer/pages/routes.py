"""Pages about warp routes."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from hyperlane.explorer.pages.graph import graph
from hyperlane.explorer.pages.site import Names, Site
from hyperlane.explorer.queries.chains import names
from hyperlane.explorer.queries.routes import route, routes
from hyperlane.wording import shown


def router(site: Site) -> APIRouter:
    """The pages."""
    pages = APIRouter(include_in_schema=False)

    @pages.get("/routes")
    async def list_routes(request: Request) -> Response:
        return await site.page(request, "routes.html", listed=await routes(site.database))

    @pages.get("/routes/{key:path}")
    async def one_route(request: Request, key: str) -> Response:
        found = await route(site.database, key)
        if found is None:
            what = f"No warp route {shown(key)} is known."
            return await site.missing(request, what, "the routes' page lists those that are")
        drawing = graph(found, Names(await names(site.database)))
        known = {(each.domain, each.router.rjust(32, b"\0")): each for each in found.routers}
        return await site.page(request, "route.html", route=found, graph=drawing, known=known)

    return pages
