"""The recipes of docs/routes-with-value.md: who has a quorum of keys gets little, and has to wait.

A module that believes everything stands for a multisig whose quorum signs whatever it is asked to.
"""

import pytest
from tests.support.routes import FIRST, SECOND
from tests.support.words import b32

from hyperlane.protocol.ism_metadata import encode_aggregation
from hyperlane.protocol.message import VERSION, Message
from hyperlane.protocol.token_message import TokenMessage

HOUR, DAY = 3600, 86400
HELD = 10**9
SMALL = HELD // 1000
FAST = HELD // 20
"""What leaves without delay, as a whole, before the bucket refills."""
A_DAY = HELD // 5
"""What leaves in a day, less what comes."""
LONGEST = 12 * HOUR
GUARDIAN_PAUSE = 6 * HOUR
FEES = 10**6


@pytest.fixture(scope="module")
def guardian(accounts):
    return accounts[7]


@pytest.fixture(scope="module")
def route(token, owner, deploy_collateral, deploy_synthetic, connect):
    pair = deploy_collateral(token), deploy_synthetic(supply=HELD)
    connect(*pair)
    token.approve(pair[0], 2**256 - 1, sender=owner)
    token.transfer(pair[0], HELD, sender=owner)
    return pair


@pytest.fixture(scope="module")
def delays(project, owner, route):
    made = [
        owner.deploy(project.DelayedFlowRouterHookIsm, each, 500, LONGEST, DAY) for each in route
    ]
    for router, delay, other in zip(route, made, reversed(made), strict=True):
        router.setHook(delay, sender=owner)
        delay.enrollRemoteRouter(other.localDomain(), b32(other), sender=owner)
    return made


@pytest.fixture(scope="module")
def guard(project, owner, guardian):
    return owner.deploy(project.GuardedPausableIsm, owner, [guardian], GUARDIAN_PAUSE)


@pytest.fixture(scope="module")
def blacklist(project, owner, guardian):
    return owner.deploy(project.BlacklistIsm, guardian)


@pytest.fixture(scope="module")
def module(project, owner, route, network, delays, guard, blacklist, noop_ism, static_ism):
    """The module of the collateral router, for which all have to agree."""
    limit = owner.deploy(
        project.NetFlowRateLimitedHookIsm, network.mailboxes[FIRST], route[0], 2000, DAY
    )
    parts = [each.address for each in (guard, blacklist, delays[0], limit, noop_ism)]
    module = static_ism("StaticAggregationIsm", parts, len(parts))
    route[0].setInterchainSecurityModule(module, sender=owner)
    return module


NOTHING_FOR_EACH = encode_aggregation([b""] * 5)


@pytest.fixture(scope="module")
def deliver(network, owner, module):
    """Delivers a transfer to the collateral router."""

    def deliver(transfer: Message):
        mailbox = network.mailboxes[FIRST]
        return mailbox.process(NOTHING_FOR_EACH, transfer.encode(), sender=owner)

    return deliver


@pytest.fixture(scope="module")
def refusal(network, owner, module, revert_of):
    def refusal(transfer: Message):
        mailbox = network.mailboxes[FIRST]
        return revert_of(mailbox.process, NOTHING_FOR_EACH, transfer.encode(), sender=owner)

    return refusal


@pytest.fixture(scope="module")
def announce(network, owner, module):
    """Delivers an announcement."""

    def announce(announcement: Message) -> None:
        network.mailboxes[FIRST].process(b"", announcement.encode(), sender=owner)

    return announce


@pytest.fixture(scope="module")
def send(route, owner, dispatched):
    """Sends tokens to the collateral router; returns the transfer and its announcement."""

    def send(amount: int) -> tuple[Message, Message]:
        receipt = route[1].transferRemote(FIRST, b32(owner), amount, sender=owner, value=FEES)
        transfer, announcement = dispatched(receipt)
        return transfer, announcement

    return send


