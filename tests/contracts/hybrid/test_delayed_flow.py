"""The more has left a token router lately, the longer a transfer waits."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.support.routes import FIRST, SECOND
from tests.support.words import b32

from hyperlane.protocol.message import Message
from hyperlane.protocol.token_message import TokenMessage

WINDOW = 1000
MAX_DELAY = 600
BPS = 1000
HELD = 10**9
FULL = HELD // 10
ANNOUNCEMENT = 150_000
"""What an announcement costs here, in wei: as much as its gas."""


@pytest.fixture(scope="module")
def route(token, owner, deploy_collateral, deploy_synthetic, connect):
    """A collateral router here and a synthetic one there, with tokens of others in both."""
    pair = deploy_collateral(token), deploy_synthetic(supply=HELD)
    connect(*pair)
    token.approve(pair[0], 2**256 - 1, sender=owner)
    token.transfer(pair[0], HELD, sender=owner)
    return pair


@pytest.fixture
def delays(project, owner, route):
    """One per router, as its hook and module, enrolled with each other."""
    made = [
        owner.deploy(project.DelayedFlowRouterHookIsm, each, BPS, MAX_DELAY, WINDOW)
        for each in route
    ]
    for router, delay, other in zip(route, made, reversed(made), strict=True):
        router.setHook(delay, sender=owner)
        router.setInterchainSecurityModule(delay, sender=owner)
        delay.enrollRemoteRouter(other.localDomain(), b32(other), sender=owner)
    return made


@pytest.fixture
def delay(delays):
    """That of the collateral router."""
    return delays[0]


@pytest.fixture(scope="module")
def send(route, owner, dispatched):
    """Sends tokens; returns the transfer and its announcement."""

    def send(amount: int, origin=FIRST) -> tuple[Message, Message]:
        router, there = (route[0], SECOND) if origin == FIRST else (route[1], FIRST)
        receipt = router.transferRemote(there, b32(owner), amount, sender=owner, value=ANNOUNCEMENT)
        transfer, announcement = dispatched(receipt)
        return transfer, announcement

    return send


@pytest.fixture
def announce(project, owner, delay, deliver, network, dispatched):
    """Lets an account stand for the other side: announces that `amount` will be paid out here."""
    delay.enrollRemoteRouter(SECOND, b32(owner), sender=owner)
    count = iter(range(1000))

    def announcement(amount: int) -> tuple[bytes, Message]:
        message_id = next(count).to_bytes(32)
        receipt = network.mailboxes[SECOND].dispatch(
            FIRST, b32(delay), message_id + amount.to_bytes(32), sender=owner
        )
        return message_id, dispatched(receipt)[0]

    return announcement


@pytest.fixture
def wait_of(announce, deliver, delay, chain):
    """How many seconds a payout of so much has to wait."""

    def wait_of(amount: int) -> int:
        message_id, announcement = announce(amount)
        deliver(announcement)
        return delay.readyAt(message_id) - chain.blocks.head.timestamp

    return wait_of


def test_transfer_is_announced_with_its_amount(send, delays):
    transfer, announcement = send(500)
    assert (announcement.sender, announcement.recipient) == (b32(delays[0]), b32(delays[1]))
    assert announcement.body == transfer.id + (500).to_bytes(32)


def test_transfers_within_the_bucket_go_through_at_once(
    send, delays, deliver, refusal, route, owner
):
    for message in reversed(send(10**6)):  # the announcement first
        deliver(message)
    assert route[1].balanceOf(owner) == HELD + 10**6

    transfer, announcement = send(10**6, origin=SECOND)
    assert refusal(transfer) == ("MessageNotPreverified", transfer.id)
    deliver(announcement)
    deliver(transfer)
    assert route[1].totalSupply() == HELD


def test_transfer_to_a_router_that_holds_nothing_waits_longest(
    project, owner, deploy_synthetic, network, dispatched, deliver, chain
):
    """A fraction of nothing is nothing, so the first transfer of all waits."""
    empty = owner.deploy(
        project.DelayedFlowRouterHookIsm, deploy_synthetic(), BPS, MAX_DELAY, WINDOW
    )
    empty.enrollRemoteRouter(FIRST, b32(owner), sender=owner)
    body = b"\1" * 32 + (1).to_bytes(32)
    deliver(*dispatched(network.mailboxes[FIRST].dispatch(SECOND, b32(empty), body, sender=owner)))
    assert empty.maxCapacity() == 0
    assert empty.readyAt(b"\1" * 32) == chain.blocks.head.timestamp + MAX_DELAY


def test_sending_refills(send, delay, wait_of, chain):
    assert wait_of(FULL) == 0
    level = delay.filledLevel()
    transfer, _ = send(5000)
    assert delay.filledLevel() >= level + 5000
    assert delay.lastCreditedNonce() == transfer.nonce


def test_what_is_sent_is_told(route, owner, delay):
    receipt = route[0].transferRemote(SECOND, b32(owner), 700, sender=owner, value=ANNOUNCEMENT)
    [credited] = receipt.decode_logs(delay.Credited)
    [net_flow] = receipt.decode_logs(delay.NetFlowCredited)
    assert credited.amount == net_flow.amount == 700
    assert credited.newLevel == delay.maxCapacity() == FULL
    assert net_flow.nonce == 0


def test_overdraft_waits_in_proportion(wait_of, delay):
    assert wait_of(FULL + FULL // 4) == WINDOW // 4
    assert (delay.debt(), delay.filledLevel()) == (FULL // 4, 0)
    assert delay.calculateCurrentLevel() == 0


def test_split_transfers_wait_as_long_as_one(wait_of, chain):
    wait_of(FULL)
    start = chain.blocks.head.timestamp
    for part in range(1, 4):
        waits = wait_of(FULL // 10)
        assert waits == part * WINDOW // 10 - (chain.blocks.head.timestamp - start)


def test_wait_has_an_end(wait_of, delay):
    assert wait_of(FULL * 3) == MAX_DELAY
    assert wait_of(2**256 - 1) == MAX_DELAY
    assert delay.debt() == 2**207 - 1


def test_debt_is_paid_by_time_and_by_sending(wait_of, delay, send, wait, chain):
    wait_of(2 * FULL)
    assert delay.debt() == FULL
    wait(100)
    send(FULL // 2)
    paid = FULL // 2 + FULL * 100 // WINDOW  # what came counts from the next period on
    assert delay.debt() == pytest.approx(FULL - paid, abs=2 * FULL // WINDOW)
    wait(WINDOW)
    chain.mine()
    assert delay.calculateCurrentLevel() > 0


@settings(
    max_examples=8,
    phases=[Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    steps=st.lists(
        st.tuples(st.integers(1, 2 * WINDOW), st.booleans(), st.integers(0, 2 * FULL)), max_size=6
    )
)
def test_levels_equal_the_model(
    delay, route, owner, token, announce, send, deliver, wait, chain, steps
):
    """The sending is announced to the account that stands for the other side. Nothing is paid out:
    what is announced counts as gone from what belongs to the router when the next period begins."""
    before = chain.snapshot()
    level, updated = delay.filledLevel() - delay.debt(), delay.lastUpdated()
    began, basis, seen = updated, token.balanceOf(route[0]), token.balanceOf(route[0])
    for seconds, out, amount in steps:
        message_id, announcement = announce(amount)
        now = wait(seconds)
        held = token.balanceOf(route[0])
        if passed := (now - began) // WINDOW:
            began, basis = began + passed * WINDOW, min(seen, held)
        seen = held - amount if out else held + amount
        capacity = basis * BPS // 10_000
        level = min(capacity, level + (now - updated) * capacity // WINDOW)
        if out:
            deliver(announcement)
            level -= amount
            expected = min(max(-level, 0) * WINDOW // capacity, MAX_DELAY)
            assert delay.readyAt(message_id) == now + expected
        else:
            send(amount)
            level = min(capacity, level + amount)
        updated = now
        assert (delay.filledLevel(), delay.debt()) == (max(level, 0), max(-level, 0))
        assert delay.lastUpdated() == now
        assert delay.currentPeriod() == (basis, began)
    chain.restore(before)


def test_amounts_count_in_the_units_of_the_router(
    project, token, owner, deploy_collateral, deliver, network, dispatched
):
    """Messages of this route are in thousandths."""
    scaled = deploy_collateral(token, scale=(1, 1000))
    token.approve(scaled, 2**256 - 1, sender=owner)
    token.transfer(scaled, HELD, sender=owner)
    delay = owner.deploy(project.DelayedFlowRouterHookIsm, scaled, BPS, MAX_DELAY, WINDOW)
    scaled.setHook(delay, sender=owner)
    for router in (scaled, delay):
        router.enrollRemoteRouter(SECOND, b32(owner), sender=owner)
    body = b"\1" * 32 + (7).to_bytes(32)
    deliver(*dispatched(network.mailboxes[SECOND].dispatch(FIRST, b32(delay), body, sender=owner)))
    assert delay.filledLevel() == FULL - 7000

    receipt = scaled.transferRemote(SECOND, b32(owner), 2999, sender=owner, value=ANNOUNCEMENT)
    [event] = receipt.decode_logs(delay.NetFlowCredited)
    assert event.amount == 2000
    _, announcement = dispatched(receipt)
    assert announcement.body[32:] == (2).to_bytes(32)


def test_gas_of_the_announcement_is_enough(send, delays, network, chain, deliver):
    """`handle` alone, as the Mailbox calls it, in the costliest case: an overdraft."""
    for message in reversed(send(10**6)):
        deliver(message)
    delay = delays[0]
    body = b"\1" * 32 + (2 * FULL).to_bytes(32)
    used = chain.provider.web3.eth.estimate_gas(
        {
            "from": network.mailboxes[FIRST].address,
            "to": delay.address,
            "data": delay.handle.encode_input(SECOND, b32(delays[1]), body),
        }
    )
    assert used - 21_000 < 0.8 * ANNOUNCEMENT


def test_messages_of_others_are_refused(delay, network, owner, stranger, revert_of):
    body = TokenMessage(b32(owner), 1).encode()
    call = (SECOND, b32(owner), body, b"", delay.address)
    mailbox = network.mailboxes[FIRST]
    reason = revert_of(mailbox.dispatch, *call, sender=stranger, value=ANNOUNCEMENT)
    assert reason == ("WrongSender", stranger)


@pytest.mark.parametrize("wide", [False, True])
def test_messages_to_others_are_not_announced(delay, route, network, owner, revert_of, wide):
    """Whose counterpart is another, if it has one."""
    recipient = b"\1" + b32(route[1])[1:] if wide else b32(owner)
    call = (SECOND, recipient, TokenMessage(b32(owner), 1).encode(), b"", delay.address)
    reason = revert_of(network.mailboxes[FIRST].dispatch, *call, sender=route[0])
    assert reason == ("WrongRecipient", route[1] if wide else owner)


def test_messages_for_others_are_refused(delays, send, deliver, stranger, revert_of):
    transfer, announcement = send(5)
    deliver(announcement)
    other = Message.decode(transfer.encode()[:45] + b32(stranger) + transfer.body)
    assert revert_of(delays[1].verify, b"", other.encode()) == ("WrongRecipient", stranger)


def test_transfer_is_counted_once(delay, send, revert_of):
    transfer, announcement = send(5)
    reason = revert_of(delay.postDispatch, b"", transfer.encode(), value=ANNOUNCEMENT)
    assert reason == ("MessageNotDispatching", transfer.id, announcement.id)


def test_body_without_an_amount_is_refused(delay, route, network, owner, revert_of):
    call = (SECOND, b32(route[1]), bytes(63), b"", delay.address)
    assert revert_of(network.mailboxes[FIRST].dispatch, *call, sender=route[0]) == ()


def test_announcement_without_an_amount_is_refused(delay, network, owner, dispatched, refusal):
    delay.enrollRemoteRouter(SECOND, b32(owner), sender=owner)
    receipt = network.mailboxes[SECOND].dispatch(FIRST, b32(delay), bytes(63), sender=owner)
    assert refusal(dispatched(receipt)[0]) == ()


def test_facts(project, delay, route, network, creation_revert_of):
    assert (delay.hookType(), delay.moduleType()) == (1, 6)
    assert (delay.maxDelay(), delay.timelockWindow(), delay.debt()) == (MAX_DELAY, 0, 0)
    assert (delay.warpRouter(), delay.mailbox()) == (route[0], network.mailboxes[FIRST])
    arguments = (route[0].address, BPS, 2**32, WINDOW)
    refusal = creation_revert_of(project.DelayedFlowRouterHookIsm, *arguments)
    assert refusal == ("WaitTooLong", 2**32)
