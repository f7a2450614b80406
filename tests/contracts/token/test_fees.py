"""What a transfer costs, who gets it, and what is said about it beforehand."""

import pytest
from tests.support.routes import FIRST, SECOND, ZERO
from tests.support.token_contracts import dispatched
from tests.support.words import b32

from hyperlane.protocol.hook_metadata import StandardHookMetadata

AMOUNT = 10**18
FEE = 10**15
GAS = 50_000


@pytest.fixture(scope="module")
def recipient(accounts):
    return accounts[5]


@pytest.fixture(params=["native", "collateral", "synthetic"])
def route(request, native_route, collateral_route, network, owner):
    """A router whose token the owner has plenty of."""
    if request.param == "native":
        return native_route[0]
    if request.param == "collateral":
        return collateral_route[0]
    network.deliver(
        collateral_route[0].transferRemote(SECOND, b32(owner), 2 * AMOUNT, sender=owner),
        sender=owner,
    )
    return collateral_route[1]


@pytest.fixture
def there(route):
    return route.domains()[0]


@pytest.fixture
def balance_of(project, route):
    """An account's balance of the route's token."""

    def balance_of(account):
        if route.token() == ZERO:
            return account.balance
        return project.TestERC20.at(route.token(), fetch_from_explorer=False).balanceOf(account)

    return balance_of


@pytest.fixture(scope="module")
def charge(project, owner):
    """Makes a router charge these fees, and returns who gets them."""

    def charge(route, *fees):
        recipient = owner.deploy(project.TestTokenFee, list(fees))
        route.setFeeRecipient(recipient, sender=owner)
        return recipient

    return charge


def sent_amount(receipt):
    return int.from_bytes(dispatched(receipt)[77 + 32 : 77 + 64])


def test_quote_lists_dispatch_amount_and_nothing_else(route, there, owner, recipient):
    route.setDestinationGas(there, GAS, sender=owner)
    quotes = route.quoteTransferRemote(there, b32(recipient), AMOUNT)
    assert [tuple(quote) for quote in quotes] == [
        (ZERO, GAS),
        (route.token(), AMOUNT),
        (route.token(), 0),
    ]


def test_quote_adds_the_fee_to_the_amount(route, there, charge, recipient):
    charge(route, (route.token(), FEE))
    quotes = route.quoteTransferRemote(there, b32(recipient), AMOUNT)
    assert tuple(quotes[1]) == (route.token(), AMOUNT + FEE)


def test_fee_is_taken_besides_the_amount(route, there, charge, balance_of, owner, recipient):
    fee_recipient = charge(route, (route.token(), FEE))
    value = AMOUNT + FEE if route.token() == ZERO else 0
    before, locked = balance_of(owner), balance_of(route)
    sent = route.transferRemote(there, b32(recipient), AMOUNT, sender=owner, value=value)
    gas = sent.total_fees_paid if value else 0
    assert balance_of(owner) == before - AMOUNT - FEE - gas
    assert balance_of(fee_recipient) == FEE
    assert sent_amount(sent) == AMOUNT
    burnt = route.token() == route.address
    assert balance_of(route) == (0 if burnt else locked + AMOUNT)


def test_fee_leaves_as_the_reference_says(route, there, charge, project, owner, recipient):
    fee_recipient = charge(route, (route.token(), FEE))
    value = AMOUNT + FEE if route.token() == ZERO else 0
    sent = route.transferRemote(there, b32(recipient), AMOUNT, sender=owner, value=value)
    through = ZERO if route.token() == route.address else route
    moves = [
        (event["from"], event.to, event.value)
        for event in sent.events
        if event.event_name == "Transfer"
    ]
    expected = [(owner, through, AMOUNT + FEE), (through, fee_recipient, FEE)]
    assert moves == ([] if value else expected)


def test_native_fee_must_come_with_the_call(native_route, charge, owner, recipient, revert_of):
    native, _ = native_route
    charge(native, (ZERO, FEE))
    refusal = revert_of(
        native.transferRemote, SECOND, b32(recipient), AMOUNT, sender=owner, value=AMOUNT
    )
    assert refusal == ("NativeAmountExceedsValue", AMOUNT + FEE, AMOUNT)


def test_no_fee_asked_is_no_fee_charged(route, there, charge, owner, recipient):
    charge(route)
    assert route.quoteTransferRemote(there, b32(recipient), AMOUNT)[1].amount == AMOUNT
    value = AMOUNT if route.token() == ZERO else 0
    sent = route.transferRemote(there, b32(recipient), AMOUNT, sender=owner, value=value)
    assert sent_amount(sent) == AMOUNT


def test_fee_in_another_token_is_refused(route, there, charge, owner, recipient, revert_of):
    other = "0x" + "07" * 20
    charge(route, (other, FEE))
    refusal = ("FeeNotInToken", other, route.token())
    assert revert_of(route.quoteTransferRemote, there, b32(recipient), 1) == refusal
    assert revert_of(route.transferRemote, there, b32(recipient), 1, sender=owner) == refusal


def test_more_than_one_fee_is_refused(route, there, charge, owner, recipient, revert_of):
    greedy = charge(route, (route.token(), 1), (route.token(), 1))
    refusal = ("TooManyFees", greedy, 2)
    assert revert_of(route.quoteTransferRemote, there, b32(recipient), 1) == refusal
    assert revert_of(route.transferRemote, there, b32(recipient), 1, sender=owner) == refusal


