"""RPCs that lie, hang or lost their logs stop a validator for good, or hide a reorg from it.

What it signed is in doubt only if most of its RPCs contradict it, and none proves that they are
wrong. A reorg of what it signed has to stop it wherever the dropped messages come back.
"""

import asyncio
import json
import threading

import pytest
from aiohttp import ClientSession
from tests.support.agents import eventually, validating
from tests.support.devnet import free_port, key

from hyperlane.agents.validator import witnesses as witnesses_module
from hyperlane.agents.validator.halting import Halted
from hyperlane.agents.validator.witnesses import Votes, Witnesses
from hyperlane.chain.client import ChainClient
from hyperlane.protocol.merkle import IncrementalMerkle
from hyperlane.settings import ChainSettings, ValidatorSettings
from hyperlane.store.commitments import ObservedTree


def other_leaves(logs):
    """The same logs, of other messages."""
    return [{**log, "data": "0x" + "ee" * 32 + log["data"][66:]} for log in logs]


def tree_of(origin):
    root, index = origin.contracts["merkleTreeHook"].functions.latestCheckpoint().call()
    return ObservedTree(index, root, origin.w3.eth.block_number)


def is_signed(folder, index):
    return (folder / f"{index}_with_id.json").exists()


def documents(folder):
    return {path.name: path.read_text() for path in folder.glob("*_with_id.json")}


@pytest.fixture
def asking(origin):
    """Makes witnesses of some URLs."""

    def make(*urls, **changes):
        settings = ChainSettings.model_validate(
            origin.settings(rpcUrls=[{"http": url} for url in urls], **changes)
        )
        return Witnesses(settings, (), 0)

    return make


async def halted(task):
    await eventually(task.done)
    with pytest.raises(BaseExceptionGroup) as found:
        task.result()
    return found.group_contains(Halted)


# A reorg of what was signed


async def test_a_reorg_that_leaves_no_leaf_stops_it(origin, validator_config, tmp_path):
    folder, config = tmp_path / "v1", validator_config(origin)
    snapshot = origin.rpc("evm_snapshot")
    origin.dispatch(7331, key(3).address, b"first")
    async with validating(config) as task:
        await eventually(lambda: is_signed(folder, 0), task)
        origin.rpc("evm_revert", snapshot)
        origin.mine(20)
        assert await halted(task)
    assert json.loads((folder / "reorg_flag.json").read_text())["checkpoint_index"] == 0


async def test_a_reorg_whose_leaves_come_in_earlier_blocks_stops_it(
    origin, validator_config, tmp_path
):
    """The logs after the last signed leaf lack the next one: it is before that."""
    folder, config = tmp_path / "v1", validator_config(origin)
    origin.dispatch(7331, key(3).address, b"first")
    snapshot = origin.rpc("evm_snapshot")
    origin.mine(30)
    origin.dispatch(7331, key(3).address, b"second")
    async with validating(config) as task:
        await eventually(lambda: is_signed(folder, 1), task)
    before = documents(folder)
    origin.rpc("evm_revert", snapshot)
    for message in (b"another second", b"third"):
        origin.dispatch(7331, key(3).address, message)
    origin.mine(60)
    async with validating(config) as task:
        assert await halted(task)
    assert (folder / "reorg_flag.json").exists()
    assert documents(folder) == before


async def test_a_reorg_before_it_signed_does_not_stop_it(origin, proxy, validator_config, tmp_path):
    """Its logs were read before, its root is confirmed only afterwards."""
    folder, unsure = tmp_path / "v1", proxy(origin)
    config = validator_config(origin, additionalQuorumRpcUrls=[{"http": unsure.url}])
    origin.dispatch(7331, key(3).address, b"first")
    async with validating(config) as task:
        await eventually(lambda: is_signed(folder, 0), task)
        unsure.fail(503)
        snapshot, asked = origin.rpc("evm_snapshot"), unsure.requests
        origin.dispatch(7331, key(3).address, b"second")
        origin.mine(3)
        await eventually(lambda: unsure.requests > asked, task)
        origin.rpc("evm_revert", snapshot)
        other = origin.dispatch(7331, key(3).address, b"another second")
        origin.mine(5)
        unsure.behave()
        await eventually(lambda: is_signed(folder, 1), task)
    assert other.id.hex() in (folder / "1_with_id.json").read_text()
    assert not (folder / "reorg_flag.json").exists()


# No reorg


