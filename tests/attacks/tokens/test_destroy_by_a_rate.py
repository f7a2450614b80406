"""A thief who can forge messages of a vault's router wants a rebasing token worth nothing, or a
vault has rounded its rate to nothing: holders shall have their shares all the same."""

from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.support.routes import FIRST, SECOND, ZERO, incoming
from tests.support.words import b32

HELD = 10**18
PRECISION = 10**10


@pytest.fixture
def rebasing(project, owner, network):
    """The owner's account stands for the vault's router."""
    rebasing = owner.deploy(project.HypERC4626, 18, 1, 1, network.mailboxes[FIRST], SECOND)
    rebasing.initialize(HELD, "Yield", "YLD", ZERO, ZERO, owner, sender=owner)
    rebasing.enrollRemoteRouter(SECOND, b32(owner), sender=owner)
    return rebasing


@pytest.fixture
def tell(rebasing, network, owner, accounts):
    """Delivers shares to an account, and a rate with them."""

    messages = count(1)

    def tell(rate: int, nonce: int, shares: int = 0) -> None:
        metadata = rate.to_bytes(32) + nonce.to_bytes(32)
        body = b32(accounts[5]) + shares.to_bytes(32) + metadata
        message = incoming(rebasing, body, b32(owner), SECOND, next(messages))
        network.mailboxes[FIRST].process(b"", message, sender=owner)

    return tell


def test_a_rate_of_zero_is_not_believed(rebasing, tell, owner, accounts):
    tell(2 * PRECISION, 1)
    tell(0, 2, shares=500)
    assert (rebasing.exchangeRate(), rebasing.previousNonce()) == (2 * PRECISION, 1)
    assert rebasing.balanceOf(owner) == 2 * HELD
    assert rebasing.balanceOf(accounts[5]) == 1000, "what came with it is delivered"
    rebasing.transfer(owner, 1000, sender=accounts[5])
    rebasing.transferRemote(SECOND, b32(owner), 2 * HELD, sender=owner)
    assert rebasing.shareBalanceOf(owner) == 500


def test_it_does_not_keep_a_rate_out_that_was_sent_before(rebasing, tell):
    tell(0, 2)
    tell(3 * PRECISION, 1)
    assert rebasing.exchangeRate() == 3 * PRECISION


@settings(
    max_examples=10,
    phases=[Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    rates=st.lists(
        st.tuples(st.sampled_from([0, 0, 1, PRECISION, 2**128]), st.integers(0, 9)), max_size=6
    )
)
def test_shares_can_be_sent_back_whatever_rates_came(rebasing, tell, owner, chain, rates):
    before = chain.snapshot()
    for rate, nonce in rates:
        tell(rate, nonce)
    assert rebasing.shareBalanceOf(owner) == HELD
    receipt = rebasing.transferRemote(SECOND, b32(owner), rebasing.balanceOf(owner), sender=owner)
    left = rebasing.shareBalanceOf(owner)
    # Less than an asset's worth of them is left over.
    assert rebasing.sharesToAssets(left) <= 1
    assert receipt.decode_logs(rebasing.SentTransferRemote)[0].amountOrId == HELD - left
    chain.restore(before)
