"""Routes that mint and burn a token which is not theirs: xERC20, its lockbox, fiat tokens."""

import pytest
from tests.support.routes import FIRST, SECOND, ZERO
from tests.support.token_contracts import dispatched
from tests.support.words import b32

SUPPLY = 10**24
LIMIT = 10**20
AMOUNT = 10**18
FEE = 10**15
GAS = 50_000


@pytest.fixture(scope="module")
def recipient(accounts):
    return accounts[5]


@pytest.fixture(scope="module")
def xerc20_side(project, owner, deploy_route):
    """An xERC20 and its router, which may mint and burn."""

    def xerc20_side(domain):
        xerc20 = owner.deploy(project.TestXERC20, SUPPLY)
        route = deploy_route("HypXERC20", xerc20, domain)
        xerc20.setLimits(route, LIMIT, LIMIT, sender=owner)
        return xerc20, route

    return xerc20_side


@pytest.fixture(scope="module")
def lockbox_side(project, owner, token, deploy_route):
    def lockbox_side(domain):
        xerc20 = owner.deploy(project.TestXERC20, 0)
        lockbox = owner.deploy(project.TestLockbox, xerc20, token)
        xerc20.setLockbox(lockbox, sender=owner)
        token.transfer(lockbox, 0, sender=owner)
        route = deploy_route("HypXERC20Lockbox", lockbox, domain)
        xerc20.setLimits(route, LIMIT, LIMIT, sender=owner)
        return token, route

    return lockbox_side


@pytest.fixture(scope="module")
def fiat_side(project, owner, deploy_route):
    def fiat_side(domain):
        fiat = owner.deploy(project.TestFiatToken, SUPPLY)
        route = deploy_route("HypFiatToken", fiat, domain)
        fiat.configureMinter(route, LIMIT, sender=owner)
        return fiat, route

    return fiat_side


@pytest.fixture(scope="module", params=["xerc20", "lockbox", "fiat"])
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def sides(kind, xerc20_side, lockbox_side, fiat_side, connect, owner):
    """(token, router) here and there; the owner's tokens here may be taken."""
    make_here = {"xerc20": xerc20_side, "lockbox": lockbox_side, "fiat": fiat_side}[kind]
    make_there = fiat_side if kind == "fiat" else xerc20_side
    here, there = make_here(FIRST), make_there(SECOND)
    connect(here[1], there[1])
    for side_token, route in (here, there):
        side_token.approve(route, 2**256 - 1, sender=owner)
    return here, there


def test_goes_there_and_back(sides, network, owner, recipient):
    (here, route), (there, other) = sides
    assert (route.token(), route.wrappedToken()) == (here, here)
    before, minted = here.balanceOf(owner), there.totalSupply()
    sent = route.transferRemote(SECOND, b32(recipient), AMOUNT, sender=owner)
    assert here.balanceOf(owner) == before - AMOUNT
    assert here.balanceOf(route) == 0
    assert route.SentTransferRemote(SECOND, b32(recipient), AMOUNT) in sent.events
    network.deliver(sent, sender=owner)
    assert there.balanceOf(recipient) == AMOUNT
    assert there.totalSupply() == minted + AMOUNT

    back = other.transferRemote(FIRST, b32(recipient), AMOUNT, sender=owner)
    assert there.totalSupply() == minted
    received = network.deliver(back, sender=owner)
    assert here.balanceOf(recipient) == AMOUNT
    assert route.ReceivedTransferRemote(SECOND, b32(recipient), AMOUNT) in received.events


def test_fee_is_what_was_quoted(sides, project, owner, recipient):
    (here, route), _ = sides
    fee = owner.deploy(project.TestTokenFee, [(here.address, FEE)])
    route.setFeeRecipient(fee, sender=owner)
    before = here.balanceOf(owner)
    quote = route.quoteTransferRemote(SECOND, b32(recipient), AMOUNT)[1]
    sent = route.transferRemote(SECOND, b32(recipient), AMOUNT, sender=owner)
    assert before - here.balanceOf(owner) == quote.amount == AMOUNT + FEE
    assert here.balanceOf(fee) == FEE
    assert dispatched(sent)[109:141] == AMOUNT.to_bytes(32)


def test_dispatch_can_be_paid_in_the_token(sides, owner, recipient, hook, connect):
    (here, route), (_, other) = sides
    connect(route, other, gas=GAS)
    route.setFeeHook(hook, sender=owner)
    before = here.balanceOf(owner)
    assert tuple(route.quoteTransferRemote(SECOND, b32(recipient), AMOUNT)[0]) == (here, GAS)
    route.transferRemote(SECOND, b32(recipient), AMOUNT, sender=owner)
    assert before - here.balanceOf(owner) == AMOUNT + GAS
    assert (here.balanceOf(hook), here.balanceOf(route)) == (GAS, 0)


