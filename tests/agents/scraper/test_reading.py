"""Blocks as nodes of all kinds give them: the same rows, or none."""

import json
from contextlib import asynccontextmanager

import pytest
from tests.support.narrow import BLOCKS, Limit
from tests.support.proxy import misbehaving

from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.scraper.events import Contracts
from hyperlane.agents.scraper.reading import ChainSource, Contradiction
from hyperlane.chain.client import ChainClient, Unreachable
from hyperlane.settings import ChainSettings

SENT = 14
FEW, MANY = 2, 6
"""Messages in a block: of the former single transactions are asked for, of the latter the block."""


@pytest.fixture(scope="module")
def chain(alpha):
    """A chain with blocks of few and of many messages."""
    recipient = "0x" + "07" * 20
    mailbox = alpha.contracts["mailbox"]
    word = bytes(12) + bytes.fromhex(recipient[2:])
    first = alpha.w3.eth.block_number + 1
    alpha.rpc("evm_setAutomine", False)
    for count in (FEW, MANY, FEW, FEW + 2):
        for number in range(count):
            call = mailbox.functions.dispatch(7331, word, bytes([number]))
            call.transact({"gas": 300_000})
        alpha.mine()
        alpha.mine(3)
    alpha.rpc("evm_setAutomine", True)
    alpha.first = first
    return alpha


@pytest.fixture
def node(chain):
    with misbehaving(chain.url) as proxy:
        yield proxy


@asynccontextmanager
async def reading(chain, *urls):
    rpcs = [{"http": url} for url in urls]
    settings = ChainSettings.model_validate(chain.settings(rpcUrls=rpcs))
    client = ChainClient(chain.name, chain.chain_id, settings.urls, reorg_period=0, sleep=_no_wait)
    yield ChainSource(
        Chain(settings, client),
        Contracts(
            mailbox=settings.mailbox,
            merkle_tree_hook=settings.merkle_tree_hook,
            validator_announce=settings.validator_announce,
        ),
    )
    await client.close()


@pytest.fixture
async def source(chain, node):
    async with reading(chain, node.url) as source:
        yield source


@pytest.fixture
async def beside(chain, node):
    """A source that has a node of its own beside the one that tests spoil."""
    async with reading(chain, node.url, chain.url) as source:
        yield source


async def _no_wait(_seconds):
    return None


async def read(source, chain, *, newest_first=False):
    """All blocks of the messages; piece by piece, from either end."""
    first, last = chain.first, chain.w3.eth.block_number
    blocks = []
    while first <= last:
        piece = await source.read(first, last, newest_first=newest_first)
        assert first <= piece.first <= piece.last <= last
        if newest_first:
            assert piece.last == last
            last = piece.first - 1
        else:
            assert piece.first == first
            first = piece.last + 1
        blocks += piece.blocks
    return sorted(blocks, key=lambda block: block.height)


def messages(blocks):
    return [
        dispatch.message.id
        for block in blocks
        for item in block.transactions
        for dispatch in item.dispatches
    ]


def dispatched(chain):
    logs = chain.contracts["mailbox"].events.DispatchId().get_logs(from_block=chain.first)
    return [bytes(item["args"]["messageId"]) for item in logs]


@pytest.mark.parametrize("newest_first", [False, True])
async def test_all_messages_are_read_from_either_end(source, chain, newest_first):
    blocks = await read(source, chain, newest_first=newest_first)
    assert messages(blocks) == dispatched(chain)
    assert len(messages(blocks)) == SENT
    for block in blocks:
        known = chain.w3.eth.get_block(block.height)
        assert (block.hash, block.timestamp) == (bytes(known["hash"]), known["timestamp"])
        assert [item.hash for item in block.transactions] == list(map(bytes, known["transactions"]))


@pytest.mark.parametrize("newest_first", [False, True])
async def test_a_piece_ends_once_it_has_many_logs(source, chain, newest_first, monkeypatch):
    monkeypatch.setattr("hyperlane.agents.scraper.reading._MANY_LOGS", 1)
    source.chain.client.rpc.endpoints[0].sizes.span.now = 2
    piece = await source.read(chain.first, chain.w3.eth.block_number, newest_first=newest_first)
    assert piece.last - piece.first < 4
    assert messages(await read(source, chain, newest_first=newest_first)) == dispatched(chain)