def test_set_fee_recipient_and_back(route, there, charge, owner, recipient):
    fee_recipient = charge(route, (route.token(), FEE))
    assert route.feeRecipient() == fee_recipient
    receipt = route.setFeeRecipient(ZERO, sender=owner)
    assert receipt.events == [route.FeeRecipientSet(ZERO)]
    assert route.feeRecipient() == ZERO
    assert route.quoteTransferRemote(there, b32(recipient), AMOUNT)[1].amount == AMOUNT


def test_a_router_cannot_be_its_own_fee_recipient(route, owner, revert_of):
    refusal = revert_of(route.setFeeRecipient, route.address, sender=owner)
    assert refusal == ("FeeRecipientIsSelf",)


@pytest.mark.parametrize("setter", ["setFeeRecipient", "setFeeHook"])
def test_fee_setters_are_for_the_owner(route, stranger, revert_of, setter):
    refusal = revert_of(getattr(route, setter), ZERO, sender=stranger)
    assert refusal == ("OwnableUnauthorizedAccount", stranger)


def test_native_router_has_no_fee_hook(native_route, owner, hook, revert_of):
    native, _ = native_route
    assert revert_of(native.setFeeHook, hook.address, sender=owner) == ("FeeHookNeedsToken",)
    receipt = native.setFeeHook(ZERO, sender=owner)
    assert receipt.events == [native.FeeHookSet(ZERO)]
    assert native.feeToken() == ZERO


@pytest.fixture
def token_route(route, there, hook, owner):
    """A router that pays for its dispatches in its token."""
    if route.token() == ZERO:
        return None
    route.setDestinationGas(there, GAS, sender=owner)
    route.setFeeHook(hook, sender=owner)
    return route


@pytest.mark.parametrize("route", ["collateral", "synthetic"], indirect=True)
class TestFeeHook:
    def test_is_announced(self, route, owner, hook):
        receipt = route.setFeeHook(hook, sender=owner)
        assert receipt.events == [route.FeeHookSet(hook)]
        assert (route.feeHook(), route.feeToken()) == (hook, route.token())

    def test_quote_is_in_the_token(self, token_route, there, recipient):
        quotes = token_route.quoteTransferRemote(there, b32(recipient), AMOUNT)
        assert [tuple(quote) for quote in quotes] == [
            (token_route.token(), GAS),
            (token_route.token(), AMOUNT),
            (token_route.token(), 0),
        ]

    def test_dispatch_is_paid_in_the_token(
        self, token_route, there, hook, charge, balance_of, project, owner, recipient
    ):
        charge(token_route, (token_route.token(), FEE))
        before, locked = balance_of(owner), balance_of(token_route)
        sent = token_route.transferRemote(there, b32(recipient), AMOUNT, sender=owner)
        assert balance_of(owner) == before - AMOUNT - FEE - GAS
        assert balance_of(hook) == GAS
        burnt = token_route.token() == token_route.address
        assert balance_of(token_route) == (0 if burnt else locked + AMOUNT)
        assert sent_amount(sent) == AMOUNT
        (call,) = [event for event in sent.events if event.event_name == "PostDispatch"]
        metadata = StandardHookMetadata.decode(bytes(call.metadata))
        assert metadata.fee_token == b32(token_route.token())[12:]
        token = project.TestERC20.at(token_route.token(), fetch_from_explorer=False)
        assert token.allowance(token_route, hook) == 0

    def test_can_be_taken_away_again(self, token_route, there, owner, recipient):
        token_route.setFeeHook(ZERO, sender=owner)
        assert tuple(token_route.quoteTransferRemote(there, b32(recipient), 1)[0]) == (ZERO, GAS)
        sent = token_route.transferRemote(there, b32(recipient), 1, sender=owner, value=GAS)
        assert sent_amount(sent) == 1


def test_flags_survive_a_change_of_the_hook(
    collateral_route, charge, owner, hook, recipient, token
):
    collateral, _ = collateral_route
    fee_recipient = charge(collateral, (token.address, FEE))
    collateral.setFeeHook(hook, sender=owner)
    collateral.setHook(hook, sender=owner)
    collateral.setHook(ZERO, sender=owner)
    collateral.setFeeHook(ZERO, sender=owner)
    collateral.transferRemote(SECOND, b32(recipient), AMOUNT, sender=owner)
    assert token.balanceOf(fee_recipient) == FEE
    assert collateral.hook() == ZERO


def test_fee_hook_that_asks_nothing_is_approved_nothing(
    project, owner, hook, deploy_collateral, deploy_synthetic, connect, recipient
):
    token = owner.deploy(project.NoZeroApprovalToken)
    router = deploy_collateral(token)
    connect(router, deploy_synthetic())
    router.setFeeHook(hook, sender=owner)
    token.approve(router, AMOUNT, sender=owner)
    router.transferRemote(SECOND, b32(recipient), AMOUNT, sender=owner)
    assert token.balanceOf(router) == AMOUNT
    assert token.allowance(router, hook) == 0


def test_payment_for_gas_without_a_message(native_route, owner):
    native, _ = native_route
    native.setDestinationGas(SECOND, GAS, sender=owner)
    assert native.quoteGasPayment(SECOND) == GAS
    assert native_route[1].quoteGasPayment(FIRST) == 0
