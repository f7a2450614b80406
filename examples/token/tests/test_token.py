"""A token between two chains of their own, as it would be in life: two nodes, real signatures."""

import pytest

from ape_hyperlane.testing import LocalNetwork, Status

SUPPLY = 1_000


@pytest.fixture(scope="module")
def network():
    with LocalNetwork.on_separate_chains("alpha", "beta", verification=True) as network:
        yield network


@pytest.fixture(autouse=True)
def isolated(network, tokens):
    """ape takes back what happens on its own chain; these two are the network's."""
    with network.isolated():
        yield


@pytest.fixture(scope="module")
def owner(accounts):
    return accounts[0]


@pytest.fixture(scope="module")
def tokens(network, project, owner):
    made = {}
    for chain, supply in zip(network.chains, (SUPPLY, 0), strict=True):
        with chain:
            made[chain.name] = owner.deploy(project.BridgedToken, chain.mailbox, supply)
    network.enroll(owner, **made)
    return made


@pytest.fixture
def transfer(network, tokens, owner):
    """`transfer(origin, destination, to, amount)`."""

    def transfer(origin, destination, to, amount):
        domain = network[destination].domain
        with network[origin]:
            fee = tokens[origin].quote(domain)
            receipt = tokens[origin].transferRemote(domain, to, amount, sender=owner, value=fee)
        (message,) = network.messages_in(receipt)
        return message

    return transfer


def balance(network, tokens, name, account):
    with network[name]:
        return tokens[name].balanceOf(account)


def test_tokens_go_there_and_back(network, tokens, owner, transfer):
    transfer("alpha", "beta", owner, 400)
    assert balance(network, tokens, "alpha", owner) == 600
    assert balance(network, tokens, "beta", owner) == 0

    network.deliver_all()
    assert balance(network, tokens, "beta", owner) == 400

    transfer("beta", "alpha", owner, 150)
    network.deliver_all()
    assert balance(network, tokens, "alpha", owner) == 750
    assert balance(network, tokens, "beta", owner) == 250


def test_tokens_are_not_lost_while_a_message_waits(network, tokens, owner, transfer):
    message = transfer("alpha", "beta", owner, 400)
    message.hold()
    network.deliver_all()
    assert message.status is Status.HELD

    message.release()
    network.deliver_all()

    assert balance(network, tokens, "beta", owner) == 400


def test_what_cannot_be_minted_can_be_tried_again(network, tokens, transfer):
    message = transfer("alpha", "beta", "0x" + "00" * 20, 1)

    outcome = message.deliver()

    assert outcome.revert.name == "ERC20InvalidReceiver"
    assert message.status is Status.FAILED
    assert network.pending == [message]


def test_nobody_mints_by_a_false_message(network, tokens, owner, transfer, accounts):
    message = transfer("alpha", "beta", owner, 400)

    body = bytes(12) + bytes.fromhex(accounts[1].address[2:]) + (10**6).to_bytes(32)
    assert message.deliver_as(body=body).revert.name == "UnexpectedSigner"

    network.verification = False
    assert message.deliver_as(sender=accounts[1]).revert.name == "SenderNotRouter"
    assert balance(network, tokens, "beta", accounts[1]) == 0
