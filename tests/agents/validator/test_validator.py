import asyncio
import json
import shutil
from pathlib import Path

import pytest
from aiohttp import ClientSession
from eth_hash.auto import keccak
from tests.support.agents import eventually, validating
from tests.support.devnet import free_port, key
from tests.support.staking import deploy_staking

from hyperlane.agents.runtime import pulse
from hyperlane.agents.validator import publishing, run, signing
from hyperlane.agents.validator.halting import Halted
from hyperlane.agents.validator.witnesses import Votes, Witnesses
from hyperlane.checkpoints.folder import FolderStorage
from hyperlane.errors import ConfigError, DatabaseError, StorageError
from hyperlane.protocol.checkpoint import Checkpoint
from hyperlane.protocol.merkle import IncrementalMerkle
from hyperlane.protocol.typecasts import address_from_hex, address_to_bytes32, to_hex
from hyperlane.settings import ChainSettings, ValidatorSettings
from hyperlane.store.commitments import ObservedTree
from hyperlane.store.database import Database
from hyperlane.store.sequences import Insertion, InsertionStore


async def test_every_leaf_is_signed_in_the_reference_layout(origin, validator_config, tmp_path):
    messages = [origin.dispatch(7331, key(3).address, bytes([n])) for n in range(3)]
    folder = tmp_path / "v1"
    async with validating(validator_config(origin)) as task:
        await eventually(lambda: _latest(folder) == 2, task)
        messages.append(origin.dispatch(7331, key(3).address, b"later"))
        await eventually(lambda: _latest(folder) == 3, task)

    hook = address_to_bytes32(address_from_hex(origin.contracts["merkleTreeHook"].address))
    tree = IncrementalMerkle()
    for index, message in enumerate(messages):
        tree.insert(message.id)
        checkpoint = Checkpoint(1337, hook, tree.root(), index, message.id)
        signature = checkpoint.sign(key(1))
        assert (folder / f"{index}_with_id.json").read_text() == json.dumps(
            {
                "value": {
                    "checkpoint": {
                        "merkle_tree_hook_address": to_hex(hook),
                        "mailbox_domain": 1337,
                        "root": to_hex(tree.root()),
                        "index": index,
                    },
                    "message_id": to_hex(message.id),
                },
                "signature": {
                    "r": hex(int.from_bytes(signature[:32])),
                    "s": hex(int.from_bytes(signature[32:64])),
                    "v": signature[64],
                },
                "serialized_signature": to_hex(signature),
            },
            indent=2,
        )
    root, index = origin.contracts["merkleTreeHook"].functions.latestCheckpoint().call()
    assert (root, index) == (tree.root(), 3)


async def test_it_does_not_pause_before_all_is_signed(
    origin, validator_config, tmp_path, monkeypatch
):
    monkeypatch.setattr(signing, "_BATCHES_PER_STEP", 1)
    for n in range(4):
        origin.dispatch(7331, key(3).address, bytes([n]))
    folder = tmp_path / "v1"
    config = validator_config(origin, interval=24 * 3600, maxSignConcurrency=1)
    async with validating(config) as task:
        await eventually(lambda: (folder / "0_with_id.json").exists(), task)


def _latest(folder: Path) -> int | None:
    path = folder / "index.json"
    return int(path.read_text()) if path.exists() else None


async def test_restart_signs_nothing_twice_and_restores_a_lost_folder(
    origin, validator_config, tmp_path
):
    folder, config = tmp_path / "v1", validator_config(origin)
    for n in range(3):
        origin.dispatch(7331, key(3).address, bytes([n]))
    async with validating(config) as task:
        await eventually(lambda: _latest(folder) == 2, task)
    before = _documents(folder)
    shutil.rmtree(folder)
    async with validating(config) as task:
        await eventually(lambda: _latest(folder) == 2, task)
    assert _documents(folder) == before