async def test_wrong_logs_of_its_only_rpc_do_not_stop_it(origin, proxy, validator_config, tmp_path):
    """The same RPC still shows the signed tree, at the block at which it was signed."""
    liar, folder, lies = proxy(origin), tmp_path / "v1", []
    config = validator_config(origin)
    config["chains"]["alpha"]["rpcUrls"] = [{"http": liar.url}]
    origin.dispatch(7331, key(3).address, b"first")

    def lie(logs):
        lies.extend(logs)
        return other_leaves(logs)

    async with validating(config) as task:
        await eventually(lambda: is_signed(folder, 0), task)
        liar.alter("eth_getLogs", lie)
        origin.dispatch(7331, key(3).address, b"second")
        await eventually(lambda: len(lies) > 5, task)
        liar.behave()
        await eventually(lambda: is_signed(folder, 1), task)
    assert not (folder / "reorg_flag.json").exists()


@pytest.mark.parametrize("consensus", ["quorum", "fallback"])
@pytest.mark.parametrize(("liars", "all_rpcs"), [(1, 2), (1, 3), (1, 4), (2, 4)])
async def test_liars_that_collude_stop_it_only_while_they_lie(
    liars, all_rpcs, consensus, origin, proxy, validator_config, tmp_path
):
    """Half of its RPCs at most, asked first, tell of another root of what was signed."""
    nodes, folder = [proxy(origin) for _ in range(all_rpcs)], tmp_path / "v1"
    config = validator_config(origin)
    config["chains"]["alpha"] |= {
        "rpcUrls": [{"http": node.url} for node in nodes],
        "rpcConsensusType": consensus,
    }
    origin.dispatch(7331, key(3).address, b"first")
    lies = []

    def lie(said):
        if len(said) != 130:
            return said
        lies.append(said)
        return "0x" + "ee" * 32 + said[66:]

    async with validating(config) as task:
        await eventually(lambda: is_signed(folder, 0), task)
        for liar in nodes[:liars]:
            liar.alter("eth_call", lie)
            liar.alter("eth_getLogs", other_leaves)
        origin.mine()
        await eventually(lambda: len(lies) > 2 * liars, task)
        for liar in nodes[:liars]:
            liar.behave()
        message = origin.dispatch(7331, key(3).address, b"second")
        await eventually(lambda: is_signed(folder, 1), task)
    assert message.id.hex() in (folder / "1_with_id.json").read_text()
    assert not (folder / "reorg_flag.json").exists()


async def test_who_looks_is_told_what_it_waits_for(origin, proxy, validator_config, tmp_path):
    """One RPC of two shows another root of what was signed: that decides nothing."""
    liar, folder, port = proxy(origin), tmp_path / "v1", free_port()
    config = validator_config(origin, metricsPort=port)
    config["chains"]["alpha"] |= {
        "rpcUrls": [{"http": liar.url}, {"http": origin.url}],
        "rpcConsensusType": "fallback",
    }
    origin.dispatch(7331, key(3).address, b"first")

    def lie(said):
        return "0x" + "ee" * 32 + said[66:] if len(said) == 130 else said

    async def page(name):
        async with ClientSession() as session, session.get(f"http://127.0.0.1:{port}{name}") as got:
            return await got.text()

    async with validating(config) as task:
        await eventually(lambda: is_signed(folder, 0), task)
        liar.alter("eth_call", lie)
        origin.mine()
        while "1 of 2 RPCs confirm it, 1 say otherwise" not in await page("/ready"):
            assert not task.done()
        assert 'hyperlane_validator_undecided{chain="alpha"} 1.0' in await page("/metrics")
        liar.behave()
        while json.loads(await page("/ready")) != {"status": "ready", "waiting_for": []}:
            assert not task.done()
        assert 'hyperlane_validator_undecided{chain="alpha"} 0.0' in await page("/metrics")


async def test_one_rpc_with_the_right_leaves_outweighs_all_others(origin, proxy, asking):
    """No leaves but the true ones lead from a signed tree to the chain's."""
    nodes = [proxy(origin) for _ in range(4)]
    for liar in nodes[1:]:
        liar.alter("eth_getLogs", other_leaves)
    known = IncrementalMerkle()
    known.insert(origin.dispatch(7331, key(3).address, b"known").id)
    origin.dispatch(7331, key(3).address, b"next")
    tree = tree_of(origin)
    async with asking(*(node.url for node in nodes)) as witnesses:
        votes = await witnesses.count_without(known, None, tree, tree.block_number)
        assert votes == Votes(agree=3, said=4, asked=4)
        assert votes.most
        assert not votes.unopposed
        nodes[0].fail(503)
        assert (await witnesses.count_without(known, None, tree, tree.block_number)).unopposed


