"""Limits of what one client may ask for: a token bucket for each address, or IPv6 network."""

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import Request

_MOST = 10_000
"""Addresses that are remembered. Those that asked longest ago are forgotten, with full buckets or
nearly so."""
_SITE = 64
"""Bits of an IPv6 address that its owner cannot choose."""


@dataclass(slots=True)
class Buckets:
    """Tokens of all clients: each request takes some, and they come back with time."""

    rate: float
    """Tokens that come back in a second."""
    burst: float
    """Tokens of a full bucket."""
    clock: Callable[[], float] = time.monotonic
    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def take(self, address: str, tokens: float = 1.0) -> int | None:
        """Take tokens; if there are too few, none is taken, and the answer is the seconds until
        there are enough."""
        client, now = owner(address), self.clock()
        before, since = self._left.pop(client, (self.burst, now))
        left = min(self.burst, before + (now - since) * self.rate)
        enough = left >= tokens
        self._left[client] = (left - tokens if enough else left, now)
        if len(self._left) > _MOST:
            self._left.popitem(last=False)
        return None if enough else max(1, math.ceil((tokens - left) / self.rate))


def visitor(request: Request) -> str:
    """The address that a request comes from; empty if it has none."""
    return request.client.host if request.client else ""


def owner(address: str) -> str:
    """Client that an address belongs to: for IPv6 its network, all of which one client has."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, _SITE), strict=False))