async def test_a_lost_folder_is_restored_though_nothing_happens_on_the_chain(
    origin, validator_config, tmp_path, monkeypatch
):
    monkeypatch.setattr(publishing, "_BATCHES_PER_CHECK", 1)
    monkeypatch.setattr(pulse, "_AWAKE", 0.0)
    monkeypatch.setattr(signing, "_IDLE_LONGEST", 24 * 3600.0)
    folder, config = tmp_path / "v1", validator_config(origin, maxSignConcurrency=1)
    config["chains"]["alpha"]["index"]["idleInterval"] = 24 * 3600.0
    for n in range(4):
        origin.dispatch(7331, key(3).address, bytes([n]))
    async with validating(config) as task:
        await eventually(lambda: (folder / "0_with_id.json").exists(), task)
        await eventually(lambda: _latest(folder) == 3, task)
    before = _documents(folder)
    shutil.rmtree(folder)
    async with validating(config) as task:
        await eventually(lambda: folder.exists() and _documents(folder) == before, task)


async def test_another_history_of_the_chain_stops_it_for_good(origin, validator_config, tmp_path):
    folder, config = tmp_path / "v1", validator_config(origin)
    origin.dispatch(7331, key(3).address, b"first")
    snapshot = origin.rpc("evm_snapshot")
    origin.dispatch(7331, key(3).address, b"second")
    async with validating(config) as task:
        await eventually(lambda: _latest(folder) == 1, task)
        before = _documents(folder)
        origin.rpc("evm_revert", snapshot)
        origin.dispatch(7331, key(3).address, b"another second")
        origin.mine(5)
        with pytest.raises(BaseExceptionGroup) as halted:
            await asyncio.wait_for(task, 60)
    assert halted.group_contains(Halted)
    assert _documents(folder) == before
    flag = json.loads((folder / "reorg_flag.json").read_text())
    root, _ = origin.contracts["merkleTreeHook"].functions.latestCheckpoint().call()
    assert flag["canonical_merkle_root"] == to_hex(root)
    assert flag["checkpoint_index"] == 1
    (said,) = json.loads((folder / "reorg_rpc_responses.json").read_text())
    assert said["rpc_url_hash"] == to_hex(keccak(origin.url.encode()))
    assert (said["merkle_root_hash"], said["merkle_root_index"]) == (to_hex(root), 1)

    with pytest.raises(Halted, match=r"reorg_flag\.json exists"):
        await run(ValidatorSettings.model_validate(config))


async def test_another_history_is_noticed_after_the_folder_was_lost(
    origin, validator_config, tmp_path
):
    """Only the database remembers what was signed."""
    folder, config = tmp_path / "v1", validator_config(origin)
    snapshot = origin.rpc("evm_snapshot")
    origin.dispatch(7331, key(3).address, b"first")
    async with validating(config) as task:
        await eventually(lambda: _latest(folder) == 0, task)
    shutil.rmtree(folder)
    origin.rpc("evm_revert", snapshot)
    other = origin.dispatch(7331, key(3).address, b"another first")
    origin.mine(5)
    async with validating(config) as task:
        with pytest.raises(BaseExceptionGroup) as halted:
            await asyncio.wait_for(task, 60)
    assert halted.group_contains(Halted)
    assert to_hex(other.id) not in "".join(_documents(folder).values())


async def test_another_history_is_noticed_after_the_database_was_lost(
    origin, validator_config, tmp_path
):
    """Only the folder remembers what was signed."""
    folder, config = tmp_path / "v1", validator_config(origin)
    snapshot = origin.rpc("evm_snapshot")
    origin.dispatch(7331, key(3).address, b"first")
    async with validating(config) as task:
        await eventually(lambda: _latest(folder) == 0, task)
    before = _documents(folder)
    shutil.rmtree(config["db"])
    origin.rpc("evm_revert", snapshot)
    origin.dispatch(7331, key(3).address, b"another first")
    async with validating(config) as task:
        with pytest.raises(BaseExceptionGroup) as halted:
            await asyncio.wait_for(task, 60)
    assert halted.group_contains(Halted)
    assert _documents(folder) == before


