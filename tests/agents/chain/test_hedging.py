"""Who is asked beside whom, how long an answer is waited for, and which answer is believed."""

import asyncio
import json
import re
import time
from collections import Counter
from contextlib import suppress

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from hyperlane.chain import rpc
from hyperlane.chain.abi import Mailbox, MerkleTreeHook
from hyperlane.chain.answers import IS_KNOWN, SEND_RAW
from hyperlane.chain.client import ChainClient, NoAnswer, Reverted, RpcError, Unreachable
from hyperlane.protocol.typecasts import to_hex

pytestmark = pytest.mark.quick

HOOK = b"\1" * 20
THREE = to_hex((3).to_bytes(32))
INTERNAL = {"code": -32603, "message": "Internal error"}
LOG = {
    "topics": [to_hex(MerkleTreeHook.INSERTED.topic)],
    "data": "0x" + "00" * 64,
    "blockNumber": "0x5",
    "transactionHash": "0x" + "ab" * 32,
    "logIndex": "0x0",
}


class Node:
    """Answers with `says[method]`: a result, an error, a list of them to be used up, or a wait."""

    def __init__(self, says):
        self.says = {"eth_chainId": "0x539", "eth_getBalance": "0x1", **says}
        self.asked = Counter()
        self.delay = 0.0
        self.reached = asyncio.Event()
        """Somebody asked for more than the chain id."""
        self.released = asyncio.Event()

    async def handle(self, request):
        call = await request.json()
        method = call["method"]
        self.asked[method] += 1
        if method != "eth_chainId":
            self.reached.set()
            with suppress(TimeoutError):
                await asyncio.wait_for(self.released.wait(), self.delay)
        says = self.says[method]
        if isinstance(says, Turns):
            says = says.pop(0) if len(says) > 1 else says[0]
        kind = "error" if isinstance(says, dict) and "code" in says else "result"
        return web.Response(text=json.dumps({"jsonrpc": "2.0", "id": call["id"], kind: says}))


class Turns(list):
    """What is said one after the other, the last for ever."""


@pytest.fixture
async def connect():
    """A client of such nodes, in this order, that never sleeps between rounds."""
    runners, clients, started = [], [], []

    async def no_sleep(_seconds): ...

    async def make(*nodes):
        urls = []
        started.extend(nodes)
        for node in nodes:
            runner = web.AppRunner(application := web.Application(), shutdown_timeout=0)
            application.router.add_post("/", node.handle)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            runners.append(runner)
            urls.append(f"http://127.0.0.1:{runner.addresses[0][1]}/")
        clients.append(ChainClient("alpha", 1337, urls, 0, sleep=no_sleep))
        await clients[-1].verify_chain_id()
        return clients[-1]

    yield make
    for client in clients:
        await client.close()
    for node in started:
        node.released.set()
    for runner in runners:
        await runner.cleanup()


async def timed(action):
    began = time.monotonic()
    return await action, time.monotonic() - began


async def test_what_is_well_is_asked_alone_and_once(connect):
    first, second = Node({}), Node({})
    client = await connect(first, second)
    for _ in range(5):
        await client.balance(HOOK)
    assert first.asked == {"eth_chainId": 2, "eth_getBalance": 5}
    assert second.asked == {"eth_chainId": 2}


async def test_the_next_url_is_asked_beside_one_that_hangs_which_then_rests(connect):
    first, second = Node({}), Node({})
    client = await connect(first, second)
    first.delay = 60
    value, seconds = await timed(client.balance(HOOK))
    assert (value, second.asked["eth_getBalance"]) == (1, 1)
    assert 0.4 < seconds < 1.5
    value, seconds = await timed(client.balance(HOOK))
    assert seconds < 0.4, "it rests"
    assert first.asked["eth_getBalance"] == 1


async def test_a_slow_answer_counts_when_the_next_url_has_none(connect):
    first, second = Node({}), Node({"eth_getBalance": "rubbish"})
    client = await connect(first, second)
    first.delay = 0.8
    assert await client.balance(HOOK) == 1
    assert first.asked["eth_getBalance"] == 1, "it was not asked anew"


async def test_a_single_url_that_hangs_once_is_asked_beside_itself(connect):
    node = Node({})
    client = await connect(node)
    node.delay = 60
    task = asyncio.create_task(timed(client.balance(HOOK)))
    await node.reached.wait()
    node.delay = 0
    value, seconds = await task
    assert value == 1
    assert 0.4 < seconds < 1.5
    assert node.asked["eth_getBalance"] == 2


