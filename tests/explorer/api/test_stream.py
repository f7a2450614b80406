"""Changes as server-sent events."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator

import aiohttp
import pytest
from tests.support.explorer import explorer, until
from tests.support.explorer_rows import ALPHA, BETA

from hyperlane.explorer import server
from hyperlane.explorer.api.changes import render
from hyperlane.explorer.live import HEARTBEAT, Crowded, Feed
from hyperlane.explorer.queries.changes import changes
from hyperlane.protocol.typecasts import to_hex

NOW = 1_796_000_000
PATH = "/api/v1/changes/stream"

pytestmark = pytest.mark.quick


async def events(answer: aiohttp.ClientResponse) -> AsyncIterator[dict]:
    """The changes of a stream, each checked against its id."""
    fields: dict[str, str] = {}
    async for line in answer.content:
        name, _, value = line.decode().rstrip("\n").partition(": ")
        if name:
            fields[name] = value
        elif "data" in fields:
            change = json.loads(fields["data"])
            assert fields["event"] == "change"
            assert fields["id"] == str(change["number"])
            yield change
            fields = {}


async def taken(stream: AsyncIterator[dict], count: int) -> list[dict]:
    async with asyncio.timeout(60):
        return [await anext(stream) for _ in range(count)]


async def test_changes_are_told_as_they_happen_and_after_the_last_that_was_seen(database, sample):
    before = await sample.dispatch(ALPHA, BETA, NOW - 100)
    async with explorer(database) as url, aiohttp.ClientSession(url) as session:
        async with session.get(PATH) as answer:
            assert answer.content_type == "text/event-stream"
            assert answer.headers["cache-control"] == "no-store"
            await answer.content.readline()  # the stream has begun
            sent = await sample.dispatch(ALPHA, BETA, NOW - 50)
            await sample.deliver(sent, NOW)
            found = await taken(events(answer), 4)
        assert [each["kind"] for each in found] == ["dispatched", "inserted", "paid", "delivered"]
        assert {each["id"] for each in found} == {to_hex(sent.id)}
        assert found[-1]["record"]["delivery"] is not None
        async with session.get(PATH, headers={"last-event-id": "1"}) as answer:
            again = await taken(events(answer), 6)
        assert [each["number"] for each in again] == [2, 3, 4, 5, 6, 7]
        async with session.get(PATH, headers={"last-event-id": "0"}) as answer:
            (first,) = await taken(events(answer), 1)
        assert first["id"] == to_hex(before.id)
        path = f"{PATH}?message={to_hex(sent.id)}"
        async with session.get(path, headers={"last-event-id": "0"}) as answer:
            own = await taken(events(answer), 4)
        assert [each["number"] for each in own] == [4, 5, 6, 7]
        for wrong in ("8", "-1", "x", "9" * 30, "1 2"):
            async with session.get(PATH, headers={"last-event-id": wrong}) as answer:
                assert answer.status == 400
                assert (await answer.json(content_type=None))["parameter"] == "Last-Event-ID"


async def test_a_client_that_falls_behind_what_is_kept_misses_nothing(database, sample):
    feed = Feed(database, render, interval=0.01, most_bytes=1)
    running = asyncio.create_task(feed.run())
    sent = await sample.dispatch(ALPHA, BETA, NOW - 100)
    with feed.place():
        stream = feed.follow(None)
        waiting = asyncio.create_task(anext(stream))
        await until(lambda: feed._floor is not None)
        await sample.deliver(sent, NOW - 50)
        got = [await waiting]
        for number in range(4):
            other = await sample.dispatch(ALPHA, BETA, NOW - 40 + number)
        await until(lambda: feed._last == 4 + 3 * 4)
        assert len(feed._kept) <= 1
        got += [await anext(stream) for _ in range(12)]
    assert got == [render(each) for each in await changes(database, 3)]
    assert to_hex(other.id).encode() in got[-1]
    running.cancel()


async def test_silence_is_filled_and_the_end_is_told(database, sample):
    feed = Feed(database, render, heartbeat=0.02)
    with feed.place():
        stream = feed.follow(0)
        assert await anext(stream) == HEARTBEAT
        feed.close()
        assert [each async for each in stream if each != HEARTBEAT] == []
    with pytest.raises(Crowded), feed.place():
        pass


async def test_nothing_is_read_while_nobody_follows(database, sample):
    feed = Feed(database, render)
    with feed.place():
        await anext(aiter_one(feed))
    assert feed._floor is not None
    assert await feed.step() is False
    assert feed._floor is None
    assert not feed._wanted.is_set()


async def aiter_one(feed: Feed) -> AsyncIterator[None]:
    await feed._position()
    yield None


async def test_there_are_only_so_many_clients(database, sample):
    feed = Feed(database, render, most_clients=2)
    async with explorer(database, feed=feed) as url, aiohttp.ClientSession(url) as session:
        first, second = [await session.get(PATH) for _ in range(2)]
        async with session.get(PATH) as third:
            assert (third.status, third.headers["retry-after"]) == (503, "5")
            assert "2 clients" in (await third.json(content_type=None))["detail"]
        first.close()
        await until(lambda: feed.clients == 1)
        async with session.get(PATH) as again:
            assert again.status == 200
        second.close()
        await until(lambda: feed.clients == 0)


async def test_a_client_that_does_not_read_is_cut_off(database, sample, monkeypatch):
    """What it did not read is kept neither by the feed nor by the server."""
    monkeypatch.setattr(server, "_PATIENCE", 0.2)
    for _ in range(20):
        await sample.dispatch(ALPHA, BETA, NOW, b"x" * 100_000)
    feed = Feed(database, render)
    async with explorer(database, feed=feed) as url:
        host, port = url.removeprefix("http://").split(":")
        slow = socket.socket()
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(slow, (host, int(port)))
        request = f"GET {PATH} HTTP/1.1\r\nHost: {host}\r\nLast-Event-ID: 0\r\n\r\n"
        await loop.sock_sendall(slow, request.encode())
        assert await loop.sock_recv(slow, 12) == b"HTTP/1.1 200"
        assert feed.clients == 1
        await until(lambda: feed.clients == 0)
        # What the kernel had taken may arrive; then the connection is broken.
        with pytest.raises(ConnectionResetError):
            await read_all(slow)
        slow.close()


async def read_all(connection: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(60):
        while await loop.sock_recv(connection, 65536):
            pass


async def test_a_request_that_is_never_finished_is_cut_off(database, sample, monkeypatch):
    monkeypatch.setattr(server, "_PATIENCE", 0.2)
    async with explorer(database) as url:
        host, port = url.removeprefix("http://").split(":")
        for begun in (b"", b"GET / HTT", b"GET / HTTP/1.1\r\nHost: x\r\nA: "):
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(begun)
            async with asyncio.timeout(60):
                with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
                    await reader.readexactly(1)
            writer.close()
