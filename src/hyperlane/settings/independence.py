"""Independence of RPCs: different people have to run any two URLs that have to agree.

Of that, URLs show only their hosts and, for a name, its registered domain.
"""

import socket
from collections import defaultdict
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from hyperlane.errors import ConfigError
from hyperlane.settings.chain import ChainSettings
from hyperlane.settings.fields import each_once, host_and_port
from hyperlane.wording import one_line

_OF_ALL = frozenset(("ac", "co", "com", "edu", "gov", "ne", "net", "or", "org"))
"""Labels of countries' domains below which anybody can register names, as in `co.uk`."""


def host_of(url: str) -> str:
    """The host of a checked URL, in one spelling; without user, port, path and query.

    All hosts of this machine are `localhost`, with the port: nodes and tunnels on one machine may
    be independent of each other.
    """
    name, port = host_and_port(url)
    address = _address(name)
    if name == "localhost" or name.endswith(".localhost"):
        return f"localhost:{port}"
    if address is None:
        return name
    if address.is_loopback or address.is_unspecified:
        return f"localhost:{port}"
    return str(address)


def domain_of(url: str) -> str | None:
    """The registered domain of a URL's host, by rule of thumb: the last two labels, or three below
    `co.uk` and the like. None for addresses and for names of one label."""
    name, _ = host_and_port(url)
    labels = name.split(".")
    if _address(name) is not None or len(labels) < 2 or labels[-1] == "localhost":
        return None
    country = len(labels[-1]) == 2 and labels[-2] in _OF_ALL
    return ".".join(labels[-3:] if country else labels[-2:])


def shared_hosts(urls: Iterable[str], others: Sequence[str]) -> tuple[str, ...]:
    """Hosts of the URLs that are among the others: URLs, or hosts with a port or without one.

    This machine, named without a port, is all of its ports.
    """
    named = [other if "://" in other else f"https://{other}" for other in others]
    wanted, found = set(map(host_of, named)), set(map(host_of, urls))
    everywhere = any(
        is_here(host_of(f"https://{other}")) and urlsplit(f"https://{other}").port is None
        for other in others
        if "://" not in other
    )
    return tuple(sorted(host for host in found if host in wanted or (everywhere and is_here(host))))


def is_here(host: str) -> bool:
    """Tell whether a host, as `host_of` spells it, is this machine."""
    return host.startswith("localhost:")


def shared_domains(urls: Iterable[str]) -> tuple[str, ...]:
    """Registered domains behind more than one of these URLs."""
    hosts: dict[str, set[str]] = defaultdict(set)
    for url in urls:
        domain = domain_of(url)
        if domain is not None:
            hosts[domain].add(host_of(url))
    return tuple(sorted(domain for domain, found in hosts.items() if len(found) > 1))


def require_independent(setting: str, urls: Sequence[str], least: int = 1) -> None:
    """ConfigError if two of the URLs that have to agree are at one host, or there are too few.

    `setting`: path of the setting, or settings, that list them. A URL in two spellings is one.
    """
    different = each_once(urls)
    by_host: dict[str, int] = defaultdict(int)
    for url in different:
        by_host[host_of(url)] += 1
    crowded = [one_line(host) for host, number in by_host.items() if number > 1]
    if crowded:
        host = crowded[0]
        raise ConfigError(
            f"{setting}: {by_host[host]} of {len(different)} URLs that have to agree are at {host}:"
            " whoever runs it would have as many votes; expected a host of its own for each URL:"
            " take other providers or nodes of your own, or leave one URL of each host"
        )
    if len(different) < least:
        names = ", ".join(map(one_line, by_host)) or "none"
        raise ConfigError(
            f"{setting}: {len(different)} RPC ({names}) where several have to agree; expected at"
            f" least {least}, each at a host of its own: add URLs of other providers or nodes of"
            " your own"
        )


def require_independent_rpcs(chain: ChainSettings, *, by_default: bool) -> None:
    """ConfigError if several RPCs of a chain have to agree, and they are not independent.

    `by_default`: true if they have to agree where the settings do not say. There, a single RPC is
    accepted, unless the settings list it in several spellings.
    """
    asked = chain.rpc_consensus_type
    if asked in ("quorum", "majority") or (asked is None and by_default):
        meant = asked is not None or len(chain.listed_urls) > 1
        require_independent(chain.urls_setting, chain.urls, 2 if meant else 1)


def _address(name: str) -> IPv4Address | IPv6Address | None:
    """The IP address that a host spells, in any way that connections accept; None for a name."""
    try:
        address = ip_address(name)
    except ValueError:
        try:
            return IPv4Address(socket.inet_aton(name))  # such as 127.1, 0x7f000001
        except OSError:
            return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return address if mapped is None else mapped
