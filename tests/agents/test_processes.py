"""The agents as an operator runs them: processes with configuration files."""

import asyncio
import json
import os
import signal
import subprocess
import time
import urllib.request
from contextlib import ExitStack

import pytest
import structlog
from tests.support.agents import eventually, relaying, validating
from tests.support.devnet import devnet, free_port, key
from tests.support.processes import AGENT, wait_until

from hyperlane.cli import main
from hyperlane.errors import ConfigError, DatabaseError
from hyperlane.store.database import Database


@pytest.fixture
def start(tmp_path):
    """Start an agent by its configuration; whatever still runs is ended after the test."""
    with ExitStack() as stack:

        def begin(kind, config, *options, **environment) -> subprocess.Popen:
            path = tmp_path / f"{kind}.json"
            path.write_text(json.dumps(config))
            process = subprocess.Popen(
                [AGENT, kind, "--config", str(path), *options],
                env={**os.environ, **environment},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            stack.callback(process.communicate)
            stack.callback(process.kill)
            return process

        yield begin


@pytest.mark.parametrize("size", [100, 1], ids=["batches", "singles"])
def test_killed_agents_go_on_and_every_message_is_delivered_once(
    origin, target, validator_config, relayer_config, start, size
):
    recipient = target.recipient(target.message_id_multisig([key(1).address], 1))
    quiet = {"log": {"format": "json", "level": "error"}}
    agents = {
        "validator": {**validator_config(origin), **quiet},
        "relayer": {**relayer_config(origin, target), **quiet},
    }
    agents["relayer"]["chains"]["beta"]["maxBatchSize"] = size
    running = {kind: start(kind, config) for kind, config in agents.items()}
    messages = []
    for round_ in range(4):
        messages += [origin.dispatch(7331, recipient.address, bytes([round_, n])) for n in range(5)]
        time.sleep(0.4 * (round_ + 1))
        for kind, config in agents.items():
            running[kind].send_signal(signal.SIGKILL)
            running[kind].wait()
            running[kind] = start(kind, config)
    wait_until(lambda: all(map(target.delivered, messages)), 60)
    assert [target.deliveries(message) for message in messages] == [1] * len(messages)
    failed = target.contracts["mailbox"].events.ProcessFailed().get_logs(from_block=0)
    assert failed == [], "nothing was sent in vain"


def test_a_stopped_agent_says_goodbye_with_status_0(origin, validator_config, start):
    port = free_port()
    config = validator_config(origin, metricsPort=port)
    origin.dispatch(7331, key(3).address)
    process = start("validator", config)
    for line in (
        'hyperlane_latest_checkpoint{chain="alpha",phase="validator_processed"} 0.0',
        'hyperlane_announced{chain="alpha"} 1.0',
    ):
        wait_until(lambda line=line: line in metrics(port))
    process.send_signal(signal.SIGTERM)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert "checkpoint.signed" in output
    assert key(1).key.hex() not in output


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"chains": {"alpha": {"chainId": 99}}},
            "chains.alpha.rpcUrls: {host} answers with chain id 1337, expected 99",
        ),
        (
            {"chains": {"alpha": {"mailbox": key(5).address}}},
            f"chains.alpha.mailbox: no contract at {key(5).address}",
        ),
        (
            {"chains": {"alpha": {"domainId": 5}}},
            "chains.alpha.domainId: 5, but the mailbox {mailbox} is of domain 1337",
        ),
        ({"validator": {"key": "0x1234"}}, "validator.key: not a private key (32 bytes of hex)"),
        ({"originChainName": "gamma"}, "chains.gamma: missing; the configuration has alpha"),
    ],
)
def test_a_wrong_setting_is_one_line_and_status_1(
    change, message, origin, validator_config, tmp_path, capsys
):
    config = validator_config(origin)
    for name, value in change.items():
        if name == "chains":
            config["chains"]["alpha"].update(value["alpha"])
        else:
            config[name] = value
    path = tmp_path / "validator.json"
    path.write_text(json.dumps(config))
    with pytest.raises(SystemExit) as end:
        main(["validator", "--config", str(path)])
    structlog.reset_defaults()  # it would go on writing to what is captured here
    expected = message.replace("{host}", origin.url.removeprefix("http://")).replace(
        "{mailbox}", origin.contracts["mailbox"].address
    )
    assert (end.value.code, capsys.readouterr().err) == (1, f"error: {expected}\n")


@pytest.mark.parametrize(
    ("key", "given", "kind", "found"),
    [
        ("mailbox", "merkleTreeHook", "a Mailbox", "a MerkleTreeHook"),
        ("merkleTreeHook", "mailbox", "a MerkleTreeHook", "a Mailbox"),
        ("merkleTreeHook", "validatorAnnounce", "a MerkleTreeHook", "a ValidatorAnnounce"),
        ("validatorAnnounce", "merkleTreeHook", "a ValidatorAnnounce", "a MerkleTreeHook"),
        ("interchainGasPaymaster", "mailbox", "a gas paymaster", "a Mailbox"),
        ("stakingManager", "recipient", "a StakingManager", "not one"),
    ],
)
async def test_swapped_addresses_are_named(key, given, kind, found, origin, validator_config):
    contracts = {**origin.contracts, "recipient": origin.recipient()}
    config = validator_config(origin)
    config["chains"]["alpha"][key] = contracts[given].address
    expected = rf"chains\.alpha\.{key}: expected {kind}, but the contract at 0x\w+ is {found};"
    async with validating(config) as task:
        with pytest.raises(ConfigError, match=expected):
            await task