@pytest.fixture(scope="module")
def forge(route, delays, stranger):
    """A transfer that nobody sent, and its announcement."""
    count = iter(range(10**6, 2 * 10**6))

    def message(sender, recipient, body: bytes) -> Message:
        return Message(VERSION, next(count), SECOND, b32(sender), FIRST, b32(recipient), body)

    def forge(amount: int) -> tuple[Message, Message]:
        transfer = message(route[1], route[0], TokenMessage(b32(stranger), amount).encode())
        body = transfer.id + amount.to_bytes(32)
        return transfer, message(delays[1], delays[0], body)

    return forge


def test_a_small_transfer_is_delivered_at_once(send, announce, deliver, token, owner):
    before = token.balanceOf(owner)
    transfer, announcement = send(SMALL)
    announce(announcement)
    deliver(transfer)
    assert token.balanceOf(owner) == before + SMALL


def test_a_large_one_waits_and_arrives(
    send, announce, deliver, refusal, delays, token, owner, chain
):
    before = token.balanceOf(owner)
    transfer, announcement = send(2 * FAST)
    announce(announcement)
    ready = delays[0].readyAt(transfer.id)
    assert ready == chain.blocks.head.timestamp + LONGEST
    assert refusal(transfer) == ("MessageNotReadyUntil", ready)
    chain.mine(timestamp=ready)
    deliver(transfer)
    assert token.balanceOf(owner) == before + 2 * FAST


def test_what_the_guardian_blacklists_while_it_waits_never_arrives(
    forge, announce, refusal, blacklist, guardian, delays, chain, network
):
    transfer, announcement = forge(2 * FAST)
    announce(announcement)  # which moves nothing, and by which the forgery is noticed
    blacklist.blacklist([transfer.id], sender=guardian)
    for _ in range(3):
        assert refusal(transfer) == ("ModuleRejected", blacklist)
        chain.mine(timestamp=max(delays[0].readyAt(transfer.id), chain.pending_timestamp + DAY))
    assert not network.mailboxes[FIRST].delivered(transfer.id)


def test_a_blacklist_stops_nothing_else(send, announce, deliver, forge, blacklist, guardian):
    blacklist.blacklist([forge(SMALL)[0].id], sender=guardian)
    transfer, announcement = send(SMALL)
    announce(announcement)
    deliver(transfer)


def test_more_than_a_days_net_flow_is_refused_however_long_it_waits(
    send, announce, deliver, refusal, delays, chain
):
    transfer, announcement = send(A_DAY + 1)
    announce(announcement)
    chain.mine(timestamp=delays[0].readyAt(transfer.id))
    assert refusal(transfer) == ("RateLimitExceeded", A_DAY + 1, A_DAY)
    chain.mine(deltatime=DAY)
    assert refusal(transfer) == ("RateLimitExceeded", A_DAY + 1, A_DAY)

    within, announcement = send(A_DAY)
    announce(announcement)
    chain.mine(timestamp=delays[0].readyAt(within.id))
    deliver(within)
    small, announcement = send(SMALL)
    announce(announcement)
    assert refusal(small)[0] in ("MessageNotReadyUntil", "RateLimitExceeded")


