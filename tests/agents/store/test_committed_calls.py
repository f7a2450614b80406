"""The store of calls that accounts are committed to, on both engines."""

import asyncio
from dataclasses import replace

import pytest

from hyperlane.protocol.message import Message
from hyperlane.store.committed_calls import Added, CallsKey, CommittedCalls, CommittedCallsStore
from hyperlane.store.database import Database
from hyperlane.store.forget import forget
from hyperlane.store.operations import OperationStore
from hyperlane.store.sequences import Dispatched, MessageStore

pytestmark = pytest.mark.quick

HERE, THERE = 1337, 7331
ROUTER, OWNER = b"\x01" * 32, b"\x02" * 32
KEY = CallsKey(HERE, b"\x0a" * 32, b"\x0b" * 32, ROUTER, OWNER)
ITEM = CommittedCalls(KEY, b"\x0c" * 32, b"calls", (b"\x03" * 20, b"\x04" * 20))


@pytest.fixture
async def database(locate):
    opened = await Database.open(locate("calls"))
    yield opened
    await opened.close()


@pytest.mark.parametrize("readers", [None, (), (b"\x03" * 20,), ITEM.readers])
async def test_calls_come_back_as_they_were_stored(database, readers):
    store, item = CommittedCallsStore(database), replace(ITEM, readers=readers)
    assert await store.get(KEY) is None
    assert await store.add(item, 1.0, 5) is Added.NEW
    assert await store.get(KEY) == item


async def test_calls_survive_a_restart(locate):
    location = locate("calls")
    for found in (None, ITEM):
        database = await Database.open(location)
        store = CommittedCallsStore(database)
        assert await store.get(KEY) == found
        await store.add(ITEM, 1.0, 5)
        await database.close()


@pytest.mark.parametrize(
    "change",
    [
        {"origin": THERE},
        {"tx_hash": b"\x0d" * 32},
        {"commitment": b"\x0d" * 32},
        {"router": OWNER},
        {"owner": ROUTER},
    ],
)
async def test_calls_are_of_one_party_and_transaction_alone(database, change):
    store, other = CommittedCallsStore(database), replace(KEY, **change)
    await store.add(ITEM, 1.0, 5)
    assert await store.get(other) is None
    assert await store.add(replace(ITEM, key=other, calls=b"others"), 1.0, 5) is Added.NEW
    assert await store.get(KEY) == ITEM


async def test_what_is_known_stays_as_it_was(database):
    store = CommittedCallsStore(database)
    await store.add(ITEM, 1.0, 5)
    assert await store.add(replace(ITEM, readers=()), 2.0, 5) is Added.KNOWN
    assert await store.get(KEY) == ITEM


async def test_no_more_is_stored_than_allowed(database):
    store = CommittedCallsStore(database)
    items = [replace(ITEM, key=replace(KEY, tx_hash=bytes([at]) * 32)) for at in range(8)]
    added = await asyncio.gather(*(store.add(item, 1.0, 3) for item in items))
    assert sorted(item.value for item in added) == ["full"] * 5 + ["new"] * 3
    # What is known may come again.
    known = items[added.index(Added.NEW)]
    assert await store.add(known, 1.0, 3) is Added.KNOWN


async def test_old_calls_are_forgotten(database):
    store = CommittedCallsStore(database)
    later = replace(ITEM, key=replace(KEY, tx_hash=b"\x0d" * 32))
    await store.add(ITEM, 1.0, 5)
    await store.add(later, 2.0, 5)
    assert await store.forget(1.0) == 2
    assert await store.forget(2.0) == 1
    assert await store.get(KEY) is None
    assert await store.get(later.key) == later


async def test_calls_of_a_forgotten_chain_are_forgotten(database):
    from hyperlane.store.database import Deployment

    store = CommittedCallsStore(database)
    elsewhere = replace(ITEM, key=replace(KEY, origin=THERE))
    await store.add(ITEM, 1.0, 5)
    await store.add(elsewhere, 1.0, 5)
    await database.bind(Deployment(HERE, HERE, bytes(20), bytes(20)))
    await forget(database, HERE)
    assert await store.get(KEY) is None
    assert await store.get(elsewhere.key) == elsewhere


async def test_messages_of_one_transaction_up_to_the_one_asked_for(database):
    operations = OperationStore(database)

    async def make_operations(connection, messages):
        await operations.create(connection, messages, 0.0)

    def sent(nonce: int, tx_hash: bytes) -> Dispatched:
        message = Message(3, nonce, HERE, ROUTER, THERE, OWNER, bytes([nonce]))
        return Dispatched(message, nonce, tx_hash)

    ours, other = b"\x0a" * 32, b"\x0d" * 32
    stored = [sent(0, other), sent(1, ours), sent(2, ours), sent(3, ours), sent(4, other)]
    await MessageStore(database, HERE, make_operations).add(stored, 9)
    store = CommittedCallsStore(database)
    assert await store.sent_with(stored[2].message.id) == (
        ours,
        [item.message.encode() for item in stored[1:3]],
    )
    assert await store.sent_with(bytes(32)) is None
