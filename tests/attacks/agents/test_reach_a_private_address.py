"""A module's URL makes the relayer ask servers that only trust who is near."""

import errno
import ipaddress
import socket

import aiohttp
import pytest
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from hyperlane.agents.relayer.metadata.lookups import Lookups
from hyperlane.agents.relayer.reasons import NotReady
from hyperlane.protocol.ccip_read import OffchainLookup
from hyperlane.public_addresses import is_own, is_public, public_socket

NEAR = [
    "168.63.129.16",
    "192.0.0.192",
    "192.0.0.8",
    "192.88.99.1",
    "169.254.169.254",
    "100.100.100.200",
    "0.0.0.0",
    "240.0.0.1",
    "fec0::1",
    "fec0::a9fe:a9fe",
    "feff::1",
    "fd00:ec2::254",
    "5f00::1",
    "3fff::1",
    "100::1",
    "2001:db8::1",
    "2001:2::1",
    "::7f00:1",
    "::a9fe:a9fe",
    "::ffff:168.63.129.16",
    "::ffff:0:7f00:1",
    "::ffff:0:a9fe:a9fe",
    "64:ff9b::a83f:8110",
    "64:ff9b::c000:c0",
    "64:ff9b:1::808:808",
    "2002:a83f:8110::1",
    "2002:c000:c0::1",
]


def info(address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, 80)


@pytest.mark.parametrize("address", NEAR)
def test_nothing_near_is_public(address):
    assert not is_public(address)
    with pytest.raises(OSError, match=f"{address} is not a public address") as caught:
        public_socket(info(address))
    assert caught.value.errno == errno.EACCES


PRIVATE = st.sampled_from(
    ["10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
     "100.64.0.0/10", "168.63.129.16/32", "192.0.0.0/24", "224.0.0.0/4", "0.0.0.0/8"]
).flatmap(lambda net: st.ip_addresses(v=4, network=net))  # fmt: skip


@given(PRIVATE)
def test_no_wrapping_makes_a_near_address_public(inner):
    packed = inner.packed
    low = bytes(byte ^ 0xFF for byte in packed)
    wrapped = [
        bytes(12) + packed,
        bytes(10) + b"\xff\xff" + packed,
        bytes(8) + b"\xff\xff\0\0" + packed,
        bytes.fromhex("0064ff9b") + bytes(8) + packed,
        bytes.fromhex("0064ff9b0001") + bytes(6) + packed,
        b"\x20\x02" + packed + bytes(10),
        bytes.fromhex("20010000") + bytes(8) + low,
    ]
    assert not is_public(str(inner))
    for address in map(ipaddress.IPv6Address, wrapped):
        assert not is_public(str(address)), address


@given(st.ip_addresses(v=6))
def test_only_what_is_given_out_is_public(address):
    given_out = address in ipaddress.ip_network("2000::/3")
    embedding = address in ipaddress.ip_network("64:ff9b::/96") or address.ipv4_mapped
    assert not is_public(str(address)) or given_out or embedding


def test_this_machine_is_not_asked_at_a_public_address_of_its_own(monkeypatch):
    """The loopback's stand for it: it is as much the machine's own as a public one would be."""
    assert is_own("127.0.0.1")
    assert is_own("::ffff:127.0.0.1")
    assert not is_own("8.8.8.8")
    assert not is_own("2606:4700:4700::1111")
    monkeypatch.setattr("hyperlane.public_addresses.is_public", lambda _: True)
    with pytest.raises(OSError, match=r"127\.0\.0\.1 is this machine's own address"):
        public_socket(info("127.0.0.1"))


async def test_a_name_that_means_something_else_a_moment_later_is_not_followed(serve, monkeypatch):
    """Rebinding: the first answer is public, later ones are this machine."""
    asked, told = [], []

    async def handler(request):
        asked.append(request)
        return aiohttp.web.json_response({"data": "0x01"})

    port = int((await serve(handler)).rsplit(":")[-1].strip("/"))

    class Resolver(aiohttp.abc.AbstractResolver):
        def __init__(self, **_options):
            pass

        async def resolve(self, host, port=0, family=socket.AF_INET):
            told.append("192.0.2.1" if not told else "127.0.0.1")
            return [{"hostname": host, "host": told[-1], "port": port, "family": socket.AF_INET,
                     "proto": 0, "flags": socket.AI_NUMERICHOST}]  # fmt: skip

        async def close(self):
            pass

    monkeypatch.setattr("aiohttp.connector.DefaultResolver", Resolver)
    lookup = OffchainLookup(
        b"\1" * 20, (f"http://rebinding.example:{port}/",) * 3, b"", bytes(4), b""
    )
    with pytest.raises(NotReady, match="not a public address"):
        await Lookups(Account.create(), timeout=2).fetch(lookup, None)
    assert told
    assert not asked
