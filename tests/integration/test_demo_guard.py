"""The guardian's demo, with what it leaves on the chains read by other means than its own."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO

import pytest
from rich.console import Console
from web3 import HTTPProvider, Web3

from ape_hyperlane.artifacts import artifact
from ape_hyperlane.demo.devnet import Devnet, development_key
from ape_hyperlane.demo.failover import provider
from ape_hyperlane.demo.guarding import (
    BLOCKS_LATER,
    DEPOSIT,
    FORGED,
    HONEST,
    ORIGIN,
    RECEIVER,
    REMOTE,
    GuardingDemo,
)

START = 10_000 * 10**18
"""Wei of every development account in the beginning."""


@dataclass
class Ended:
    """The chains after the demo."""

    demo: GuardingDemo
    said: str
    origin: Web3
    remote: Web3

    def remote_contract(self, name: str, address: str):
        return self.remote.eth.contract(address, abi=artifact(name).abi)


@pytest.fixture(scope="module")
def ended(tmp_path_factory) -> Iterator[Ended]:
    said = StringIO()
    with (
        Devnet(tmp_path_factory.mktemp("demo-guard"), validators=3) as net,
        provider(net.chains[ORIGIN].url) as shared,
    ):
        demo = GuardingDemo(net, shared, Console(file=said, width=120))
        demo.play()
        origin, remote = (Web3(HTTPProvider(net.chains[name].url)) for name in (ORIGIN, REMOTE))
        yield Ended(demo, said.getvalue(), origin, remote)


def test_all_effects_but_the_time_that_a_busy_machine_takes_are_as_expected(ended):
    assert not [
        effect for effect in ended.demo.effects if not effect.holds and effect.what != BLOCKS_LATER
    ], ended.said


def test_only_the_first_forged_transfer_was_paid(ended):
    demo = ended.demo
    mailbox = ended.remote_contract("Mailbox", demo.mailbox).functions
    first, second = demo.first.message, demo.second.message
    assert mailbox.delivered(first.id).call()
    assert not mailbox.delivered(second.id).call()
    held = ended.remote.eth.get_balance(demo.route.routers[REMOTE])
    assert held == DEPOSIT - 2 * HONEST - FORGED[0]
    assert FORGED[0] > ended.remote.eth.get_balance(demo.thief) - START > FORGED[0] * 99 // 100
    receiver = development_key(RECEIVER).address
    assert ended.remote.eth.get_balance(receiver) == START + 2 * HONEST


def test_the_guardian_paused_once_and_the_owner_resumed(ended):
    pause = ended.remote_contract("GuardedPausableIsm", ended.demo.pause.address)
    (paused,) = pause.events.Paused().get_logs(from_block=0)
    (unpaused,) = pause.events.Unpaused().get_logs(from_block=0)
    assert ended.demo.delivered_in <= paused["blockNumber"] < unpaused["blockNumber"]
    assert not pause.functions.paused().call()


def test_the_origin_never_sent_either(ended):
    """It has the other two messages, and neither of the forged ones."""
    address = ended.demo.net.registry.addresses(ORIGIN).mailbox
    mailbox = ended.origin.eth.contract(address, abi=artifact("Mailbox").abi)
    sent = {
        bytes(log["args"]["messageId"])
        for log in mailbox.events.DispatchId().get_logs(from_block=0)
    }
    assert len(sent) == 2
    assert not sent & {ended.demo.first.message.id, ended.demo.second.message.id}


def test_those_who_signed_lost_half_of_their_stake(ended):
    stakes = ended.demo.stakes
    manager = ended.origin.eth.contract(stakes.manager.address, abi=artifact("StakingManager").abi)
    left = [manager.functions.pools(operator).call()[0] for operator in stakes.operators]
    assert [stake // 10**18 for stake in left] == [500, 500, 1000]
