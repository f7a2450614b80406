"""A thief who can forge messages from one domain wants those of another believed."""

import pytest
from tests.attacks.limits.amounts import BPS, DAY
from tests.support.routes import FIRST, SECOND, THIRD, incoming
from tests.support.words import b32

from hyperlane.protocol.message import VERSION, Message


@pytest.fixture
def lock(project, owner, network, thief):
    """Announcements come from the owner's account on one domain, and the thief's on another."""
    lock = owner.deploy(project.TimelockRouter, network.mailboxes[FIRST], DAY)
    lock.enrollRemoteRouters([SECOND, THIRD], [b32(owner), b32(thief)], sender=owner)
    return lock


@pytest.fixture
def recipient(project, owner, lock):
    recipient = owner.deploy(project.TestRecipient)
    recipient.setInterchainSecurityModule(lock, sender=owner)
    return recipient


@pytest.fixture
def message(recipient, owner):
    """From the domain whose announcements the thief cannot forge."""
    return Message(VERSION, 5, SECOND, b32(owner), FIRST, b32(recipient), b"all of it")


def announcement(lock, account, origin, message, rest=b"", nonce=1):
    return incoming(lock, message.id + rest, b32(account), origin, nonce)


def test_another_origins_announcement_makes_nothing_deliverable(
    lock, message, network, thief, wait, chain, revert_of
):
    process = network.mailboxes[FIRST].process
    process(b"", announcement(lock, thief, THIRD, message), sender=thief)
    wait(DAY)
    chain.mine()
    refusal = revert_of(process, b"", message.encode(), sender=thief)
    assert refusal == ("MessageNotPreverified", message.id)


def test_another_origins_announcement_keeps_nothing_out(
    lock, message, network, owner, thief, wait, chain, revert_of, recipient
):
    process = network.mailboxes[FIRST].process
    process(b"", announcement(lock, thief, THIRD, message), sender=thief)
    wait(100)
    process(b"", announcement(lock, owner, SECOND, message), sender=owner)
    ready = chain.blocks.head.timestamp + DAY
    refusal = revert_of(process, b"", message.encode(), sender=thief)
    assert refusal == ("MessageNotReadyUntil", ready)
    wait(DAY)
    process(b"", message.encode(), sender=owner)
    assert recipient.lastData() == b"all of it"


def test_an_announcement_with_something_behind_it_is_another_one(
    lock, message, network, owner, thief, wait, chain, revert_of
):
    process = network.mailboxes[FIRST].process
    process(b"", announcement(lock, owner, SECOND, message, b"\0"), sender=owner)
    wait(DAY)
    chain.mine()
    refusal = revert_of(process, b"", message.encode(), sender=thief)
    assert refusal == ("MessageNotPreverified", message.id)


def test_another_origins_announcement_does_not_serve_a_token_route(
    project, locked, owner, network, thief, forge, wait, chain, revert_of
):
    here, process = locked[0], network.mailboxes[FIRST].process
    delay = owner.deploy(project.DelayedFlowRouterHookIsm, here, BPS, DAY, DAY)
    here.setInterchainSecurityModule(delay, sender=owner)
    delay.enrollRemoteRouters([SECOND, THIRD], [b32(owner), b32(thief)], sender=owner)
    transfer = forge(here, 10)
    message = Message.decode(transfer)
    process(b"", announcement(delay, thief, THIRD, message, (10).to_bytes(32)), sender=thief)
    wait(DAY)
    chain.mine()
    refusal = revert_of(process, b"", transfer, sender=thief)
    assert refusal == ("MessageNotPreverified", message.id)
