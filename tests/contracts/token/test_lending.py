"""Collateral that people lend to a router: shares, assets, and what may leave."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.contracts import at
from tests.support.routes import FIRST, SECOND, ZERO, b32
from tests.support.snapshot import taken_back

AMOUNT = 10**18


@pytest.fixture(scope="module", params=["native", "collateral"])
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def lender(accounts):
    return accounts[3]


@pytest.fixture(scope="module")
def route(kind, native_route, collateral_route, token, owner, accounts, lender):
    """A router, two accounts with plenty of its token, which it may take."""
    if kind == "native":
        return native_route[0]
    for each in (lender, accounts[4]):
        token.transfer(each, 10**22, sender=owner)
        token.approve(collateral_route[0], 2**256 - 1, sender=each)
    return collateral_route[0]


@pytest.fixture(scope="module")
def lend(kind, route):
    def lend(account, amount):
        if kind == "native":
            return route.deposit(account, sender=account, value=amount)
        return route.deposit(amount, account, sender=account)

    return lend


@pytest.fixture(scope="module")
def donate(kind, route):
    def donate(account, amount):
        return route.donate(amount, sender=account, value=amount if kind == "native" else 0)

    return donate


@pytest.fixture(scope="module")
def held(kind, token):
    def held(account):
        return account.balance if kind == "native" else token.balanceOf(account)

    return held


def test_tells_what_it_is(route, kind):
    assert route.asset() == route.token()
    assert (route.symbol(), route.decimals()) == ("WRS", 18)
    assert route.name() == "Warp route share"
    assert route.maxDeposit(ZERO) == route.maxMint(ZERO) == 2**256 - 1


def test_tells_the_same_behind_a_proxy(project, route, owner):
    admin = owner.deploy(project.ProxyAdmin, owner)
    proxy = owner.deploy(project.TransparentUpgradeableProxy, route, admin, b"")
    behind = at(project.HypNative, proxy.address)
    assert (behind.name(), behind.symbol()) == (route.name(), route.symbol())


def test_deposit_and_redeem(route, lend, held, kind, lender, accounts):
    before = held(route)
    receipt = lend(lender, AMOUNT)
    assert route.Deposit(lender, lender, AMOUNT, AMOUNT) in receipt.events
    assert held(route) == before + AMOUNT
    assert route.totalAssets() == route.totalSupply() == route.balanceOf(lender) == AMOUNT
    receiver = accounts[6]
    paid = held(receiver)
    receipt = route.redeem(AMOUNT // 4, receiver, lender, sender=lender)
    quarter = AMOUNT // 4
    assert route.Withdraw(lender, receiver, lender, quarter, quarter) in receipt.events
    assert held(receiver) - paid == quarter
    route.withdraw(quarter, receiver, lender, sender=lender)
    assert route.totalAssets() == route.balanceOf(lender) == AMOUNT // 2


@pytest.mark.parametrize("kind", ["collateral"], indirect=True)
def test_mint_takes_what_shares_cost(route, donate, lend, held, lender, accounts):
    lend(lender, AMOUNT)
    donate(lender, AMOUNT // 2)
    other = accounts[4]
    before, cost = held(other), route.previewMint(AMOUNT)
    route.mint(AMOUNT, other, sender=other)
    assert before - held(other) == cost == pytest.approx(1.5 * AMOUNT, rel=1e-9)
    assert route.balanceOf(other) == AMOUNT


def test_donation_is_the_lenders(route, lend, donate, lender, accounts):
    lend(lender, AMOUNT)
    receipt = donate(accounts[4], AMOUNT)
    assert route.Donation(accounts[4], AMOUNT) in receipt.events
    assert route.totalAssets() == 2 * AMOUNT
    # A thousand virtual shares have their part of the donation.
    assert route.maxWithdraw(lender) == pytest.approx(2 * AMOUNT - 1_000, abs=2)
    assert route.maxRedeem(lender) == AMOUNT


def test_transfers_are_not_the_lenders(route, lend, kind, lender, owner):
    lend(lender, AMOUNT)
    value = AMOUNT if kind == "native" else 0
    route.transferRemote(SECOND, b32(owner), AMOUNT, sender=owner, value=value)
    assert route.totalAssets() == AMOUNT
    assert route.maxWithdraw(lender) == AMOUNT


def test_what_was_paid_out_waits(
    route, lend, kind, native_route, collateral_route, network, lender, owner, revert_of
):
    """A transfer from elsewhere takes the lender's collateral; another one brings it back."""
    lend(lender, AMOUNT)
    synthetic = (native_route if kind == "native" else collateral_route)[1]
    value = AMOUNT if kind == "native" else 0
    network.deliver(
        route.transferRemote(SECOND, b32(owner), AMOUNT, sender=owner, value=value), sender=owner
    )
    router = route
    route.addRebalancer(owner, sender=owner)
    assert router.maxWithdraw(lender) == AMOUNT
    network.deliver(synthetic.transferRemote(FIRST, b32(owner), AMOUNT, sender=owner), sender=owner)
    assert route.maxWithdraw(lender) == AMOUNT
    refusal = revert_of(route.withdraw, AMOUNT + 1, lender.address, lender.address, sender=lender)
    assert refusal == ("WithdrawalTooLarge", lender, AMOUNT + 1, AMOUNT)