async def test_a_folder_of_another_validator_is_refused(origin, validator_config, tmp_path):
    origin.dispatch(7331, key(3).address)
    async with validating(validator_config(origin, 1)) as task:
        await eventually(lambda: _latest(tmp_path / "v1") == 0, task)
    (tmp_path / "v1" / "index.json").unlink()  # or it would be refused at start
    shared = {"type": "localStorage", "path": str(tmp_path / "v1")}
    async with validating(validator_config(origin, 2, checkpointSyncer=shared)) as task:
        with pytest.raises(BaseExceptionGroup) as halted:
            await asyncio.wait_for(task, 60)
    assert halted.group_contains(Halted, match="use a storage of its own")


async def test_it_announces_its_exact_location_once_it_has_funds(
    origin, validator_config, tmp_path
):
    location = f"file://{tmp_path / 'v1'}"
    announce = origin.contracts["validatorAnnounce"].functions
    origin.rpc("anvil_setBalance", key(1).address, "0x0")
    async with validating(validator_config(origin)):
        await asyncio.sleep(1)
        assert announce.getAnnouncedValidators().call() == []
    origin.rpc("anvil_setBalance", key(1).address, hex(10**18))
    for _ in range(2):
        async with validating(validator_config(origin)) as task:
            await eventually(lambda: announce.getAnnouncedValidators().call(), task)
    assert announce.getAnnouncedStorageLocations([key(1).address]).call() == [[location]]
    document = json.loads((tmp_path / "v1" / "announcement.json").read_text())
    assert document["value"]["storage_location"] == location
    assert document["value"]["validator"] == key(1).address.lower()


async def test_wrong_logs_are_read_again_before_anything_is_signed(
    origin, validator_config, tmp_path
):
    """The store holds a leaf that the chain does not have, as after a node's mistake."""
    config = validator_config(origin)
    messages = [origin.dispatch(7331, key(3).address, bytes([n])) for n in range(2)]
    database = await Database.open(config["db"])
    wrong = [Insertion(n, bytes(31) + b"\1", 1) for n in range(2)]
    await InsertionStore(database, 1337).add(wrong, origin.w3.eth.block_number + 1)
    await database.close()
    async with validating(config) as task:
        await eventually(lambda: _latest(tmp_path / "v1") == 1, task)
    document = json.loads((tmp_path / "v1" / "1_with_id.json").read_text())
    assert document["value"]["message_id"] == to_hex(messages[1].id)


def _documents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.glob("*_with_id.json")}


async def test_a_second_copy_refuses_to_start(origin, validator_config):
    config = validator_config(origin)
    origin.dispatch(7331, key(3).address)
    async with validating(config) as task:
        await eventually(lambda: _latest(Path(config["checkpointSyncer"]["path"])) == 0, task)
        with pytest.raises(
            BaseException, match=r"the validator 0x.* is running already"
        ) as refused:
            await run(ValidatorSettings.model_validate(config))
        assert isinstance(refused.value, DatabaseError)
        other = validator_config(origin, 2, db=config["db"])
        with pytest.raises(BaseException, match="a validator of alpha is running already"):
            await run(ValidatorSettings.model_validate(other))
    async with validating(config) as task:  # what has ended holds nothing
        await asyncio.sleep(1)
        assert not task.done()


async def test_a_flag_that_cannot_be_read_counts_as_one(origin, validator_config, monkeypatch):
    async def no_answer(_storage, _name):
        raise StorageError("no answer")

    monkeypatch.setattr(FolderStorage, "_exists", no_answer)
    with pytest.raises(Halted, match="cannot be read whether there is a reorg flag"):
        await run(ValidatorSettings.model_validate(validator_config(origin)))


