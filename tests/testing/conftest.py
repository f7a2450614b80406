"""A network on ape's chain, and recipients that behave as told."""

import pytest

from ape_hyperlane.testing import LocalNetwork


@pytest.fixture(scope="module")
def owner(accounts):
    return accounts[0]


@pytest.fixture(scope="module")
def network(chain):
    with LocalNetwork.on_one_chain("alpha", "beta") as network:
        yield network


@pytest.fixture(autouse=True)
def isolated(network):
    with network.isolated():
        yield


@pytest.fixture(scope="module")
def recipient(project, owner):
    """Keeps what it was sent."""
    return owner.deploy(project.TestRecipient)


@pytest.fixture(scope="module")
def moody(project, owner):
    """Takes messages, or refuses them: its mode says so. Its module is anybody's choice."""
    return owner.deploy(project.SwitchingRecipient)


@pytest.fixture
def send(network, recipient, owner):
    """`send(body, recipient)`: from alpha to beta."""

    def send(body=b"hello", to=recipient, **options):
        return network["alpha"].send("beta", to, body, sender=owner, **options)

    return send
