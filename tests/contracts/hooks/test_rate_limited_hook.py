"""A bucket for what one router sends: same levels as the model, each message counted once."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from .dispatching import ZERO, message_from, metadata, token_body

CAPACITY, DURATION = 1_000_000, 1000
RATE = CAPACITY // DURATION


@pytest.fixture(scope="module")
def limited(project, owner, mailbox):
    """Counts the owner's messages."""
    return owner.deploy(project.RateLimitedHook, mailbox, CAPACITY, DURATION, owner)


@pytest.fixture(scope="module")
def send(limited, dispatch):
    return lambda amount, **options: dispatch(limited, token_body(amount), **options)


@pytest.fixture(scope="module")
def wait(chain):
    """The next block comes this many seconds after the last."""

    def wait(seconds: int) -> int:
        timestamp = chain.blocks.head.timestamp + seconds
        chain.provider.make_request("evm_setNextBlockTimestamp", [timestamp])
        return timestamp

    return wait


def test_creation_fills_the_bucket(limited, owner, chain, mailbox):
    assert (limited.maxCapacity(), limited.DURATION()) == (CAPACITY, DURATION)
    assert limited.refillRate() == RATE
    assert limited.filledLevel() == limited.calculateCurrentLevel() == CAPACITY
    assert limited.lastUpdated() == chain.blocks.head.timestamp
    assert (limited.sender(), limited.owner(), limited.mailbox()) == (owner, owner, mailbox)


def test_capacity_is_rounded_down(project, owner, mailbox):
    limited = owner.deploy(project.RateLimitedHook, mailbox, 1999, 1000, owner)
    assert limited.maxCapacity() == limited.calculateCurrentLevel() == 1000


def test_a_unit_a_second_is_the_least_capacity(project, owner, mailbox):
    limited = owner.deploy(project.RateLimitedHook, mailbox, 1000, 1000, owner)
    assert (limited.refillRate(), limited.maxCapacity()) == (1, 1000)
    limited.setRefillRate(2000, sender=owner)
    limited.setRefillRate(1000, sender=owner)
    assert (limited.refillRate(), limited.maxCapacity()) == (1, 1000)


@pytest.mark.parametrize(
    ("capacity", "duration", "error"),
    [
        (1, 0, ("InvalidDuration",)),
        (999, 1000, ("InvalidCapacity", 999, 1000)),
        (2**208, 1000, ("InvalidCapacity", 2**208, 1000)),
    ],
)
def test_creation_refuses_senseless_limits(
    project, owner, mailbox, creation_revert_of, capacity, duration, error
):
    arguments = (mailbox.address, capacity, duration, owner.address)
    assert creation_revert_of(project.RateLimitedHook, *arguments) == error


def test_creation_refuses_nobody_as_sender(project, mailbox, creation_revert_of):
    arguments = (mailbox.address, CAPACITY, DURATION, ZERO)
    refusal = creation_revert_of(project.RateLimitedHook, *arguments)
    assert refusal == ("InvalidSender", ZERO, ZERO)


def test_message_takes_its_amount(limited, owner, send, chain):
    receipt = send(300)
    now = chain.blocks.head.timestamp
    assert limited.filledLevel() == CAPACITY - 300
    assert limited.messageValidated(message_from(owner, body=token_body(300)).id)
    assert receipt.decode_logs(limited.ConsumedFilledLevel) == [
        limited.ConsumedFilledLevel(filledLevel=CAPACITY - 300, lastUpdated=now)
    ]


def test_more_than_the_level_is_refused(limited, mailbox, owner, revert_of):
    body = token_body(CAPACITY + 1)
    arguments = (1, b"\x01" * 32, body, b"", limited.address)
    refusal = revert_of(mailbox.dispatch, *arguments, sender=owner)
    assert refusal == ("RateLimitExceeded", CAPACITY + 1, CAPACITY)


def test_bucket_fills_again(limited, send, wait, chain):
    send(CAPACITY)
    wait(10)
    chain.mine()
    assert limited.calculateCurrentLevel() == 10 * RATE
    wait(DURATION)
    chain.mine()
    assert limited.calculateCurrentLevel() == CAPACITY
    wait(10**9)
    chain.mine()
    assert limited.calculateCurrentLevel() == CAPACITY


@settings(
    max_examples=10,
    phases=[Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    steps=st.lists(
        st.tuples(st.integers(1, 2 * DURATION), st.integers(0, CAPACITY + 10)), max_size=6
    )
)
def test_levels_equal_the_model(limited, mailbox, send, wait, owner, revert_of, steps):
    level, updated = limited.filledLevel(), limited.lastUpdated()
    for seconds, amount in steps:
        now = wait(seconds)
        available = min(CAPACITY, level + (now - updated) * CAPACITY // DURATION)
        if amount <= available:
            send(amount)
            level, updated = available - amount, now
        else:
            mailbox.dispatch(1, b"\x01" * 32, b"", sender=owner)  # the time passes
            assert limited.calculateCurrentLevel() == available
        assert (limited.filledLevel(), limited.lastUpdated()) == (level, updated)


def test_message_is_counted_once(limited, owner, send, revert_of):
    send(300)
    message = message_from(owner, body=token_body(300))
    refusal = revert_of(limited.postDispatch, b"", message.encode())
    assert refusal == ("MessageAlreadyValidated", message.id)


def test_only_the_message_dispatched_last_is_counted(limited, owner, send, revert_of):
    send(300)
    forged = message_from(owner, nonce=1, body=token_body(300))
    latest = message_from(owner, body=token_body(300)).id
    refusal = revert_of(limited.postDispatch, b"", forged.encode())
    assert refusal == ("MessageNotDispatching", forged.id, latest)


def test_other_senders_are_refused(limited, mailbox, owner, stranger, revert_of):
    arguments = (1, b"\x01" * 32, token_body(1), b"", limited.address)
    refusal = revert_of(mailbox.dispatch, *arguments, sender=stranger)
    assert refusal == ("InvalidSender", stranger, owner)


def test_body_without_amount_is_refused(limited, mailbox, owner, revert_of):
    arguments = (1, b"\x01" * 32, bytes(63), b"", limited.address)
    assert revert_of(mailbox.dispatch, *arguments, sender=owner) == ()


def test_costs_nothing_and_keeps_nothing(limited, owner, accounts, send, gains):
    gain, given = gains(accounts[6]), metadata(refund=accounts[6])
    assert limited.quoteDispatch(given, message_from(owner).encode()) == 0
    send(1, metadata=given, value=5)
    assert (gain(accounts[6]), limited.balance) == (5, 0)


def test_owner_changes_the_rate(limited, owner, revert_of):
    assert limited.setRefillRate.call(2 * CAPACITY, sender=owner) == 2 * RATE
    receipt = limited.setRefillRate(2 * CAPACITY, sender=owner)
    assert (limited.refillRate(), limited.maxCapacity()) == (2 * RATE, 2 * CAPACITY)
    assert list(receipt.events[0].event_arguments.values()) == [RATE, 2 * RATE]
    limited.setRefillRate(0, sender=owner)
    assert limited.calculateCurrentLevel() == 0
    for capacity in (DURATION - 1, 2**208):
        refusal = revert_of(limited.setRefillRate, capacity, sender=owner)
        assert refusal == ("InvalidCapacity", capacity, DURATION)


def test_rate_is_for_the_owner(limited, stranger, revert_of):
    refusal = revert_of(limited.setRefillRate, CAPACITY, sender=stranger)
    assert refusal == ("OwnableUnauthorizedAccount", stranger)
