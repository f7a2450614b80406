"""Tokens going out and coming back: who holds how much, and what is said about it."""

import json
from pathlib import Path

import pytest
from tests.support.routes import FIRST, SECOND, ZERO, incoming
from tests.support.token_contracts import dispatched
from tests.support.words import b32

from hyperlane.protocol.hook_metadata import StandardHookMetadata
from hyperlane.protocol.message import Message
from hyperlane.protocol.token_message import TokenMessage

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "token_messages.json").read_text())
AMOUNT = 10**18
FEE = 50_000
"""Of a dispatch, in wei: deliveries take that much gas."""


def own_events(receipt, route):
    return [event for event in receipt.events if event.contract_address == route.address]


@pytest.fixture(scope="module")
def recipient(accounts):
    return accounts[5]


def test_native_is_locked_here_and_minted_there(native_route, network, owner, recipient):
    native, synthetic = native_route
    before = owner.balance
    sent = native.transferRemote(SECOND, b32(recipient), AMOUNT, sender=owner, value=AMOUNT)
    assert owner.balance == before - AMOUNT - sent.total_fees_paid
    assert native.balance == AMOUNT
    assert own_events(sent, native) == [native.SentTransferRemote(SECOND, b32(recipient), AMOUNT)]

    received = network.deliver(sent, sender=owner)
    assert synthetic.balanceOf(recipient) == synthetic.totalSupply() == AMOUNT
    assert own_events(received, synthetic) == [
        synthetic.ReceivedTransferRemote(FIRST, b32(recipient), AMOUNT),
        synthetic.Transfer(ZERO, recipient, AMOUNT),
    ]


def test_native_comes_back(native_route, network, owner, recipient, accounts):
    native, synthetic = native_route
    network.deliver(
        native.transferRemote(SECOND, b32(owner), AMOUNT, sender=owner, value=AMOUNT),
        sender=owner,
    )
    before = recipient.balance
    sent = synthetic.transferRemote(FIRST, b32(recipient), AMOUNT - 1, sender=owner)
    assert synthetic.totalSupply() == synthetic.balanceOf(owner) == 1
    assert own_events(sent, synthetic) == [
        synthetic.Transfer(owner, ZERO, AMOUNT - 1),
        synthetic.SentTransferRemote(FIRST, b32(recipient), AMOUNT - 1),
    ]
    received = network.deliver(sent, sender=owner)
    assert recipient.balance == before + AMOUNT - 1
    assert native.balance == 1
    assert own_events(received, native) == [
        native.ReceivedTransferRemote(SECOND, b32(recipient), AMOUNT - 1)
    ]


def test_collateral_is_locked_here_and_minted_there(
    collateral_route, token, network, owner, recipient
):
    collateral, synthetic = collateral_route
    before = token.balanceOf(owner)
    sent = collateral.transferRemote(SECOND, b32(recipient), AMOUNT, sender=owner)
    assert token.balanceOf(owner) == before - AMOUNT
    assert token.balanceOf(collateral) == AMOUNT
    assert sent.events[:2] == [
        token.Transfer(owner, collateral, AMOUNT),
        collateral.SentTransferRemote(SECOND, b32(recipient), AMOUNT),
    ]
    network.deliver(sent, sender=owner)
    assert synthetic.balanceOf(recipient) == synthetic.totalSupply() == AMOUNT


def test_collateral_comes_back(collateral_route, token, network, owner, recipient):
    collateral, synthetic = collateral_route
    network.deliver(
        collateral.transferRemote(SECOND, b32(owner), AMOUNT, sender=owner), sender=owner
    )
    sent = synthetic.transferRemote(FIRST, b32(recipient), AMOUNT - 1, sender=owner)
    received = network.deliver(sent, sender=owner)
    assert token.balanceOf(recipient) == AMOUNT - 1
    assert token.balanceOf(collateral) == synthetic.totalSupply() == 1
    assert received.events[-2:] == [
        collateral.ReceivedTransferRemote(SECOND, b32(recipient), AMOUNT - 1),
        token.Transfer(collateral, recipient, AMOUNT - 1),
    ]


def test_message_and_metadata_are_the_protocols(
    native_route, network, owner, recipient, connect, hook
):
    native, synthetic = native_route
    connect(native, synthetic, gas=FEE)
    sent = native.transferRemote(SECOND, b32(recipient), AMOUNT, sender=owner, value=AMOUNT + FEE)
    message = Message.decode(dispatched(sent))
    assert (message.sender, message.recipient) == (b32(native), b32(synthetic))
    assert TokenMessage.decode(message.body) == TokenMessage(b32(recipient), AMOUNT)
    (call,) = [event for event in sent.events if event.event_name == "PostDispatch"]
    assert (call.value, bytes(call.message)) == (FEE, message.encode())
    assert bytes(call.metadata) == (
        (1).to_bytes(2) + bytes(32) + FEE.to_bytes(32) + b32(owner)[12:] + bytes(20)
    )
    assert StandardHookMetadata.decode(bytes(call.metadata)).gas_limit == FEE
    assert sent.return_value == message.id


