"""The main job with everything real: two chains, four validators and a relayer as processes."""

import json
import time
from collections.abc import Iterator
from urllib.request import urlopen

import ape
import pytest

from ape_hyperlane.core.messages import (
    PROCESS_ID_TOPIC,
    Dispatched,
    await_delivery,
    contract,
    dispatch,
)
from ape_hyperlane.demo.devnet import RELAYER, Devnet, development_key
from hyperlane.protocol.checkpoint import Checkpoint
from hyperlane.protocol.typecasts import address_from_hex, to_checksum

REFUSE = 1


@pytest.fixture(scope="module")
def net(tmp_path_factory) -> Iterator[Devnet]:
    with Devnet(tmp_path_factory.mktemp("devnet")) as net:
        net.start_chains()
        for name in net.chains:
            net.deploy_core(name, threshold=2)
        net.tick()
        net.start_agents()
        yield net


def send(net: Devnet, origin: str, body: bytes, recipient: str | None = None) -> Dispatched:
    destination = other(origin)
    receiver = recipient or net.registry.addresses(destination).test_recipient
    with net.connect(origin):
        return dispatch(
            net.user,
            net.registry.addresses(origin),
            net.registry.metadata(destination).domain_id,
            address_from_hex(receiver),
            body,
        )


def other(name: str) -> str:
    return {"alpha": "beta", "beta": "alpha"}[name]


def arrive(net: Devnet, message: Dispatched, destination: str):
    return await_delivery(
        message,
        net.registry.addresses(destination),
        lambda: net.connect(destination),
        net.processes.check,
    )


def deliveries(net: Devnet, chain: str, message: Dispatched) -> int:
    """How often the chain's mailbox says it processed the message."""
    with net.connect(chain):
        return len(
            ape.networks.provider.web3.eth.get_logs(
                {
                    "address": net.registry.addresses(chain).mailbox,
                    "fromBlock": 0,
                    "topics": [PROCESS_ID_TOPIC, "0x" + message.id.hex()],
                }
            )
        )


@pytest.mark.parametrize("origin", ["alpha", "beta"])
def test_a_message_arrives_as_it_was_sent(net, origin):
    body = bytes(range(200))
    destination = other(origin)
    message = send(net, origin, body)
    arrive(net, message, destination)
    with net.connect(destination):
        addresses = net.registry.addresses(destination)
        recipient = contract("TestRecipient", addresses.test_recipient)
        assert recipient.lastData() == body
        assert recipient.lastSender() == address_from_hex(net.user.address).rjust(32, b"\0")
        relayer = contract("Mailbox", addresses.mailbox).processor(message.id)
    assert relayer == development_key(RELAYER).address


def test_each_validator_writes_a_signed_checkpoint_per_leaf_in_the_reference_layout(net):
    message = send(net, "alpha", b"to be signed")
    arrive(net, message, "beta")
    with net.connect("alpha"):
        hook = contract("MerkleTreeHook", net.registry.addresses("alpha").merkle_tree_hook)
        last = hook.count() - 1
        root = bytes(hook.root())
    for index, key in enumerate(net.chains["alpha"].validators):
        folder = net.folder / "checkpoints" / f"validator-alpha-{index}"
        wait_for(lambda folder=folder: (folder / f"{last}_with_id.json").exists())
        for leaf in range(last + 1):
            content = json.loads((folder / f"{leaf}_with_id.json").read_text())
            value = content["value"]["checkpoint"]
            checkpoint = Checkpoint(
                origin=value["mailbox_domain"],
                merkle_tree_hook=bytes.fromhex(value["merkle_tree_hook_address"][2:]),
                root=bytes.fromhex(value["root"][2:]),
                index=value["index"],
                message_id=bytes.fromhex(content["value"]["message_id"][2:]),
            )
            signature = bytes.fromhex(content["serialized_signature"][2:])
            assert to_checksum(checkpoint.recover_signer(signature)) == key.address
            parts = content["signature"]
            assert int(parts["r"], 16) == int.from_bytes(signature[:32])
            assert int(parts["s"], 16) == int.from_bytes(signature[32:64])
            assert parts["v"] == signature[64]
        assert checkpoint.root == root
        assert checkpoint.message_id == message.id
        wait_for(lambda folder=folder: int((folder / "index.json").read_text()) >= last)
        announcement = json.loads((folder / "announcement.json").read_text())
        assert announcement["value"]["storage_location"] == f"file://{folder}"


def test_validators_announced_where_their_checkpoints_are(net):
    with net.connect("beta"):
        announce = contract("ValidatorAnnounce", net.registry.addresses("beta").validator_announce)
        keys = [key.address for key in net.chains["beta"].validators]
        locations = announce.getAnnouncedStorageLocations(keys)
    folders = [net.folder / "checkpoints" / f"validator-beta-{i}" for i in range(len(keys))]
    assert [list(each) for each in locations] == [[f"file://{folder}"] for folder in folders]


def test_a_relayer_that_was_killed_delivers_the_rest_once(net):
    before = [send(net, "alpha", b"before %d" % number) for number in range(3)]
    net.processes.kill("relayer")
    during = [send(net, "alpha", b"during %d" % number) for number in range(3)]
    net.processes.restart("relayer")
    for message in before + during:
        arrive(net, message, "beta")
    assert [deliveries(net, "beta", message) for message in before + during] == [1] * 6


def test_a_validator_that_was_killed_signs_the_rest(net):
    net.processes.kill("validator-alpha-1")
    message = send(net, "alpha", b"needs both validators")
    time.sleep(3)
    with net.connect("beta"):
        mailbox = contract("Mailbox", net.registry.addresses("beta").mailbox)
        assert not mailbox.delivered(message.id)
    net.processes.restart("validator-alpha-1")
    arrive(net, message, "beta")


def test_a_recipient_that_refuses_delays_nobody_and_gets_its_message_later(net):
    with net.connect("beta"):
        refusing = net.user.deploy(ape.project.HostileRecipient)
        refusing.setMode(REFUSE, sender=net.user)
    stuck = send(net, "alpha", b"stuck", refusing.address)
    free = send(net, "alpha", b"free")
    arrive(net, free, "beta")
    with net.connect("beta"):
        mailbox = contract("Mailbox", net.registry.addresses("beta").mailbox)
        assert not mailbox.delivered(stuck.id)
        refusing.setMode(0, sender=net.user)
    arrive(net, stuck, "beta")
    with net.connect("beta"):
        assert refusing.received() == 1


def test_a_message_that_somebody_else_delivered_is_left_alone(net):
    """Nothing is sent for it: the relayer's account has no failed transaction."""
    message = send(net, "alpha", b"contested")
    arrive(net, message, "beta")
    assert deliveries(net, "beta", message) == 1
    with net.connect("beta"):
        relayer = development_key(RELAYER).address
        nonce = ape.networks.provider.get_nonce(relayer)
        time.sleep(3)
        assert ape.networks.provider.get_nonce(relayer) == nonce


def test_the_explorer_shows_what_happens(net):
    address = net.start_explorer()
    message = send(net, "alpha", b"look at me")
    arrive(net, message, "beta")

    def shown() -> bool:
        net.processes.check()
        try:
            with urlopen(f"{address}/messages/0x{message.id.hex()}") as answer:
                page = answer.read().decode()
        except OSError:
            return False
        return "look at me" in page and "Delivered on beta" in page

    wait_for(shown)


def wait_for(condition, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)
