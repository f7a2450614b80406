"""Modules that look at the amount of a token message."""

import ape
import pytest
from ape.utils import ZERO_ADDRESS
from tests.support.signing import LOCAL_DOMAIN, message

DAY = 86_400
CAPACITY = 100 * DAY


def transfer(amount: int, **fields):
    return message(body=bytes(32) + amount.to_bytes(32), **fields)


@pytest.fixture(scope="module")
def recipient(project, owner):
    return owner.deploy(project.TestRecipient)


@pytest.fixture
def limited(project, owner, mailbox, recipient):
    ism = owner.deploy(project.RateLimitedIsm, mailbox, CAPACITY, DAY, recipient)
    recipient.setInterchainSecurityModule(ism, sender=owner)
    return ism


@pytest.fixture(scope="module")
def incoming(recipient):
    return lambda amount, nonce=0: transfer(amount, nonce=nonce, recipient=recipient.address)


@pytest.mark.parametrize(("amount", "choice"), [(0, 0), (9, 0), (10, 1), (2**256 - 1, 1)])
def test_amount_chooses_the_module(project, owner, noop_ism, verifies, amount, choice):
    picky = owner.deploy(project.MetadataIsm, b"large")
    ism = owner.deploy(project.AmountRoutingIsm, noop_ism, picky, 10)
    assert (ism.lower(), ism.upper(), ism.threshold(), ism.moduleType()) == (noop_ism, picky, 10, 1)
    assert ism.route(transfer(amount).encode()) == [noop_ism, picky][choice]
    assert verifies(ism, b"large", transfer(amount))
    assert verifies(ism, b"small", transfer(amount)) is (choice == 0)


@pytest.mark.parametrize("body", [b"", bytes(32), bytes(63)])
def test_message_without_an_amount_is_refused(project, owner, noop_ism, revert_of, body):
    ism = owner.deploy(project.AmountRoutingIsm, noop_ism, noop_ism, 10)
    assert revert_of(ism.verify, b"", message(body=body).encode()) == ()


def test_both_modules_must_be_contracts(project, owner, noop_ism, stranger):
    for choices in ((stranger, noop_ism), (noop_ism, stranger)):
        with ape.reverts(project.AmountRoutingIsm.PartNotContract):
            owner.deploy(project.AmountRoutingIsm, *choices, 10)


def test_delivery_drains_the_bucket(limited, mailbox, incoming, owner, chain):
    first = incoming(30 * DAY)
    receipt = mailbox.process(b"", first.encode(), sender=owner)
    [event] = receipt.decode_logs(limited.ConsumedFilledLevel)
    assert (event.filledLevel, event.lastUpdated) == (70 * DAY, receipt.timestamp)
    assert limited.messageValidated(first.id)
    assert limited.filledLevel() == 70 * DAY


def test_more_than_the_bucket_holds_waits(limited, mailbox, incoming, owner, revert_of, chain):
    mailbox.process(b"", incoming(CAPACITY).encode(), sender=owner)
    too_much = incoming(60 * DAY, nonce=1)
    reason = revert_of(mailbox.process, b"", too_much.encode())
    assert (reason[0], reason[1]) == ("RateLimitExceeded", 60 * DAY)
    assert not mailbox.delivered(too_much.id)

    chain.mine(deltatime=60 * DAY // 100)
    mailbox.process(b"", too_much.encode(), sender=owner)
    assert mailbox.delivered(too_much.id)


def test_message_that_is_not_being_delivered_is_refused(limited, incoming, revert_of):
    one = incoming(1)
    assert revert_of(limited.verify, b"", one.encode()) == ("InvalidDeliveredMessage", one.id)


def test_message_counts_once(limited, mailbox, incoming, owner, revert_of):
    one = incoming(1)
    mailbox.process(b"", one.encode(), sender=owner)
    assert revert_of(limited.verify, b"", one.encode()) == ("InvalidDeliveredMessage", one.id)


def test_message_for_somebody_else_is_refused(limited, recipient, stranger, revert_of):
    other = transfer(1, recipient=stranger.address).encode()
    reason = revert_of(limited.verify, b"", other)
    assert reason == ("InvalidRecipient", stranger.address, recipient.address)


def test_only_the_owner_changes_the_limit(limited, owner, stranger, revert_of):
    reason = revert_of(limited.setRefillRate, 5 * DAY, sender=stranger)
    assert reason == ("OwnableUnauthorizedAccount", stranger.address)
    limited.setRefillRate(5 * DAY, sender=owner)
    assert (limited.refillRate(), limited.maxCapacity()) == (5, 5 * DAY)


def test_facts(limited, mailbox, recipient):
    assert (limited.mailbox(), limited.recipient()) == (mailbox, recipient)
    assert (limited.localDomain(), limited.moduleType()) == (LOCAL_DOMAIN, 6)
    assert limited.DURATION() == DAY


def test_construction_is_checked(project, owner, mailbox, recipient, stranger):
    with ape.reverts(project.RateLimitedIsm.MailboxNotContract):
        owner.deploy(project.RateLimitedIsm, stranger, CAPACITY, DAY, recipient)
    with ape.reverts(project.RateLimitedIsm.InvalidRecipient):
        owner.deploy(project.RateLimitedIsm, mailbox, CAPACITY, DAY, ZERO_ADDRESS)