async def test_a_reorg_is_not_forgotten_when_the_flag_cannot_be_written(
    origin, validator_config, tmp_path, monkeypatch
):
    folder, config = tmp_path / "v1", validator_config(origin)
    snapshot = origin.rpc("evm_snapshot")
    origin.dispatch(7331, key(3).address, b"first")
    async with validating(config) as task:
        await eventually(lambda: _latest(folder) == 0, task)
    shutil.copytree(folder, tmp_path / "before")
    origin.rpc("evm_revert", snapshot)
    origin.dispatch(7331, key(3).address, b"another first")
    origin.mine(5)

    async def broken(*_):
        raise StorageError("no space")

    with monkeypatch.context() as patch:
        patch.setattr(FolderStorage, "write_reorg_flag", broken)
        async with validating(config) as task:
            with pytest.raises(BaseExceptionGroup) as halted:
                await asyncio.wait_for(task, 60)
        assert halted.group_contains(Halted)
    assert not (folder / "reorg_flag.json").exists()
    with pytest.raises(Halted, match="a reorg stopped it before"):
        await run(ValidatorSettings.model_validate(config))
    flag = json.loads((folder / "reorg_flag.json").read_text())
    root, _ = origin.contracts["merkleTreeHook"].functions.latestCheckpoint().call()
    assert flag["canonical_merkle_root"] == to_hex(root)
    assert _documents(folder) == _documents(tmp_path / "before")

    # A person puts things right and removes the flag: it starts.
    (folder / "reorg_flag.json").unlink()
    with pytest.raises(BaseExceptionGroup) as halted:
        await run(ValidatorSettings.model_validate(config))
    assert halted.group_contains(Halted, match="another root"), "but does not sign against itself"


async def test_a_node_that_lags_is_no_reorg(origin, proxy, validator_config, tmp_path):
    folder, lagging = tmp_path / "v1", proxy(origin)
    config = validator_config(origin)
    config["chains"]["alpha"]["rpcUrls"] = [{"http": lagging.url}]
    for n in range(2):
        origin.dispatch(7331, key(3).address, bytes([n]))
    async with validating(config) as task:
        await eventually(lambda: _latest(folder) == 1, task)
    lagging.freeze(behind=1)
    async with validating(config) as task:
        await asyncio.sleep(2)
        assert not task.done()
        lagging.behave()
        origin.dispatch(7331, key(3).address, b"later")
        await eventually(lambda: _latest(folder) == 2, task)


@pytest.mark.parametrize("others", [0, 1, 2], ids="{} other URLs".format)
@pytest.mark.parametrize("lie", ["root", "index"])
async def test_one_wrong_answer_does_not_stop_it_for_good(
    lie, others, origin, proxy, validator_config, tmp_path
):
    """Told by the first URL, which is believed alone: another root of what was signed, or a tree
    that went back."""
    liar, folder, lies = proxy(origin), tmp_path / "v1", []
    config = validator_config(origin)
    chain = config["chains"]["alpha"]
    chain |= {
        "rpcUrls": [
            {"http": url} for url in (liar.url, *[proxy(origin).url for _ in range(others)])
        ],
        "rpcConsensusType": "fallback",
    }
    for n in range(3):
        origin.dispatch(7331, key(3).address, bytes([n]))

    def once(result):
        if not (lies and len(result) == 130 and int(result[-64:], 16) == 2):
            return result
        return {
            "root": "0x" + "ee" * 32 + result[-64:],
            "index": result[:-64] + f"{1:064x}",
        }[lies.pop()]

    liar.alter("eth_call", once)
    async with validating(config) as task:
        await eventually(lambda: _latest(folder) == 2, task)
        origin.mine(2)
        lies.append(lie)
        await eventually(lambda: not lies, task)
        origin.dispatch(7331, key(3).address, b"later")
        await eventually(lambda: _latest(folder) == 3, task)
    assert not (folder / "reorg_flag.json").exists()


