"""The suite that runs on a fork of mainnet: start it with `tests/fork/run`.

On other networks there is nothing here to collect.
"""

import os
from pathlib import Path

import pytest

from ape_hyperlane.core.deploy import deploy_core, plan_deployment
from hyperlane.registry import CoreConfig, Registry
from hyperlane.registry.models import read

CONFIG = read(CoreConfig, Path(__file__).with_name("core-config.yaml"))
CHAIN = "ethereum"


def pytest_ignore_collect(config):
    return True if "mainnet-fork" not in str(config.getoption("network")) else None


@pytest.fixture(scope="session")
def registry(accounts, tmp_path_factory):
    """The registry of the deployment upstream; where there is none, of one on the fork itself."""
    if "FORK_REGISTRY" in os.environ:
        return Registry(Path(os.environ["FORK_REGISTRY"]))
    registry = Registry(tmp_path_factory.mktemp("registry"))
    plan = plan_deployment(CONFIG, registry, CHAIN, accounts[0].address)
    deploy_core(plan, registry, accounts[0])
    return registry


@pytest.fixture(scope="session")
def addresses(registry):
    return registry.addresses(CHAIN)


@pytest.fixture(autouse=True)
def isolated(addresses, chain):
    """Takes back what a test did, but not the deployment."""
    before = chain.snapshot()
    yield
    chain.restore(before)


@pytest.fixture
def mailbox(project, addresses):
    return project.Mailbox.at(addresses.mailbox)


@pytest.fixture
def impersonate(accounts):
    """An account whose key nobody has, with a little ether."""

    def impersonate(address):
        account = accounts[address]
        account.balance = "1 ether"
        return account

    return impersonate


@pytest.fixture
def owner(impersonate):
    return impersonate(CONFIG.owner)


@pytest.fixture
def relayer(impersonate):
    return impersonate(CONFIG.default_ism.relayer)
