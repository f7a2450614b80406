"""Off-chain lookups, against a real server, for a real module."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web
from tests.support.agents import eventually, relaying
from tests.support.building import RELAYER, Line
from tests.support.devnet import key
from tests.support.words import raw

from hyperlane.agents.relayer.metadata import Lookups
from hyperlane.agents.relayer.metadata.modules import Lookup
from hyperlane.agents.relayer.reasons import NotReady, Reason
from hyperlane.chain.client import Reverted
from hyperlane.protocol.ccip_read import OffchainLookup, attestation_hash, lookup_signing_hash
from hyperlane.protocol.ism_metadata import decode_aggregation
from hyperlane.protocol.message import Message
from hyperlane.protocol.signature import eip191_digest, recover_signer, sign_digest
from hyperlane.protocol.typecasts import bytes_from_hex, to_hex
from hyperlane.public_addresses import is_public

ATTESTER = key(5)
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Server:
    """Answers at /path as told, and keeps what it was asked."""

    url: str = ""
    answers: dict[str, Answer] = field(default_factory=dict)
    requests: list[tuple[str, str, Any]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = json.loads(await request.text() or "null")
        self.requests.append((request.method, request.path_qs, body))
        return await self.answers[request.path](request)

    def answer(self, path: str, content: object, status: int = 200) -> str:
        """Answer with JSON; the path's URL."""

        async def answer(_request: web.Request) -> web.StreamResponse:
            return web.json_response(content, status=status)

        return self.answer_by(path, answer)

    def answer_by(self, path: str, answer: Answer) -> str:
        self.answers[path] = answer
        return self.url + path


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", made.handle)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


def attestation_ism(way: Line, *urls: str) -> Any:
    return way.target.deploy("AttestationIsm", key(0).address, ATTESTER.address, list(urls))


def attestation(way: Line, module: Any, message: Message) -> str:
    signed = attestation_hash(way.target.chain_id, raw(module), message.id)
    return to_hex(sign_digest(eip191_digest(signed), ATTESTER))


async def test_post_says_who_asks_and_where_the_message_was_sent(way: Line, server: Server):
    template = f"{server.url}/attest/{{sender}}"
    module = attestation_ism(way, template)
    message = await way.send(module)
    path = f"/attest/{module.address.lower()}"
    server.answer(path, {"data": attestation(way, module, message)})

    await way.build_and_deliver(message)

    ((method, asked, body),) = server.requests
    assert (method, asked) == ("POST", path)
    question = bytes_from_hex(body["data"], "data")
    assert message.encode() in question
    assert body["sender"] == module.address.lower()
    digest = eip191_digest(lookup_signing_hash(raw(module), question, template))
    signer = recover_signer(digest, bytes_from_hex(body["signature"], "signature"))
    assert signer == raw(RELAYER)
    sending = way.source.w3.eth.get_transaction(body["origin_tx_hash"])
    assert sending["to"] == way.source.contracts["mailbox"].address


async def test_get_when_the_template_takes_the_question(way: Line, server: Server):
    module = attestation_ism(way, f"{server.url}/{{sender}}/?call={{data}}")
    message = await way.send(module)
    path = f"/{module.address.lower()}/"
    server.answer(path, {"data": attestation(way, module, message)})

    await way.build_and_deliver(message)

    ((method, asked, body),) = server.requests
    assert (method, body) == ("GET", None)
    assert asked.startswith(f"{path}?call=0x")
    assert message.encode().hex() in asked


async def test_the_next_url_is_tried_when_one_fails(way: Line, server: Server):
    urls = [
        "http://127.0.0.1:1/nobody",
        "ftp://127.0.0.1/file",
        server.answer("/broken", {"error": "no such message"}, 404),
        server.answer("/good", {}),
    ]
    module = attestation_ism(way, *urls)
    message = await way.send(module)
    server.answer("/good", {"data": attestation(way, module, message)})

    await way.build_and_deliver(message)

    assert [path for _, path, _ in server.requests] == ["/broken", "/good"]


async def test_every_url_is_named_when_all_fail(way: Line, server: Server):
    urls = [
        "http://127.0.0.1:1/nobody",
        "ftp://127.0.0.1/file",
        server.answer("/404", {"error": "no such message"}, 404),
    ]
    message = await way.send(attestation_ism(way, *urls))

    assert await way.why_not(message) == (
        Reason.COULD_NOT_FETCH_METADATA,
        "no lookup succeeded: http://127.0.0.1:1/nobody: cannot connect: Connect call failed"
        " ('127.0.0.1', 1);"
        " ftp://127.0.0.1/file: not an http:// or https:// URL;"
        f" {urls[2]}: HTTP 404: no such message",
    )


