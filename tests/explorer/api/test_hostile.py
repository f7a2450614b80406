"""Visitors who ask for too much, and content that was made to be hard to show."""

import asyncio
import json
from contextlib import AsyncExitStack, suppress

import aiohttp
import pytest
from sqlalchemy import insert, select
from structlog.testing import capture_logs
from tests.support.explorer import explorer
from tests.support.explorer_rows import (
    ALPHA,
    BETA,
    ETHER,
    GAMMA,
    OPERATOR,
    VALIDATORS,
    address,
    word,
)

from hyperlane.explorer import server
from hyperlane.explorer.api.changes import render
from hyperlane.explorer.app import create_app
from hyperlane.explorer.limits import Buckets
from hyperlane.explorer.live import Feed
from hyperlane.explorer.pages import network as network_pages
from hyperlane.explorer.pages.contents import contents
from hyperlane.explorer.queries import chains as chain_queries
from hyperlane.explorer.queries.changes import changes
from hyperlane.explorer.queries.life import life
from hyperlane.explorer.queries.modules import stored_module
from hyperlane.explorer.queries.routes import route, router_key, routes
from hyperlane.explorer.queries.stakes import stakes
from hyperlane.explorer.queries.statistics import statistics
from hyperlane.explorer.queries.tokens import transfers
from hyperlane.explorer.server import serving
from hyperlane.protocol.typecasts import to_checksum, to_hex
from hyperlane.store.scraper import tables
from hyperlane.store.scraper.statistics import StatisticsStore
from hyperlane.store.scraper.writing import ChainName, name_chain

NOW = 1_796_000_000
STREAM = "/api/v1/changes/stream"
KEY = to_checksum(address("module"))
SECRET = "/home/operator/.secret"

pytestmark = pytest.mark.quick


@pytest.mark.parametrize("path", ["/chains", "/api/v1/chains"])
async def test_a_fault_of_the_server_says_nothing_of_it(database, sample, monkeypatch, path):
    async def fails(*_: object) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(chain_queries, "chains", fails)
    monkeypatch.setattr(network_pages, "chains", fails)
    async with explorer(database) as url, aiohttp.ClientSession(url) as session:
        with capture_logs() as logs:
            async with session.get(path) as answer:
                said = await answer.text()
        async with session.get("/routes") as other:
            assert other.status == 200
    assert answer.status == 500
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    for inside in (SECRET, "RuntimeError", "Traceback", ".py"):
        assert inside not in said
    assert "a fault of the server" in said.lower()
    if "api" in path:
        assert json.loads(said)["status"] == 500
    (logged,) = logs
    assert (logged["event"], logged["log_level"]) == ("explorer.failed", "error")
    assert SECRET in logged["error"]
    assert "test_hostile.py" in logged["where"]


async def test_odd_requests_are_refused_and_not_failed(database, sample):
    async with explorer(database) as url:
        for line, status in (
            (f"GET /routes/{'1' * 5000}", 404),
            ("GET /routes/%00", 404),
            (f"GET /api/v1/routes/{'1' * 190}", 404),
            (f"GET /statistics?origin={'9' * 5000}", 200),
            ("GET /messages?after=f_________9__________w", 200),
            ("GET /messages?since=0001-01-01T00:00%2B23:59&until=9999-12-31T23:59-23:59", 200),
            ("GET ]/", 404),
            ("GET http://evil.example/", 404),
            ("FOO /", 405),
            ("HEAD /", 200),
            ("HEAD /api/v1/chains", 200),
            ("HEAD /api/v1/changes/stream", 405),
            ("HEAD /nothing", 404),
        ):
            head, body = await ask(url, line)
            assert head.startswith(f"HTTP/1.1 {status} "), line[:60]
            assert "content-security-policy" in head
            assert line[:4] != "HEAD" or body == ""


async def ask(url: str, line: str) -> tuple[str, str]:
    """Head and body of the answer to a request that a client library would not send."""
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    answer = (await reader.read()).decode()
    writer.close()
    head, _, body = answer.partition("\r\n\r\n")
    return head, body