async def test_a_second_relayer_with_the_same_database_is_refused(origin, target, relayer_config):
    config = relayer_config(origin, target)
    message = origin.dispatch(7331, target.recipient().address)
    async with relaying(config) as first:
        await eventually(lambda: target.delivered(message), first)
        async with relaying({**config, "metricsPort": 0}) as second:
            with pytest.raises(DatabaseError, match=r"a relayer is running already.*: end it"):
                await asyncio.wait_for(second, 60)
        later = origin.dispatch(7331, target.recipient().address)
        await eventually(lambda: target.delivered(later), first)


async def test_a_storage_of_somebody_else_is_refused_before_it_is_announced(
    origin, validator_config, tmp_path
):
    origin.dispatch(7331, key(3).address)
    async with validating(validator_config(origin)) as task:
        await eventually((tmp_path / "v1" / "index.json").exists, task)
    config = validator_config(origin, 2)
    config["checkpointSyncer"]["path"] = str(tmp_path / "v1")
    async with validating(config) as task:
        with pytest.raises(ConfigError, match="holds signatures of the validator 0x"):
            await asyncio.wait_for(task, 60)
    announced = origin.contracts["validatorAnnounce"].functions.getAnnouncedValidators().call()
    assert key(2).address not in announced


async def test_a_folder_that_cannot_be_written_is_named_before_it_is_announced(
    origin, validator_config, tmp_path
):
    (tmp_path / "file").write_text("not a folder")
    config = validator_config(origin)
    config["checkpointSyncer"]["path"] = str(tmp_path / "file")
    async with validating(config) as task:
        with pytest.raises(ConfigError, match=r"checkpointSyncer\.path: .*; give a folder"):
            await asyncio.wait_for(task, 60)
    announced = origin.contracts["validatorAnnounce"].functions.getAnnouncedValidators().call()
    assert announced == []


def test_a_yaml_file_is_one_line_with_the_remedy(tmp_path, capsys):
    path = tmp_path / "relayer.yaml"
    path.write_text("relayChains: alpha\n")
    with pytest.raises(SystemExit) as end:
        main(["relayer", "--config", str(path)])
    said = capsys.readouterr().err
    assert (end.value.code, said.count("\n")) == (1, 1)
    assert "agents read JSON only; write the same settings as JSON" in said


async def test_a_database_that_is_damaged_is_named_with_the_remedy(tmp_path):
    (tmp_path / "hyperlane.sqlite").write_bytes(b"not a database" * 1000)
    with pytest.raises(DatabaseError, match=r"db: .*not a database: restore a backup"):
        await Database.open(str(tmp_path))


async def test_what_was_delivered_long_ago_is_told_in_one_line(
    origin, target, relayer_config, agents
):
    recipient = target.recipient()
    old = [origin.dispatch(7331, recipient.address, bytes([n])) for n in range(20)]
    for message in old:
        target.send(target.contracts["mailbox"].functions.process(b"", message.encode()))
    agents.start("relayer", "relayer", relayer_config(origin, target))
    new = origin.dispatch(7331, recipient.address, b"new")
    wait_until(lambda: target.delivered(new))
    wait_until(lambda: '"message.delivered"' in agents.said("relayer"))
    said = agents.said("relayer")
    lines = map(json.loads, said.splitlines())
    counts = [item["messages"] for item in lines if item["event"] == "messages.delivered_before"]
    assert sum(counts) == len(old)
    assert new.id.hex() in said
    assert not any(message.id.hex() in said for message in old)


async def test_a_database_of_another_deployment_is_refused(origin, validator_config, tmp_path):
    config = validator_config(origin)
    async with validating(config) as task:
        await eventually((tmp_path / "v1" / "announcement.json").exists, task)
    config["chains"]["alpha"]["mailbox"] = origin.deploy("Mailbox", 1337).address
    refused = "was made for another deployment on domain 1337: mailbox was"
    async with validating(config) as task:
        with pytest.raises(DatabaseError, match=refused):
            await task


async def test_a_chain_that_was_started_anew_is_refused(validator_config, tmp_path):
    with devnet("alpha", 1337) as first:
        first.deploy_core()
        first.mine(2)
        config = validator_config(first)
        async with validating(config) as task:
            await eventually((tmp_path / "v1" / "announcement.json").exists, task)
    with devnet("alpha", 1337) as second:
        second.mine()
        second.deploy_core()
        second.mine(2)
        assert second.contracts["mailbox"].address == first.contracts["mailbox"].address
        config["chains"]["alpha"]["rpcUrls"] = [{"http": second.url}]
        async with validating(config) as task:
            with pytest.raises(DatabaseError, match="another deployment on domain 1337: block"):
                await task


async def test_chains_without_a_block_0_of_their_own_can_be_served_again(
    origin, proxy, validator_config, tmp_path
):
    """Ethermint answers with its latest block, pruned chains with none."""
    node = proxy(origin)
    config = validator_config(origin)
    config["chains"]["alpha"]["rpcUrls"] = [{"http": node.url}]
    for answer in ({"number": "0x63", "hash": "0x" + "63" * 32}, None):
        node.alter(
            "eth_getBlockByNumber",
            lambda block, answer=answer: (
                answer and block | answer if block and block["number"] == "0x0" else block
            ),
        )
        message = origin.dispatch(7331, key(3).address)
        index = origin.contracts["merkleTreeHook"].functions.count().call() - 1
        async with validating(config) as task:
            await eventually((tmp_path / "v1" / f"{index}_with_id.json").exists, task)
        assert message.id.hex() in (tmp_path / "v1" / f"{index}_with_id.json").read_text()


def metrics(port: int) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=2) as response:
            return response.read().decode()
    except OSError:
        return ""
