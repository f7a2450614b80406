"""Lending to a router first, and making shares dear by a donation before others lend."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.snapshot import taken_back

ETHER = 10**18


@pytest.fixture(scope="module")
def people(token, owner, accounts, route):
    """The thief and three lenders, with plenty of the token."""
    people = [accounts[i] for i in (3, 4, 5, 6)]
    for each in people:
        token.transfer(each, 10**23, sender=owner)
        token.approve(route, 2**256 - 1, sender=each)
    return people


@pytest.fixture(scope="module")
def route(deploy_collateral, token):
    return deploy_collateral(token)


@pytest.fixture(scope="module")
def gain(token, people, route):
    """What the thief has more than before: it lends, donates, waits for lenders, and leaves."""

    def gain(lent, donated, loans):
        thief, *lenders = people
        before = token.balanceOf(thief)
        route.deposit(lent, thief, sender=thief)
        route.donate(donated, sender=thief)
        for number, loan in enumerate(loans):
            lender = lenders[number % len(lenders)]
            if route.previewDeposit(loan) != 0:
                route.deposit(loan, lender, sender=lender)
        route.redeem(route.balanceOf(thief), thief, thief, sender=thief)
        return token.balanceOf(thief) - before

    return gain


def test_three_lenders_after_a_donation_pay_nothing(gain):
    """99 units lent and 50 ether donated used to take 0.94 ether of three lenders."""
    assert gain(99, 50 * ETHER, [ETHER] * 3) < 0


def search(gain, chain, examples):
    @settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(
        lent=st.integers(1, 2_000) | st.integers(1, 10**19),
        donated=st.integers(1, 10**5) | st.integers(1, 10**22),
        loans=st.lists(
            st.integers(1, 10**5) | st.integers(1, 10**20) | st.just(ETHER),
            min_size=1,
            max_size=6,
        ),
    )
    def nobody_gains(lent, donated, loans):
        with taken_back(chain):
            # Less than a unit of rounding from each lender is there without a donation, too.
            assert gain(lent, donated, loans) <= len(loans)

    nobody_gains()


def test_no_donor_gains(gain, chain):
    search(gain, chain, 20)


@pytest.mark.long
def test_no_donor_gains_in_a_long_search(gain, chain):
    search(gain, chain, 1_000)


def test_a_lender_gets_its_minimum_of_shares_or_keeps_its_tokens(route, people, token, revert_of):
    thief, lender, *_ = people
    expected = route.previewDeposit(ETHER)
    route.deposit(ETHER, thief, sender=thief)
    route.donate(ETHER, sender=thief)
    fewer = route.previewDeposit(ETHER)
    refusal = revert_of(route.depositAtLeast, ETHER, lender.address, expected, sender=lender)
    assert refusal == ("TooFewShares", fewer, expected)
    before = token.balanceOf(lender)
    route.depositAtLeast(ETHER, lender, fewer, sender=lender)
    assert route.balanceOf(lender) == fewer < expected
    assert before - token.balanceOf(lender) == ETHER


def test_a_lender_of_ether_gets_its_minimum_of_shares_or_keeps_it(
    deploy_native, accounts, revert_of
):
    route, lender = deploy_native(), accounts[3]
    call = route.depositAtLeast, lender.address, ETHER + 1
    refusal = revert_of(*call, sender=lender, value=ETHER)
    assert refusal == ("TooFewShares", ETHER, ETHER + 1)
    route.depositAtLeast(lender, ETHER, sender=lender, value=ETHER)
    assert route.balanceOf(lender) == route.totalAssets() == ETHER
