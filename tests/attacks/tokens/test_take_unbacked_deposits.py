"""A vault, lockbox, token or bridge that takes what a route sends and gives nothing for it."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.routes import FIRST, SECOND, ZERO
from tests.support.snapshot import taken_back
from tests.support.token_contracts import dispatched
from tests.support.words import b32

from hyperlane.protocol.token_message import TokenMessage

AMOUNT = 10**18
VAULT_ROUTES = ["HypERC4626Collateral", "HypERC4626OwnerCollateral"]


@pytest.fixture(scope="module")
def vault(project, owner, token):
    vault = owner.deploy(project.HostileVault, token)
    token.approve(vault, 2**256 - 1, sender=owner)
    return vault


@pytest.fixture(scope="module", params=VAULT_ROUTES)
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def enrol(owner, token):
    """A route here that may take the owner's tokens and sends to nobody in particular."""

    def enrol(route, asset=token):
        route.enrollRemoteRouter(SECOND, b32(owner), sender=owner)
        asset.approve(route, 2**256 - 1, sender=owner)
        return route

    return enrol


@pytest.fixture(scope="module")
def route(kind, vault, deploy_route, enrol):
    return enrol(deploy_route(kind, vault))


@pytest.fixture(scope="module")
def send(route, owner):
    def send(amount=AMOUNT):
        sent = route.transferRemote(SECOND, b32(owner), amount, sender=owner)
        return TokenMessage.decode(dispatched(sent)[77:]).amount_or_id

    return send


@pytest.fixture(scope="module")
def refusal(route, owner, revert_of):
    def refusal(amount=AMOUNT):
        return revert_of(route.transferRemote, SECOND, b32(owner), amount, sender=owner)

    return refusal


def test_a_vault_that_gives_no_shares_is_refused(vault, refusal, owner):
    vault.cheat(10**6, 0, False, sender=owner)
    assert refusal() == ("UnbackedDeposit", AMOUNT, 0, 0)


def test_a_vault_that_keeps_a_fee_is_refused(vault, refusal, owner):
    vault.cheat(10, 0, False, sender=owner)
    name, assets, _, value = refusal()
    assert (name, assets) == ("UnbackedDeposit", AMOUNT)
    assert value == pytest.approx(AMOUNT * (1 - 10e-6), rel=1e-9)


def test_shares_that_are_only_claimed_are_refused(vault, refusal, owner):
    vault.cheat(0, 1, False, sender=owner)
    assert refusal() == ("SharesMissing", AMOUNT, AMOUNT + 1)


def test_an_inflated_share_is_refused(vault, token, refusal, owner):
    """The thief has one share, made as dear as a victim's deposit: the victim would get none."""
    vault.deposit(1, owner, sender=owner)
    token.transfer(vault, 2 * AMOUNT, sender=owner)
    assert refusal() == ("UnbackedDeposit", AMOUNT, 0, 0)