async def test_a_log_that_one_url_made_up_does_not_stop_it(
    origin, proxy, validator_config, tmp_path
):
    """It tells of a leaf more than the contract counts."""
    liar, folder, lies = proxy(origin), tmp_path / "v1", [1]
    config = validator_config(origin)
    config["chains"]["alpha"]["rpcUrls"] = [{"http": liar.url}]

    def one_more(logs):
        if not (logs and lies):
            return logs
        lies.pop()
        index = int(logs[-1]["data"][-64:], 16) + 1
        return [*logs, {**logs[-1], "data": f"0x{'ee' * 32}{index:064x}", "logIndex": "0x77"}]

    liar.alter("eth_getLogs", one_more)
    origin.dispatch(7331, key(3).address, b"first")
    async with validating(config) as task:
        await eventually(lambda: _latest(folder) == 0, task)
    assert not lies
    assert not (folder / "reorg_flag.json").exists()


async def test_another_leaf_of_one_url_does_not_stop_it_while_the_other_has_no_logs(
    origin, proxy, validator_config, tmp_path
):
    mute, liar, folder, lies = proxy(origin), proxy(origin), tmp_path / "v1", []
    config = validator_config(origin)
    config["chains"]["alpha"] |= {
        "rpcUrls": [{"http": mute.url}, {"http": liar.url}],
        "rpcConsensusType": "fallback",
    }
    origin.dispatch(7331, key(3).address, b"first")

    def of_another_message(logs):
        lies.extend(logs)
        return [{**log, "data": "0x" + "ee" * 32 + log["data"][66:]} for log in logs]

    async with validating(config) as task:
        await eventually(lambda: _latest(folder) == 0, task)
        mute.refuse("eth_getLogs", {"code": -32603, "message": "internal"})
        liar.alter("eth_getLogs", of_another_message)
        origin.dispatch(7331, key(3).address, b"second")
        await eventually(lambda: len(lies) > 5, task)
        mute.behave()
        await eventually(lambda: _latest(folder) == 1, task)
    assert not (folder / "reorg_flag.json").exists()


async def test_the_logs_of_each_url_are_counted_by_themselves(origin, proxy):
    """Of a true one, one that lies and one that leaves leaves out."""
    _, liar, silent = nodes = [proxy(origin) for _ in range(3)]
    liar.alter(
        "eth_getLogs",
        lambda logs: [{**log, "data": "0x" + "ee" * 32 + log["data"][66:]} for log in logs],
    )
    silent.alter("eth_getLogs", lambda logs: logs[:-1])
    known = IncrementalMerkle()
    known.insert(origin.dispatch(7331, key(3).address, b"known").id)
    for number in range(3):
        origin.dispatch(7331, key(3).address, bytes([number]))
    root, index = origin.contracts["merkleTreeHook"].functions.latestCheckpoint().call()
    block = origin.w3.eth.block_number
    settings = ChainSettings.model_validate(
        origin.settings(rpcUrls=[{"http": node.url} for node in nodes], index={"chunk": 2})
    )
    async with Witnesses(settings, (), 0) as witnesses:

        async def counted(root):
            return await witnesses.count_without(known, None, ObservedTree(index, root, block), 0)

        assert await counted(root) == Votes(agree=1, said=2, asked=3)
        assert await counted(b"\x66" * 32) == Votes(agree=2, said=2, asked=3)


async def test_urls_that_contradict_each_other_about_what_was_signed_do_not_stop_it(
    origin, proxy, validator_config, tmp_path
):
    liar, folder = proxy(origin), tmp_path / "v1"
    config = validator_config(origin)
    chain = config["chains"]["alpha"]
    chain |= {"rpcUrls": [{"http": liar.url}, {"http": origin.url}], "rpcConsensusType": "fallback"}
    origin.dispatch(7331, key(3).address, b"first")
    async with validating(config) as task:
        await eventually(lambda: _latest(folder) == 0, task)
        liar.alter(
            "eth_call", lambda said: "0x" + "ee" * 32 + said[66:] if len(said) == 130 else said
        )
        origin.mine()
        await asyncio.sleep(2)
        assert not task.done()
        liar.behave()
        origin.dispatch(7331, key(3).address, b"second")
        await eventually(lambda: _latest(folder) == 1, task)
    assert not (folder / "reorg_flag.json").exists()


