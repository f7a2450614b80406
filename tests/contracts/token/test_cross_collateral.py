"""Several routers per domain, each with a token of its own: in as one, out as another."""

import pytest
from tests.support.routes import FIRST, SECOND, THIRD, ZERO, incoming
from tests.support.token_contracts import dispatched
from tests.support.words import b32

AMOUNT = 10**18
POOL = 10**20
GAS = 700
MAX_FEE, HALF = 10**16, 10**18


@pytest.fixture(scope="module")
def recipient(accounts):
    return accounts[5]


@pytest.fixture(scope="module")
def deploy_pool(project, owner, deploy_route):
    """A router with a lot of a newly made token, which it may take from the owner."""

    def deploy_pool(domain=FIRST, decimals=18, scale=(1, 1)):
        token = owner.deploy(project.TestERC20, "Dollar", "USD", 10**30, decimals)
        router = deploy_route("CrossCollateralRouter", token, domain, scale)
        token.transfer(router, POOL, sender=owner)
        token.approve(router, 2**256 - 1, sender=owner)
        return router, token

    return deploy_pool


@pytest.fixture(scope="module")
def trust(owner):
    """Has two routers trust each other besides those they are connected with."""

    def trust(first, second):
        for here, there in ((first, second), (second, first)):
            here.enrollCrossCollateralRouters([there.localDomain()], [b32(there)], sender=owner)

    return trust


@pytest.fixture(scope="module")
def pools(deploy_pool, connect, trust):
    """One router here; there the one it is connected with, and another one that it trusts."""
    here, there, other = deploy_pool(), deploy_pool(SECOND), deploy_pool(SECOND)
    connect(here[0], there[0], gas=GAS)
    trust(here[0], other[0])
    return here, there, other


@pytest.fixture(scope="module")
def neighbours(deploy_pool, trust):
    """Two routers of one domain."""
    pair = deploy_pool(), deploy_pool()
    trust(pair[0][0], pair[1][0])
    return pair


@pytest.fixture(scope="module")
def charge(project, owner):
    """Has a router charge a fee by destination and router; returns who gets it."""

    def charge(router, token, *routers):
        routing = owner.deploy(project.CrossCollateralRoutingFee, owner)
        fee = owner.deploy(project.LinearFee, token, MAX_FEE, HALF, owner)
        count = len(routers)
        domains = [domain for domain, _ in routers]
        targets = [target for _, target in routers]
        routing.setCrossCollateralRouterFeeContracts(domains, targets, [fee] * count, sender=owner)
        router.setFeeRecipient(routing, sender=owner)
        return routing

    return charge


def amounts(quotes):
    return [(quote.token, quote.amount) for quote in quotes]


# --- between domains


def test_transfer_goes_to_the_router_it_names(pools, network, owner, recipient):
    (here, token), (_, unused), (other, paid) = pools
    sent = here.transferRemoteTo(
        SECOND, b32(recipient), AMOUNT, b32(other), sender=owner, value=GAS
    )
    message = dispatched(sent)
    assert (message[45:77], message[77:]) == (b32(other), b32(recipient) + AMOUNT.to_bytes(32))
    assert here.SentTransferRemote(SECOND, b32(recipient), AMOUNT) in sent.events
    network.deliver(sent, sender=owner)
    assert token.balanceOf(here) == POOL + AMOUNT
    assert (paid.balanceOf(recipient), unused.balanceOf(recipient)) == (AMOUNT, 0)


def test_transfer_that_names_none_goes_to_the_enrolled_router(pools, network, owner, recipient):
    (here, _), (there, paid), _ = pools
    sent = here.transferRemote(SECOND, b32(recipient), AMOUNT, sender=owner, value=GAS)
    network.deliver(sent, sender=owner)
    assert dispatched(sent)[45:77] == b32(there)
    assert paid.balanceOf(recipient) == AMOUNT


def test_answer_is_the_message_id(pools, network, owner, recipient):
    (here, _), _, (other, _) = pools
    call = SECOND, b32(recipient), AMOUNT, b32(other)
    answer = here.transferRemoteTo.call(*call, sender=owner, value=GAS)
    here.transferRemoteTo(*call, sender=owner, value=GAS)
    assert answer == network.mailboxes[FIRST].latestDispatchedId()