async def test_a_lookup_is_the_last_choice_of_an_aggregation(way: Line, server: Server):
    asked = attestation_ism(way, server.url + "/attest")
    free = way.target.deploy("NoopIsm")
    one = way.target.aggregation([asked.address, free.address], 1)
    both = way.target.aggregation([asked.address, free.address], 2)

    await way.build_and_deliver(await way.send(one))
    assert server.requests == []

    message = await way.send(both)
    server.answer("/attest", {"data": attestation(way, asked, message)})
    parts = decode_aggregation(await way.build_and_deliver(message), 2)
    assert [len(part) for part in parts] == [65, 0]


async def test_an_answer_that_the_module_refuses_is_named_in_an_aggregation(
    way: Line, server: Server
):
    module = attestation_ism(way, server.answer("/attest", {"data": "0x1234"}))
    free = way.target.deploy("NoopIsm")
    message = await way.send(way.target.aggregation([module.address, free.address], 2))

    _, detail = await way.why_not(message)

    assert f"security module {module.address} refuses its metadata" in detail


async def test_a_module_without_a_lookup(way: Line):
    """Of the right type, but it answers everything with that."""
    module = way.target.deploy("CannedAnswer", (7).to_bytes(32), 0, False)

    assert await way.why_not(await way.send(module)) == (
        Reason.COULD_NOT_FETCH_METADATA,
        f"security module {module.address} does not say where its metadata is:"
        " getOffchainVerifyInfo returned instead of reverting",
    )


LOOKUP = OffchainLookup(b"\x11" * 20, ("",), b"\x22" * 36, b"\x33" * 4, b"")


async def fetch(*urls: str, **options: Any) -> bytes:
    pauses = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    options.setdefault("allow_private", True)
    lookups = Lookups(RELAYER, sleep=sleep, **options)
    lookup = OffchainLookup(LOOKUP.sender, urls, LOOKUP.call_data, LOOKUP.callback, b"")
    return await lookups.fetch(lookup, None)


async def failure(*urls: str, **options: Any) -> str:
    with pytest.raises(NotReady) as caught:
        await fetch(*urls, **options)
    assert caught.value.reason is Reason.COULD_NOT_FETCH_METADATA
    return caught.value.detail.removeprefix("no lookup succeeded: ")


async def test_the_sending_transaction_may_be_unknown(server: Server):
    assert await fetch(server.answer("/", {"data": "0xabcd"})) == b"\xab\xcd"
    assert server.requests[0][2]["origin_tx_hash"] is None


@pytest.mark.parametrize(
    "pending", [{"status": "pending"}, {"error": "Attestation is PENDING, come back"}]
)
async def test_a_pending_answer_is_asked_for_again(pending, server: Server):
    async def later(_request: web.Request) -> web.StreamResponse:
        done = len(server.requests) > 3
        return web.json_response({"data": "0x01"} if done else pending, status=200 if done else 404)

    assert await fetch(server.answer_by("/", later)) == b"\x01"
    assert len(server.requests) == 4


async def test_pending_for_ever_ends(server: Server):
    url = server.answer("/", {"status": "pending"})
    assert await failure(url) == f"{url}: HTTP 200: still pending after 10 retries"
    assert len(server.requests) == 11


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ([], "HTTP 200 with no JSON object"),
        ({}, "the answer has no data"),
        ({"data": "12"}, "data: '12' is not a 0x hex string of whole bytes"),
        ({"data": 5}, "data: 5 is not a 0x hex string of whole bytes"),
    ],
)
async def test_an_answer_without_metadata(answer, why, server: Server):
    url = server.answer("/", answer)
    assert await failure(url) == f"{url}: {why}"


async def test_redirects_are_not_followed(server: Server):
    elsewhere = server.answer("/elsewhere", {"data": "0x01"})

    async def redirect(_request: web.Request) -> web.StreamResponse:
        return web.json_response({}, status=302, headers={"Location": elsewhere})

    url = server.answer_by("/", redirect)
    assert await failure(url) == f"{url}: HTTP 302"
    assert len(server.requests) == 1


async def test_a_long_answer_is_cut_off(server: Server):
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(bytes(65536))

    url = server.answer_by("/", endless)
    assert await failure(url) == f"{url}: an answer of more than 1048576 bytes"


async def test_compressed_answers_are_not_unpacked(server: Server):
    async def packed(_request: web.Request) -> web.StreamResponse:
        response = web.json_response({"data": "0x" + "00" * 10000})
        response.enable_compression(web.ContentCoding.gzip)
        return response

    url = server.answer_by("/", packed)
    assert await failure(url) == f"{url}: HTTP 200 with no JSON object"