async def test_an_rpc_that_contradicts_itself_has_no_vote(origin, proxy, asking):
    """It tells of another root, and one of them still has the signed tree at its block."""
    forgetful, liar = proxy(origin), proxy(origin)
    origin.dispatch(7331, key(3).address, b"signed")
    signed = tree_of(origin)
    origin.mine()
    made_up = ObservedTree(0, b"\xee" * 32, origin.w3.eth.block_number)
    for node, blocks in (
        (liar, [made_up.block_number]),
        (forgetful, [signed.block_number, made_up.block_number]),
    ):
        node.interfere(telling(made_up, blocks))
    async with asking(liar.url, forgetful.url, origin.url) as witnesses:
        assert await witnesses.count(made_up) == Votes(2, 3, 3)
        assert await witnesses.count_against(signed, made_up) == Votes(1, 3, 3)


def telling(tree, blocks):
    """Interference of an RPC that tells of a tree at some blocks."""

    def answer(body):
        call = json.loads(body)
        if call["method"] != "eth_call" or int(call["params"][1], 16) not in blocks:
            return None
        result = f"0x{tree.root.hex()}{tree.index:064x}"
        return 200, json.dumps({"jsonrpc": "2.0", "id": call["id"], "result": result}).encode()

    return answer


async def test_an_rpc_is_not_believed_twice_under_two_spellings(origin, proxy, validator_config):
    liar = proxy(origin)
    spellings = [
        f"http://localhost:{liar.port}",
        f"http://localhost:{liar.port}/",
        f"http://LocalHost:{liar.port}",
        f"http://localhost.:{liar.port}/#again",
    ]
    config = validator_config(origin, additionalQuorumRpcUrls=[{"http": spellings[1]}])
    config["chains"]["alpha"]["rpcUrls"] = [{"http": url} for url in (*spellings, origin.url)]
    settings = ValidatorSettings.model_validate(config)
    assert settings.origin.urls == (spellings[0], origin.url)
    origin.dispatch(7331, key(3).address, b"first")
    async with Witnesses(settings.origin, settings.additional_urls, 0) as witnesses:
        assert await witnesses.count(tree_of(origin)) == Votes(2, 2, 2)


# Whoever is slow, or takes little


async def test_a_witness_that_hangs_delays_no_signature(origin, proxy, monkeypatch):
    """Two thirds have confirmed: it is not waited for."""
    monkeypatch.setattr(witnesses_module, "_PATIENCE", 3600.0)
    slow, go_on = proxy(origin), threading.Event()
    slow.interfere(lambda _body: go_on.wait() and None)
    origin.dispatch(7331, key(3).address, b"first")
    settings = ChainSettings.model_validate(
        origin.settings(rpcUrls=[{"http": url} for url in (origin.url, proxy(origin).url)])
    )
    async with Witnesses(settings, [slow.url], 0) as witnesses:
        confirming = asyncio.create_task(witnesses.confirm(tree_of(origin)))
        try:
            await eventually(confirming.done)
            assert slow.requests == 1
            confirming.result()
        finally:
            go_on.set()
            confirming.cancel()


async def test_an_rpc_that_takes_few_blocks_at_once_is_heard(origin, proxy, asking, monkeypatch):
    """Its patience is for as much as it takes: however long ago the signed leaf was."""
    narrow, widths = proxy(origin), []
    monkeypatch.setattr(witnesses_module, "_QUERIES", 1)
    known = IncrementalMerkle()
    known.insert(origin.dispatch(7331, key(3).address, b"known").id)
    first = origin.w3.eth.block_number
    origin.mine(100)
    origin.dispatch(7331, key(3).address, b"next")
    genuine = ChainClient.logs

    async def logs(client, address, event, start, end, *rest):
        widths.append(end - start + 1)
        return await genuine(client, address, event, start, end, *rest)

    def of_ten(body):
        call = json.loads(body)
        if call["method"] != "eth_getLogs":
            return None
        asked = call["params"][0]
        if int(asked["toBlock"], 16) - int(asked["fromBlock"], 16) < 10:
            return None
        error = {"code": -32600, "message": "up to a 10 block range"}
        return 200, json.dumps({"jsonrpc": "2.0", "id": call["id"], "error": error}).encode()

    narrow.interfere(of_ten)
    monkeypatch.setattr(ChainClient, "logs", logs)
    async with asking(narrow.url) as witnesses:
        for _ in range(2):  # at first it is found out what it takes
            widths.clear()
            votes = await witnesses.count_without(known, None, tree_of(origin), first)
            assert votes == Votes(0, 1, 1)
    assert max(widths) < 20, "not all 102 within one answer's patience"