def test_half_a_share_of_loss_is_refused(vault, token, refusal, owner):
    """With one share for one and a half: it is the half that the thief takes."""
    vault.deposit(1, owner, sender=owner)
    token.transfer(vault, AMOUNT * 4 // 3, sender=owner)
    name, assets, shares, value = refusal()
    assert (name, assets, shares) == ("UnbackedDeposit", AMOUNT, 1)
    assert value < AMOUNT


@pytest.mark.parametrize("kind", ["HypERC4626Collateral"], indirect=True)
def test_a_rate_of_zero_is_told_to_nobody(vault, route, refusal, owner, revert_of):
    vault.cheat(0, 0, True, sender=owner)
    assert refusal() == refusal(0) == ("RateIsZero",)
    assert revert_of(route.rebase, SECOND, sender=owner) == ("RateIsZero",)


def test_a_deposit_within_a_deposit_counts_once(vault, route, token, owner):
    """The vault sends some of its own in the middle of the owner's deposit."""
    vault.prepare(token, token.approve.encode_input(route, AMOUNT), sender=owner)
    vault.deposit(1, owner, sender=owner)
    token.transfer(vault, AMOUNT, sender=owner)
    inner = route.transferRemote.encode_input(SECOND, b32(owner), AMOUNT)
    vault.prepare(route, inner, sender=owner)
    sent = route.transferRemote(SECOND, b32(owner), AMOUNT, sender=owner)
    bodies = [e.message[77:] for e in sent.events if e.event_name == "Dispatch"]
    credited = [TokenMessage.decode(bytes(each)).amount_or_id for each in bodies]
    assert len(credited) == 2
    assert sum(credited) <= vault.previewRedeem(vault.balanceOf(route)) + 2


def explore(examples, chain, kind, vault, route, token, owner, revert_with_reason, lent=None):
    """Whatever the vault does, a transfer is refused or backed to two units and a millionth."""

    @settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(
        first=st.integers(0, 10**6) | st.integers(0, 10**20),
        donation=st.integers(0, 10**6) | st.integers(0, 10**20),
        amount=st.integers(1, 10**6) | st.integers(1, 10**20),
        kept=st.sampled_from([0, 0, 0, 1, 10, 1_000, 10**6]),
        claimed=st.sampled_from([0, 0, 1, 10**18]),
    )
    def holds(first, donation, amount, kept, claimed):
        with taken_back(chain):
            if first:
                vault.deposit(first, owner, sender=owner)
            token.transfer(vault, donation, sender=owner)
            vault.cheat(kept, claimed, False, sender=owner)
            arguments = SECOND, b32(owner), amount
            reason = revert_with_reason(route.transferRemote, *arguments, sender=owner)
            if reason is None:
                sent = route.transferRemote(*arguments, sender=owner)
                credited = TokenMessage.decode(dispatched(sent)[77:]).amount_or_id
                held = vault.balanceOf(route)
                backing = vault.previewRedeem(held)
                assert backing + 2 + amount // 10**6 >= amount
                in_shares = kind == "HypERC4626Collateral"
                assert credited == (held if in_shares else amount)
            else:
                assert reason[0] in ("UnbackedDeposit", "SharesMissing", "RateIsZero")
                # An honest vault is refused only where a share is worth many units.
                dear = vault.previewMint(1) * 10**6 > amount or vault.previewMint(1) > 2
                assert kept or claimed or dear

    holds()


def test_what_is_credited_is_backed(chain, kind, vault, route, token, owner, revert_with_reason):
    explore(25, chain, kind, vault, route, token, owner, revert_with_reason)


@pytest.mark.long
def test_what_is_credited_is_backed_in_many_vaults(
    chain, kind, vault, route, token, owner, revert_with_reason
):
    explore(500, chain, kind, vault, route, token, owner, revert_with_reason)


def test_a_lockbox_that_gives_nothing_is_refused(
    project, owner, token, deploy_route, enrol, revert_of
):
    """A stray balance of the router's would have been burnt in its place."""
    xerc20 = owner.deploy(project.TestXERC20, 10**24)
    route = enrol(
        deploy_route("HypXERC20Lockbox", owner.deploy(project.StingyLockbox, xerc20, token))
    )
    xerc20.setLimits(route, AMOUNT, AMOUNT, sender=owner)
    xerc20.transfer(route, AMOUNT, sender=owner)
    refusal = revert_of(route.transferRemote, SECOND, b32(owner), AMOUNT, sender=owner)
    assert refusal == ("UnexpectedBalance", xerc20, AMOUNT, 2 * AMOUNT)


def test_a_fiat_token_that_burns_nothing_is_refused(project, owner, deploy_route, enrol, revert_of):
    fiat = owner.deploy(project.UnburntToken)
    route = enrol(deploy_route("HypFiatToken", fiat), fiat)
    refusal = revert_of(route.transferRemote, SECOND, b32(owner), AMOUNT, sender=owner)
    assert refusal == ("UnexpectedBalance", fiat, AMOUNT, 0)


def test_an_xerc20_that_burns_nothing_is_refused(project, owner, deploy_route, enrol, revert_of):
    xerc20 = owner.deploy(project.UnburntToken)
    route = enrol(deploy_route("HypXERC20", xerc20), xerc20)
    refusal = revert_of(route.transferRemote, SECOND, b32(owner), AMOUNT, sender=owner)
    assert refusal == ("UnexpectedAmountBurnt", 0, AMOUNT)


@pytest.mark.parametrize("version", [1, 2])
def test_a_cctp_that_burns_nothing_is_refused(
    project, owner, token, network, enrol, revert_of, version
):
    cctp = owner.deploy(project.IdleCctp, version - 1)
    fast = (0, 1000) if version == 2 else ()
    bridge = owner.deploy(
        project.contracts[f"TokenBridgeCctpV{version}"],
        token, network.mailboxes[FIRST], cctp, cctp, *fast,
    )  # fmt: skip
    bridge.initialize(ZERO, owner, ["https://iris.example"], sender=owner)
    bridge.addDomain(SECOND, 6, sender=owner)
    enrol(bridge)
    refusal = revert_of(bridge.transferRemote, SECOND, b32(owner), AMOUNT, sender=owner)
    assert refusal == ("UnexpectedBalance", token, AMOUNT, 0)


def test_an_oft_that_takes_nothing_is_refused(project, owner, token, revert_of):
    oft = owner.deploy(project.IdleOft, token)
    bridge = owner.deploy(project.TokenBridgeOft, oft, owner)
    bridge.addDomain(SECOND, 30110, sender=owner)
    token.approve(bridge, AMOUNT, sender=owner)
    refusal = revert_of(bridge.transferRemote, SECOND, b32(owner), AMOUNT, sender=owner)
    assert refusal == ("UnexpectedBalance", token, AMOUNT, 0)