async def test_what_costs_much_counts_as_much_however_it_is_spelled(database, sample):
    message = to_hex((await sample.dispatch(ALPHA, BETA, NOW)).id)
    for path in (f"/messages/{message}/trace%0a", "/statistics?days=30", "/api/v1/routes"):
        async with explorer(database, buckets=Buckets(rate=0.001, burst=5)) as url:
            statuses = [(await ask(url, f"GET {path}"))[0].split()[1] for _ in range(2)]
        assert statuses == ["200", "429"], path


@pytest.mark.parametrize(
    ("proxies", "statuses"), [((), [200, 429, 429, 429]), (("127.0.0.1",), [200, 200, 429, 200])]
)
async def test_who_a_visitor_is_only_a_known_proxy_tells(database, sample, proxies, statuses):
    app = create_app(database, Feed(database, render), buckets=Buckets(rate=0.001, burst=1))
    found = []
    async with serving(app, "127.0.0.1", 0, proxies) as port, aiohttp.ClientSession() as session:
        for told in ("10.0.0.1", "10.0.0.2", "10.9.9.9, 10.0.0.1", "'; --"):
            headers = {"X-Forwarded-For": told}
            async with session.get(f"http://127.0.0.1:{port}/chains", headers=headers) as answer:
                found.append(answer.status)
    assert found == statuses


async def test_one_address_takes_some_places_and_leaves_others(database, sample):
    feed = Feed(database, render, most_of_one=2)
    with feed.place("10.0.0.1"), feed.place("10.0.0.1"), feed.place("2001:db8::1"):
        assert feed.clients == 3
    assert feed.clients == 0
    async with (
        explorer(database, feed=feed) as url,
        aiohttp.ClientSession(url) as session,
        AsyncExitStack() as open_streams,
    ):
        for _ in range(2):
            await open_streams.enter_async_context(session.get(STREAM))
        async with session.get(STREAM) as third:
            assert third.status == 503
            assert "2 clients from your address" in await third.text()
        with feed.place("10.0.0.1"):  # another's
            pass


