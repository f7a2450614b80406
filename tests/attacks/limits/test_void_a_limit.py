"""A thief who can forge messages wants more in a day than the fraction of what the route has."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.attacks.limits.amounts import BPS, DAY, FULL, HELD
from tests.support.routes import FIRST, SECOND, incoming
from tests.support.words import b32

LOAN = 11 * HELD


@pytest.fixture
def limit(net_flow, locked):
    return net_flow(locked[0])


def test_a_loan_that_is_taken_back_in_the_same_transaction_enlarges_nothing(
    limit, locked, token, owner, network, forge, in_one_transaction, revert_of
):
    here, process = locked[0], network.mailboxes[FIRST].process
    borrower = in_one_transaction.at
    token.transfer(borrower, LOAN, sender=owner)
    succeeded = in_one_transaction(
        (token.approve, here, LOAN),
        (here.deposit, LOAN, borrower),
        (process, b"", forge(here, HELD)),
        (here.redeem, LOAN, borrower, borrower),
    )
    assert succeeded == [True, True, False, True]
    assert (token.balanceOf(here), token.balanceOf(borrower)) == (HELD, LOAN)
    assert revert_of(process, b"", forge(here, FULL + 1))[0] == "RateLimitExceeded"


def test_a_loan_of_ether_enlarges_nothing(
    deploy_native, deploy_synthetic, connect, net_flow, owner, network, forge, revert_of, wait
):
    pair = deploy_native(), deploy_synthetic()
    connect(*pair)
    owner.transfer(pair[0], HELD)
    limit = net_flow(pair[0])
    pair[0].deposit(owner, sender=owner, value=LOAN)
    for _ in range(2):
        assert limit.localCollateral() == HELD
        refusal = revert_of(network.mailboxes[FIRST].process, b"", forge(pair[0], FULL + 1))
        assert refusal == ("RateLimitExceeded", FULL + 1, FULL)
        wait(DAY)


def test_a_gift_counts_from_the_next_period_on(
    limit, locked, token, owner, network, forge, thief, revert_of, wait, chain
):
    """Tokens that are just sent, as ether by a contract that destroys itself, tell nobody."""
    here, process = locked[0], network.mailboxes[FIRST].process
    token.transfer(here, LOAN, sender=owner)
    assert limit.maxCapacity() == FULL
    assert revert_of(process, b"", forge(here, FULL + 1))[0] == "RateLimitExceeded"

    wait(DAY)
    chain.mine()
    # Nobody knows whether it came before the period began.
    assert revert_of(process, b"", forge(here, FULL + 1))[0] == "RateLimitExceeded"
    process(b"", forge(here, FULL), sender=thief)

    wait(DAY)
    chain.mine()
    assert limit.maxCapacity() == (HELD - FULL + LOAN) * BPS // 10_000


def test_what_was_sent_in_this_period_enlarges_nothing(
    limit, locked, token, owner, network, forge, thief, revert_of
):
    here = locked[0]
    token.approve(here, LOAN, sender=owner)
    here.transferRemote(SECOND, b32(owner), LOAN, sender=owner)
    assert limit.calculateCurrentLevel() == FULL
    refusal = revert_of(network.mailboxes[FIRST].process, b"", forge(here, FULL + 1))
    assert refusal == ("RateLimitExceeded", FULL + 1, FULL)


def test_half_a_period_does_not_bring_half_as_much_again(
    limit, locked, network, forge, thief, revert_of, wait, chain
):
    here, process = locked[0], network.mailboxes[FIRST].process
    process(b"", forge(here, FULL), sender=thief)
    wait(DAY // 2)
    chain.mine()
    assert revert_of(process, b"", forge(here, 1)) == ("RateLimitExceeded", 1, 0)
    wait(DAY // 2)
    process(b"", forge(here, FULL - FULL // 10), sender=thief)


def test_what_was_drained_at_the_end_of_a_period_is_not_there_when_the_next_begins(
    limit, locked, network, forge, thief, revert_of, wait, chain
):
    here, process = locked[0], network.mailboxes[FIRST].process
    wait(DAY - 10)
    process(b"", forge(here, FULL), sender=thief)
    wait(20)
    chain.mine()
    refusal = revert_of(process, b"", forge(here, FULL // 100))
    assert refusal[:2] == ("RateLimitExceeded", FULL // 100)


def test_a_rate_that_somebody_made_up_enlarges_nothing(
    project, owner, network, net_flow, thief, forge
):
    """A rebasing token's supply, in assets, is what the last rate says. Messages move shares."""
    rebasing = owner.deploy(project.HypERC4626, 18, 1, 1, network.mailboxes[FIRST], SECOND)
    zero = "0x" + "00" * 20
    rebasing.initialize(HELD, "Token", "TKN", zero, zero, owner, sender=owner)
    rebasing.enrollRemoteRouter(SECOND, b32(owner), sender=owner)
    limit = net_flow(rebasing)
    body = b32(thief) + (0).to_bytes(32) + (10**14).to_bytes(32) + (1).to_bytes(32)
    message = incoming(rebasing, body, b32(owner), SECOND)
    network.mailboxes[FIRST].process(b"", message, sender=thief)
    assert rebasing.totalSupply() == 10**4 * HELD
    assert limit.localCollateral() == HELD
    assert limit.maxCapacity() == FULL


