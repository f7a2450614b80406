"""Who may ask an agent's web pages: programs and people, not other people's web sites.

A page that somebody on this machine or network has open can send requests to every address that
their browser reaches. Two things give it away. To be allowed to read an answer it must make its own
name point here (DNS rebinding): then the request asks for that name as `Host`. Otherwise the
browser says that the request comes from elsewhere (`Origin`, `Sec-Fetch-Site`). Programs such as
curl and Prometheus send neither.
"""

import ipaddress
import json
from collections.abc import Awaitable, Callable, Container, Iterable
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Middleware

from hyperlane.wording import shown

_OWN_SITE = ("same-origin", "none")
"""Values of the header Sec-Fetch-Site that are let in. `none`: somebody typed the address."""
_ANYWHERE = {"0.0.0.0", "::", ""}  # noqa: S104 - to listen at, not to be asked for

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def only_for(hosts: Iterable[str]) -> Middleware:
    """Refuses requests for other hosts than this machine's names and those given, and from pages
    of other sites."""
    known = known_names(hosts)

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.getall("Host", [])
        if len(given) != 1 or not is_known_host(given[0], known, _own_address(request)):
            raise _refusal(
                web.HTTPMisdirectedRequest,
                f"Host: {shown(', '.join(given))} is not a name of this agent; add it to"
                " metricsAllowedHosts if it is",
            )
        site = request.headers.get("Sec-Fetch-Site", "none").lower()
        origins = request.headers.getall("Origin", [])
        if site not in _OWN_SITE or any(not _is_same(item, given[0]) for item in origins):
            raise _refusal(web.HTTPForbidden, "Origin: pages of other sites may not ask this agent")
        return await handler(request)

    return check


def known_names(hosts: Iterable[str]) -> set[str]:
    """The names among hosts that an agent listens at or is known by."""
    return {name.lower() for name in hosts} - _ANYWHERE


def is_known_host(host: str, known: Container[str], own: str | None) -> bool:
    """True if a request's `Host` is one of these names, `localhost`, or an address of this machine;
    `own` is the address at which the request arrived."""
    name = _name(host)
    if name is None:
        return False
    if name in known or name == "localhost":
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    # Numbers do not point elsewhere tomorrow, but another machine's may be behind a tunnel.
    return address.is_loopback or str(address) == own


def _name(host: str) -> str | None:
    """Without port and brackets; None for what is no host."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return None
    odd = parts.path or parts.query or parts.fragment or "@" in host
    return None if odd or parts.hostname is None else parts.hostname


def _is_same(origin: str, host: str) -> bool:
    scheme, _, rest = origin.partition("://")
    return scheme in ("http", "https") and rest.lower() == host.lower()


def _own_address(request: web.Request) -> str | None:
    """The address at which this request arrived; None if it is unknown."""
    name = request.transport.get_extra_info("sockname") if request.transport else None
    if not isinstance(name, tuple):
        return None
    address = ipaddress.ip_address(str(name[0]).partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


def _refusal(kind: type[web.HTTPException], message: str) -> web.HTTPException:
    return kind(text=json.dumps({"error": message}), content_type="application/json")
