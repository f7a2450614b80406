"""A paymaster that takes tokens, people who left approvals to it, and strangers."""

import pytest
from tests.attacks.hooks.prices import OVERHEAD, PRICE, RATE
from tests.support.contracts import (
    REMOTE_DOMAIN,
    at,
    creation_revert_of,
    hook,
    isolated,
    mailbox,
    noop_ism,
    owner,
    revert_of,
    revert_reason,
    stranger,
)

__all__ = [
    "creation_revert_of",
    "hook",
    "isolated",
    "mailbox",
    "noop_ism",
    "owner",
    "revert_of",
    "revert_reason",
    "stranger",
]


@pytest.fixture(scope="module")
def payer(accounts):
    """Has approved more than it will ever pay."""
    return accounts[6]


@pytest.fixture(scope="module")
def token(project, payer):
    return payer.deploy(project.TestERC20, "Fee", "FEE", 10**24, 18)


@pytest.fixture(scope="module")
def igp(project, owner, payer, token, mailbox):
    oracle = owner.deploy(project.StorageGasOracle)
    oracle.setRemoteGasData((REMOTE_DOMAIN, RATE, PRICE), sender=owner)
    igp = owner.deploy(project.InterchainGasPaymaster)
    igp.initialize(owner, owner, sender=owner)
    igp.setMailbox(mailbox, sender=owner)
    igp.setDestinationGasConfigs([(REMOTE_DOMAIN, (oracle, OVERHEAD))], sender=owner)
    igp.setTokenGasOracles([(token, REMOTE_DOMAIN, oracle)], sender=owner)
    token.approve(igp, 2**256 - 1, sender=payer)
    return igp


@pytest.fixture(scope="module")
def aggregate(project, owner):
    """`aggregate(*hooks)`: one hook that calls these."""
    factory = owner.deploy(project.StaticAggregationHookFactory)

    def aggregate(*hooks):
        factory.deploy(list(hooks), sender=owner)
        return at(project.StaticAggregationHook, factory.getAddress(list(hooks)))

    return aggregate


@pytest.fixture
def reentering(project, owner):
    """`reentering(function, word, *calls)`: answers each call with this word, and the first one of
    this function with calls of its own."""

    def reentering(function: bytes, word, *calls):
        account = owner.deploy(project.ReenteringContract)
        answer = bytes.fromhex(str(getattr(word, "address", word))[2:]).rjust(32, b"\0")
        account.prepare(function, answer, list(calls), sender=owner)
        return account

    return reentering