def test_amounts_are_scaled_on_the_way(deploy_pool, trust, network, owner, recipient):
    """A token of 6 decimals in, one of 18 out, and the other way round."""
    (coarse, dollars), (fine, dai) = deploy_pool(decimals=6, scale=(10**12, 1)), deploy_pool(SECOND)
    trust(coarse, fine)
    there = coarse.transferRemoteTo(SECOND, b32(recipient), 5_000_000, b32(fine), sender=owner)
    network.deliver(there, sender=owner)
    assert dai.balanceOf(recipient) == 5 * 10**18
    back = fine.transferRemoteTo(FIRST, b32(recipient), 2 * 10**18, b32(coarse), sender=owner)
    network.deliver(back, sender=owner)
    assert dollars.balanceOf(recipient) == 2_000_000


@pytest.mark.parametrize("target", [b"\x07" * 32, bytes(32)])
@pytest.mark.parametrize("domain", [FIRST, SECOND, THIRD])
def test_router_that_is_not_trusted_gets_nothing(pools, owner, revert_of, target, domain):
    (here, _), _, _ = pools
    call = domain, b32(owner), AMOUNT, target
    refusal = "RouterNotTrusted", domain, target
    assert revert_of(here.transferRemoteTo, *call, sender=owner) == refusal
    assert revert_of(here.quoteTransferRemoteTo, *call) == refusal


def test_router_is_trusted_for_its_own_domain_only(pools, owner, revert_of):
    (here, _), _, (other, _) = pools
    refusal = revert_of(here.transferRemoteTo, THIRD, b32(owner), AMOUNT, b32(other), sender=owner)
    assert refusal == ("RouterNotTrusted", THIRD, b32(other))


def test_both_kinds_of_routers_may_send(pools, network, owner, recipient):
    (here, token), (there, _), (other, _) = pools
    for number, router in enumerate((there, other), start=1):
        sent = router.transferRemoteTo(
            FIRST, b32(recipient), AMOUNT, b32(here), sender=owner, value=GAS
        )
        network.deliver(sent, sender=owner)
        assert token.balanceOf(recipient) == number * AMOUNT


def test_strangers_messages_are_refused(pools, network, owner, recipient, stranger, revert_of):
    (here, _), _, (other, _) = pools
    body = b32(recipient) + AMOUNT.to_bytes(32)
    process = network.mailboxes[FIRST].process
    for origin, sender in ((SECOND, b32(stranger)), (THIRD, b32(other)), (THIRD, bytes(32))):
        refusal = revert_of(process, b"", incoming(here, body, sender, origin), sender=owner)
        assert refusal == ("RouterNotTrusted", origin, sender)
    refusal = revert_of(here.handle, SECOND, b32(other), body, sender=stranger)
    assert refusal == ("RouterNotTrusted", FIRST, b32(stranger))


def test_failed_delivery_can_be_tried_again(pools, network, owner, recipient, revert_of):
    (here, token), _, (other, paid) = pools
    sent = here.transferRemoteTo(
        SECOND, b32(recipient), POOL + 1, b32(other), sender=owner, value=GAS
    )
    refusal = revert_of(network.mailboxes[SECOND].process, b"", dispatched(sent), sender=owner)
    assert refusal == ("ERC20InsufficientBalance", other, POOL, POOL + 1)
    paid.transfer(other, 1, sender=owner)
    network.deliver(sent, sender=owner)
    assert (paid.balanceOf(recipient), paid.balanceOf(other)) == (POOL + 1, 0)
    assert token.balanceOf(here) == 2 * POOL + 1


# --- within a domain


def test_neighbour_pays_at_once(neighbours, network, owner, recipient):
    (here, token), (there, paid) = neighbours
    before = token.balanceOf(owner)
    sent = here.transferRemoteTo(FIRST, b32(recipient), AMOUNT, b32(there), sender=owner)
    assert (before - token.balanceOf(owner), token.balanceOf(here)) == (AMOUNT, POOL + AMOUNT)
    assert (paid.balanceOf(recipient), paid.balanceOf(there)) == (AMOUNT, POOL - AMOUNT)
    names = [event.event_name for event in sent.events]
    assert names == ["Transfer", "ReceivedTransferRemote", "Transfer"]
    assert there.ReceivedTransferRemote(FIRST, b32(recipient), AMOUNT) in sent.events
    assert bytes(network.mailboxes[FIRST].latestDispatchedId()) == bytes(32)


