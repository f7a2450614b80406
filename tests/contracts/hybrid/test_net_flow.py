"""What leaves a token router, less what comes back, stays within a bucket."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.support.routes import FIRST, SECOND, b32

from hyperlane.protocol.hook_metadata import StandardHookMetadata
from hyperlane.protocol.message import VERSION, Message
from hyperlane.protocol.token_message import TokenMessage

WINDOW = 1000
BPS = 1000
HELD = 10**9
FULL = HELD // 10
CREDIT, CONSUME = 0, 1


@pytest.fixture(scope="module")
def route(token, owner, deploy_collateral, deploy_synthetic, connect):
    """A collateral router here, with tokens of others in it, and a synthetic one there."""
    pair = deploy_collateral(token), deploy_synthetic()
    connect(*pair)
    token.approve(pair[0], 2**256 - 1, sender=owner)
    return pair


@pytest.fixture(scope="module")
def guard(project, owner, network):
    """`guard(router)`: makes the contract hook and module of the router."""

    def guard(router):
        mailbox = network.mailboxes[router.localDomain()]
        limit = owner.deploy(project.NetFlowRateLimitedHookIsm, mailbox, router, BPS, WINDOW)
        router.setHook(limit, sender=owner)
        router.setInterchainSecurityModule(limit, sender=owner)
        return limit

    return guard


@pytest.fixture
def there_and_back(route, network, owner, token, dispatched, deliver):
    """Locks `HELD` tokens in the collateral router."""
    deliver(*dispatched(route[0].transferRemote(SECOND, b32(owner), HELD, sender=owner)))


@pytest.fixture
def collateral(route, guard, there_and_back):
    """The limit of a collateral router that holds something."""
    return guard(route[0])


@pytest.fixture
def synthetic(route, guard, there_and_back):
    return guard(route[1])


@pytest.fixture(scope="module")
def back(route, owner, dispatched):
    """Sends synthetic tokens back; returns the message."""

    def back(amount: int) -> Message:
        [message] = dispatched(route[1].transferRemote(FIRST, b32(owner), amount, sender=owner))
        return message

    return back


def test_delivery_from_collateral_drains(collateral, back, deliver, chain):
    assert (collateral.outboundFlow(), collateral.maxCapacity()) == (CREDIT, FULL)
    message = back(FULL // 4)
    receipt = deliver(message)
    assert receipt.decode_logs(collateral.ConsumedFilledLevel) == [
        collateral.ConsumedFilledLevel(FULL - FULL // 4, chain.blocks.head.timestamp)
    ]
    assert receipt.decode_logs(collateral.MessageValidated) == [
        collateral.MessageValidated(message.id)
    ]
    assert collateral.messageValidated(message.id)
    assert collateral.filledLevel() == FULL - FULL // 4


def test_delivery_of_more_than_the_bucket_waits(collateral, back, deliver, refusal, network):
    message = back(FULL + 1)
    assert refusal(message) == ("RateLimitExceeded", FULL + 1, FULL)
    assert not network.mailboxes[FIRST].delivered(message.id)


def test_sending_into_collateral_refills(collateral, route, owner, back, deliver):
    deliver(back(FULL))
    receipt = route[0].transferRemote(SECOND, b32(owner), 500, sender=owner)
    [event] = receipt.decode_logs(collateral.Credited)
    assert event.amount == 500
    assert collateral.filledLevel() == event.newLevel >= 500
    assert len(receipt.decode_logs(collateral.MessageValidated)) == 1


def test_credit_stops_at_the_brim(collateral, route, owner, back, deliver):
    deliver(back(10))
    receipt = route[0].transferRemote(SECOND, b32(owner), FULL, sender=owner)
    [event] = receipt.decode_logs(collateral.Credited)
    assert event.newLevel == collateral.maxCapacity() == FULL


def test_what_a_rebalancer_took_is_made_up_for_by_one_message(
    collateral, project, route, token, owner, back, deliver
):
    """Only what the router has more than after the message before has come."""
    deliver(back(FULL))
    bridge = owner.deploy(project.TestTokenBridge, token, 0, 0)
    route[0].addBridge(SECOND, bridge, sender=owner)
    route[0].addRebalancer(owner, sender=owner)
    route[0].rebalance(SECOND, 300, bridge, sender=owner)
    amounts = []
    for amount in (500, 500, 200):
        receipt = route[0].transferRemote(SECOND, b32(owner), amount, sender=owner)
        amounts += [event.amount for event in receipt.decode_logs(collateral.Credited)]
    assert amounts == [200, 500, 200]


def test_what_left_in_an_earlier_period_is_over_before_the_next_flow(
    collateral, back, deliver, wait, chain
):
    deliver(back(FULL))
    wait(WINDOW)
    chain.mine()
    assert collateral.calculateCurrentLevel() == (HELD - FULL) // 10


def test_sending_a_synthetic_token_drains(synthetic, route, owner, revert_of):
    """Its supply, and so the bucket, is that after the burning."""
    assert synthetic.outboundFlow() == CONSUME
    arguments = (FIRST, b32(owner), FULL)
    full_after = (HELD - FULL) // 10
    reason = revert_of(route[1].transferRemote, *arguments, sender=owner)
    assert reason == ("RateLimitExceeded", FULL, full_after)
    receipt = route[1].transferRemote(FIRST, b32(owner), 1000, sender=owner)
    [event] = receipt.decode_logs(synthetic.ConsumedFilledLevel)
    assert event.filledLevel == (HELD - 1000) // 10 - 1000


def test_delivery_of_a_synthetic_token_refills(synthetic, route, owner, dispatched, deliver):
    route[1].transferRemote(FIRST, b32(owner), 5000, sender=owner)
    [message] = dispatched(route[0].transferRemote(SECOND, b32(owner), 400, sender=owner))
    receipt = deliver(message)
    [event] = receipt.decode_logs(synthetic.Credited)
    assert event.amount == 400
    assert synthetic.messageValidated(message.id)


@settings(
    max_examples=8,
    phases=[Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    steps=st.lists(
        st.tuples(st.integers(1, 2 * WINDOW), st.booleans(), st.integers(0, FULL)), max_size=5
    )
)
def test_levels_equal_the_model(
    collateral, route, token, owner, back, deliver, refusal, wait, chain, steps
):
    """Capacity is that of the beginning of the period, or of now if that is less."""
    before = chain.snapshot()
    level, updated = collateral.filledLevel(), collateral.lastUpdated()
    began, basis, seen, gone = updated, HELD, HELD, 0
    for seconds, out, amount in steps:
        held = token.balanceOf(route[0])
        message = back(amount) if out else None
        now = wait(seconds)
        if passed := (now - began) // WINDOW:
            period = began + passed * WINDOW, min(seen, held), held, 0
        else:
            period = began, basis, seen, gone
        most = period[1] * BPS // 10_000
        capacity = min(period[1], held if out else held + amount) * BPS // 10_000
        bucket = min(capacity, level + (now - updated) * capacity // WINDOW)
        available = min(bucket, most - period[3])
        if message is None:
            route[0].transferRemote(SECOND, b32(owner), amount, sender=owner)
            level, updated = min(capacity, bucket + amount), now
            (began, basis, _, gone), seen = period, held + amount
            gone = max(0, gone - amount)
        elif amount <= available:
            deliver(message)
            level, updated = available - amount, now
            (began, basis, _, gone), seen = period, held - amount
            gone += amount
        else:
            chain.mine()
            assert refusal(message) == ("RateLimitExceeded", amount, available)
        assert (collateral.filledLevel(), collateral.lastUpdated()) == (level, updated)
    chain.restore(before)


def test_amounts_count_in_the_units_of_the_router(
    project, token, owner, deploy_collateral, network, guard, deliver, dispatched
):
    """Messages of this route are in thousandths."""
    scaled = deploy_collateral(token, scale=(1, 1000))
    scaled.enrollRemoteRouter(SECOND, b32(owner), sender=owner)
    token.approve(scaled, 2**256 - 1, sender=owner)
    limit = guard(scaled)
    token.transfer(scaled, HELD, sender=owner)
    body = TokenMessage(b32(owner), 7).encode()
    [message] = dispatched(
        network.mailboxes[SECOND].dispatch(FIRST, b32(scaled), body, sender=owner)
    )
    deliver(message)
    assert limit.filledLevel() == FULL - 7000
    [event] = scaled.transferRemote(SECOND, b32(owner), 2999, sender=owner).decode_logs(
        limit.Credited
    )
    assert event.amount == 2000


def test_value_goes_back(collateral, route, network, owner, accounts):
    """The router is impersonated: it would send no value here."""
    router = accounts[route[0].address]
    router.balance = 10**18
    receiver = accounts[6]
    before = receiver.balance
    given_ = StandardHookMetadata(0, 0, bytes.fromhex(receiver.address[2:])).encode()
    body = TokenMessage(b32(owner), 1).encode()
    network.mailboxes[FIRST].dispatch(
        SECOND, b32(owner), body, given_, collateral, sender=router, value=9
    )
    assert (receiver.balance - before, collateral.balance) == (9, 0)


# --- what does not count


def transfer_message(sender, recipient, **changes) -> Message:
    fields = {
        "version": VERSION,
        "nonce": 0,
        "origin": FIRST,
        "sender": b32(sender),
        "destination": SECOND,
        "recipient": b32(recipient),
        "body": TokenMessage(b32(recipient), 1).encode(),
    }
    return Message(**fields | changes)


def test_messages_of_others_are_refused(collateral, route, owner, stranger, network, revert_of):
    message = transfer_message(stranger, owner).encode()
    assert revert_of(collateral.postDispatch, b"", message) == ("WrongSender", stranger)
    message = transfer_message(route[1], stranger, origin=SECOND, destination=FIRST).encode()
    assert revert_of(collateral.verify, b"", message) == ("WrongRecipient", stranger)


def test_only_the_message_dispatched_last_counts(collateral, route, owner, dispatched, revert_of):
    [message] = dispatched(route[0].transferRemote(SECOND, b32(owner), 5, sender=owner))
    forged = transfer_message(route[0], owner, nonce=message.nonce + 1)
    reason = revert_of(collateral.postDispatch, b"", forged.encode())
    assert reason == ("MessageNotDispatching", forged.id, message.id)
    reason = revert_of(collateral.postDispatch, b"", message.encode())
    assert reason == ("MessageAlreadyValidated", message.id)


def test_message_from_before_the_creation_does_not_count(
    route, guard, owner, dispatched, there_and_back, revert_of
):
    [message] = dispatched(route[0].transferRemote(SECOND, b32(owner), 5, sender=owner))
    limit = guard(route[0])
    assert limit.minOutboundNonce() == message.nonce + 1
    reason = revert_of(limit.postDispatch, b"", message.encode())
    assert reason == ("InvalidDispatchedMessage", message.id)


def test_only_the_message_being_delivered_counts(
    project, route, owner, back, deliver, guard, chain, network, there_and_back, revert_of
):
    old = back(5)
    deliver(old)
    limit = guard(route[0])
    message = back(5)
    for each in (old, message):
        reason = revert_of(limit.verify, b"", each.encode())
        assert reason == ("InvalidDeliveredMessage", each.id)

    sequence = owner.deploy(project.Sequence)
    calls = [
        network.mailboxes[FIRST].process.encode_input(b"", message.encode()),
        limit.verify.encode_input(b"", message.encode()),
    ]
    receipt = sequence.run([network.mailboxes[FIRST], limit], calls, sender=owner)
    assert receipt.decode_logs(limit.MessageValidated) == [limit.MessageValidated(message.id)]


def test_body_without_an_amount_is_refused(collateral, route, network, owner, revert_of):
    call = (SECOND, b32(owner), bytes(63), b"", collateral.address)
    mailbox = network.mailboxes[FIRST]
    assert revert_of(mailbox.dispatch, *call, sender=route[0]) == ()


def test_facts(collateral, network, owner, stranger, chain, creation_revert_of, project, route):
    assert (collateral.hookType(), collateral.moduleType()) == (10, 6)
    assert collateral.quoteDispatch(b"", b"") == 0
    assert 0 < collateral.deployedAtBlock() <= chain.blocks.head.number
    arguments = (stranger.address, route[0].address, BPS, WINDOW)
    refusal = creation_revert_of(project.NetFlowRateLimitedHookIsm, *arguments)
    assert refusal == ("MailboxNotContract", stranger)
