"""Collateral moved between domains: by whom, over what, and who pays for it."""

import pytest
from tests.support.routes import SECOND, ZERO

LOCKED = 10**18
AMOUNT = 10**17
TOKEN_FEE, NATIVE_FEE = 700, 11


@pytest.fixture(scope="module")
def rebalancer(accounts):
    return accounts[7]


@pytest.fixture(scope="module", params=["native", "collateral"])
def kind(request):
    return request.param


@pytest.fixture
def route(kind, native_route, collateral_route, token, owner, rebalancer):
    """A router with collateral, and a rebalancer with tokens that it may take."""
    if kind == "native":
        owner.transfer(native_route[0], LOCKED)
        router = native_route[0]
    else:
        router = collateral_route[0]
        token.transfer(router, LOCKED, sender=owner)
        token.transfer(rebalancer, LOCKED, sender=owner)
        token.approve(router, LOCKED, sender=rebalancer)
    router.addRebalancer(rebalancer, sender=owner)
    return router


@pytest.fixture
def add_bridge(project, owner, route):
    def add_bridge(token_fee=0, native_fee=0):
        bridge = owner.deploy(project.TestTokenBridge, route.token(), token_fee, native_fee)
        route.addBridge(SECOND, bridge, sender=owner)
        return bridge

    return add_bridge


@pytest.fixture(scope="module")
def held(kind, token):
    def held(account):
        return account.balance if kind == "native" else token.balanceOf(account)

    return held


def bridged(receipt, bridge):
    (event,) = [e for e in receipt.events if e.contract_address == bridge.address]
    return event.destination, bytes(event.recipient), event.amount, event.value


def test_collateral_goes_to_the_enrolled_router(route, add_bridge, held, kind, rebalancer):
    bridge = add_bridge()
    receipt = route.rebalance(SECOND, AMOUNT, bridge, sender=rebalancer)
    assert (held(route), held(bridge)) == (LOCKED - AMOUNT, AMOUNT)
    value = AMOUNT if kind == "native" else 0
    router = route.routers(SECOND)
    assert bridged(receipt, bridge) == (SECOND, router, AMOUNT, value)
    assert receipt.events[-1] == route.CollateralMoved(SECOND, router, AMOUNT, rebalancer)


def test_collateral_goes_to_the_chosen_recipient(route, add_bridge, owner, rebalancer):
    bridge, chosen = add_bridge(), b"\x44" * 32
    route.setRecipient(SECOND, chosen, sender=owner)
    assert route.allowedRecipient(SECOND) == chosen
    receipt = route.rebalance(SECOND, AMOUNT, bridge, sender=rebalancer)
    assert bridged(receipt, bridge)[1] == chosen
    route.removeRecipient(SECOND, sender=owner)
    receipt = route.rebalance(SECOND, AMOUNT, bridge, sender=rebalancer)
    assert bridged(receipt, bridge)[1] == route.routers(SECOND)


def test_rebalancer_pays_what_the_bridge_takes(route, add_bridge, held, kind, rebalancer):
    bridge = add_bridge(TOKEN_FEE, NATIVE_FEE)
    before = held(rebalancer)
    value = TOKEN_FEE + NATIVE_FEE if kind == "native" else NATIVE_FEE
    receipt = route.rebalance(SECOND, AMOUNT, bridge, sender=rebalancer, value=value)
    assert held(route) == LOCKED - AMOUNT
    spent = value + receipt.total_fees_paid if kind == "native" else TOKEN_FEE
    assert held(rebalancer) == before - spent


def test_what_the_bridge_does_not_ask_for_comes_back(route, add_bridge, held, kind, rebalancer):
    bridge = add_bridge(TOKEN_FEE, NATIVE_FEE)
    value = TOKEN_FEE + NATIVE_FEE if kind == "native" else NATIVE_FEE
    before = rebalancer.balance
    receipt = route.rebalance(SECOND, AMOUNT, bridge, sender=rebalancer, value=value + 5)
    assert before - rebalancer.balance == value + receipt.total_fees_paid
    assert route.balance == (LOCKED - AMOUNT if kind == "native" else 0)


@pytest.mark.parametrize("kind", ["native"], indirect=True)
def test_native_collateral_does_not_pay_fees(route, add_bridge, rebalancer, revert_of):
    bridge = add_bridge(TOKEN_FEE, NATIVE_FEE)
    fees = TOKEN_FEE + NATIVE_FEE
    refusal = revert_of(
        route.rebalance, SECOND, AMOUNT, bridge.address, sender=rebalancer, value=fees - 1
    )
    assert refusal == ("NativeAmountExceedsValue", fees, fees - 1)


@pytest.mark.parametrize("kind", ["native"], indirect=True)
def test_no_more_is_moved_than_there_is(route, add_bridge, rebalancer, revert_of):
    bridge = add_bridge()
    refusal = revert_of(route.rebalance, SECOND, LOCKED + 1, bridge.address, sender=rebalancer)
    assert refusal == ("NativeFeeExceedsBalance", LOCKED + 1, LOCKED)