async def test_a_single_url_that_hangs_is_asked_anew_after_two_seconds(connect):
    node = Node({})
    client = await connect(node)
    node.delay, task = 60, asyncio.create_task(timed(client.balance(HOOK)))
    while node.asked["eth_getBalance"] < 2:
        node.reached.clear()
        await node.reached.wait()
    node.delay = 0
    value, seconds = await task
    assert value == 1
    assert 1.8 < seconds < 4


async def test_a_node_that_always_takes_longer_is_not_given_up(connect, monkeypatch):
    monkeypatch.setattr("hyperlane.chain.pace._FIRST_DEADLINE", {False: 0.1, True: 0.1})
    node = Node({})
    client = await connect(node)
    node.delay = 0.3
    assert await client.balance(HOOK) == 1
    asked = node.asked["eth_getBalance"]
    for _ in range(3):
        assert await client.balance(HOOK) == 1
    assert node.asked["eth_getBalance"] == asked + 3, "its pace is known"


async def test_a_transaction_is_never_given_to_two_urls_at_a_time(connect, monkeypatch):
    monkeypatch.setattr("hyperlane.chain.pace._FIRST_PATIENCE", {False: 0.05, True: 0.05})
    first, second = Node({"eth_sendRawTransaction": "0x" + "ab" * 32}), Node({})
    client = await connect(first, second)
    first.delay = 0.5
    assert await client.request(SEND_RAW, "0x01") == b"\xab" * 32
    assert second.asked == {"eth_chainId": 2}


async def test_an_internal_error_does_not_say_that_a_transaction_was_not_taken(connect):
    first = Node({"eth_sendRawTransaction": INTERNAL})
    second = Node({"eth_sendRawTransaction": {"code": -32000, "message": "already known"}})
    client = await connect(first, second)
    with pytest.raises(RpcError, match="already known"):
        await client.request(SEND_RAW, "0x01")
    alone = await connect(first)
    with pytest.raises(Unreachable, match="Internal error"):
        await alone.request(SEND_RAW, "0x01")


@pytest.mark.parametrize(("behind", "asks_the_next"), [(rpc._LAG, False), (rpc._LAG + 1, True)])
async def test_a_url_is_stale_when_it_is_further_behind_than_the_lag(
    behind, asks_the_next, connect
):
    first, second = (
        Node({"eth_blockNumber": hex(100)}),
        Node({"eth_blockNumber": hex(100 + behind)}),
    )
    client = await connect(first, second)
    client.rpc.endpoints[1].heads["latest"] = 100 + behind, 0.0
    assert await client.final_block() == (100 + behind if asks_the_next else 100)
    assert second.asked["eth_blockNumber"] == asks_the_next
    assert client.rpc.endpoints[0].health.is_distrusted(client.rpc.clock()) == asks_the_next


@pytest.mark.parametrize(("seconds", "expected"), [(29, 100), (31, 101)])
async def test_a_head_that_stands_still_is_believed_for_half_a_minute(seconds, expected, connect):
    first, second = Node({"eth_blockNumber": hex(100)}), Node({"eth_blockNumber": hex(101)})
    client, now = await connect(first, second), time.monotonic()
    client.rpc.clock = lambda: now
    assert await client.final_block() == 100
    client.rpc.clock = lambda: now + seconds
    assert await client.final_block() == expected


async def test_a_chain_that_stands_still_makes_nobody_stale(connect):
    first, second = Node({"eth_blockNumber": hex(100)}), Node({"eth_blockNumber": hex(100)})
    client, now = await connect(first, second), time.monotonic()
    for minute in range(3):
        client.rpc.clock = lambda minute=minute: now + 60 * minute
        assert await client.final_block() == 100
    assert not client.rpc.endpoints[0].health.problem


async def test_all_urls_may_be_set_back(connect):
    nodes = [Node({"eth_blockNumber": hex(1000)}) for _ in range(2)]
    client = await connect(*nodes)
    client.rpc.endpoints[1].heads["latest"] = 1000, 0.0
    for node in nodes:
        node.says["eth_blockNumber"] = hex(500)
    assert await client.final_block() == 500


async def test_who_told_of_a_block_that_nobody_has_is_distrusted(connect):
    missing = {"code": -32000, "message": "header not found"}
    first = Node({"eth_blockNumber": hex(9999), "eth_call": missing})
    second = Node({"eth_blockNumber": hex(10), "eth_call": Turns([*[missing] * 5, THREE])})
    client = await connect(first, second)
    assert await client.final_block() == 9999
    with pytest.raises(Unreachable):
        await client.call(HOOK, MerkleTreeHook.count, block=9999)
    assert await client.final_block() == 10
    assert await client.call(HOOK, MerkleTreeHook.count, block=10) == 3


# Answers that are doubted