def test_many_small_forgeries_get_what_is_fast_and_then_have_to_wait(
    forge, announce, deliver, refusal, token, stranger
):
    for _ in range(3):
        transfer, announcement = forge(FAST // 3)
        announce(announcement)
        deliver(transfer)
    transfer, announcement = forge(FAST // 3)
    announce(announcement)
    assert refusal(transfer)[0] == "MessageNotReadyUntil"
    assert token.balanceOf(stranger) <= FAST


def test_a_guardians_pause_stops_everything_until_the_owner_has_acted(
    forge, announce, deliver, refusal, guard, guardian, blacklist, owner, chain
):
    transfer, announcement = forge(SMALL)
    announce(announcement)
    guard.pause(sender=guardian)
    assert refusal(transfer) == ("EnforcedPause",)
    guard.pause(sender=owner)
    chain.mine(deltatime=2 * GUARDIAN_PAUSE)
    assert refusal(transfer) == ("EnforcedPause",)
    blacklist.blacklist([transfer.id], sender=guardian)
    guard.unpause(sender=owner)
    assert refusal(transfer) == ("ModuleRejected", blacklist)


# --- by amount


LARGE = HELD // 100
AN_HOUR = 5 * LARGE // 2
"""What small transfers take out in an hour."""


@pytest.fixture
def locks(project, owner, network, delays, route):
    """Announces large transfers only, for `LONGEST` seconds."""
    made = [owner.deploy(project.TimelockRouter, network.mailboxes[d], LONGEST) for d in (1, 2)]
    for lock, other, domain in zip(made, reversed(made), (SECOND, FIRST), strict=True):
        lock.enrollRemoteRouter(domain, b32(other), sender=owner)
    nothing = owner.deploy(project.BareHook)
    by_amount = owner.deploy(project.AmountRoutingHook, nothing, made[1], LARGE)
    route[1].setHook(by_amount, sender=owner)
    return made


@pytest.fixture
def by_amount(project, owner, route, network, locks, blacklist, noop_ism, static_ism):
    """The module of the collateral router: `deliver` is with its metadata."""
    bucket = owner.deploy(project.RateLimitedIsm, network.mailboxes[FIRST], AN_HOUR, HOUR, route[0])
    waiting = static_ism("StaticAggregationIsm", [locks[0].address, blacklist.address], 2)
    upper_and_lower = owner.deploy(project.AmountRoutingIsm, bucket, waiting, LARGE)
    parts = [upper_and_lower.address, noop_ism.address]
    module = static_ism("StaticAggregationIsm", parts, len(parts))
    route[0].setInterchainSecurityModule(module, sender=owner)
    waiting_metadata = encode_aggregation([encode_aggregation([b"", b""]), b""])
    mailbox = network.mailboxes[FIRST]

    def arguments(transfer: Message):
        amount = TokenMessage.decode(transfer.body).amount_or_id
        metadata = waiting_metadata if amount >= LARGE else encode_aggregation([b"", b""])
        return mailbox.process, metadata, transfer.encode()

    return arguments


@pytest.fixture
def sent(route, owner, dispatched, by_amount):
    """Sends tokens to the collateral router; returns the transfer, and its announcement if any."""

    def sent(amount: int) -> list[Message]:
        receipt = route[1].transferRemote(FIRST, b32(owner), amount, sender=owner, value=FEES)
        return dispatched(receipt)

    return sent


def test_by_amount_small_transfers_are_fast_and_large_ones_wait(
    by_amount, sent, locks, owner, announce, token, chain, revert_of
):
    before = token.balanceOf(owner)
    [small] = sent(LARGE - 1)
    process, *arguments = by_amount(small)
    process(*arguments, sender=owner)
    assert token.balanceOf(owner) == before + LARGE - 1

    large, announcement = sent(LARGE)
    process, *arguments = by_amount(large)
    assert revert_of(process, *arguments, sender=owner) == ("MessageNotPreverified", large.id)
    announce(announcement)
    ready = locks[0].readyAt(large.id)
    assert revert_of(process, *arguments, sender=owner) == ("MessageNotReadyUntil", ready)
    chain.mine(timestamp=ready)
    process(*arguments, sender=owner)
    assert token.balanceOf(owner) == before + 2 * LARGE - 1


def test_by_amount_what_waits_can_be_cancelled(
    by_amount, sent, locks, owner, announce, blacklist, guardian, chain, revert_of
):
    large, announcement = sent(LARGE)
    announce(announcement)
    blacklist.blacklist([large.id], sender=guardian)
    chain.mine(timestamp=locks[0].readyAt(large.id))
    process, *arguments = by_amount(large)
    assert revert_of(process, *arguments, sender=owner)[0] == "ModuleRejected"


def test_by_amount_many_small_forgeries_get_what_the_bucket_holds(
    by_amount, forge, owner, token, stranger, revert_of
):
    before = token.balanceOf(stranger)
    for _ in range(2):
        process, *arguments = by_amount(forge(LARGE - 1)[0])
        process(*arguments, sender=owner)
    process, *arguments = by_amount(forge(LARGE - 1)[0])
    assert revert_of(process, *arguments, sender=owner)[0] == "RateLimitExceeded"
    assert token.balanceOf(stranger) - before <= AN_HOUR