def test_no_more_is_paid_than_the_router_holds(route, lend, project, lender, owner, revert_of):
    lend(lender, AMOUNT)
    bridge = owner.deploy(project.TestTokenBridge, route.token(), 0, 0)
    route.addBridge(SECOND, bridge, sender=owner)
    route.addRebalancer(owner, sender=owner)
    route.rebalance(SECOND, AMOUNT // 2, bridge, sender=owner)
    assert route.maxWithdraw(lender) == AMOUNT // 2
    assert route.maxRedeem(lender) == AMOUNT // 2
    assert route.totalAssets() == AMOUNT
    refusal = revert_of(route.redeem, AMOUNT, lender.address, lender.address, sender=lender)
    assert refusal == ("WithdrawalTooLarge", lender, AMOUNT, AMOUNT // 2)


def test_others_need_an_allowance(route, lend, donate, lender, stranger, revert_of):
    """Of shares, whatever they are worth."""
    lend(lender, AMOUNT)
    donate(lender, AMOUNT)
    arguments = AMOUNT, stranger.address, lender.address
    refusal = revert_of(route.redeem, *arguments, sender=stranger)
    assert refusal == ("ERC20InsufficientAllowance", stranger, 0, AMOUNT)
    route.increaseAllowance(stranger, AMOUNT, sender=lender)
    route.redeem(*arguments, sender=stranger)
    assert route.balanceOf(lender) == route.allowance(lender, stranger) == 0


@pytest.mark.parametrize("kind", ["native"], indirect=True)
def test_native_donation_comes_with_the_call(route, lender, revert_of):
    refusal = revert_of(route.donate, 5, sender=lender, value=4)
    assert refusal == ("WrongValue", 4, 5)


@pytest.mark.parametrize("kind", ["collateral"], indirect=True)
def test_token_donation_takes_no_ether(route, lender, revert_of):
    assert revert_of(route.donate, 5, sender=lender, value=4) == ("UnexpectedValue", 4)


def test_first_shares_cannot_be_inflated(route, lend, donate, lender, accounts):
    """Whoever makes a share dear by a donation loses more than the next lender."""
    attacker = accounts[4]
    lend(attacker, 1)
    donate(attacker, AMOUNT)
    lend(lender, AMOUNT)
    loss = AMOUNT - route.convertToAssets(route.balanceOf(lender))
    attackers_loss = AMOUNT + 1 - route.convertToAssets(route.balanceOf(attacker))
    assert attackers_loss >= loss


def test_nothing_is_lent_for_no_shares(route, kind, donate, lender, accounts, revert_of):
    """With no lender before, a donation makes a share dearer than what is lent."""
    donate(accounts[4], AMOUNT)
    loan = AMOUNT // 1_000
    call = (lender.address,) if kind == "native" else (loan, lender.address)
    value = loan if kind == "native" else 0
    refusal = revert_of(route.deposit, *call, sender=lender, value=value)
    assert refusal == ("AssetsWithoutShares", loan)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["lend", "donate", "redeem"]), st.integers(0, 1), st.integers(1, 10**6)
        ),
        max_size=12,
    )
)
@pytest.mark.parametrize("kind", ["collateral"], indirect=True)
def test_shares_are_always_covered(chain, route, lend, donate, held, accounts, lender, steps):
    with taken_back(chain):
        people = [lender, accounts[4]]
        spent = 0
        for name, person, amount in steps:
            account = people[person]
            before = held(account)
            if name == "lend" and route.previewDeposit(amount) != 0:
                lend(account, amount)
            elif name == "donate":
                donate(account, amount)
            elif name == "redeem":
                shares = min(amount, route.balanceOf(account))
                route.redeem(shares, account, account, sender=account)
            spent += before - held(account)
            owed = sum(route.maxWithdraw(each) for each in people)
            assert owed <= route.totalAssets() == held(route) == spent
