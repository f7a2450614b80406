"""A counter on two Mailboxes of one chain, by the kit's own fixture."""

import ape
import pytest


@pytest.fixture
def owner(accounts):
    return accounts[0]


@pytest.fixture
def counters(hyperlane, project, owner):
    """A counter per chain, each the other's counterpart."""
    made = {chain.name: owner.deploy(project.Counter, chain.mailbox) for chain in hyperlane.chains}
    hyperlane.enroll(owner, **made)
    return made


@pytest.fixture
def increment(hyperlane, counters, owner):
    """`increment(step)`: from alpha on beta."""

    def increment(step):
        domain = hyperlane["beta"].domain
        fee = counters["alpha"].quote(domain, step)
        receipt = counters["alpha"].increment(domain, step, sender=owner, value=fee)
        (message,) = hyperlane.messages_in(receipt)
        return message

    return increment


def test_a_number_is_raised_on_the_other_chain(hyperlane, counters, increment):
    increment(3)
    assert counters["beta"].count() == 0

    (outcome,) = hyperlane.deliver_all()

    assert outcome.delivered
    assert outcome.gas_used < 120_000
    assert counters["beta"].count() == 3


def test_every_test_starts_with_chains_without_messages(hyperlane, counters):
    assert hyperlane.messages == []
    assert counters["beta"].count() == 0


def test_too_large_a_step_is_refused(hyperlane, counters, increment):
    message = increment(11)

    (outcome,) = hyperlane.deliver_all()

    assert outcome.failed
    assert outcome.revert.name == "StepTooLarge"
    assert outcome.revert.arguments == {"step": 11, "most": 10}
    assert message.outcome == outcome
    assert counters["beta"].count() == 0


def test_only_counterparts_are_believed(counters, increment, accounts):
    outcome = increment(3).deliver_as(sender=accounts[1])

    assert outcome.revert.name == "SenderNotRouter"
    assert counters["beta"].count() == 0


def test_a_replay_is_refused(counters, increment):
    message = increment(3)
    message.deliver()

    assert message.replay().revert.name == "AlreadyDelivered"
    assert counters["beta"].count() == 3


def test_delivery_has_its_price(hyperlane, counters, owner):
    domain = hyperlane["beta"].domain
    fee = counters["alpha"].quote(domain, 1)

    with ape.reverts():
        counters["alpha"].increment(domain, 1, sender=owner, value=fee - 1)
