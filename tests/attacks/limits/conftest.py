"""Routes with limits and delays, and somebody who can forge messages: no validator guards them."""

from collections.abc import Callable
from itertools import count

import pytest
from tests.attacks.limits.amounts import BPS, DAY, HELD
from tests.support.contracts import (
    creation_revert_of,
    hook,
    isolated,
    noop_ism,
    owner,
    revert_of,
    revert_reason,
    stranger,
)
from tests.support.hybrid_contracts import dispatched, wait
from tests.support.routes import SECOND, b32, incoming
from tests.support.token_contracts import (
    connect,
    deploy_collateral,
    deploy_native,
    deploy_route,
    deploy_synthetic,
    network,
    token,
)

from hyperlane.protocol.token_message import TokenMessage

__all__ = [
    "connect",
    "creation_revert_of",
    "deploy_collateral",
    "deploy_native",
    "deploy_route",
    "deploy_synthetic",
    "dispatched",
    "hook",
    "isolated",
    "network",
    "noop_ism",
    "owner",
    "revert_of",
    "revert_reason",
    "stranger",
    "token",
    "wait",
]


@pytest.fixture(scope="module")
def thief(accounts):
    return accounts[4]


@pytest.fixture(scope="module")
def locked(token, owner, network, deploy_collateral, deploy_synthetic, connect):
    """A collateral router here, with `HELD` of other people's, and a synthetic one there."""
    pair = deploy_collateral(token), deploy_synthetic(supply=HELD)
    connect(*pair)
    token.transfer(pair[0], HELD, sender=owner)
    return pair


@pytest.fixture(scope="module")
def net_flow(project, owner, network) -> Callable:
    """Limits a router to `BPS` a day."""

    def net_flow(router):
        mailbox = network.mailboxes[router.localDomain()]
        limit = owner.deploy(project.NetFlowRateLimitedHookIsm, mailbox, router, BPS, DAY)
        router.setHook(limit, sender=owner)
        router.setInterchainSecurityModule(limit, sender=owner)
        return limit

    return net_flow


@pytest.fixture(scope="module")
def forge(thief) -> Callable[..., bytes]:
    """A transfer to the thief that nobody sent, from the router's counterpart."""
    nonces = count(1000)

    def forge(router, amount: int, origin=SECOND, sender=None) -> bytes:
        body = TokenMessage(b32(thief), amount).encode()
        sender = router.routers(origin) if sender is None else sender
        return incoming(router, body, bytes(sender), origin, next(nonces))

    return forge


@pytest.fixture(scope="module")
def in_one_transaction(project, owner) -> Callable[..., list[bool]]:
    """Makes calls as one contract: which of them succeeded. With its address as `at`."""
    contract = owner.deploy(project.Sequence)

    def in_one_transaction(*calls) -> list[bool]:
        targets = [handler.contract.address for handler, *_ in calls]
        data = [handler.encode_input(*arguments) for handler, *arguments in calls]
        successes = contract.run.call(targets, data)[0]
        contract.run(targets, data, sender=owner, gas_limit=20_000_000)
        return list(successes)

    in_one_transaction.at = contract  # type: ignore[attr-defined]
    return in_one_transaction