def test_nobody_sends_more_than_they_have(sides, stranger, recipient, revert_of):
    (_, route), _ = sides
    refusal = revert_of(route.transferRemote, SECOND, b32(recipient), 1, sender=stranger)
    assert refusal[0] == "ERC20InsufficientAllowance"


def test_delivery_beyond_the_limit_waits_for_a_higher_one(
    sides, kind, network, owner, recipient, revert_of
):
    (_, route), (there, other) = sides
    if kind == "fiat":
        there.configureMinter(other, AMOUNT - 1, sender=owner)
    else:
        there.setLimits(other, AMOUNT - 1, LIMIT, sender=owner)
    sent = route.transferRemote(SECOND, b32(recipient), AMOUNT, sender=owner)
    refusal = revert_of(network.mailboxes[SECOND].process, b"", dispatched(sent), sender=owner)
    assert refusal[0] in ("NotMinter", "IXERC20_NotHighEnoughLimits")
    assert there.balanceOf(recipient) == 0
    if kind == "fiat":
        there.configureMinter(other, AMOUNT, sender=owner)
    else:
        there.setLimits(other, AMOUNT, LIMIT, sender=owner)
    network.deliver(sent, sender=owner)
    assert there.balanceOf(recipient) == AMOUNT


@pytest.mark.parametrize("kind", ["lockbox"], indirect=True)
class TestLockbox:
    def test_holds_what_is_sent(self, sides, project, owner, recipient):
        (here, route), _ = sides
        lockbox = project.TestLockbox.at(route.lockbox(), fetch_from_explorer=False)
        assert (lockbox.ERC20(), lockbox.XERC20()) == (here, route.xERC20())
        route.transferRemote(SECOND, b32(recipient), AMOUNT, sender=owner)
        assert here.balanceOf(lockbox) == AMOUNT
        xerc20 = project.TestXERC20.at(route.xERC20(), fetch_from_explorer=False)
        assert xerc20.totalSupply() == 0

    def test_may_take_both_tokens_again(self, sides, project, owner, stranger, accounts):
        (here, route), _ = sides
        router = accounts[route.address]
        router.balance = 10**18
        xerc20 = project.TestXERC20.at(route.xERC20(), fetch_from_explorer=False)
        for each in (here, xerc20):
            each.approve(route.lockbox(), 0, sender=router)
        route.approveLockbox(sender=stranger)
        for each in (here, xerc20):
            assert each.allowance(route, route.lockbox()) == 2**256 - 1


@pytest.mark.parametrize("kind", ["fiat"], indirect=True)
class TestFiat:
    def test_refusal_to_mint_leaves_the_transfer_redeemable(
        self, sides, network, owner, recipient, revert_of
    ):
        (_, route), (there, _) = sides
        there.setLazy(True, sender=owner)
        sent = route.transferRemote(SECOND, b32(recipient), AMOUNT, sender=owner)
        refusal = revert_of(network.mailboxes[SECOND].process, b"", dispatched(sent), sender=owner)
        assert refusal == ("MintFailed", recipient, AMOUNT)
        there.setLazy(False, sender=owner)
        network.deliver(sent, sender=owner)
        assert there.balanceOf(recipient) == AMOUNT

    def test_blacklisted_recipient_is_paid_when_taken_off(
        self, sides, network, owner, recipient, revert_of
    ):
        (_, route), (there, _) = sides
        there.setBlacklisted(recipient, True, sender=owner)
        sent = route.transferRemote(SECOND, b32(recipient), AMOUNT, sender=owner)
        refusal = revert_of(network.mailboxes[SECOND].process, b"", dispatched(sent), sender=owner)
        assert refusal == ("Blacklisted", recipient)
        there.setBlacklisted(recipient, False, sender=owner)
        network.deliver(sent, sender=owner)
        assert there.balanceOf(recipient) == AMOUNT


@pytest.mark.parametrize("name", ["HypXERC20", "HypFiatToken"])
def test_creation_refuses_a_token_without_code(
    project, network, stranger, creation_revert_of, name
):
    arguments = stranger.address, 1, 1, network.mailboxes[FIRST].address
    refusal = creation_revert_of(getattr(project, name), *arguments)
    assert refusal == ("TokenNotContract", stranger)


@pytest.mark.parametrize("kind", ["xerc20", "lockbox", "fiat"], indirect=True)
def test_initialize_works_once_and_for_the_deployer(sides, owner, stranger, revert_of):
    (_, route), _ = sides
    refusal = revert_of(route.initialize, ZERO, ZERO, stranger.address, sender=owner)
    assert refusal == ("AlreadyInitialized",)
    assert route.owner() == owner
