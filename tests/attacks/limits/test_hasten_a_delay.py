"""A thief who can forge messages wants everything at once from a route whose transfers wait."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.attacks.limits.amounts import BPS, DAY, FULL, HELD
from tests.support.routes import FIRST, SECOND, incoming
from tests.support.words import b32

from hyperlane.protocol.message import Message

MAX_DELAY = 2 * DAY
LOAN = 11 * HELD


@pytest.fixture
def delay(project, owner, locked):
    """Of the collateral router. The owner's account stands for its counterpart."""
    delay = owner.deploy(project.DelayedFlowRouterHookIsm, locked[0], BPS, MAX_DELAY, DAY)
    locked[0].setInterchainSecurityModule(delay, sender=owner)
    delay.enrollRemoteRouter(SECOND, b32(owner), sender=owner)
    return delay


@pytest.fixture
def announced(delay, owner, forge):
    """An announcement, forged or not: `announced(transfer, amount)`."""
    nonce = iter(range(10_000, 20_000))

    def announced(transfer: bytes, amount: int) -> bytes:
        body = Message.decode(transfer).id + amount.to_bytes(32)
        return incoming(delay, body, b32(owner), SECOND, next(nonce))

    return announced


@pytest.fixture
def process(network, thief):
    return lambda message: network.mailboxes[FIRST].process(b"", message, sender=thief)


@pytest.fixture
def refusal(network, thief, revert_of):
    return lambda message: revert_of(network.mailboxes[FIRST].process, b"", message, sender=thief)


@pytest.mark.parametrize("said", [0, 1, FULL, HELD - 1, HELD + 1, 2**256 - 1])
def test_what_was_announced_as_less_or_more_is_not_delivered(
    locked, forge, announced, process, refusal, wait, chain, said
):
    transfer = forge(locked[0], HELD)
    process(announced(transfer, said))
    for _ in range(2):
        assert refusal(transfer) == ("MessageNotPreverified", Message.decode(transfer).id)
        wait(MAX_DELAY)
        chain.mine()


def test_a_false_announcement_does_not_stand_in_the_way_of_the_true_one(
    delay, locked, token, thief, forge, announced, process, refusal, wait, chain
):
    transfer = forge(locked[0], 2 * FULL)
    process(announced(transfer, 0))
    process(announced(transfer, 2 * FULL))
    queued = chain.blocks.head.timestamp
    assert refusal(transfer) == ("MessageNotReadyUntil", queued + DAY)
    again = ("MessageAlreadyPreverified", Message.decode(transfer).id)
    for said in (0, 2 * FULL):
        assert refusal(announced(transfer, said)) == again
    wait(DAY)
    process(transfer)
    assert token.balanceOf(thief) == 2 * FULL


def test_a_loan_does_not_shorten_the_wait(
    delay, locked, token, owner, network, forge, announced, in_one_transaction, chain
):
    here, borrower = locked[0], in_one_transaction.at
    token.transfer(borrower, LOAN, sender=owner)
    transfer = forge(here, HELD)
    succeeded = in_one_transaction(
        (token.approve, here, LOAN),
        (here.deposit, LOAN, borrower),
        (network.mailboxes[FIRST].process, b"", announced(transfer, HELD)),
        (here.redeem, LOAN, borrower, borrower),
    )
    assert all(succeeded)
    ready = chain.blocks.head.timestamp + MAX_DELAY
    assert delay.readyAt(Message.decode(transfer).id) == ready
    assert token.balanceOf(borrower) == LOAN


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["lend", "redeem", "give", "pay", "lie"]),
        st.integers(1, 4 * FULL),
        st.integers(1, 600),
    ),
    max_size=12,
)
SETTINGS = {
    "phases": [Phase.generate],
    "deadline": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}


@pytest.fixture
def check_waits(
    delay, locked, token, owner, thief, forge, announced, process, refusal, wait, chain
):
    """Within a period, what is deliverable after some seconds is the fraction of what was there at
    its beginning, and as much again as those seconds refill."""
    here = locked[0]
    token.approve(here, 2**256 - 1, sender=owner)

    def check_waits(steps) -> None:
        began, ready = delay.lastUpdated(), []
        for kind, amount, seconds in steps:
            wait(seconds)
            if kind == "lend":
                here.deposit(amount, thief, sender=owner)
            elif kind == "redeem":
                here.redeem(min(amount, here.balanceOf(thief)), thief, thief, sender=thief)
            elif kind == "give":
                token.transfer(here, amount, sender=owner)
            elif kind == "pay":
                transfer = forge(here, amount)
                process(announced(transfer, amount))
                ready.append((delay.readyAt(Message.decode(transfer).id), amount))
            else:
                transfer = forge(here, 4 * FULL)
                process(announced(transfer, min(amount, 4 * FULL - 1)))
                assert refusal(transfer)[0] == "MessageNotPreverified"
        for second, _ in ready:
            if second >= began + MAX_DELAY:
                continue
            free = sum(amount for other, amount in ready if other <= second)
            # A second's refill of rounding for each announcement.
            rounding = (len(ready) + 1) * (FULL // DAY + 1)
            assert free <= FULL + FULL * (second - began) // DAY + rounding

    return check_waits


@settings(max_examples=8, **SETTINGS)
@given(steps=STEPS)
def test_what_is_deliverable_after_a_time_is_what_belonged_to_the_route_refilled(
    check_waits, chain, steps
):
    before = chain.snapshot()
    check_waits(steps)
    chain.restore(before)


@pytest.mark.long
@settings(max_examples=200, **SETTINGS)
@given(steps=STEPS)
def test_what_is_deliverable_after_a_time_is_bounded_in_many_histories(check_waits, chain, steps):
    before = chain.snapshot()
    check_waits(steps)
    chain.restore(before)