@pytest.mark.parametrize("kind", ["collateral"], indirect=True)
class TestCollateral:
    def test_native_fee_needs_balance(self, route, add_bridge, rebalancer, revert_of):
        bridge = add_bridge(0, NATIVE_FEE)
        refusal = revert_of(
            route.rebalance,
            SECOND,
            AMOUNT,
            bridge.address,
            sender=rebalancer,
            value=NATIVE_FEE - 1,
        )
        assert refusal == ("NativeFeeExceedsBalance", NATIVE_FEE, NATIVE_FEE - 1)

    def test_bridge_is_approved_for_the_moment_only(self, route, add_bridge, token, rebalancer):
        bridge = add_bridge(TOKEN_FEE)
        receipt = route.rebalance(SECOND, AMOUNT, bridge, sender=rebalancer)
        assert token.Approval(route, bridge, AMOUNT + TOKEN_FEE) in receipt.events
        assert token.allowance(route, bridge) == 0

    def test_no_more_is_moved_than_there_is(self, route, add_bridge, rebalancer, revert_of):
        bridge = add_bridge()
        refusal = revert_of(route.rebalance, SECOND, LOCKED + 1, bridge.address, sender=rebalancer)
        assert refusal == ("ERC20InsufficientBalance", route, LOCKED, LOCKED + 1)

    @pytest.mark.parametrize("way", ["approveTokenForBridge", "removeBridge"])
    def test_leftover_approvals_can_be_taken_away(
        self, route, add_bridge, token, accounts, owner, way
    ):
        bridge = add_bridge()
        router = accounts[route.address]
        router.balance = 10**18
        token.approve(bridge, 5, sender=router)
        first = token if way == "approveTokenForBridge" else SECOND
        getattr(route, way)(first, bridge, sender=owner)
        assert token.allowance(route, bridge) == 0


def test_token_that_refuses_approvals_of_nothing_is_moved(
    project, owner, rebalancer, deploy_collateral, deploy_synthetic, connect
):
    token = owner.deploy(project.NoZeroApprovalToken)
    router, bridge = deploy_collateral(token), owner.deploy(project.TestTokenBridge, token, 0, 0)
    connect(router, deploy_synthetic())
    token.transfer(router, LOCKED, sender=owner)
    router.addRebalancer(rebalancer, sender=owner)
    router.addBridge(SECOND, bridge, sender=owner)
    router.rebalance(SECOND, AMOUNT, bridge, sender=rebalancer)
    assert token.balanceOf(bridge) == AMOUNT
    router.removeBridge(SECOND, bridge, sender=owner)
    assert router.allowedBridges(SECOND) == []


def test_only_rebalancers_move_collateral(route, add_bridge, owner, rebalancer, revert_of):
    bridge = add_bridge()
    refusal = revert_of(route.rebalance, SECOND, 1, bridge.address, sender=owner)
    assert refusal == ("NotRebalancer", owner)
    route.removeRebalancer(rebalancer, sender=owner)
    refusal = revert_of(route.rebalance, SECOND, 1, bridge.address, sender=rebalancer)
    assert refusal == ("NotRebalancer", rebalancer)


def test_only_allowed_bridges_are_used(route, add_bridge, owner, rebalancer, revert_of):
    bridge = add_bridge()
    refusal = revert_of(route.rebalance, 9, 1, bridge.address, sender=rebalancer)
    assert refusal == ("BridgeNotAllowed", 9, bridge)
    route.removeBridge(SECOND, bridge, sender=owner)
    refusal = revert_of(route.rebalance, SECOND, 1, bridge.address, sender=rebalancer)
    assert refusal == ("BridgeNotAllowed", SECOND, bridge)


def test_lists_tell_who_and_what_is_allowed(route, add_bridge, owner, rebalancer, stranger):
    bridges = [add_bridge().address, add_bridge().address]
    assert route.allowedBridges(SECOND) == bridges
    assert route.allowedBridges(9) == []
    assert route.allowedRebalancers() == [rebalancer]
    assert route.isAllowedRebalancer(rebalancer)
    assert not route.isAllowedRebalancer(stranger)


def test_unenrolling_forgets_bridges_and_recipient(route, add_bridge, owner, connect):
    bridge = add_bridge()
    route.setRecipient(SECOND, b"\x44" * 32, sender=owner)
    router = route.routers(SECOND)
    route.unenrollRemoteRouters([SECOND], sender=owner)
    route.enrollRemoteRouter(SECOND, router, sender=owner)
    assert bridge.address not in route.allowedBridges(SECOND)
    assert route.allowedRecipient(SECOND) == bytes(32)


@pytest.mark.parametrize(
    ("function", "argument"), [("addBridge", ZERO), ("setRecipient", b"\x44" * 32)]
)
def test_domain_needs_a_router(route, owner, revert_of, function, argument):
    refusal = revert_of(getattr(route, function), 9, argument, sender=owner)
    assert refusal == ("RouterNotEnrolled", 9)


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("addRebalancer", [ZERO]),
        ("removeRebalancer", [ZERO]),
        ("addBridge", [SECOND, ZERO]),
        ("removeBridge", [SECOND, ZERO]),
        ("setRecipient", [SECOND, bytes(32)]),
        ("removeRecipient", [SECOND]),
        ("approveTokenForBridge", [ZERO, ZERO]),
    ],
)
def test_settings_are_the_owners(route, stranger, revert_of, function, arguments):
    refusal = revert_of(getattr(route, function), *arguments, sender=stranger)
    assert refusal == ("OwnableUnauthorizedAccount", stranger)