async def test_a_slow_answer_is_not_waited_for(server: Server):
    async def slow(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b" ")
            await asyncio.sleep(0.05)

    url = server.answer_by("/", slow)
    assert await failure(url, timeout=0.3) == f"{url}: no answer within 0.3 s"


async def test_only_so_many_urls_are_tried(server: Server):
    url = server.answer("/", {})
    await failure(*[url] * 50)
    assert len(server.requests) == 10


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "not an http:// or https:// URL"),
        ("/path", "not an http:// or https:// URL"),
        ("file:///etc/passwd", "not an http:// or https:// URL"),
        ("gopher://example.com/", "not an http:// or https:// URL"),
        ("http://user:secret@example.com/", "a URL with credentials"),
        ("http://user@example.com/", "a URL with credentials"),
        ("http://example.com:99999/", "not a URL: "),
        ("http://[::1/", "not a URL: "),
    ],
)
async def test_a_url_that_is_not_asked(url, why):
    assert (await failure(url)).startswith(f"{url}: {why}")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f000001",
        "127.1",
        "0177.0.0.1",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "0.0.0.0",
        "127.0.0.1.",
        "①②⑦.⓪.⓪.①",
    ],
)
async def test_a_private_server_is_not_reached_by_any_name(host, server: Server):
    url = server.answer("/", {"data": "0x01"}).replace("127.0.0.1", host)

    assert await failure(url, allow_private=False)
    assert server.requests == []


async def test_a_private_address_is_named():
    assert await failure("http://localhost:1/", allow_private=False) in [
        f"http://localhost:1/: cannot connect: {address} is not a public address"
        for address in ("127.0.0.1", "::1")
    ]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("8.8.8.8", True),
        ("2606:4700:4700::1111", True),
        ("64:ff9b::808:808", True),
        ("2002:808:808::", True),
        ("10.0.0.1", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("127.0.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:169.254.169.254", False),
        ("64:ff9b::a00:1", False),
        ("64:ff9b:1::a00:1", False),
        ("2002:a00:1::", False),
        ("2001:0:4136:e378:8000:63bf:f5ff:fffe", False),
    ],
)
def test_public_addresses(address, expected):
    assert is_public(address) is expected


async def test_a_relayer_asks_where_it_is_allowed_to(chains, way: Line, server: Server, tmp_path):
    source, target, _ = chains
    module = attestation_ism(way, server.url + "/attest")
    message = await way.send(module)
    server.answer("/attest", {"data": attestation(way, module, message)})
    config = {
        "chains": {chain.name: chain.settings() for chain in (source, target)},
        "relayChains": f"{source.name},{target.name}",
        "defaultSigner": {"key": RELAYER.key.hex()},
        "whitelist": [{"messageId": to_hex(message.id)}],
        "allowPrivateLookups": True,
        "db": str(tmp_path / "relayer"),
        "metricsPort": 0,
    }
    async with relaying(config) as task:
        await eventually(lambda: target.delivered(message), task)
    assert target.deliveries(message) == 1


async def test_a_lookup_that_is_small_in_data_and_huge_in_memory_is_not_read(way: Line):
    """A thousand URLs, all of them the same text in the data."""
    count, text = 1000, b"x" * 32_000
    offsets = b"".join((count * 32).to_bytes(32) for _ in range(count))
    urls = count.to_bytes(32) + offsets + len(text).to_bytes(32) + text
    head = bytes(32) + (160).to_bytes(32) + bytes(96)
    revert = bytes.fromhex("556f1830") + head + urls
    answering = way.target.deploy("CannedAnswer", (7).to_bytes(32), 0, False)
    reader = way.builder.modules

    async def reverts(*_: object) -> None:
        raise Reverted("beta", "eth_call", revert)

    message = await way.send(answering)
    reader.chain = SimpleNamespace(client=SimpleNamespace(call=reverts))
    with pytest.raises(NotReady, match=f"{len(revert)} bytes are too much to say"):
        await reader.lookup(Lookup(raw(answering)), message)


async def test_a_lookup_for_somebody_else_is_refused(way: Line):
    """Its answers could be meant for another module."""
    lookup = replace(LOOKUP, urls=("https://example.com",), callback=bytes(4)).encode()
    answering = way.target.deploy("CannedAnswer", lookup, 0, True)
    message = await way.send(way.target.deploy("NoopIsm"))

    with pytest.raises(NotReady) as caught:
        await way.builder.modules.lookup(Lookup(raw(answering)), message)
    assert caught.value.detail == (
        f"security module {answering.address} wants lookups for 0x{'11' * 20}"
    )