@pytest.mark.parametrize("newest_first", [False, True])
async def test_nodes_that_take_few_blocks_are_asked_for_few(source, chain, node, newest_first):
    error = {"code": -32005, "message": "query exceeds max block range 3"}
    limit = Limit(BLOCKS, 3, lambda _asked: _refused(error)).impose(node)
    assert messages(await read(source, chain, newest_first=newest_first)) == dispatched(chain)
    assert limit.refused


def _refused(error):
    return 200, json.dumps({"jsonrpc": "2.0", "id": 0, "error": error}).encode()


async def test_receipts_are_asked_for_singly_where_a_node_does_not_give_them_together(
    source, chain, node
):
    whole = await read(source, chain)
    node.refuse("eth_getBlockReceipts", {"code": -32601, "message": "method not found"})
    assert await read(source, chain) == whole
    asked = node.asked["eth_getBlockReceipts"]
    assert await read(source, chain) == whole
    assert node.asked["eth_getBlockReceipts"] == asked


async def test_a_client_may_leave_out_in_which_block_a_log_is(source, chain, node):
    whole = await read(source, chain)
    node.alter("eth_getLogs", lambda found: [{**item, "blockHash": None} for item in found])
    assert await read(source, chain) == whole


async def test_whole_blocks_are_asked_for_where_a_node_forgot_transactions(source, chain, node):
    whole = await read(source, chain)
    for method in ("eth_getTransactionByHash", "eth_getTransactionReceipt"):
        node.alter(method, lambda _found: None)
    assert await read(source, chain) == whole


def _elsewhere(found):
    return {**found, "blockHash": "0x" + "ab" * 32}


def _logs(change):
    return lambda found: {**found, "logs": list(map(change, found["logs"]))}


def _renumbered(found):
    """Another whole block than was asked for; headers are true."""
    whole = any(isinstance(item, dict) for item in found["transactions"])
    return {**found, "number": "0x1"} if whole else found


def _of_another_chain(log):
    domain = (1337).to_bytes(4).hex()
    return {**log, "data": log["data"].replace(domain, "00000999")}


CONTRADICTIONS = [
    ("eth_getTransactionReceipt", _elsewhere),
    ("eth_getTransactionByHash", _elsewhere),
    ("eth_getBlockReceipts", lambda found: list(map(_elsewhere, found))),
    ("eth_getLogs", lambda found: list(map(_elsewhere, found))),
    (
        "eth_getLogs",
        lambda found: [{**item, "transactionHash": item["topics"][0]} for item in found],
    ),
    ("eth_getTransactionReceipt", lambda found: {**found, "logs": found["logs"][1:]}),
    ("eth_getTransactionReceipt", _logs(lambda log: {**log, "data": "0x"})),
    ("eth_getTransactionReceipt", _logs(_of_another_chain)),
    ("eth_getBlockReceipts", lambda found: found[1:]),
    ("eth_getBlockByNumber", lambda found: {**found, "hash": "0x" + "cd" * 32}),
    ("eth_getBlockByNumber", lambda found: {**found, "number": "0x1"}),
    ("eth_getBlockByNumber", _renumbered),
]


@pytest.mark.parametrize(("method", "change"), CONTRADICTIONS)
async def test_answers_that_contradict_each_other_give_no_rows_and_another_url_is_asked(
    beside, chain, node, method, change
):
    node.alter(method, change)
    with pytest.raises(Contradiction):
        await read(beside, chain)
    assert messages(await read(beside, chain)) == dispatched(chain)


@pytest.mark.parametrize(
    "change",
    [
        lambda found: [{**item, "address": "0x" + "ab" * 20} for item in found],
        lambda found: [{**item, "topics": ["0x" + "ab" * 32]} for item in found],
        lambda found: [{**item, "blockNumber": "0x1"} for item in found],
        lambda _found: {"no": "list"},
    ],
)
async def test_logs_that_were_not_asked_for_are_not_read(source, chain, node, change):
    node.alter("eth_getLogs", change)
    with pytest.raises(Unreachable):
        await read(source, chain)


async def test_counts_are_those_of_the_contracts(source, chain):
    counts = await source.counts(chain.w3.eth.block_number)
    nonce = chain.contracts["mailbox"].functions.nonce().call()
    assert (counts.messages, counts.leaves) == (nonce, nonce)
