"""Several URLs of one real chain, some of which misbehave."""

import asyncio
import time

import pytest
from tests.support.devnet import key

from hyperlane.chain.abi import MerkleTreeHook
from hyperlane.chain.answers import BALANCE
from hyperlane.chain.client import (
    ChainClient,
    Consensus,
    Disagreement,
    Reverted,
    RpcError,
    Unreachable,
)
from hyperlane.errors import ConfigError
from hyperlane.protocol.typecasts import address_from_hex

NOBODY = b"\7" * 20


@pytest.fixture
async def connect(origin):
    clients = []

    def make(*urls, consensus="fallback", **options):
        urls = [getattr(item, "url", item) for item in urls]
        clients.append(ChainClient("alpha", 1337, urls, 0, Consensus(consensus), **options))
        return clients[-1]

    yield make
    for client in clients:
        await client.close()


@pytest.fixture
def hook(origin):
    return address_from_hex(origin.contracts["merkleTreeHook"].address)


async def leaves(client, hook, last):
    logs = await client.logs(hook, MerkleTreeHook.INSERTED, 0, last)
    return [MerkleTreeHook.INSERTED.decode(item.data) for item in logs]


def break_first_leaf(logs):
    """The same logs, but the first one tells of another message."""
    if logs:
        logs[0]["data"] = "0x" + "ee" * 32 + logs[0]["data"][66:]
    return logs


# One answer is enough


@pytest.mark.parametrize(
    "trouble",
    [
        lambda bad: bad.fail(503),
        lambda bad: bad.fail(429),
        lambda bad: bad.stop(),
        lambda bad: bad.refuse("eth_getBalance", {"code": -32000, "message": "header not found"}),
        lambda bad: bad.refuse("eth_getBalance", {"code": -32005, "message": "rate limit"}),
    ],
)
async def test_the_next_url_answers_at_once_and_the_bad_one_rests(trouble, origin, proxy, connect):
    bad = proxy(origin)
    client = connect(bad, origin)
    await client.verify_chain_id()
    trouble(bad)
    began = time.monotonic()
    for _ in range(5):
        assert await client.balance(NOBODY) == 0
    assert time.monotonic() - began < 0.5
    assert bad.asked["eth_getBalance"] <= 1


async def test_a_url_that_recovers_is_used_again(origin, proxy, connect):
    bad = proxy(origin)
    client = connect(bad, origin)
    bad.fail(503)
    await client.balance(NOBODY)
    bad.behave()
    before = bad.requests
    await asyncio.sleep(0.7)
    await client.balance(NOBODY)
    assert bad.requests > before


async def test_a_url_that_falls_behind_is_left(origin, proxy, connect):
    bad = proxy(origin)
    client = connect(bad, origin)
    origin.mine(10)
    await client.balance(NOBODY)
    bad.freeze()
    origin.mine(10)
    ahead = connect(origin)
    assert await client.final_block() == await ahead.final_block() - 10
    # After a while without a new block, it asks the other URL.
    client.rpc.clock = lambda: time.monotonic() + 60
    assert await client.final_block() == await ahead.final_block()


async def test_the_order_of_a_rate_limited_node_is_obeyed(origin, proxy):
    bad, slept = proxy(origin), []

    async def sleep(seconds):
        slept.append(seconds)
        bad.behave()

    client = ChainClient("alpha", 1337, [bad.url], sleep=sleep)
    await client.verify_chain_id()
    bad.fail(429)
    assert await client.balance(NOBODY) == 0
    assert len(slept) == 2
    assert slept[1] > 0.2, "as long as it said, or half a second"
    await client.close()


async def test_of_a_single_url_only_the_first_is_asked(origin, proxy, connect):
    first, second = proxy(origin), proxy(origin)
    await connect(first, second, consensus="single").balance(NOBODY)
    assert not second.asked


async def test_a_node_that_refuses_batches_is_asked_in_smaller_ones(origin, proxy, connect):
    bad = proxy(origin)
    largest = 7
    answer = bad._answer

    def small_only(body):
        if body.count(b'"method"') > largest:
            return 200, b'{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"batch"}}'
        return answer(body)

    bad._answer = small_only
    balances = await connect(bad).request_many(BALANCE, [["0x" + NOBODY.hex(), "latest"]] * 50)
    assert balances == [0] * 50


async def test_an_answer_that_is_too_large_is_asked_for_in_parts(
    origin, proxy, connect, hook, monkeypatch
):
    monkeypatch.setattr("hyperlane.chain.endpoint._MAX_ANSWER", 3000)
    messages = [origin.dispatch(7331, key(3).address, bytes([n])) for n in range(20)]
    client = connect(origin)
    found = await leaves(client, hook, origin.w3.eth.block_number)
    assert found == [(item.id, index) for index, item in enumerate(messages)]


async def test_ranges_widen_again_after_they_had_to_be_split(origin, proxy, connect, hook):
    bad = proxy(origin)
    client = connect(bad)
    origin.dispatch(7331, key(3).address)
    bad.refuse("eth_getLogs", {"code": -32000, "message": "block range is too wide"})
    with pytest.raises(RpcError):
        await leaves(client, hook, 15)
    bad.behave()
    bad.asked.clear()
    await leaves(client, hook, origin.w3.eth.block_number)
    narrow = bad.asked["eth_getLogs"]
    for _ in range(20):
        await leaves(client, hook, origin.w3.eth.block_number)
    bad.asked.clear()
    await leaves(client, hook, origin.w3.eth.block_number)
    assert bad.asked["eth_getLogs"] == 1 < narrow