async def test_a_lying_node_is_outvoted_and_without_a_majority_nothing_is_signed(
    origin, proxy, validator_config, tmp_path
):
    liar, folder = proxy(origin), tmp_path / "v1"
    liar.alter("eth_call", lambda result: result[:-64] + "ee" * 32)
    liar.alter("eth_getLogs", lambda logs: [{**item, "data": "0x" + "ee" * 64} for item in logs])
    message = origin.dispatch(7331, key(3).address)
    config = validator_config(origin)

    def ask(*nodes):
        urls = [{"http": item.url} for item in nodes]
        config["chains"]["alpha"]["rpcUrls"] = urls

    ask(origin, liar)  # the first is asked what needs no majority
    async with validating(config) as task:
        await asyncio.sleep(4)
        assert not task.done()
    assert _latest(folder) is None
    ask(origin, liar, proxy(origin))
    async with validating(config) as task:
        await eventually(lambda: _latest(folder) == 0, task)
    document = json.loads((folder / "0_with_id.json").read_text())
    assert document["value"]["message_id"] == to_hex(message.id)


@pytest.mark.parametrize("where", ["of the chain", "of the validator"])
async def test_additional_rpcs_have_to_confirm_what_is_signed(
    where, origin, proxy, validator_config, tmp_path
):
    folder, liar, quiet = tmp_path / "v1", proxy(origin), proxy(origin)
    liar.alter("eth_call", lambda result: result[:-64] + "ee" * 32)
    quiet.fail(503)
    origin.dispatch(7331, key(3).address)
    additional = [{"http": liar.url}, {"http": quiet.url}]
    config = validator_config(origin)
    owner = config["chains"]["alpha"] if where == "of the chain" else config
    owner["additionalQuorumRpcUrls"] = additional
    async with validating(config) as task:
        await eventually(lambda: liar.asked["eth_call"] > 1, task)
        assert _latest(folder) is None, "the first look was not enough"
        quiet.behave()
        await eventually(lambda: _latest(folder) == 0, task, 90)
    assert set(liar.asked) == {"eth_chainId", "eth_call"}, "they index nothing"
    metadata = json.loads((folder / "metadata_latest.json").read_text())
    assert metadata["additional_quorum_rpcs"][0]["url_hash"] == to_hex(keccak(liar.url.encode()))


async def test_it_leaves_announcing_to_others_if_told(origin, validator_config, tmp_path):
    origin.dispatch(7331, key(3).address)
    async with validating(validator_config(origin, skipAnnounce=True)) as task:
        await eventually(lambda: _latest(tmp_path / "v1") == 0, task)
        await asyncio.sleep(1)
    announce = origin.contracts["validatorAnnounce"].functions
    assert announce.getAnnouncedValidators().call() == []
    assert (tmp_path / "v1" / "announcement.json").exists()


async def test_a_public_rpc_is_refused_unless_it_is_allowed(origin, validator_config):
    config = validator_config(origin)
    config["chains"]["alpha"]["rpcUrls"] = [{"http": "https://ethereum-rpc.publicnode.com/x"}]
    with pytest.raises(
        ConfigError, match=r"rpcUrls: ethereum-rpc\.publicnode\.com is a public RPC"
    ):
        await run(ValidatorSettings.model_validate(config))


async def test_an_rpc_marked_as_public_is_refused_unless_it_is_allowed(origin, validator_config):
    config = validator_config(origin)
    config["chains"]["alpha"]["rpcUrls"] = [{"http": "http://127.0.0.1:9", "public": True}]
    with pytest.raises(ConfigError, match=r"rpcUrls: 127\.0\.0\.1 is a public RPC"):
        await run(ValidatorSettings.model_validate(config))


