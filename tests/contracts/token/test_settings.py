"""Hooks and fees apply to every domain of a route, in whatever order they and routers were set."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.routes import FIRST, SECOND, THIRD, ZERO
from tests.support.words import b32

AMOUNT = 10**15
FEE = 10**12
THERE = b"\0" * 12 + b"\x77" * 20


@pytest.fixture(scope="module")
def route(deploy_native):
    return deploy_native()


@pytest.fixture(scope="module")
def own_hook(project, owner):
    return owner.deploy(project.RecordingHook, 0)


@pytest.fixture(scope="module")
def charging(project, owner):
    return owner.deploy(project.TestTokenFee, [(ZERO, FEE)])


steps = st.one_of(
    st.tuples(st.sampled_from(["enrol", "unenrol"]), st.sampled_from([SECOND, THIRD])),
    st.tuples(st.sampled_from(["hook", "fee"]), st.booleans()),
)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(steps, min_size=2, max_size=6))
def test_settings_apply_in_any_order(route, own_hook, charging, owner, chain, sequence):
    before = chain.snapshot()
    enrolled, hook, fee = set(), False, False
    for step, value in [*sequence, ("enrol", SECOND)]:
        if step == "enrol":
            route.enrollRemoteRouter(value, THERE, sender=owner)
            enrolled.add(value)
        elif step == "unenrol" and value in enrolled:
            route.unenrollRemoteRouter(value, sender=owner)
            enrolled.remove(value)
        elif step == "hook":
            route.setHook(own_hook if value else ZERO, sender=owner)
            hook = value
        elif step == "fee":
            route.setFeeRecipient(charging if value else ZERO, sender=owner)
            fee = value
    for domain in enrolled:
        paid = charging.balance
        value = AMOUNT + fee * FEE
        sent = route.transferRemote(domain, b32(owner), AMOUNT, value=value, sender=owner)
        called = {event.contract_address for event in sent.events}
        assert (own_hook.address in called) == hook
        assert charging.balance - paid == fee * FEE
    chain.restore(before)


def test_a_domain_without_primary_router_sees_a_hook_set_later(
    project, owner, deploy_route, own_hook
):
    token = owner.deploy(project.TestERC20, "Dollar", "USD", 10**20, 18)
    router = deploy_route("CrossCollateralRouter", token, FIRST)
    token.approve(router, 2**256 - 1, sender=owner)
    other = b"\0" * 12 + b"\x88" * 20
    router.enrollRemoteRouter(SECOND, THERE, sender=owner)
    router.enrollCrossCollateralRouters([SECOND], [other], sender=owner)
    router.unenrollRemoteRouter(SECOND, sender=owner)
    router.setHook(own_hook, sender=owner)
    sent = router.transferRemoteTo(SECOND, b32(owner), AMOUNT, other, sender=owner)
    assert own_hook.address in {event.contract_address for event in sent.events}
