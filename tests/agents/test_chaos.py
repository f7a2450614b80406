"""Agents that are killed, starved and cut off while messages flow: nothing is lost or repeated.

Real processes and real nodes. `make test` runs few rounds, `make test-long` what is promised.
"""

import json
import random
import resource
import signal
import sqlite3
import time
from pathlib import Path

import pytest
from tests.support.devnet import free_port, key
from tests.support.processes import wait_until
from tests.support.words import b32


@pytest.mark.parametrize(
    ("kills", "messages"), [(6, 40), pytest.param(50, 500, marks=pytest.mark.long)]
)
def test_killed_at_random_moments_each_message_arrives_once_and_nothing_is_signed_twice(
    kills, messages, origin, target, validator_config, relayer_config, agents, tmp_path
):
    seed = random.randrange(2**32)
    dice = random.Random(seed)
    print(f"seed {seed}")
    members = [key(index).address for index in (1, 2, 3)]
    recipient = target.recipient(target.merkle_root_multisig(members, 2))
    for chain in (origin, target):
        chain.rpc("evm_setIntervalMining", 1)
    for index in (1, 2, 3):
        agents.start(f"validator{index}", "validator", validator_config(origin, index))
    agents.start("relayer", "relayer", relayer_config(origin, target))
    sent = []
    for round_ in range(kills):
        due = messages * (round_ + 1) // kills
        sent += _dispatch(origin, recipient.address, range(len(sent), due))
        time.sleep(dice.uniform(0.0, 3.0))
        victim = dice.choice(["relayer", "relayer", "validator1", "validator2", "validator3"])
        agents.kill(victim)
        agents.again(victim)
    _mined(origin, sent[-1])
    dispatched = _dispatched(origin)
    assert len(dispatched) == messages
    wait_until(lambda: set(dispatched) <= set(_deliveries(target)), 240)
    time.sleep(3)
    assert sorted(_deliveries(target)) == sorted(dispatched)
    failed = target.contracts["mailbox"].events.ProcessFailed().get_logs(from_block=0)
    assert failed == [], "nothing was sent in vain"
    for index in (1, 2, 3):
        _check_signatures(tmp_path / f"v{index}", dispatched)


def _dispatch(origin, recipient, numbers) -> list:
    word = b32(recipient)
    dispatch = origin.contracts["mailbox"].functions.dispatch
    options = {"gas": 200_000, "maxFeePerGas": 10**12, "maxPriorityFeePerGas": 10**9}
    return [dispatch(7331, word, number.to_bytes(2)).transact(options) for number in numbers]


def _mined(chain, tx_hash) -> None:
    chain.w3.eth.wait_for_transaction_receipt(tx_hash, timeout=60)


def _dispatched(origin) -> list[bytes]:
    logs = origin.contracts["mailbox"].events.DispatchId().get_logs(from_block=0)
    return [bytes(item["args"]["messageId"]) for item in logs]


def _deliveries(target) -> list[bytes]:
    logs = target.contracts["mailbox"].events.ProcessId().get_logs(from_block=0)
    return [bytes(item["args"]["messageId"]) for item in logs]


def _check_signatures(folder: Path, dispatched: list[bytes]) -> None:
    """Each leaf is signed, for the message that was really sent."""
    latest = folder / "index.json"
    wait_until(lambda: latest.exists() and int(latest.read_text()) >= len(dispatched) - 1, 120)
    for index, message_id in enumerate(dispatched):
        content = json.loads((folder / f"{index}_with_id.json").read_text())["value"]
        assert content["message_id"] == "0x" + message_id.hex()
        assert content["checkpoint"]["index"] == index