@pytest.mark.parametrize("kind", ["HypERC4626Collateral", "HypERC4626OwnerCollateral"])
@pytest.mark.parametrize("brake", ["NetFlowRateLimitedHookIsm", "DelayedFlowRouterHookIsm"])
def test_routers_whose_tokens_are_elsewhere_are_refused(
    project, owner, network, deploy_route, token, kind, brake, creation_revert_of
):
    """They hold none: the limit would be a fraction of nothing, or of what somebody sent them."""
    router = deploy_route(kind, owner.deploy(project.TestVault, token))
    given = (router.address, BPS, DAY)
    if brake == "DelayedFlowRouterHookIsm":
        given = (router.address, BPS, 60, DAY)
    else:
        given = (network.mailboxes[FIRST].address, *given)
    refusal = creation_revert_of(project.contracts[brake], *given)
    assert refusal == ("InvalidRouter",)


@pytest.fixture
def around(project, owner, locked, limit, hook):
    """A hook that leaves the limit out of large transfers."""
    around = owner.deploy(project.AmountRoutingHook, limit, hook, FULL)
    locked[0].setHook(around, sender=owner)
    return around


def test_a_transfer_of_the_last_period_is_no_credit_to_keep_for_this_one(
    around, limit, locked, token, owner, network, forge, thief, dispatched, revert_of, wait
):
    """The latest message can be posted until the next is dispatched, and by anybody."""
    here, process = locked[0], network.mailboxes[FIRST].process
    token.approve(here, FULL, sender=owner)
    wait(DAY - 10)
    [transfer] = dispatched(here.transferRemote(SECOND, b32(owner), FULL, sender=owner))
    wait(20)
    process(b"", forge(here, FULL), sender=thief)
    limit.postDispatch(b"", transfer.encode(), sender=thief)
    assert revert_of(process, b"", forge(here, 1)) == ("RateLimitExceeded", 1, 0)
    assert token.balanceOf(thief) == FULL


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.integers(1, DAY)),
        st.tuples(st.sampled_from(["lend", "redeem", "give", "send"]), st.integers(1, 5 * HELD)),
        st.tuples(st.sampled_from(["forge", "flash", "around"]), st.integers(1, 2 * FULL)),
        st.just(("post", 0)),
    ),
    max_size=14,
)


@pytest.fixture
def check_law(
    limit, locked, token, owner, thief, network, forge, in_one_transaction, wait, chain, hook,
    dispatched,
):  # fmt: skip
    """What leaves in a period, less what came back after it, is a fraction of what was there when
    it began. The books here know nothing of the contract's."""
    here, process = locked[0], network.mailboxes[FIRST].process
    borrower = in_one_transaction.at
    token.approve(here, 2**256 - 1, sender=owner)
    token.transfer(borrower, LOAN, sender=owner)

    def attack(kind: str, amount: int) -> int:
        """A forged transfer, maybe with a loan around it: what it brought."""
        before = token.balanceOf(thief)
        calls = [(process, b"", forge(here, amount))]
        if kind == "flash":
            shares = here.previewDeposit(LOAN)
            calls.insert(0, (here.deposit, LOAN, borrower))
            calls.insert(0, (token.approve, here, LOAN))
            calls.append((here.redeem, shares, borrower, borrower))
        in_one_transaction(*calls)
        return token.balanceOf(thief) - before

    def check_law(steps) -> None:
        began, belongs, gone, allowed = limit.lastUpdated(), HELD, 0, FULL
        latest = b""

        def enter(held: int) -> None:
            """The next period, unless it is still this one."""
            nonlocal began, gone, allowed
            passed = (chain.blocks.head.timestamp - began) // DAY
            if passed:
                began, gone, allowed = began + passed * DAY, 0, held * BPS // 10_000

        for kind, amount in steps:
            if kind == "wait":
                wait(amount)
                chain.mine()
                enter(belongs)
            elif kind == "lend":
                here.deposit(amount, thief, sender=owner)
                enter(belongs)
            elif kind == "redeem":
                here.redeem(min(amount, here.balanceOf(thief)), thief, thief, sender=thief)
                enter(belongs)
            elif kind == "around":
                here.setHook(hook, sender=owner)
                receipt = here.transferRemote(SECOND, b32(owner), amount, sender=owner)
                here.setHook(limit, sender=owner)
                latest = dispatched(receipt)[0].encode()
                enter(belongs)
                belongs, gone = belongs + amount, max(0, gone - amount)
            elif kind == "post":
                in_one_transaction((limit.postDispatch, b"", latest))
                enter(belongs)
            elif kind in ("give", "send"):
                if kind == "give":
                    token.transfer(here, amount, sender=owner)
                else:
                    here.transferRemote(SECOND, b32(owner), amount, sender=owner)
                enter(belongs)
                belongs += amount
                gone = max(0, gone - amount) if kind == "send" else gone
            else:
                # Some amount, all that the limit lets pass, and one more than it should.
                for part in (amount, limit.calculateCurrentLevel(), max(0, allowed - gone) + 1):
                    paid = attack(kind, part)
                    enter(belongs)
                    belongs, gone = belongs - paid, gone + paid
                    assert gone <= allowed
            assert token.balanceOf(here) - here.totalAssets() == belongs

    return check_law


SETTINGS = {
    "phases": [Phase.generate],
    "deadline": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}


@settings(max_examples=8, **SETTINGS)
@given(steps=STEPS)
def test_what_leaves_in_a_period_is_a_fraction_of_what_was_there_when_it_began(
    check_law, chain, steps
):
    before = chain.snapshot()
    check_law(steps)
    chain.restore(before)


@pytest.mark.long
@settings(max_examples=200, **SETTINGS)
@given(steps=STEPS)
def test_what_leaves_in_a_period_is_such_a_fraction_in_many_histories(check_law, chain, steps):
    before = chain.snapshot()
    check_law(steps)
    chain.restore(before)
