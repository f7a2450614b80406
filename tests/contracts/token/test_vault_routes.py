"""Routes through a vault: who gets what it earns, and who bears what it loses."""

import pytest
from tests.support.routes import FIRST, SECOND, ZERO, b32, incoming
from tests.support.token_contracts import dispatched

from hyperlane.protocol.token_message import TokenMessage

AMOUNT = 10**18
PRECISION = 10**10
FEE = 10**15
GAS = 50_000


@pytest.fixture(scope="module")
def recipient(accounts):
    return accounts[5]


@pytest.fixture(scope="module")
def vault(project, owner, token):
    return owner.deploy(project.TestVault, token)


@pytest.fixture(scope="module")
def deploy_rebasing(project, owner, network):
    def deploy_rebasing(domain=SECOND):
        route = owner.deploy(project.HypERC4626, 18, 1, 1, network.mailboxes[domain], FIRST)
        route.initialize(0, "Yield", "YLD", ZERO, ZERO, owner, sender=owner)
        return route

    return deploy_rebasing


@pytest.fixture(scope="module")
def route(vault, token, owner, deploy_route, deploy_rebasing, connect):
    """A vault's router here, a rebasing token there."""
    pair = deploy_route("HypERC4626Collateral", vault), deploy_rebasing()
    connect(*pair)
    token.approve(pair[0], 2**256 - 1, sender=owner)
    return pair


@pytest.fixture(scope="module")
def owner_route(vault, token, owner, deploy_route, deploy_synthetic, connect):
    """A vault's router whose owner earns here, an ordinary token there."""
    pair = deploy_route("HypERC4626OwnerCollateral", vault), deploy_synthetic()
    connect(*pair)
    token.approve(pair[0], 2**256 - 1, sender=owner)
    return pair


@pytest.fixture(scope="module")
def hold(route, network, owner):
    """Gives an account rebasing tokens."""

    def hold(account, amount=AMOUNT):
        sent = route[0].transferRemote(SECOND, b32(account), amount, sender=owner)
        network.deliver(sent, sender=owner)

    return hold


class TestCollateral:
    def test_deposits_and_tells_shares_and_rate(self, route, vault, token, owner, recipient):
        here, _ = route
        assert (here.vault(), here.wrappedToken(), here.token()) == (vault, token, token)
        sent = here.transferRemote(SECOND, b32(recipient), AMOUNT, sender=owner)
        assert token.balanceOf(here) == 0
        assert vault.balanceOf(here) == AMOUNT
        body = TokenMessage.decode(dispatched(sent)[77:])
        assert body.amount_or_id == AMOUNT
        assert body.metadata == PRECISION.to_bytes(32) + (1).to_bytes(32)
        assert here.rateUpdateNonce() == 1
        token.transfer(vault, AMOUNT, sender=owner)
        sent = here.transferRemote(SECOND, b32(recipient), AMOUNT, sender=owner)
        body = TokenMessage.decode(dispatched(sent)[77:])
        assert body.amount_or_id == vault.balanceOf(here) - AMOUNT
        rate = vault.convertToAssets(PRECISION)
        assert body.metadata == rate.to_bytes(32) + (2).to_bytes(32)

    def test_redeems_shares(self, route, network, vault, token, owner, recipient, hold):
        here, there = route
        hold(owner)
        token.transfer(vault, AMOUNT, sender=owner)
        here.rebase(SECOND, sender=owner)
        back = there.transferRemote(FIRST, b32(recipient), AMOUNT, sender=owner)
        network.deliver(back, sender=owner)
        assert token.balanceOf(recipient) == 2 * AMOUNT - 1
        assert vault.balanceOf(here) == 0

    def test_rebase_tells_the_rate_to_nobody(self, route, network, vault, token, owner, hold):
        here, there = route
        hold(owner)
        token.transfer(vault, AMOUNT, sender=owner)
        sent = here.rebase(SECOND, sender=owner)
        assert here.NULL_RECIPIENT() == b"\1".rjust(32, b"\0")
        assert TokenMessage.decode(dispatched(sent)[77:]).amount_or_id == 0
        received = network.deliver(sent, sender=owner)
        rate = vault.convertToAssets(PRECISION)
        assert there.ExchangeRateUpdated(rate, 2) in received.events
        assert (there.exchangeRate(), there.previousNonce()) == (rate, 2)
        assert there.balanceOf(owner) == AMOUNT * rate // PRECISION

    def test_fees_are_paid_in_the_token(self, route, project, connect, hook, token, owner):
        here, _ = route
        connect(*route, gas=GAS)
        fee = owner.deploy(project.TestTokenFee, [(token.address, FEE)])
        here.setFeeRecipient(fee, sender=owner)
        here.setFeeHook(hook, sender=owner)
        before = token.balanceOf(owner)
        quotes = here.quoteTransferRemote(SECOND, b32(owner), AMOUNT)
        sent = here.transferRemote(SECOND, b32(owner), AMOUNT, sender=owner)
        assert before - token.balanceOf(owner) == quotes[0].amount + quotes[1].amount
        assert (token.balanceOf(fee), token.balanceOf(hook)) == (FEE, GAS)
        assert token.balanceOf(here) == 0
        assert TokenMessage.decode(dispatched(sent)[77:]).amount_or_id == AMOUNT

    def test_more_than_there_are_shares_is_not_paid(
        self, route, network, owner, recipient, revert_of
    ):
        here, there = route
        message = incoming(here, TokenMessage(b32(recipient), 1).encode(), b32(there), SECOND)
        refusal = revert_of(network.mailboxes[FIRST].process, b"", message, sender=owner)
        assert refusal == ("ERC4626ExceededMaxRedeem", here, 1, 0)

    def test_shares_whose_rate_cannot_be_told_are_refused(
        self, project, token, owner, deploy_route, deploy_rebasing, connect, revert_of
    ):
        """The rate would be zero: on the other side nobody could send anything back."""
        vault = owner.deploy(project.OffsetVault, token, 12)
        pair = deploy_route("HypERC4626Collateral", vault), deploy_rebasing()
        connect(*pair)
        token.approve(pair[0], AMOUNT, sender=owner)
        refusal = revert_of(pair[0].transferRemote, SECOND, b32(owner), AMOUNT, sender=owner)
        assert refusal == ("RateIsZero",)