def test_transfer_to_a_neighbour_has_no_message_id(neighbours, owner):
    (here, _), (there, _) = neighbours
    answer = here.transferRemoteTo.call(FIRST, b32(owner), AMOUNT, b32(there), sender=owner)
    assert bytes(answer) == bytes(32)


def test_enrolled_neighbour_is_paid_at_once_too(neighbours, owner, recipient):
    (here, _), (there, paid) = neighbours
    here.enrollRemoteRouter(FIRST, b32(there), sender=owner)
    assert amounts(here.quoteTransferRemote(FIRST, b32(recipient), AMOUNT))[0] == (ZERO, 0)
    here.transferRemote(FIRST, b32(recipient), AMOUNT, sender=owner)
    assert paid.balanceOf(recipient) == AMOUNT


def test_neighbour_must_trust_back(neighbours, owner, revert_of):
    (here, _), (there, _) = neighbours
    there.unenrollCrossCollateralRouters([FIRST], [b32(here)], sender=owner)
    call = FIRST, b32(owner), AMOUNT, b32(there)
    refusal = revert_of(here.transferRemoteTo, *call, sender=owner)
    assert refusal == ("RouterNotTrusted", FIRST, b32(here))


def test_transfer_to_a_neighbour_takes_no_ether(neighbours, owner, revert_of):
    (here, _), (there, _) = neighbours
    call = FIRST, b32(owner), AMOUNT, b32(there)
    refusal = revert_of(here.transferRemoteTo, *call, sender=owner, value=1)
    assert refusal == ("UnexpectedValue", 1)


def test_neighbour_that_cannot_pay_takes_nothing(neighbours, owner, recipient, revert_of):
    (here, token), (there, _) = neighbours
    call = FIRST, b32(recipient), POOL + 1, b32(there)
    refusal = revert_of(here.transferRemoteTo, *call, sender=owner)
    assert refusal == ("ERC20InsufficientBalance", there, POOL, POOL + 1)
    assert token.balanceOf(here) == POOL


def test_neighbour_is_asked_nothing_for_the_gas(neighbours, charge, hook, owner, recipient):
    """Neither a hook nor a fee hook gets anything; the fee does."""
    (here, token), (there, _) = neighbours
    routing = charge(here, token, (FIRST, b32(there)))
    here.setFeeHook(hook, sender=owner)
    call = FIRST, b32(recipient), AMOUNT, b32(there)
    fee = MAX_FEE // 2
    assert amounts(here.quoteTransferRemoteTo(*call)) == [
        (token, 0),
        (token, AMOUNT + fee),
        (token, 0),
    ]
    before = token.balanceOf(owner)
    here.transferRemoteTo(*call, sender=owner)
    assert before - token.balanceOf(owner) == AMOUNT + fee
    assert (token.balanceOf(routing), token.balanceOf(hook)) == (fee, 0)


# --- fees and gas


