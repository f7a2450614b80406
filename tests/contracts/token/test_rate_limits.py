"""A route that lets only so much through in a time, out by its hook and in by its module."""

import pytest
from tests.support.routes import FIRST, SECOND
from tests.support.token_contracts import dispatched
from tests.support.words import b32

CAPACITY, DURATION = 86_400_000, 86_400


@pytest.fixture(scope="module")
def limited(project, owner, network, collateral_route):
    """The locked side may send `CAPACITY` a day, and receive as much."""
    here, there = collateral_route
    limits = network.mailboxes[FIRST], CAPACITY, DURATION, here
    hook, module = (
        owner.deploy(container, *limits)
        for container in (project.RateLimitedHook, project.RateLimitedIsm)
    )
    here.setHook(hook, sender=owner)
    here.setInterchainSecurityModule(module, sender=owner)
    return here, there, hook, module


def test_sends_no_more_than_the_limit(limited, owner, chain, revert_of):
    here, _, hook, _ = limited
    here.transferRemote(SECOND, b32(owner), CAPACITY, sender=owner)
    refusal = revert_of(here.transferRemote, SECOND, b32(owner), CAPACITY, sender=owner)
    assert refusal[:2] == ("RateLimitExceeded", CAPACITY)
    chain.mine(deltatime=DURATION)
    here.transferRemote(SECOND, b32(owner), CAPACITY, sender=owner)
    assert hook.filledLevel() == 0


def test_what_comes_in_above_the_limit_waits(limited, token, network, owner, chain, revert_of):
    here, there, _, module = limited
    for _ in range(2):
        sent = here.transferRemote(SECOND, b32(owner), CAPACITY, sender=owner)
        network.deliver(sent, sender=owner)
        chain.mine(deltatime=DURATION)
    first, second = (
        there.transferRemote(FIRST, b32(owner), CAPACITY, sender=owner) for _ in range(2)
    )
    network.deliver(first, sender=owner)
    process = network.mailboxes[FIRST].process
    refusal = revert_of(process, b"", dispatched(second), sender=owner)
    assert refusal[:2] == ("RateLimitExceeded", CAPACITY)
    chain.mine(deltatime=DURATION)
    network.deliver(second, sender=owner)
    assert token.balanceOf(here) == 0
    assert module.messageValidated(second.return_value)