class TestRebasing:
    def test_starts_at_one_to_one(self, route):
        _, there = route
        assert (there.exchangeRate(), there.PRECISION()) == (PRECISION, PRECISION)
        assert (there.collateralDomain(), there.previousNonce()) == (FIRST, 0)

    def test_balances_grow_with_the_rate(self, route, network, vault, token, owner, hold):
        here, there = route
        hold(owner)
        token.transfer(vault, AMOUNT // 2, sender=owner)
        network.deliver(here.rebase(SECOND, sender=owner), sender=owner)
        rate = there.exchangeRate()
        assert rate == pytest.approx(1.5 * PRECISION, rel=1e-9)
        assert there.shareBalanceOf(owner) == there.totalShares() == AMOUNT
        assert there.balanceOf(owner) == there.totalSupply() == AMOUNT * rate // PRECISION
        assert there.sharesToAssets(AMOUNT) == AMOUNT * rate // PRECISION
        assert there.assetsToShares(AMOUNT) == AMOUNT * PRECISION // rate

    def test_transfers_are_in_assets(
        self, route, network, vault, token, owner, stranger, recipient, hold, revert_of
    ):
        here, there = route
        hold(owner)
        token.transfer(vault, AMOUNT, sender=owner)
        network.deliver(here.rebase(SECOND, sender=owner), sender=owner)
        receipt = there.transfer(recipient, AMOUNT, sender=owner)
        shares = there.assetsToShares(AMOUNT)
        assert receipt.events == [there.Transfer(owner, recipient, shares)]
        assert there.shareBalanceOf(recipient) == shares
        assert AMOUNT - there.balanceOf(recipient) in (0, 1, 2)
        there.approve(stranger, 1000, sender=owner)
        there.transferFrom(owner, recipient, 1000, sender=stranger)
        assert there.allowance(owner, stranger) == 0
        refusal = revert_of(
            there.transferFrom, owner.address, recipient.address, 1, sender=stranger
        )
        assert refusal == ("ERC20InsufficientAllowance", stranger, 0, 1)

    def test_late_rates_change_nothing(self, route, network, vault, token, owner, hold):
        here, there = route
        first = here.rebase(SECOND, sender=owner)
        hold(owner)
        token.transfer(vault, AMOUNT, sender=owner)
        network.deliver(here.rebase(SECOND, sender=owner), sender=owner)
        rate = there.exchangeRate()
        late = network.deliver(first, sender=owner)
        assert (there.exchangeRate(), there.previousNonce()) == (rate, 3)
        assert [e for e in late.events if e.event_name == "ExchangeRateUpdated"] == []

    def test_another_rate_of_the_same_nonce_changes_nothing(self, route, network, owner):
        here, there = route
        for rate in (7, 8):
            body = TokenMessage(b32(owner), 0, rate.to_bytes(32) + (1).to_bytes(32)).encode()
            message = incoming(there, body, b32(here), FIRST, nonce=rate)
            network.mailboxes[SECOND].process(b"", message, sender=owner)
        assert (there.exchangeRate(), there.previousNonce()) == (7, 1)

    def test_rates_come_from_the_vaults_domain_only(self, route, network, owner, stranger):
        _, there = route
        there.enrollRemoteRouter(9, b32(stranger), sender=owner)
        body = TokenMessage(b32(owner), 5, (7).to_bytes(32) + (9).to_bytes(32)).encode()
        network.mailboxes[SECOND].process(
            b"", incoming(there, body, b32(stranger), 9), sender=owner
        )
        assert (there.exchangeRate(), there.shareBalanceOf(owner)) == (PRECISION, 5)

    def test_message_without_a_rate_is_refused(self, route, network, owner, revert_of):
        here, there = route
        message = incoming(there, TokenMessage(b32(owner), 5).encode(), b32(here), FIRST)
        assert revert_of(network.mailboxes[SECOND].process, b"", message, sender=owner) == ()

    def test_fee_is_minted_in_shares(self, route, project, owner, hold):
        _, there = route
        hold(owner)
        fee = owner.deploy(project.TestTokenFee, [(there.address, FEE)])
        there.setFeeRecipient(fee, sender=owner)
        sent = there.transferRemote(FIRST, b32(owner), AMOUNT // 2, sender=owner)
        assert there.balanceOf(fee) == FEE
        in_flight = TokenMessage.decode(dispatched(sent)[77:]).amount_or_id
        assert there.totalShares() + in_flight == AMOUNT

    def test_fees_are_what_was_quoted_at_any_rate(
        self, route, project, connect, hook, network, vault, token, owner, hold
    ):
        """In assets; rounding to shares takes less than what one is worth from each."""
        here, there = route
        hold(owner)
        token.transfer(vault, 2 * AMOUNT, sender=owner)
        network.deliver(here.rebase(SECOND, sender=owner), sender=owner)
        connect(*route, gas=GAS)
        fee = owner.deploy(project.TestTokenFee, [(there.address, FEE)])
        there.setFeeRecipient(fee, sender=owner)
        there.setFeeHook(hook, sender=owner)
        before = there.balanceOf(owner)
        there.transferRemote(FIRST, b32(owner), AMOUNT, sender=owner)
        assert before - there.balanceOf(owner) == pytest.approx(AMOUNT + FEE + GAS, abs=9)
        assert there.balanceOf(fee) == pytest.approx(FEE, abs=3)
        assert there.balanceOf(hook) == pytest.approx(GAS, abs=3)
        assert there.shareBalanceOf(there) == 0

    def test_vault_loss_is_shared(self, route, network, vault, token, owner, recipient, hold):
        here, there = route
        hold(owner)
        vault.lose(AMOUNT // 2, sender=owner)
        network.deliver(here.rebase(SECOND, sender=owner), sender=owner)
        half = there.balanceOf(owner)
        assert half == pytest.approx(AMOUNT / 2, rel=1e-9)
        back = there.transferRemote(FIRST, b32(recipient), half, sender=owner)
        network.deliver(back, sender=owner)
        assert token.balanceOf(recipient) == pytest.approx(AMOUNT / 2, rel=1e-9)


class TestWrapped:
    @pytest.fixture
    def wrapped(self, project, route, owner, hold):
        hold(owner)
        wrapped = owner.deploy(project.WHypERC4626, route[1], "Wrapped", "WYLD")
        route[1].approve(wrapped, 2**256 - 1, sender=owner)
        return wrapped

    def test_tells_what_it_is(self, wrapped, route):
        assert (wrapped.name(), wrapped.symbol(), wrapped.decimals()) == ("Wrapped", "WYLD", 18)
        assert wrapped.underlying() == route[1]
        assert wrapped.wrappedPerUnderlying() == wrapped.underlyingPerWrapped() == 10**18

    def test_holds_shares_whatever_they_are_worth(
        self, wrapped, route, network, vault, token, owner
    ):
        here, there = route
        wrapped.wrap(AMOUNT, sender=owner)
        assert wrapped.balanceOf(owner) == AMOUNT
        token.transfer(vault, AMOUNT, sender=owner)
        network.deliver(here.rebase(SECOND, sender=owner), sender=owner)
        assert wrapped.balanceOf(owner) == AMOUNT
        worth = wrapped.getUnderlyingAmount(AMOUNT)
        assert worth == there.sharesToAssets(AMOUNT) == wrapped.underlyingPerWrapped()
        assert wrapped.getWrappedAmount(AMOUNT) == wrapped.wrappedPerUnderlying()
        wrapped.unwrap(AMOUNT, sender=owner)
        assert (wrapped.totalSupply(), there.balanceOf(owner)) == (0, pytest.approx(worth, abs=2))

    def test_refuses_nothing(self, wrapped, owner, revert_of):
        for function in (wrapped.wrap, wrapped.unwrap):
            assert revert_of(function, 0, sender=owner) == ("NothingToWrap",)

    def test_allowances_change_by_differences(self, wrapped, owner, stranger, revert_of):
        wrapped.increaseAllowance(stranger, 5, sender=owner)
        wrapped.decreaseAllowance(stranger, 2, sender=owner)
        assert wrapped.allowance(owner, stranger) == 3
        refusal = revert_of(wrapped.decreaseAllowance, stranger.address, 4, sender=owner)
        assert refusal == ("AllowanceBelowZero", 3, 4)


class TestOwnerCollateral:
    def test_owes_what_was_sent(self, owner_route, network, vault, token, owner, recipient):
        here, there = owner_route
        network.deliver(here.transferRemote(SECOND, b32(owner), AMOUNT, sender=owner), sender=owner)
        assert here.assetDeposited() == there.balanceOf(owner) == AMOUNT
        token.transfer(vault, AMOUNT, sender=owner)
        network.deliver(
            there.transferRemote(FIRST, b32(recipient), AMOUNT, sender=owner), sender=owner
        )
        assert token.balanceOf(recipient) == AMOUNT
        assert here.assetDeposited() == 0
        assert vault.balanceOf(here) > 0

    def test_owner_takes_what_was_earned_and_no_more(
        self, owner_route, network, vault, token, owner, recipient
    ):
        here, there = owner_route
        network.deliver(here.transferRemote(SECOND, b32(owner), AMOUNT, sender=owner), sender=owner)
        token.transfer(vault, AMOUNT // 3, sender=owner)
        before, shares = token.balanceOf(owner), vault.balanceOf(here)
        receipt = here.sweep(sender=owner)
        earned = token.balanceOf(owner) - before
        assert earned == pytest.approx(AMOUNT // 3, rel=1e-9)
        swept = shares - vault.balanceOf(here)
        assert here.ExcessSharesSwept(swept, earned) in receipt.events
        assert vault.maxWithdraw(here) >= AMOUNT
        network.deliver(
            there.transferRemote(FIRST, b32(recipient), AMOUNT, sender=owner), sender=owner
        )
        assert token.balanceOf(recipient) == AMOUNT

    def test_nothing_earned_is_nothing_swept(self, owner_route, vault, owner):
        here, _ = owner_route
        here.transferRemote(SECOND, b32(owner), AMOUNT, sender=owner)
        vault.lose(1, sender=owner)
        assert here.sweep(sender=owner).events == [here.ExcessSharesSwept(0, 0)]

    def test_sweep_is_the_owners(self, owner_route, stranger, revert_of):
        refusal = revert_of(owner_route[0].sweep, sender=stranger)
        assert refusal == ("OwnableUnauthorizedAccount", stranger)

    def test_a_loss_leaves_transfers_redeemable(
        self, owner_route, network, vault, token, owner, recipient, revert_of
    ):
        here, there = owner_route
        network.deliver(here.transferRemote(SECOND, b32(owner), AMOUNT, sender=owner), sender=owner)
        vault.lose(AMOUNT // 2, sender=owner)
        back = there.transferRemote(FIRST, b32(recipient), AMOUNT, sender=owner)
        refusal = revert_of(network.mailboxes[FIRST].process, b"", dispatched(back), sender=owner)
        assert refusal[0] == "ERC4626ExceededMaxWithdraw"
        token.transfer(vault, AMOUNT // 2 + 1, sender=owner)
        network.deliver(back, sender=owner)
        assert token.balanceOf(recipient) == AMOUNT
