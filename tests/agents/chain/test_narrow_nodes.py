"""Nodes that take little in one request: all arrives, and what was found out is not asked again."""

import pytest
from tests.support.agents import eventually, relaying
from tests.support.devnet import devnet
from tests.support.narrow import BATCHES, BLOCKS, CALLS, RANGES, Limit
from tests.support.proxy import misbehaving

from hyperlane.chain.abi import MerkleTreeHook
from hyperlane.chain.answers import BALANCE
from hyperlane.chain.client import ChainClient, Consensus, Unreachable
from hyperlane.protocol.typecasts import address_from_hex

MESSAGES = 12


@pytest.fixture
def chains():
    with devnet("alpha", 1337) as origin, devnet("beta", 7331) as target:
        yield origin, target


@pytest.fixture
def nodes(chains):
    with misbehaving(chains[0].url) as one, misbehaving(chains[1].url) as other:
        yield one, other


@pytest.fixture
def config(chains, nodes, relayer_config):
    """All that the relayer has is one URL for each chain."""
    made = relayer_config(*chains)
    for chain, node in zip(chains, nodes, strict=True):
        made["chains"][chain.name] = chain.settings(rpcUrls=[{"http": node.url}])
    return made


def dispatch(chains):
    origin, target = chains
    recipient = target.recipient()
    origin.mine(300)
    return [
        origin.dispatch(target.chain_id, recipient.address, bytes([n])) for n in range(MESSAGES)
    ]


async def deliver(chains, config, messages):
    target = chains[1]
    async with relaying(config) as task:
        await eventually(lambda: all(map(target.delivered, messages)), task, 150)
    assert [target.deliveries(message) for message in messages] == [1] * MESSAGES


BATCH_ROWS = [pytest.param(*row, id=name) for name, row in BATCHES.items()]
RANGE_ROWS = [pytest.param(*row, id=name) for name, row in RANGES.items()]


@pytest.mark.parametrize(("most", "answer"), BATCH_ROWS)
async def test_all_messages_arrive_with_small_batches(most, answer, chains, nodes, config):
    limits = [Limit(CALLS, most, answer).impose(node) for node in nodes]
    await deliver(chains, config, dispatch(chains))
    assert any(limit.refused for limit in limits)


SOME = ("bsc", "erigon", "words that nobody knows", "HTTP 500", "no answer in time", "one block")


@pytest.mark.parametrize(
    ("most", "answer"),
    [
        pytest.param(*row, id=name, marks=() if name in SOME else pytest.mark.long)
        for name, row in RANGES.items()
    ],
)
async def test_all_messages_arrive_with_short_ranges(most, answer, chains, nodes, config):
    limits = [Limit(BLOCKS, most, answer).impose(node) for node in nodes]
    await deliver(chains, config, dispatch(chains))
    assert limits[0].refused


@pytest.mark.parametrize(
    ("of", "most", "answer"),
    [
        pytest.param(CALLS, *BATCHES["HTTP 500"], id="batches"),
        pytest.param(BLOCKS, *RANGES["geth"], id="ranges"),
        pytest.param(BLOCKS, *RANGES["HTTP 500"], id="ranges without a word"),
    ],
)
async def test_what_was_found_out_is_used_after_a_restart(
    of, most, answer, chains, nodes, config, tmp_path
):
    limits = [Limit(of, most, answer).impose(node) for node in nodes]
    await deliver(chains, config, dispatch(chains))
    assert any(limit.refused for limit in limits)
    content = b"".join(path.read_bytes() for path in (tmp_path / "db-relayer").iterdir())
    assert not any(node.url.encode() in content for node in nodes)
    limits = [Limit(of, most, answer).impose(node) for node in nodes]
    await deliver(chains, config, dispatch(chains))
    probes = sum(limit.refused for limit in limits)
    assert probes <= 8, "now and then a larger one is tried"


# The same without agents, on one chain that nobody changes


@pytest.fixture(scope="module")
def chain():
    with devnet("alpha", 1337) as made:
        made.mine(300)
        yield made


@pytest.fixture
def node(chain):
    with misbehaving(chain.url) as made:
        yield made


@pytest.fixture
async def client(node):
    async def no_sleep(_seconds):
        pass

    made = ChainClient("alpha", 1337, [node.url], sleep=no_sleep)
    yield made
    await made.close()


@pytest.mark.parametrize(("most", "answer"), RANGE_ROWS)
async def test_a_range_is_split_until_it_is_taken(
    most, answer, chain, node, client, hook, monkeypatch
):
    monkeypatch.setattr("hyperlane.chain.pace._FIRST_DEADLINE", {False: 0.5, True: 0.5})
    limit = Limit(BLOCKS, most, answer).impose(node)
    last = chain.w3.eth.block_number
    with_all = ChainClient("alpha", 1337, [chain.url])
    try:
        expected = await with_all.logs(*hook, 0, min(last, 300))  # type: ignore[call-arg]
    finally:
        await with_all.close()
    assert await client.logs(*hook, 0, min(last, 300)) == expected
    assert 1 <= limit.refused <= 20
    assert client.log_span <= 2 * most


@pytest.fixture
def hook(chain):
    return (
        address_from_hex(chain.contracts["merkleTreeHook"].address),
        MerkleTreeHook.INSERTED,
    )


@pytest.mark.parametrize(("most", "answer"), BATCH_ROWS)
async def test_a_batch_is_split_until_it_is_taken(most, answer, node, client, monkeypatch):
    monkeypatch.setattr("hyperlane.chain.pace._FIRST_DEADLINE", {False: 0.5, True: 0.5})
    limit = Limit(CALLS, most, answer).impose(node)
    balances = await client.request_many(BALANCE, [["0x" + "07" * 20, "latest"]] * 50)
    assert balances == [0] * 50
    assert 1 <= limit.refused <= 10


async def test_an_outage_is_no_reason_for_small_requests(node, client, hook):
    await client.verify_chain_id()
    for fault in (lambda: node.fail(500), lambda: node.interfere(lambda _: (-1, b""))):
        fault()
        with pytest.raises(Unreachable):
            await client.logs(*hook, 0, 250)
        with pytest.raises(Unreachable):
            await client.request_many(BALANCE, [["0x" + "07" * 20, "latest"]] * 50)
        node.behave()
    sizes = client.rpc.endpoints[0].sizes
    assert (sizes.batch.now, sizes.span.now) == (100, 2**32)


async def test_one_narrow_url_does_not_narrow_the_others(chain, node, hook):
    """Nor does it rest for taking less, nor is it outvoted."""
    answer = RANGES["geth"][1]
    limit = Limit(BLOCKS, 9, answer).impose(node)
    urls = [node.url, chain.url]
    client = ChainClient("alpha", 1337, urls)
    try:
        await client.logs(*hook, 0, 250)  # type: ignore[call-arg]
        narrow, wide = client.rpc.endpoints
        assert narrow.sizes.span.now < 250 < wide.sizes.span.now
        assert narrow.health.resting_until == 0
        assert limit.refused == 1
    finally:
        await client.close()
    client = ChainClient("alpha", 1337, [*urls, chain.url], 0, Consensus.QUORUM)
    try:
        await client.logs(*hook, 0, 250)  # type: ignore[call-arg]
        assert [item.health.problem for item in client.rpc.endpoints] == ["", "", ""]
    finally:
        await client.close()