async def test_all_urls_are_of_the_chain_or_it_does_not_start(origin, target, connect):
    with pytest.raises(ConfigError, match="answers with chain id 7331, expected 1337"):
        await connect(origin, target).verify_chain_id()


# More than half must say the same


async def test_a_url_that_lies_is_outvoted(origin, proxy, connect, hook):
    message = origin.dispatch(7331, key(3).address)
    liar = proxy(origin)
    liar.alter("eth_getLogs", break_first_leaf)
    liar.alter("eth_call", lambda _: "0x" + "ee" * 64)
    client = connect(liar, origin, proxy(origin), consensus="quorum")
    last = origin.w3.eth.block_number
    assert await leaves(client, hook, last) == [(message.id, 0)]
    assert await client.call(hook, MerkleTreeHook.count, block=last) == 1


async def test_without_a_majority_there_is_no_answer(origin, proxy, connect, hook):
    origin.dispatch(7331, key(3).address)
    liar = proxy(origin)
    liar.alter("eth_getLogs", break_first_leaf)

    async def no_sleep(_seconds):
        pass

    client = connect(liar, origin, consensus="quorum", sleep=no_sleep)
    with pytest.raises(Disagreement, match=rf"127\.0\.0\.1:{liar.port}.* contradict each other"):
        await leaves(client, hook, origin.w3.eth.block_number)


@pytest.mark.parametrize(
    ("consensus", "urls", "needed"),
    [
        ("quorum", 4, 3),
        ("majority", 4, 3),
        ("quorum", 5, 3),
        ("majority", 5, 4),
        ("majority", 1, 1),
    ],
)
def test_how_many_urls_have_to_agree(consensus, urls, needed):
    assert Consensus(consensus).needed(urls) == needed


async def test_a_majority_is_two_thirds(origin, proxy, connect, hook):
    origin.dispatch(7331, key(3).address)
    liars = [proxy(origin), proxy(origin)]
    for liar in liars:
        liar.alter("eth_getLogs", break_first_leaf)

    async def no_sleep(_seconds):
        pass

    last = origin.w3.eth.block_number
    urls = (*liars, origin, proxy(origin), proxy(origin))
    with pytest.raises(Disagreement):
        await leaves(connect(*urls, consensus="majority", sleep=no_sleep), hook, last)
    assert len(await leaves(connect(*urls, consensus="quorum"), hook, last)) == 1


async def test_the_head_is_what_a_majority_has_reached(origin, proxy, connect):
    stale, second = proxy(origin), proxy(origin)
    client = connect(stale, second, origin, consensus="quorum")
    await client.verify_chain_id()
    stale.freeze()
    origin.mine(3)
    assert await client.final_block() == origin.w3.eth.block_number
    assert await client.final_block() == origin.w3.eth.block_number
    second.freeze()
    origin.mine(3)
    assert await client.final_block() == origin.w3.eth.block_number - 3
    client.reorg_period = "latest"
    assert await client.final_block() == origin.w3.eth.block_number - 3


async def test_a_quorum_does_not_wait_for_a_url_that_hangs(origin, proxy, connect, hook):
    slow = proxy(origin)
    client = connect(slow, proxy(origin), origin, consensus="quorum")
    await client.verify_chain_id()
    slow.hang(20)
    began = time.monotonic()
    await client.call(hook, MerkleTreeHook.count, block=origin.w3.eth.block_number)
    assert time.monotonic() - began < 1
    for _ in range(5):
        await client.final_block()
    assert time.monotonic() - began < 4, "one grace for the head, then it rests"


async def test_too_few_urls_are_no_quorum(origin, proxy, connect):
    one, two = proxy(origin), proxy(origin)

    async def no_sleep(_seconds):
        pass

    client = connect(one, two, origin, consensus="quorum", sleep=no_sleep)
    one.stop()
    two.fail(500)
    with pytest.raises(
        Unreachable, match=rf"1 of 3 RPCs answer .* 2 have to agree .*{two.port}: HTTP 500"
    ):
        await client.final_block()


async def test_a_revert_at_a_block_is_agreed_upon(origin, proxy, connect):
    client = connect(proxy(origin), origin, consensus="quorum")
    mailbox = address_from_hex(origin.contracts["mailbox"].address)
    with pytest.raises(Reverted):
        await client.call(mailbox, MerkleTreeHook.latest_checkpoint, block=5)


async def test_repeated_and_disordered_logs_are_the_same_logs(origin, proxy, connect, hook):
    messages = [origin.dispatch(7331, key(3).address, bytes([n])) for n in range(3)]
    odd = proxy(origin)
    odd.alter("eth_getLogs", lambda logs: [*logs[::-1], *logs])
    client = connect(odd, origin, consensus="quorum")
    found = await leaves(client, hook, origin.w3.eth.block_number)
    assert found == [(item.id, index) for index, item in enumerate(messages)]
