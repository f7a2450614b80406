"""Chains of their own, and forks of others, in one network."""

import ape
import pytest

from ape_hyperlane.testing import Fork, LocalNetwork, Status


@pytest.fixture(scope="module")
def owner(accounts):
    return accounts[0]


@pytest.fixture(scope="module")
def network():
    with LocalNetwork.on_separate_chains("alpha", "beta", verification=True) as network:
        yield network


@pytest.fixture(autouse=True)
def isolated(network):
    with network.isolated():
        yield


def deploy_recipient(chain, owner):
    with chain:
        return owner.deploy(ape.project.TestRecipient)


def test_messages_cross_in_both_directions(network, owner):
    recipients = {chain.name: deploy_recipient(chain, owner) for chain in network.chains}
    there = network["alpha"].send("beta", recipients["beta"], b"there", sender=owner)
    back = network["beta"].send("alpha", recipients["alpha"], b"back", sender=owner)

    assert network.pending == [there, back]
    outcomes = network.deliver_all()

    assert [each.status for each in outcomes] == [Status.DELIVERED] * 2
    for name, body in (("alpha", b"back"), ("beta", b"there")):
        with network[name]:
            assert recipients[name].lastData() == body
            assert ape.chain.chain_id == network[name].domain
    assert outcomes[0].receipt.gas_used == outcomes[0].gas_used


def test_each_test_has_the_chains_for_itself(network, owner):
    """The same address as in the test before: its transactions are taken back."""
    assert network.messages == []
    with network["beta"]:
        assert owner.nonce == 0


def test_refusals_are_decoded_and_decisions_are_kept_there(network, owner):
    with network["beta"]:
        moody = owner.deploy(ape.project.SwitchingRecipient)
        moody.setMode(1, sender=owner)
    message, dropped = (
        network["alpha"].send("beta", moody, body, sender=owner) for body in (b"a", b"b")
    )
    dropped.drop()

    (outcome,) = network.deliver_all()

    assert outcome.revert.arguments == {"origin": network["alpha"].domain}
    assert (message.status, dropped.status) == (Status.FAILED, Status.DROPPED)


def test_forks_of_chains_with_mailboxes_are_joined(network, owner):
    """Each fork is a chain of the network above with another owner's Mailbox on it, and messages
    and a tree from before."""
    recipient = deploy_recipient(network["alpha"], owner)
    deploy_recipient(network["beta"], owner)
    for name, other in (("alpha", "beta"), ("beta", "alpha")):
        network[name].send(other, recipient, b"before", sender=owner)
    forks = [
        Fork(name, str(network[name].node.provider.uri), network[name].mailbox_address)
        for name in ("alpha", "beta")
    ]

    with LocalNetwork.on_separate_chains(*forks, "gamma", domains={"gamma": 7}) as forked:
        assert forked.messages == []
        assert [chain.domain for chain in forked.chains] == [31338, 31339, 7]
        third = deploy_recipient(forked["gamma"], owner)
        between = forked["alpha"].send("beta", recipient, b"between forks", sender=owner)
        out = forked["beta"].send("gamma", third, b"to a new chain", sender=owner)
        assert [each.delivered for each in forked.deliver_all()] == [True, True]
        with forked["beta"]:
            assert recipient.lastData() == b"between forks"

        forked.verification = True
        verified = forked["alpha"].send("beta", recipient, b"verified", sender=owner)
        assert verified.deliver_as(body=b"forged").revert.name == "UnexpectedSigner"
        assert verified.deliver().delivered
        assert forked.messages == [between, verified, out]

    with network["beta"]:
        assert recipient.lastData() == b""


def test_a_fork_at_a_block_gets_a_mailbox_of_its_own(network, owner):
    url = str(network["alpha"].node.provider.uri)
    with LocalNetwork.on_separate_chains(
        Fork("old", url, block=1), "gamma", domains={"old": 5}
    ) as forked:
        assert forked["old"].first_block == 2
        assert forked["old"].domain == 5
        recipient = deploy_recipient(forked["gamma"], owner)
        message = forked["old"].send("gamma", recipient, b"hi", sender=owner)
        assert message.deliver().delivered