async def test_one_address_has_so_many_connections(database, sample, monkeypatch):
    monkeypatch.setattr(server, "_MOST_OF_ONE", 2)
    async with explorer(database) as url:
        host, port = url.removeprefix("http://").split(":")
        first, second, third = [await asyncio.open_connection(host, int(port)) for _ in range(3)]
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await third[0].readexactly(1)
        for reader, writer in (first, second):
            writer.write(b"GET /chains HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        for _, writer in (first, second, third):
            writer.close()


async def test_a_body_that_never_ends_keeps_no_connection(database, sample, monkeypatch):
    async with explorer(database) as url:
        host, port = url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await reader.readuntil(b"</html>")
        monkeypatch.setattr(server, "_PATIENCE", 0.1)
        writer.write(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n")
        await reader.readuntil(b"HTTP/1.1 405")

        async def drip() -> None:
            while True:
                writer.write(b"x")
                await asyncio.sleep(0.01)

        dripping = asyncio.create_task(drip())
        async with asyncio.timeout(60):
            with suppress(ConnectionResetError):
                await reader.read()
        dripping.cancel()
        writer.close()


async def test_the_stream_goes_on_after_a_fault(database, sample):
    failures = [RuntimeError("no"), ValueError("no")]

    def failing(change) -> bytes:
        if failures:
            raise failures.pop()
        return render(change)

    feed = Feed(database, failing, interval=0.01)
    running = asyncio.create_task(feed.run())
    with feed.place():
        await feed._position()
        sent = await sample.dispatch(ALPHA, BETA, NOW)
        async with asyncio.timeout(60):
            told = await anext(feed.follow(0))
    assert to_hex(sent.id).encode() in told
    assert not failures
    running.cancel()


async def test_history_of_one_message_is_looked_up_not_walked_through(database, sample):
    sent = [await sample.dispatch(ALPHA, BETA, NOW + number) for number in range(4)]
    feed = Feed(database, render)
    with feed.place():
        await feed._position()
        stream = feed.follow(0, sent[-1].id)
        own = await changes(database, 0, 100, sent[-1].id)
        assert [await anext(stream) for _ in own] == list(map(render, own))
    assert [each.number for each in own] == [10, 11, 12]
    assert [each.number for each in await changes(database, 10, 1, sent[-1].id)] == [11]


async def test_long_bodies_come_in_several_answers(database, sample):
    for number in range(3):
        await sample.dispatch(ALPHA, BETA, NOW + number, bytes(900_000), paid=False)
    found, after = [], 0
    while batch := await changes(database, after):
        assert sum(len(each.life.body) for each in batch) <= 1024 * 1024
        found += batch
        after = batch[-1].number
    assert [each.kind for each in found] == ["dispatched", "inserted"] * 3


async def test_one_message_does_not_crowd_out_what_others_carry(database, sample):
    many = await sample.dispatch(ALPHA, BETA, NOW, tokens=ETHER)
    other = await sample.dispatch(ALPHA, BETA, NOW + 1, tokens=2 * ETHER)
    async with database.write() as connection:
        (row, *_) = (await connection.execute(select(tables.token_transfer))).mappings().all()
        await connection.execute(
            insert(tables.token_transfer),
            [{**row, "id": None, "log_index": 1000 + number} for number in range(6000)],
        )
        (row, *_) = (await connection.execute(select(tables.merkle_tree_insertion))).mappings()
        await connection.execute(
            insert(tables.merkle_tree_insertion),
            [{**row, "id": None, "leaf_index": 1000 + number} for number in range(300)],
        )
    # The rows were stored before the other's as well.
    await sample.dispatch(ALPHA, BETA, NOW + 2)
    async with database.write() as connection:
        last = tables.token_transfer.c.msg_id == other.id
        await connection.execute(tables.token_transfer.update().where(last).values(id=99_999))
    found = await transfers(database, [many.id, other.id])
    assert [each.amount for each in found[other.id]] == [2 * ETHER]
    assert 1 < len(found[many.id]) <= 100
    lived = await life(database, many.id)
    assert lived is not None
    assert (len(lived.insertions), lived.insertions[0].leaf_index) == (100, 0)


async def test_what_another_chains_node_tells_of_a_message_is_not_shown(database, sample):
    sent = await sample.dispatch(ALPHA, BETA, NOW, tokens=ETHER)
    async with database.write() as connection:
        for table in (tables.token_transfer, tables.merkle_tree_insertion, tables.gas_payment):
            await connection.execute(table.update().values(domain=GAMMA))
    found = await life(database, sent.id)
    assert found is not None
    assert (found.insertions, found.payments, found.transfers) == ((), (), ())


async def test_routers_that_are_enrolled_with_hundreds_leave_room_for_the_registrys(
    database, sample
):
    await sample.token(ALPHA)
    crowd = {str(domain): [to_hex(word(address(f"{domain}")))] for domain in range(1000, 1256)}
    routers = [address(f"hostile {number}") for number in range(300)]
    for number, router in enumerate(routers):
        following = {str(BETA): [to_hex(word(routers[(number + 1) % len(routers)]))]}
        await sample.token(BETA, router=router, route=None, routers=crowd | following)
    listed = await routes(database)
    assert not listed.complete
    assert listed.routes[0].name is not None
    assert sum(len(each.routers) for each in listed.routes) < 200
    found = await route(database, router_key(BETA, routers[0]))
    assert found is not None
    assert routers[0] in {each.router for each in found.routers}
    assert sum(len(each.routers) for each in found.routers) < 20_000


async def test_an_operator_of_very_many_events_goes_without_stake(database, sample):
    transaction = sample.transaction("stake", OPERATOR, address("staking"))
    await sample.block(ALPHA, NOW, transaction)
    async with database.write() as connection:
        number = (await connection.execute(select(tables.transaction.c.id))).scalar_one()
        event = {
            "time_created": NOW,
            "domain": ALPHA,
            "contract": address("staking"),
            "kind": "Staked",
            "operator": OPERATOR,
            "validator": None,
            "amount": 1,
            "fields": {},
            "tx_id": number,
        }
        events = [{**event, "log_index": index} for index in range(5001)]
        events[0] |= {"kind": "OperatorRegistered", "validator": VALIDATORS[ALPHA][0]}
        await connection.execute(insert(tables.staking_event), events)
    assert await stakes(database, VALIDATORS[ALPHA], ALPHA) == {}


async def test_messages_of_chains_without_any_are_not_looked_for(database, sample, monkeypatch):
    await sample.dispatch(ALPHA, BETA, NOW - 7200)
    await name_chain(database, ChainName(999, "other", "ETH", 999, is_testnet=True))
    counted, summed = [], StatisticsStore._summed

    async def counting(self, connection, origin, start, end):
        counted.append((origin, start))
        return await summed(self, connection, origin, start, end)

    monkeypatch.setattr(StatisticsStore, "_summed", counting)
    found = await statistics(database, NOW - 30 * 86400, NOW)
    assert [hour.sent for hour in found.hours] == [1]
    assert counted == [(ALPHA, (NOW - 7200) // 3600 * 3600)]


def calls_that_share(count: int, size: int) -> bytes:
    """A body of calls, all of which point to the same bytes."""
    numbers = [32, count, *[32 * count] * count, 0, 0, 96, size]
    return bytes(97) + b"".join(each.to_bytes(32, "big") for each in numbers) + bytes(size)


def test_calls_are_not_decoded_into_more_than_they_are():
    small = contents(calls_that_share(3, 32), is_transfer=False)
    assert small.account_kind == "calls"
    huge = contents(calls_that_share(16_000, 512_000), is_transfer=False)
    assert (huge.account, huge.hex, huge.cut) == (None, None, True)


NOT_DOCUMENTED = [
    None,
    "x",
    5,
    [],
    {},
    {"root": {"address": KEY}},
    {"address": 5},
    {"address": "javascript:alert(1)"},
]
HALF_DOCUMENTED = [
    {"address": KEY},
    {"address": KEY, "type": 5, "threshold": "x", "validators": 5, "modules": 5, "relayer": []},
    {"address": KEY, "critical": 5, "alone": {"x": 1}, "delivers": "no", "open": "yes"},
    {"address": KEY, "critical": ["x", 5, KEY], "alone": [None]},
    {"address": KEY, "validators": [{}, "x", {"address": KEY, "weight": "x", "problem": [1]}]},
    {"address": KEY, "modules": ["y", {}, {"address": KEY, "newer": True}]},
]


async def test_modules_that_another_version_stored_are_shown_as_far_as_they_go(database, sample):
    deep = {"address": KEY, "modules": []}
    for _ in range(300):
        deep = {"address": KEY, "modules": [deep]}
    async with explorer(database) as url, aiohttp.ClientSession(url) as session:
        for number, module in enumerate([*NOT_DOCUMENTED, *HALF_DOCUMENTED, deep]):
            recipient = address(f"recipient {number}")
            sent = await sample.dispatch(ALPHA, BETA, NOW + number, recipient=recipient)
            await sample.redundancy(BETA, ALPHA, 1, recipient=recipient, module=module)
            async with session.get(f"/messages/{to_hex(sent.id)}") as answer:
                page = await answer.text()
            assert answer.status == 200, module
            assert (KEY in page) == (number >= len(NOT_DOCUMENTED)), module
            assert "javascript:" not in page
        for path in ("/redundancy", "/api/v1/redundancy"):
            async with session.get(path) as answer:
                assert answer.status == 200
    read = stored_module(HALF_DOCUMENTED[3])
    assert read is not None
    assert (read["critical"], read["alone"], read["type"]) == ([KEY], [], "unknown")
    assert stored_module(HALF_DOCUMENTED[2])["critical"] is None, "not known to be none"


async def test_without_signers_the_page_of_redundancy_does_not_promise_any(database, sample):
    await sample.redundancy(BETA, ALPHA, None)
    async with (
        explorer(database) as url,
        aiohttp.ClientSession(url) as session,
        session.get("/redundancy") as answer,
    ):
        said = await answer.text()
    assert "No module that wants signatures has been read yet" in said
    assert "may fall silent, whichever they are, while messages are still delivered" in said


async def test_an_address_that_a_module_trusts_is_part_of_it(database, sample):
    module = {"address": KEY, "relayer": to_checksum(OPERATOR)}
    await sample.redundancy(BETA, ALPHA, None, module=module)
    async with explorer(database) as url, aiohttp.ClientSession(url) as session:
        for part in module.values():
            async with session.get(f"/address/{part}") as answer:
                assert "the security module" in await answer.text()


async def test_visitors_words_are_shown_on_one_line(database, sample):
    async with explorer(database) as url, aiohttp.ClientSession(url) as session:
        for path in ("messages", "tx", "address", "validators", "routes"):
            async with session.get(f"/{path}/%E2%80%AEmoc.live%E2%80%8B") as answer:
                said = await answer.text()
            assert answer.status == 404
            assert "\\u202emoc.live" in said
            assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in said
