"""Which IP addresses belong to the internet at large, and to nobody nearer.

Strangers choose what a relayer asks. Servers that trust whoever can reach them must not be asked
for them: this machine's, its network's, and those that clouds give each machine for secrets.
"""

import errno
import ipaddress
import socket
from typing import TypeAlias

import aiohttp

_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
"""All of IPv6 that is given out; what is not in it is special, or nothing yet."""
_EMBEDDING = ipaddress.IPv6Network("64:ff9b::/96")
"""NAT64: names of IPv4 servers, in networks that have no IPv4."""
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(text)
    for text in (
        "168.63.129.16/32",  # Azure's own services for the machine
        "192.0.0.0/24",  # for protocols; Oracle's cloud has its metadata at 192.0.0.192
        "192.88.99.0/24",  # former relays to 6to4
        "2001::/23",  # for protocols, but for Teredo, which is looked into
        "2001:db8::/32",  # documentation
        "3fff::/20",  # documentation
    )
)
_TEREDO = ipaddress.IPv6Network("2001::/32")


def is_public(text: str) -> bool:
    """Whether an IP address belongs to the internet at large, also if it is wrapped in IPv6."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = _inner(address)
        if inner is not None:
            return is_public(str(inner))
        if address not in _GLOBAL_UNICAST:
            return False
    special = any(address.version == net.version and address in net for net in _NOT_PUBLIC)
    return address.is_global and not address.is_multicast and not special


def _inner(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that packets to this one end up at."""
    if address in _EMBEDDING:
        return ipaddress.IPv4Address(address.packed[12:])
    if address in _TEREDO and address.teredo is not None:
        return address.teredo[1]
    return address.ipv4_mapped or address.sixtofour


def is_own(text: str) -> bool:
    """Whether an IP address is one of this machine's: only then can it be listened at."""
    plain = text.partition("%")[0]
    address = ipaddress.ip_address(plain)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    target: _Address = mapped or address
    family = socket.AF_INET if target.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(target), 0))
    except OSError:
        return False
    return True


def public_socket(info: aiohttp.AddrInfoType) -> socket.socket:
    """A socket for an address that a name was resolved to, unless the address is not public.

    The connection goes to the very address that is checked: a name that means something else a
    moment later changes nothing.
    """
    family, kind, protocol, _, place = info
    address = str(place[0])
    if not is_public(address):
        raise OSError(errno.EACCES, f"{address} is not a public address")
    if is_own(address):
        raise OSError(errno.EACCES, f"{address} is this machine's own address")
    return socket.socket(family, kind, protocol)
