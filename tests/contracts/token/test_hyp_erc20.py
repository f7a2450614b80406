"""The synthetic token as an ERC-20."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.routes import FIRST, ZERO
from tests.support.snapshot import taken_back

SUPPLY = 10**6


@pytest.fixture(scope="module")
def synthetic(deploy_synthetic):
    return deploy_synthetic(supply=SUPPLY)


@pytest.fixture(scope="module")
def spender(accounts):
    return accounts[6]


def test_tells_what_it_is(synthetic):
    facts = synthetic.name(), synthetic.symbol(), synthetic.decimals(), synthetic.token()
    assert facts == ("Token", "TKN", 18, synthetic.address)


def test_initialize_mints_the_supply_to_the_caller(project, owner, stranger, network, hook):
    synthetic = owner.deploy(project.HypERC20, 6, 1, 1, network.mailboxes[FIRST])
    receipt = synthetic.initialize(SUPPLY, "A", "B", hook, ZERO, stranger, sender=owner)
    assert synthetic.balanceOf(owner) == synthetic.totalSupply() == SUPPLY
    assert (synthetic.owner(), synthetic.hook(), synthetic.decimals()) == (stranger, hook, 6)
    assert [event.event_name for event in receipt.events] == [
        "Transfer",
        "HookSet",
        "IsmSet",
        "OwnershipTransferred",
        "Initialized",
    ]


def test_initialize_works_once_and_for_the_deployer(
    project, owner, stranger, network, synthetic, revert_of
):
    arguments = [1, "A", "B", ZERO, ZERO, stranger.address]
    assert revert_of(synthetic.initialize, *arguments, sender=owner) == ("AlreadyInitialized",)
    fresh = owner.deploy(project.HypERC20, 6, 1, 1, network.mailboxes[FIRST])
    refusal = revert_of(fresh.initialize, *arguments, sender=stranger)
    assert refusal == ("NotDeployer", stranger, owner)


def test_transfer_moves(synthetic, owner, spender):
    receipt = synthetic.transfer(spender, 5, sender=owner)
    assert (synthetic.balanceOf(owner), synthetic.balanceOf(spender)) == (SUPPLY - 5, 5)
    assert receipt.events == [synthetic.Transfer(owner, spender, 5)]
    assert receipt.return_value is True


def test_transfer_refuses_nobody_and_too_much(synthetic, owner, spender, revert_of):
    refusal = revert_of(synthetic.transfer, ZERO, 1, sender=owner)
    assert refusal == ("ERC20InvalidReceiver", ZERO)
    refusal = revert_of(synthetic.transfer, owner.address, 1, sender=spender)
    assert refusal == ("ERC20InsufficientBalance", spender, 0, 1)


def test_approved_spender_moves_and_the_allowance_shrinks(synthetic, owner, spender):
    receipt = synthetic.approve(spender, 7, sender=owner)
    assert receipt.events == [synthetic.Approval(owner, spender, 7)]
    receipt = synthetic.transferFrom(owner, spender, 5, sender=spender)
    assert synthetic.allowance(owner, spender) == 2
    assert synthetic.balanceOf(spender) == 5
    assert receipt.events == [
        synthetic.Approval(owner, spender, 2),
        synthetic.Transfer(owner, spender, 5),
    ]


def test_unlimited_allowance_stays(synthetic, owner, spender):
    synthetic.approve(spender, 2**256 - 1, sender=owner)
    synthetic.transferFrom(owner, spender, 5, sender=spender)
    assert synthetic.allowance(owner, spender) == 2**256 - 1


def test_spender_without_allowance_is_refused(synthetic, owner, spender, revert_of):
    refusal = revert_of(synthetic.transferFrom, owner.address, spender.address, 1, sender=spender)
    assert refusal == ("ERC20InsufficientAllowance", spender, 0, 1)


def test_allowance_grows_and_shrinks(synthetic, owner, spender, revert_of):
    synthetic.approve(spender, 5, sender=owner)
    receipt = synthetic.increaseAllowance(spender, 3, sender=owner)
    assert receipt.events == [synthetic.Approval(owner, spender, 8)]
    receipt = synthetic.decreaseAllowance(spender, 2, sender=owner)
    assert receipt.events == [synthetic.Approval(owner, spender, 6)]
    refusal = revert_of(synthetic.decreaseAllowance, spender.address, 7, sender=owner)
    assert refusal == ("AllowanceBelowZero", 6, 7)
    refusal = revert_of(synthetic.increaseAllowance, spender.address, 2**256 - 6, sender=owner)
    assert refusal == ("Panic", 0x11)


moves = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, SUPPLY)), max_size=8
)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(moves)
def test_transfers_keep_the_supply(chain, synthetic, accounts, revert_of, moves):
    with taken_back(chain):
        balances = [SUPPLY, 0, 0]
        for source, target, amount in moves:
            if amount > balances[source]:
                refusal = revert_of(
                    synthetic.transfer,
                    accounts[target].address,
                    amount,
                    sender=accounts[source],
                )
                assert refusal[0] == "ERC20InsufficientBalance"
                continue
            synthetic.transfer(accounts[target], amount, sender=accounts[source])
            balances[source] -= amount
            balances[target] += amount
        assert [synthetic.balanceOf(accounts[i]) for i in range(3)] == balances
        assert synthetic.totalSupply() == SUPPLY