@pytest.mark.parametrize(
    ("method", "doubted", "better", "ask"),
    [
        ("eth_getCode", "0x", "0x60", lambda client: client.has_code(HOOK)),
        ("eth_call", "0x", THREE, lambda client: client.call(HOOK, MerkleTreeHook.count)),
        ("eth_call", "0x1234", THREE, lambda client: client.call(HOOK, MerkleTreeHook.count)),
        ("eth_call", INTERNAL, THREE, lambda client: client.call(HOOK, MerkleTreeHook.count)),
        ("eth_getTransactionByHash", None, {"hash": "0x"}, lambda c: c.request(IS_KNOWN, "0x01")),
    ],
)
@pytest.mark.parametrize("urls", [1, 2])
async def test_what_a_node_in_trouble_says_is_asked_once_more(
    method, doubted, better, ask, urls, connect
):
    if urls == 1:
        nodes = [Node({method: Turns([doubted, better])})]
    else:
        nodes = [Node({method: doubted}), Node({method: better})]
    client = await connect(*nodes)
    assert await ask(client)
    assert sum(node.asked[method] for node in nodes) == 2
    if urls == 2:
        assert await ask(client)
        assert nodes[0].asked[method] == 1, "it rests"


@pytest.mark.parametrize("urls", [1, 2])
async def test_what_two_say_or_one_says_twice_is_believed(urls, connect):
    nodes = [Node({"eth_getCode": "0x", "eth_call": "0x"}) for _ in range(urls)]
    client = await connect(*nodes)
    assert not await client.has_code(HOOK)
    with pytest.raises(NoAnswer):
        await client.call(HOOK, Mailbox.delivered, bytes(32))
    assert sum((node.asked for node in nodes), Counter()) == {
        "eth_chainId": 5 if urls == 1 else 6,
        "eth_getCode": 2,
        "eth_call": 2,
    }
    assert not any(item.health.problem for item in client.rpc.endpoints), "nobody is to blame"


async def test_a_revert_is_beyond_doubt(connect):
    first, second = Node({"eth_call": {"code": 3, "message": "execution reverted"}}), Node({})
    client = await connect(first, second)
    with pytest.raises(Reverted):
        await client.call(HOOK, MerkleTreeHook.count)
    assert second.asked == {"eth_chainId": 2}


async def test_a_url_that_turned_to_another_chain_is_not_believed_that_nothing_is_there(connect):
    first = Node({"eth_call": "0x"})
    second = Node({"eth_call": Turns([{"code": -32000, "message": "try again"}, THREE])})
    client = await connect(first, second)
    first.says["eth_chainId"] = "0x1"
    assert await client.call(HOOK, MerkleTreeHook.count) == 3
    assert "chain id 1, expected 1337" in client.rpc.endpoints[0].health.problem


# Who is to blame


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        ({}, r"eth_getLogs: logs: {} is not a list"),
        ([{**LOG, "topics": None}], "eth_getLogs: log.topics: None is not a list of at most 4"),
        ([{**LOG, "data": "0x"}], r"eth_getLogs: log.data: InsertedIntoTree\(bytes32,uint32\): 0x"),
        ([{**LOG, "blockNumber": "0x63"}], "eth_getLogs: log.blockNumber: 99 is not in 0 to 7"),
    ],
)
async def test_a_malformed_answer_is_named_once_for_each_rest_and_not_believed(
    answer, complaint, connect
):
    first, second = Node({"eth_getLogs": answer}), Node({"eth_getLogs": [LOG]})
    client = await connect(first, second)
    with capture_logs() as entries:
        for _ in range(3):
            (found,) = await client.logs(HOOK, MerkleTreeHook.INSERTED, 0, 7)
            assert found.block_number == 5
    (entry,) = [item for item in entries if item["log_level"] == "warning"]
    host = client.rpc.endpoints[0].host
    assert (entry["event"], entry["host"], entry["method"]) == (
        "rpc.malformed",
        host,
        "eth_getLogs",
    )
    assert re.match(complaint, entry["error"])
    assert first.asked["eth_getLogs"] == 1


async def test_wrong_logs_are_held_against_whoever_told_them(connect):
    first, second = Node({"eth_getLogs": Turns([INTERNAL, []])}), Node({"eth_getLogs": []})
    client = await connect(first, second)
    await client.logs(HOOK, MerkleTreeHook.INSERTED, 0, 7)
    with capture_logs() as entries:
        client.distrust("leaf 3 is missing")
    (entry,) = entries
    assert (entry["event"], entry["error"]) == ("rpc.distrusted", "leaf 3 is missing")
    assert entry["host"] == client.rpc.endpoints[1].host
    assert entry["rests"] >= 8