@pytest.mark.parametrize("kind", ["native", "collateral", "synthetic"])
def test_overpaid_dispatch_is_refunded_to_the_sender(
    request, native_route, collateral_route, connect, network, owner, recipient, kind
):
    pair = collateral_route if kind == "collateral" else native_route
    connect(*pair, gas=FEE)
    route = pair[0]
    value = AMOUNT if kind == "native" else 0
    if kind == "synthetic":
        sent = route.transferRemote(SECOND, b32(owner), 5, sender=owner, value=5 + FEE)
        network.deliver(sent, sender=owner)
        route = pair[1]
    there = route.domains()[0]
    amount = 5 if kind == "synthetic" else AMOUNT
    before, held = owner.balance, route.balance
    sent = route.transferRemote(
        there, b32(recipient), amount, sender=owner, value=value + FEE + 1000
    )
    assert owner.balance == before - value - FEE - sent.total_fees_paid
    assert route.balance == held + value


def test_native_refuses_less_value_than_the_amount(native_route, owner, recipient, revert_of):
    native, _ = native_route
    refusal = revert_of(
        native.transferRemote, SECOND, b32(recipient), AMOUNT, sender=owner, value=AMOUNT - 1
    )
    assert refusal == ("NativeAmountExceedsValue", AMOUNT, AMOUNT - 1)


@pytest.mark.parametrize("paid", [0, FEE - 1])
def test_transfer_refuses_less_than_the_dispatch_costs(
    native_route, connect, owner, recipient, revert_of, paid
):
    native, _ = native_route
    connect(*native_route, gas=FEE)
    refusal = revert_of(
        native.transferRemote, SECOND, b32(recipient), AMOUNT, sender=owner, value=AMOUNT + paid
    )
    assert refusal == ("Underpaid", paid, FEE)


def test_transfer_refuses_a_domain_without_router(
    native_route, collateral_route, owner, recipient, revert_of
):
    for route in (*native_route, collateral_route[0]):
        refusal = revert_of(route.transferRemote, 9, b32(recipient), 0, sender=owner)
        assert refusal == ("RouterNotEnrolled", 9)
        assert revert_of(route.quoteTransferRemote, 9, b32(recipient), 0) == refusal


def test_synthetic_refuses_more_than_the_sender_has(native_route, owner, revert_of):
    _, synthetic = native_route
    refusal = revert_of(synthetic.transferRemote, FIRST, b32(owner), 1, sender=owner)
    assert refusal == ("ERC20InsufficientBalance", owner, 0, 1)


def test_collateral_refuses_more_than_it_may_take(
    collateral_route, token, owner, recipient, revert_of
):
    collateral, _ = collateral_route
    token.approve(collateral, 4, sender=owner)
    refusal = revert_of(collateral.transferRemote, SECOND, b32(recipient), 5, sender=owner)
    assert refusal == ("ERC20InsufficientAllowance", collateral, 4, 5)


def test_nothing_can_be_sent_for_nothing(native_route, network, owner, recipient):
    native, synthetic = native_route
    sent = native.transferRemote(SECOND, b32(recipient), 0, sender=owner)
    network.deliver(sent, sender=owner)
    assert synthetic.balanceOf(recipient) == native.balance == 0


def test_a_transfer_is_redeemed_once(native_route, network, owner, recipient, revert_of):
    native, synthetic = native_route
    sent = native.transferRemote(SECOND, b32(recipient), AMOUNT, sender=owner, value=AMOUNT)
    network.deliver(sent, sender=owner)
    refusal = revert_of(network.mailboxes[SECOND].process, b"", dispatched(sent), sender=owner)
    assert refusal[0] == "AlreadyDelivered"
    assert synthetic.totalSupply() == AMOUNT


@pytest.mark.parametrize("side", [0, 1], ids=["native", "synthetic"])
def test_delivery_brings_no_ether(native_route, network, owner, recipient, revert_of, side):
    route, other = native_route[side], native_route[1 - side]
    body = TokenMessage(b32(recipient), 1).encode()
    message = incoming(route, body, b32(other), other.localDomain())
    mailbox = network.mailboxes[route.localDomain()]
    refusal = revert_of(mailbox.process, b"", message, sender=owner, value=5)
    assert refusal == ("UnexpectedValue", 5)


@pytest.mark.parametrize("side", [0, 1], ids=["native", "synthetic"])
def test_delivery_is_for_the_enrolled_router(
    native_route, network, owner, stranger, recipient, revert_of, side
):
    route = native_route[side]
    origin = route.domains()[0]
    body = TokenMessage(b32(recipient), 1).encode()
    forged = incoming(route, body, b32(stranger), origin)
    refusal = revert_of(network.mailboxes[route.localDomain()].process, b"", forged, sender=owner)
    assert refusal == ("SenderNotRouter", origin, b32(stranger), b32(native_route[1 - side]))
    refusal = revert_of(route.handle, origin, b32(native_route[1 - side]), body, sender=stranger)
    assert refusal[0] == "SenderNotMailbox"