def test_fee_is_that_of_the_router(pools, charge, owner, recipient):
    (here, token), _, (other, _) = pools
    routing = charge(here, token, (SECOND, b32(other)))
    quotes = amounts(here.quoteTransferRemoteTo(SECOND, b32(recipient), AMOUNT, b32(other)))
    assert quotes == [(ZERO, GAS), (token, AMOUNT + MAX_FEE // 2), (token, 0)]
    sent = here.transferRemoteTo(
        SECOND, b32(recipient), AMOUNT, b32(other), sender=owner, value=GAS
    )
    assert token.balanceOf(routing) == MAX_FEE // 2
    assert dispatched(sent)[-32:] == AMOUNT.to_bytes(32)


def test_router_without_a_fee_takes_no_transfer(pools, charge, owner, revert_of):
    (here, token), (there, _), (other, _) = pools
    charge(here, token, (SECOND, b32(other)))
    refusal = "NoFeeContract", SECOND, b32(there)
    assert revert_of(here.quoteTransferRemote, SECOND, b32(owner), 1) == refusal
    assert revert_of(here.transferRemote, SECOND, b32(owner), 1, sender=owner) == refusal


def test_fee_hook_is_paid_for_the_router_it_goes_to(pools, hook, owner, recipient):
    (here, token), _, (other, _) = pools
    here.setFeeHook(hook, sender=owner)
    call = SECOND, b32(recipient), AMOUNT, b32(other)
    assert amounts(here.quoteTransferRemoteTo(*call))[0] == (token, GAS)
    here.transferRemoteTo(*call, sender=owner)
    assert (token.balanceOf(hook), token.balanceOf(here)) == (GAS, POOL + AMOUNT)
    assert token.allowance(here, hook) == 0


def test_gas_and_bridges_need_a_router_of_either_kind(
    deploy_pool, trust, project, owner, revert_of
):
    (here, token), (there, _) = deploy_pool(), deploy_pool(SECOND)
    bridge = owner.deploy(project.TestTokenBridge, token, 0, 0)
    calls = [
        (here.addBridge, SECOND, bridge.address),
        (here.setRecipient, SECOND, b32(there)),
        (here.addRebalanceTarget, SECOND, b32(there)),
    ]
    for handler, *arguments in calls:
        assert revert_of(handler, *arguments, sender=owner) == ("RouterNotEnrolled", SECOND)
    trust(here, there)
    here.setDestinationGas(SECOND, GAS, sender=owner)
    assert here.quoteTransferRemoteTo(SECOND, b32(owner), 1, b32(there))[0].amount == GAS
    receipt = here.addBridge(SECOND, bridge, sender=owner)
    assert receipt.events == [here.CCRBridgeAdded(SECOND, bridge)]
    here.addRebalancer(owner, sender=owner)
    refusal = revert_of(here.rebalance, SECOND, AMOUNT, bridge.address, sender=owner)
    assert refusal == ("RouterNotEnrolled", SECOND)
    receipt = here.setRecipient(SECOND, b32(there), sender=owner)
    assert receipt.events == [here.CCRRecipientSet(SECOND, b32(there))]
    here.rebalance(SECOND, AMOUNT, bridge, sender=owner)
    assert (token.balanceOf(here), token.balanceOf(bridge)) == (POOL - AMOUNT, AMOUNT)


# --- who is trusted


def test_routers_are_enrolled_and_listed(pools, owner):
    (here, _), (there, _), (other, _) = pools
    more = b"\xee" * 32
    receipt = here.enrollCrossCollateralRouters(
        [SECOND, THIRD, SECOND], [more, more, b32(other)], sender=owner
    )
    assert receipt.events == [
        here.CrossCollateralRouterEnrolled(SECOND, more),
        here.CrossCollateralRouterEnrolled(THIRD, more),
    ]
    assert here.getCrossCollateralRouters(SECOND) == [b32(other), more]
    assert here.getCrossCollateralDomains() == [SECOND, THIRD]
    assert here.crossCollateralRouters(SECOND, b32(other))
    assert not here.crossCollateralRouters(SECOND, b32(there))
    receipt = here.unenrollCrossCollateralRouters(
        [THIRD, THIRD, SECOND], [more, more, more], sender=owner
    )
    assert receipt.events == [
        here.CrossCollateralRouterUnenrolled(THIRD, more),
        here.CrossCollateralRouterUnenrolled(SECOND, more),
    ]
    assert here.getCrossCollateralDomains() == [SECOND]


def test_unenrolled_router_is_refused_both_ways(pools, network, owner, revert_of):
    (here, _), _, (other, _) = pools
    late = other.transferRemoteTo(FIRST, b32(owner), AMOUNT, b32(here), sender=owner)
    here.unenrollCrossCollateralRouters([SECOND], [b32(other)], sender=owner)
    refusal = revert_of(network.mailboxes[FIRST].process, b"", dispatched(late), sender=owner)
    assert refusal == ("RouterNotTrusted", SECOND, b32(other))
    here.enrollCrossCollateralRouters([SECOND], [b32(other)], sender=owner)
    network.deliver(late, sender=owner)


def test_settings_that_make_no_sense(pools, owner, stranger, revert_of):
    (here, _), _, (other, _) = pools
    enroll, unenroll = here.enrollCrossCollateralRouters, here.unenrollCrossCollateralRouters
    assert revert_of(enroll, [SECOND], [bytes(32)], sender=owner) == ("RouterIsZero", SECOND)
    refusal = revert_of(enroll, [FIRST], [b32(stranger)], sender=owner)
    assert refusal == ("RouterNotContract", b32(stranger))
    refusal = revert_of(enroll, [FIRST], [b"\xee" * 32], sender=owner)
    assert refusal == ("Bytes32ToAddressOverflow", b"\xee" * 32)
    for change in (enroll, unenroll):
        assert revert_of(change, [SECOND], [], sender=owner) == ("LengthMismatch", 1, 0)
        refusal = revert_of(change, [SECOND], [b32(other)], sender=stranger)
        assert refusal == ("OwnableUnauthorizedAccount", stranger)


def test_rebalance_targets(pools, owner, stranger, revert_of):
    (here, _), (there, _), (other, _) = pools
    assert here.isRebalanceTarget(SECOND, b32(there))
    assert not here.isRebalanceTarget(SECOND, b32(other))
    assert not here.isRebalanceTarget(THIRD, bytes(32))
    receipt = here.addRebalanceTarget(SECOND, b32(other), sender=owner)
    assert receipt.events == [here.RebalanceTargetAdded(SECOND, b32(other))]
    assert here.addRebalanceTarget(SECOND, b32(other), sender=owner).events == []
    assert here.isRebalanceTarget(SECOND, b32(other))
    here.setRecipient(SECOND, b32(stranger), sender=owner)
    assert here.isRebalanceTarget(SECOND, b32(stranger))
    assert not here.isRebalanceTarget(SECOND, b32(there))
    receipt = here.removeRebalanceTarget(SECOND, b32(other), sender=owner)
    assert receipt.events == [here.RebalanceTargetRemoved(SECOND, b32(other))]
    assert here.rebalanceTargets(SECOND) == []
    refusal = revert_of(here.addRebalanceTarget, SECOND, bytes(32), sender=owner)
    assert refusal == ("TargetIsZero", SECOND)
    for change in (here.addRebalanceTarget, here.removeRebalanceTarget):
        refusal = revert_of(change, SECOND, b32(other), sender=stranger)
        assert refusal == ("OwnableUnauthorizedAccount", stranger)


def test_unenrolling_a_domain_forgets_its_targets(pools, owner):
    (here, _), _, (other, _) = pools
    here.addRebalanceTarget(SECOND, b32(other), sender=owner)
    here.unenrollCrossCollateralRouters([SECOND], [b32(other)], sender=owner)
    assert here.rebalanceTargets(SECOND) == [b32(other)]
    here.unenrollRemoteRouter(SECOND, sender=owner)
    assert here.rebalanceTargets(SECOND) == []


def test_domain_without_any_router_is_forgotten(
    project, pools, deploy_pool, trust, owner, stranger
):
    """As one whose only router was enrolled as usual."""
    (here, token), (there, _) = pools[0], deploy_pool(THIRD)
    trust(here, there)
    bridge = owner.deploy(project.TestTokenBridge, token, 0, 0)
    for domain in (SECOND, THIRD):
        here.addBridge(domain, bridge, sender=owner)
        here.setRecipient(domain, b32(stranger), sender=owner)
        here.addRebalanceTarget(domain, b32(stranger), sender=owner)
    routers = [here.getCrossCollateralRouters(domain)[0] for domain in (SECOND, THIRD)]
    here.unenrollCrossCollateralRouters([SECOND, THIRD], routers, sender=owner)
    assert here.allowedBridges(SECOND) == [bridge.address]
    assert here.allowedBridges(THIRD) == here.rebalanceTargets(THIRD) == []
    assert here.allowedRecipient(THIRD) == bytes(32)


def test_collateral_can_be_lent(pools, owner):
    (here, token), _, _ = pools
    here.deposit(AMOUNT, owner, sender=owner)
    assert (here.balanceOf(owner), here.totalAssets()) == (AMOUNT, AMOUNT)
    here.redeem(AMOUNT, owner, owner, sender=owner)
    assert token.balanceOf(here) == POOL


# --- adversaries


def test_payout_cannot_be_sent_again_from_inside(project, deploy_route, trust, owner, revert_of):
    """A token that calls back while it is taken settles no second transfer."""
    token = owner.deploy(project.CallbackToken)
    here = deploy_route("CrossCollateralRouter", token)
    there = deploy_route("CrossCollateralRouter", token)
    trust(here, there)
    token.transfer(there, POOL, sender=owner)
    token.approve(here, 2**256 - 1, sender=owner)
    body = b32(owner) + AMOUNT.to_bytes(32)
    token.prepare(there, there.handle.encode_input(FIRST, b32(here), body), sender=owner)
    call = FIRST, b32(owner), AMOUNT, b32(there)
    refusal = revert_of(here.transferRemoteTo, *call, sender=owner)
    assert refusal == ("RouterNotTrusted", FIRST, b32(token))


def test_token_with_a_transfer_fee_is_refused(project, deploy_route, trust, owner, revert_of):
    token = owner.deploy(project.FeeToken)
    here, there = (deploy_route("CrossCollateralRouter", token) for _ in range(2))
    trust(here, there)
    token.approve(here, 2**256 - 1, sender=owner)
    call = FIRST, b32(owner), 1000, b32(there)
    refusal = revert_of(here.transferRemoteTo, *call, sender=owner)
    assert refusal == ("UnexpectedAmountReceived", 990, 1000)


# --- the fee contract


class TestRoutingFee:
    @pytest.fixture(scope="class")
    def routing(self, project, owner):
        return owner.deploy(project.CrossCollateralRoutingFee, owner)

    @pytest.fixture(scope="class")
    def fee(self, project, owner, token):
        return owner.deploy(project.LinearFee, token, MAX_FEE, HALF, owner)

    @pytest.fixture(scope="class")
    def dear(self, project, owner, token):
        return owner.deploy(project.LinearFee, token, 10 * MAX_FEE, HALF, owner)

    def test_asks_the_routers_own_first(self, routing, fee, dear, token, owner, revert_of):
        default, router = routing.DEFAULT_ROUTER(), b"\x01" * 32
        receipt = routing.setCrossCollateralRouterFeeContracts(
            [SECOND, SECOND], [default, router], [fee, dear], sender=owner
        )
        assert receipt.events == [
            routing.FeeContractSet(SECOND, default, fee),
            routing.FeeContractSet(SECOND, router, dear),
        ]
        assert routing.feeContracts(SECOND, router) == dear

        def asked(target):
            return amounts(routing.quoteTransferRemoteTo(SECOND, bytes(32), HALF, target))

        assert asked(router) == [(token, 5 * MAX_FEE)]
        assert asked(b"\x02" * 32) == [(token, MAX_FEE // 2)]
        assert amounts(routing.quoteTransferRemote(SECOND, bytes(32), HALF)) == asked(b"\x02" * 32)
        routing.setCrossCollateralRouterFeeContracts([SECOND], [router], [ZERO], sender=owner)
        assert asked(router) == [(token, MAX_FEE // 2)]
        refusal = revert_of(routing.quoteTransferRemote, THIRD, bytes(32), HALF)
        assert refusal == ("NoFeeContract", THIRD, default)

    def test_tells_what_it_is(self, routing, owner):
        assert (routing.feeType(), routing.owner()) == (5, owner)
        assert routing.PACKAGE_VERSION() == "12.1.0"

    def test_owner_takes_the_fees(self, routing, token, owner, stranger, revert_of):
        token.transfer(routing, 55, sender=owner)
        refusal = revert_of(routing.claim, stranger.address, token.address, sender=stranger)
        assert refusal == ("OwnableUnauthorizedAccount", stranger)
        routing.claim(stranger, token, sender=owner)
        assert (token.balanceOf(stranger), token.balanceOf(routing)) == (55, 0)

    def test_settings_that_make_no_sense(self, routing, fee, owner, stranger, revert_of):
        change = routing.setCrossCollateralRouterFeeContracts
        router = bytes(32)
        assert revert_of(change, [1], [router], [], sender=owner) == ("LengthsDiffer", 1, 1, 0)
        assert revert_of(change, [1], [], [fee.address], sender=owner) == (
            "LengthsDiffer",
            1,
            0,
            1,
        )
        refusal = revert_of(change, [1], [router], [stranger.address], sender=owner)
        assert refusal == ("FeeContractNotContract", stranger)
        refusal = revert_of(change, [], [], [], sender=stranger)
        assert refusal == ("OwnableUnauthorizedAccount", stranger)
