"""Interchain accounts between real chains with real agents, of one owner on the first of them."""

import pytest
from tests.support.account_chains import COIN, HUB, SPOKES, account_chains


@pytest.fixture(scope="package")
def chains(tmp_path_factory):
    with account_chains(tmp_path_factory.mktemp("accounts")) as chains:
        yield chains


@pytest.fixture(scope="package")
def owner(chains):
    return chains.net.user


@pytest.fixture(scope="package")
def account(chains, owner):
    """Address of the owner's account on the first spoke, which holds tokens."""
    said = chains.run(
        "ica", "address", "--origin", HUB, "--to", SPOKES[0], "--owner", owner.address
    )
    assert said.exit_code == 0, said.output
    return said.stdout.splitlines()[0]


@pytest.fixture
def token(chains, account, project):
    token = chains.deploy(SPOKES[0], project.TestERC20, "Token", "TKN", 100 * COIN, 18)
    with chains.net.connect(SPOKES[0]):
        token.transfer(account, 10 * COIN, sender=chains.net.deployer)
    return token