@pytest.mark.parametrize("length", [0, 31, 32, 63])
def test_delivery_refuses_a_short_body(native_route, network, owner, recipient, revert_of, length):
    native, synthetic = native_route
    body = TokenMessage(b32(recipient), 1).encode()[:length]
    message = incoming(synthetic, body, b32(native), FIRST)
    assert revert_of(network.mailboxes[SECOND].process, b"", message, sender=owner) == ()


def test_delivery_refuses_a_recipient_that_is_no_address(native_route, network, owner, revert_of):
    native, synthetic = native_route
    wide = b"\x01" + bytes(31)
    message = incoming(synthetic, TokenMessage(wide, 1).encode(), b32(native), FIRST)
    refusal = revert_of(network.mailboxes[SECOND].process, b"", message, sender=owner)
    assert refusal == ("Bytes32ToAddressOverflow", wide)


def test_synthetic_does_not_mint_to_nobody(native_route, network, owner, revert_of):
    native, synthetic = native_route
    message = incoming(synthetic, TokenMessage(bytes(32), 1).encode(), b32(native), FIRST)
    refusal = revert_of(network.mailboxes[SECOND].process, b"", message, sender=owner)
    assert refusal == ("ERC20InvalidReceiver", ZERO)


@pytest.mark.parametrize("vector", VECTORS["messages"], ids=range(len(VECTORS["messages"])))
def test_vectors_are_understood(native_route, network, owner, project, vector):
    native, synthetic = native_route
    body = bytes.fromhex(vector["body"][2:])
    network.mailboxes[SECOND].process(
        b"", incoming(synthetic, body, b32(native), FIRST), sender=owner
    )
    holder = "0x" + vector["recipient"][-40:]
    assert synthetic.balanceOf(holder) == int(vector["amount_or_id"])


@pytest.mark.parametrize("vector", VECTORS["messages"][:2], ids=range(2))
def test_vectors_are_what_is_sent(native_route, owner, vector):
    native, _ = native_route
    amount = int(vector["amount_or_id"])
    sent = native.transferRemote(
        SECOND, bytes.fromhex(vector["recipient"][2:]), amount, sender=owner, value=amount
    )
    assert "0x" + dispatched(sent)[77:].hex() == vector["body"]


def test_failed_delivery_stays_redeemable(native_route, network, owner, recipient, revert_of):
    native, synthetic = native_route
    network.deliver(
        native.transferRemote(SECOND, b32(owner), AMOUNT, sender=owner, value=AMOUNT),
        sender=owner,
    )
    back = synthetic.transferRemote(FIRST, b32(recipient), AMOUNT, sender=owner)
    native.unenrollRemoteRouter(SECOND, sender=owner)
    refusal = revert_of(network.mailboxes[FIRST].process, b"", dispatched(back), sender=owner)
    assert refusal == ("RouterNotEnrolled", SECOND)
    native.enrollRemoteRouter(SECOND, b32(synthetic), sender=owner)
    before = recipient.balance
    network.deliver(back, sender=owner)
    assert recipient.balance == before + AMOUNT


def test_native_pays_no_more_than_it_has(native_route, network, owner, recipient, revert_of):
    native, synthetic = native_route
    message = incoming(native, TokenMessage(b32(recipient), 1).encode(), b32(synthetic), SECOND)
    refusal = revert_of(network.mailboxes[FIRST].process, b"", message, sender=owner)
    assert refusal == ("InsufficientBalance", 0, 1)


def test_native_delivery_says_why_the_recipient_refused(
    native_route, network, owner, project, revert_of
):
    native, synthetic = native_route
    owner.transfer(native, 1)
    refuser = owner.deploy(project.TestERC20, "", "", 0, 0)
    message = incoming(native, TokenMessage(b32(refuser), 1).encode(), b32(synthetic), SECOND)
    refusal = revert_of(network.mailboxes[FIRST].process, b"", message, sender=owner)
    assert refusal == ("FailedCall",)


def test_native_takes_donations(native_route, owner):
    native, _ = native_route
    receipt = owner.transfer(native, 9)
    assert native.balance == 9
    assert receipt.logs == []


def test_contract_hook_is_called(native_route, project, owner, recipient):
    native, _ = native_route
    own = owner.deploy(project.GasPricedHook)
    native.setHook(own, sender=owner)
    sent = native.transferRemote(SECOND, b32(recipient), 0, sender=owner)
    callers = [e.contract_address for e in sent.events if e.event_name == "PostDispatch"]
    assert callers == [own.address]