@pytest.mark.parametrize("where", ["rpcUrls", "additionalQuorumRpcUrls"])
async def test_rpcs_at_one_host_are_no_quorum(where, origin, validator_config, tmp_path):
    """It does not start: whoever runs the host would sign with this key."""
    one, two = "https://rpc.example/v1/k3y", "https://RPC.example:443/v1/an0ther"
    config = validator_config(origin)
    chain = config["chains"]["alpha"]
    chain["rpcUrls"] = [{"http": url} for url in (one, two)[: 2 if where == "rpcUrls" else 1]]
    if where != "rpcUrls":
        chain[where] = [{"http": two}]
    with pytest.raises(ConfigError) as refused:
        await run(ValidatorSettings.model_validate(config))
    said = str(refused.value)
    assert "chains.alpha.rpcUrls" in said
    assert where in said
    assert ": 2 of 2 URLs that have to agree are at rpc.example: " in said
    assert "k3y" not in said
    assert "an0ther" not in said
    assert not list(tmp_path.glob("db*")), "nothing was begun"


async def test_it_looks_as_often_as_its_chain_says(origin, validator_config):
    config = validator_config(origin)
    del config["interval"]
    config["chains"]["alpha"]["index"] = {"interval": 7}
    assert ValidatorSettings.model_validate(config).interval == 7
    assert ValidatorSettings.model_validate(config | {"interval": 3}).interval == 3


async def test_it_is_ready_once_it_has_looked_at_the_chain(origin, proxy, validator_config):
    node, port = proxy(origin), free_port()
    node.fail(503)
    config = validator_config(origin, metricsPort=port)
    config["chains"]["alpha"]["rpcUrls"] = [{"http": node.url}]

    async def ready():
        async with (
            ClientSession() as session,
            session.get(f"http://127.0.0.1:{port}/ready") as page,
        ):
            return page.status, (await page.json())["waiting_for"]

    async with validating(config) as task:
        await eventually(lambda: node.requests, task)
        assert await ready() == (503, ["alpha"])
        node.behave()
        while await ready() != (200, []):
            assert not task.done()
            await asyncio.sleep(0.1)


class TestOneKeyOneTree:
    """Signing for a second tree of a chain is a fault that costs the stake."""

    @pytest.fixture
    def other_tree(self, origin):
        hook = origin.deploy("MerkleTreeHook", origin.contracts["mailbox"].address)
        return {"chains": {origin.name: origin.settings(merkleTreeHook=hook.address)}}

    async def test_its_database_is_of_one_tree(
        self, origin, validator_config, messages, tmp_path, other_tree
    ):
        async with validating(validator_config(origin)) as task:
            await eventually(lambda: (tmp_path / "v1/2_with_id.json").exists(), task)
        with pytest.raises(DatabaseError, match=r"merkle_tree_hook was .* another key"):
            async with validating(validator_config(origin, **other_tree)) as task:
                await task

    async def test_its_storage_is_of_one_tree(
        self, origin, validator_config, messages, tmp_path, other_tree
    ):
        async with validating(validator_config(origin)) as task:
            signed = [tmp_path / f"v1/{index}_with_id.json" for index in range(3)]
            await eventually(lambda: all(path.exists() for path in signed), task)
        before = signed[0].read_bytes()
        hook = origin.at("MerkleTreeHook", other_tree["chains"][origin.name]["merkleTreeHook"])
        mailbox = origin.contracts["mailbox"]
        origin.send(mailbox.functions.setRequiredHook(hook.address))
        origin.dispatch(7331, key(3).address, b"in the other tree")
        config = validator_config(origin, db=str(tmp_path / "new"), **other_tree)
        with pytest.raises(ExceptionGroup) as halted:
            async with validating(config) as task:
                await task
        assert halted.group_contains(Halted, match="storage has another checkpoint 0 signed by")
        assert signed[0].read_bytes() == before

    async def test_its_stake_is_on_that_tree(
        self, origin, validator_config, messages, tmp_path, other_tree
    ):
        stake = deploy_staking(origin)
        chain = other_tree["chains"][origin.name] | {"stakingManager": stake.manager.address}
        config = validator_config(origin, chains={origin.name: chain})
        with pytest.raises(Halted, match="punishes for all trees but"):
            async with validating(config) as task:
                await task
        assert not (tmp_path / "v1/0_with_id.json").exists()