def test_a_destination_that_is_down_delays_nobody_else_and_is_served_later(
    origin, target, relayer_config, agents
):
    """Messages go both ways; the target's node is stopped for a while."""
    config = relayer_config(origin, target)
    there, back = target.recipient(), origin.recipient()
    agents.start("relayer", "relayer", config)
    first = origin.dispatch(7331, there.address, b"first")
    wait_until(lambda: target.delivered(first))
    waiting_back = target.dispatch(1337, back.address, b"back")
    wait_until(lambda: origin.delivered(waiting_back))
    target.process.send_signal(signal.SIGSTOP)
    try:
        messages = [origin.dispatch(7331, there.address, bytes([n])) for n in range(5)]
        local = origin.dispatch(1337, back.address, b"to itself")
        wait_until(lambda: origin.delivered(local))
    finally:
        target.process.send_signal(signal.SIGCONT)
    wait_until(lambda: all(map(target.delivered, messages)), 90)
    assert [target.deliveries(message) for message in messages] == [1] * 5


def test_a_signer_without_funds_goes_on_when_it_is_refilled(origin, target, relayer_config, agents):
    signer = key(9).address
    target.rpc("anvil_setBalance", signer, "0x0")
    messages = [origin.dispatch(7331, target.recipient().address) for _ in range(3)]
    port = free_port()
    agents.start("relayer", "relayer", relayer_config(origin, target, metricsPort=port))
    wait_until(lambda: "messages.postponed" in agents.said("relayer"))
    assert not any(map(target.delivered, messages))
    target.rpc("anvil_setBalance", signer, hex(10**20))
    wait_until(lambda: all(map(target.delivered, messages)))
    assert "message.retry" not in agents.said("relayer"), "nobody's attempts were counted"


@pytest.mark.parametrize("minutes", [0.2, pytest.param(60, marks=pytest.mark.long)])
def test_a_recipient_that_refuses_for_long_gets_its_message_in_the_end(
    minutes, origin, target, relayer_config, agents
):
    hostile, kind = target.deploy("HostileRecipient"), target.recipient()
    target.send(hostile.functions.setMode(1))
    refused = origin.dispatch(7331, hostile.address)
    agents.start("relayer", "relayer", relayer_config(origin, target))
    deadline = time.monotonic() + 60 * minutes
    while time.monotonic() < deadline:
        others = [origin.dispatch(7331, kind.address) for _ in range(3)]
        wait_until(lambda others=others: all(map(target.delivered, others)))
        time.sleep(min(10, 60 * minutes / 5))
    target.send(hostile.functions.setMode(0))
    wait_until(lambda: target.delivered(refused), 60 if minutes < 1 else 900)
    assert hostile.functions.received().call() == 1


def test_a_locked_database_stops_the_relayer_and_nothing_is_lost(
    origin, target, relayer_config, agents
):
    config = relayer_config(origin, target)
    recipient = target.recipient()
    agents.start("relayer", "relayer", config)
    first = origin.dispatch(7331, recipient.address)
    wait_until(lambda: target.delivered(first))
    path = Path(config["db"]) / "hyperlane.sqlite"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    second = origin.dispatch(7331, recipient.address)
    assert agents.running["relayer"].wait(60) == 1
    assert agents.said("relayer").splitlines()[-1] == f"error: db: {path}: database is locked"
    other.execute("ROLLBACK")
    agents.again("relayer")
    wait_until(lambda: target.delivered(second))
    assert [target.deliveries(message) for message in (first, second)] == [1, 1]


def test_a_full_disk_stops_the_relayer_and_nothing_is_lost(origin, target, relayer_config, agents):
    """A limit on the size of files stands for the disk."""
    config = relayer_config(origin, target)
    recipient = target.recipient()
    agents.start("relayer", "relayer", config, level="error")
    first = origin.dispatch(7331, recipient.address)
    wait_until(lambda: target.delivered(first))
    size = (Path(config["db"]) / "hyperlane.sqlite-wal").stat().st_size + 2**15
    resource.prlimit(agents.running["relayer"].pid, resource.RLIMIT_FSIZE, (size, size))
    messages = [origin.dispatch(7331, recipient.address, bytes(2000)) for _ in range(40)]
    assert agents.running["relayer"].wait(60) == 1
    assert "error: db: " in agents.said("relayer").splitlines()[-1]
    agents.again("relayer")
    wait_until(lambda: all(map(target.delivered, messages)))
    assert [target.deliveries(message) for message in messages] == [1] * len(messages)
