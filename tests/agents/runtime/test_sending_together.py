"""Sending several transactions at once: one write, one request, and no nonce left out."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine
from tests.support.agents import eventually, relaying
from tests.support.devnet import key
from tests.support.proxy import misbehaving

from hyperlane.agents.runtime.sender import Sender, Wanted
from hyperlane.chain.client import ChainClient, RpcError
from hyperlane.chain.offers import Offers
from hyperlane.chain.signer import address_of
from hyperlane.store.database import Database
from hyperlane.store.transactions import Transaction, TransactionStore

TO = b"\7" * 20


@pytest.fixture
def proxy(origin):
    with misbehaving(origin.url) as proxy:
        yield proxy


@pytest.fixture
async def make(proxy, tmp_path):
    """Senders of account 9 on one database, as after restarts."""
    database = await Database.open(str(tmp_path))
    client = ChainClient("alpha", 1337, [proxy.url])

    def sender(clock=time.time):
        store = TransactionStore(database, 1337, address_of(key(9)))
        return Sender(client, key(9), store, Offers(client), clock)

    yield sender
    await client.close()
    await database.close()


def wanted(*names: str, gas: int = 21_000) -> list[Wanted]:
    return [Wanted(name, TO, b"", gas) for name in names]


def mined(origin) -> int:
    return origin.w3.eth.get_transaction_count(key(9).address)


def nonces(results) -> list[int | None]:
    """Nonces of what was sent; None for what was refused."""
    return [item.nonce if isinstance(item, Transaction) else None for item in results]


@contextmanager
def commits() -> Iterator[list[int]]:
    """Counts what is committed to any database meanwhile."""
    counted: list[int] = []

    def count(_connection: object) -> None:
        counted.append(1)

    event.listen(Engine, "commit", count)
    yield counted
    event.remove(Engine, "commit", count)


async def test_many_take_one_write_and_one_request(origin, make, proxy):
    origin.rpc("evm_setAutomine", False)
    sender = make()
    await sender.send("first", TO, b"", 21_000)
    before = proxy.requests
    with commits() as counted:
        sent = await sender.send_many(wanted(*map(str, range(50))))
    assert nonces(sent) == list(range(1, 51))
    assert len(counted) == 1
    assert proxy.requests - before <= 2, "the next nonce, and all transactions"
    origin.mine()
    assert mined(origin) == 51


async def test_what_is_live_is_found_and_not_sent_again(origin, make):
    origin.rpc("evm_setAutomine", False)
    sender = make()
    first = await sender.send_many(wanted("a", "b"))
    again = await sender.send_many(wanted("c", "b", "a", "d"))
    assert nonces(first) == [0, 1]
    assert nonces(again) == [2, 1, 0, 3]
    origin.mine()
    assert mined(origin) == 4


async def test_each_answer_counts_for_itself_and_a_refused_nonce_is_used_next(origin, make):
    origin.rpc("evm_setAutomine", False)
    sender = make()
    sent = await sender.send_many(
        [*wanted("a"), *wanted("b", "c", gas=20_000), *wanted("d"), *wanted("e", gas=20_000)]
    )
    assert nonces(sent) == [0, None, None, 3, None]
    assert all(isinstance(sent[at], RpcError) for at in (1, 2, 4))
    assert [item.nonce for item in await sender.store.live()] == [0, 3]
    more = await sender.send_many(wanted("f", "g", "h"))
    assert nonces(more) == [1, 2, 4]
    origin.mine()
    assert mined(origin) == 5


@pytest.mark.parametrize("restarted", [False, True])
async def test_refused_nonces_that_nobody_takes_are_filled(origin, make, restarted):
    origin.rpc("evm_setAutomine", False)
    sender = make()
    sent = await sender.send_many([*wanted("a"), *wanted("b", "c", gas=20_000), *wanted("d")])
    if restarted:
        sender = make()
    for _ in range(2):
        await sender.maintain([sent[3]])
    more = await sender.send_many(wanted("e"))
    assert nonces(more) == [4], "none is used twice"
    origin.mine()
    assert mined(origin) == 5


async def test_nonces_that_others_used_are_skipped_together(origin, make, proxy):
    """The node counts them only after it has refused them."""
    for _ in range(2):
        foreign = {"from": key(9).address, "to": "0x" + TO.hex(), "value": 1}
        origin.wait(origin.w3.eth.send_transaction(foreign))
    lies = ["0x0"]
    proxy.alter("eth_getTransactionCount", lambda said: lies.pop() if lies else said)
    origin.rpc("evm_setAutomine", False)
    sent = await make().send_many(wanted("a", "b", "c"))
    assert set(nonces(sent)) == {2, 3, 4}
    origin.mine()
    assert mined(origin) == 5


async def test_what_was_stored_when_the_process_was_killed_is_sent_once(origin, make, proxy):
    origin.rpc("evm_setAutomine", False)
    reached = asyncio.Event()
    loop = asyncio.get_running_loop()

    def swallow(body: bytes) -> tuple[int, bytes] | None:
        if b"eth_sendRawTransaction" not in body:
            return None
        loop.call_soon_threadsafe(reached.set)
        time.sleep(1)
        return 503, b""

    proxy.interfere(swallow)
    task = asyncio.create_task(make().send_many(wanted("a", "b", "c")))
    await reached.wait()
    task.cancel()
    await asyncio.wait([task])
    proxy.behave()
    later = make(clock=lambda: time.time() + 10)
    live = await later.store.live()
    assert [item.nonce for item in live] == [0, 1, 2]
    assert nonces(await later.send_many(wanted("b", "d"))) == [1, 3]
    await later.maintain(live)
    origin.mine()
    assert mined(origin) == 4


async def test_a_relayers_singles_share_requests(origin, target, relayer_config):
    recipient = target.recipient().address
    messages = [origin.dispatch(7331, recipient, bytes([n])) for n in range(100)]
    sends: list[int] = []

    def count(body: bytes) -> None:
        calls = json.loads(body)
        calls = calls if isinstance(calls, list) else [calls]
        sent = [item for item in calls if item["method"] == "eth_sendRawTransaction"]
        sends.extend([len(sent)] if sent else [])

    with misbehaving(target.url) as proxy:
        proxy.interfere(count)
        config = relayer_config(origin, target)
        config["chains"]["beta"] |= {"maxBatchSize": 1, "rpcUrls": [{"http": proxy.url}]}
        with commits() as counted:
            async with relaying(config) as task:
                await eventually(lambda: all(map(target.delivered, messages)), task)
    assert [target.deliveries(item) for item in messages] == [1] * 100
    assert sum(sends) == 100
    assert len(sends) <= 25
    assert len(counted) <= 100, "one for a message, though it passes four states"
