"""Somebody who has nothing to lose wants everybody's transfers over a route to wait longest."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.attacks.limits.amounts import BPS, DAY, FULL, HELD
from tests.support.routes import FIRST, SECOND
from tests.support.words import b32

MAX_DELAY = 2 * DAY
FEE = 150_000


@pytest.fixture
def routers(project, owner, deploy_route, connect):
    """A router here, its counterpart there, and one of another token there that both trust."""
    made = []
    for domain in (FIRST, SECOND, SECOND):
        token = owner.deploy(project.TestERC20, "Dollar", "USD", 10**30, 18)
        router = deploy_route("CrossCollateralRouter", token, domain)
        token.transfer(router, HELD, sender=owner)
        token.approve(router, 2**256 - 1, sender=owner)
        made.append(router)
    here, there, other = made
    connect(here, there)
    here.enrollCrossCollateralRouters([SECOND], [b32(other)], sender=owner)
    other.enrollCrossCollateralRouters([FIRST], [b32(here)], sender=owner)
    return made


@pytest.fixture
def delays(project, owner, routers):
    """Of the two counterparts."""
    here, there, _ = routers
    made = [
        owner.deploy(project.DelayedFlowRouterHookIsm, each, BPS, MAX_DELAY, DAY)
        for each in (here, there)
    ]
    here.setHook(made[0], sender=owner)
    made[0].enrollRemoteRouter(SECOND, b32(made[1]), sender=owner)
    made[1].enrollRemoteRouter(FIRST, b32(made[0]), sender=owner)
    return made


def test_a_transfer_to_a_router_of_another_token_is_not_announced_to_this_ones(
    delays, routers, owner, revert_of
):
    here, there, other = routers
    sending = SECOND, b32(owner), 10 * HELD
    options = {"sender": owner, "value": FEE}
    refusal = revert_of(here.transferRemoteTo, *sending, b32(other), **options)
    assert refusal == ("WrongRecipient", other)
    here.transferRemoteTo(*sending, b32(there), **options)


def test_it_needs_a_hook_of_its_own(
    delays, routers, project, owner, network, dispatched, hook, chain
):
    """By recipient, so that each counterpart hears of its own only."""
    here, _, other = routers
    routing = owner.deploy(project.DestinationRecipientRoutingHook, network.mailboxes[FIRST], owner)
    routing.setHook(SECOND, delays[0], sender=owner)
    routing.configCustomHook(SECOND, b32(other), hook, sender=owner)
    here.setHook(routing, sender=owner)
    receipt = here.transferRemoteTo(
        SECOND, b32(owner), 10 * HELD, b32(other), sender=owner, value=FEE
    )
    assert len(dispatched(receipt)) == 1
    receipt = here.transferRemote(SECOND, b32(owner), FULL, sender=owner, value=FEE)
    transfer, announcement = dispatched(receipt)
    network.mailboxes[SECOND].process(b"", announcement.encode(), sender=owner)
    assert delays[1].readyAt(transfer.id) == chain.blocks.head.timestamp


@settings(
    max_examples=5,
    phases=[Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(transfers=st.lists(st.tuples(st.booleans(), st.integers(1, 3 * HELD)), max_size=6))
def test_what_is_counted_is_what_the_counterpart_is_to_pay(
    delays, routers, owner, network, dispatched, chain, transfers
):
    before = chain.snapshot()
    here, there, other = routers
    expected = 0
    for elsewhere, amount in transfers:
        target = other if elsewhere else there
        receipt = here.transferRemoteTo(
            SECOND, b32(owner), amount, b32(target), sender=owner, value=FEE,
            raise_on_revert=False, gas=10**6,
        )  # fmt: skip
        for message in dispatched(receipt)[1:]:
            network.mailboxes[SECOND].process(b"", message.encode(), sender=owner)
        expected += 0 if elsewhere else amount
    # Minutes refill less than a period does.
    assert delays[1].debt() <= max(0, expected - FULL)
    chain.restore(before)
