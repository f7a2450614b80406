"""Leaves whose message is not stored, and how little is read to find them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import event

from hyperlane.protocol.message import Message
from hyperlane.protocol.typecasts import Bytes32
from hyperlane.store.database import Database
from hyperlane.store.sequences import Dispatched, Insertion, InsertionStore, MessageStore

HERE, ELSEWHERE, COUNT = 1337, 7331, 2000


def message(nonce: int) -> Message:
    return Message(3, nonce, HERE, Bytes32(bytes(32)), 5, Bytes32(bytes(32)), b"")


def dispatched(*nonces: int) -> list[Dispatched]:
    return [Dispatched(message(nonce), nonce, Bytes32(bytes(32))) for nonce in nonces]


async def no_operations(*_: Any) -> None: ...


@asynccontextmanager
async def leaves_in(location: str) -> AsyncIterator[InsertionStore]:
    database = await Database.open(location)
    store = InsertionStore(database, HERE)
    await store.add([Insertion(n, message(n).id, n) for n in range(COUNT)], COUNT)
    yield store
    await database.close()


@pytest.fixture
async def leaves(locate: Any) -> AsyncIterator[InsertionStore]:
    async with leaves_in(locate("missing_messages")) as store:
        yield store


def messages(leaves: InsertionStore, domain: int = HERE) -> MessageStore:
    return MessageStore(leaves.database, domain, no_operations)


async def test_a_leaf_without_its_message_is_found(leaves):
    store = messages(leaves)
    await store.add(dispatched(*range(700), *range(701, COUNT)), COUNT)

    assert await leaves.without_message(0) == (700, 699)
    assert await leaves.without_message(701) is None


async def test_the_message_of_another_chain_is_not_its_message(leaves):
    await messages(leaves).add(dispatched(*range(700), *range(701, COUNT)), COUNT)
    await messages(leaves, ELSEWHERE).add(dispatched(700), COUNT)

    assert await leaves.without_message(0) == (700, 699)


async def test_no_leaf_is_looked_for_among_all_messages(tmp_path):
    """Instructions are counted by SQLite."""
    async with leaves_in(str(tmp_path)) as leaves:
        await messages(leaves).add(dispatched(*range(COUNT)), COUNT)
        found: list[int] = []
        engine = leaves.database.engine.sync_engine

        def listen(connection, _record):
            connection.set_progress_handler(lambda: found.append(1), 1000)

        event.listen(engine, "connect", listen)
        engine.pool.dispose()
        assert await leaves.without_message(0) is None
        assert 0 < len(found) < COUNT, "instructions of SQLite, in thousands"
