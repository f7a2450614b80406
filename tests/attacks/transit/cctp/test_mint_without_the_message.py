"""A stranger has a burn minted, so that the message about it can never be delivered."""

from dataclasses import replace

import pytest
from eth_abi import decode
from tests.support.routes import FIRST, SECOND
from tests.support.token_contracts import dispatched
from tests.support.words import b32

from hyperlane.protocol.message import VERSION, Message

from ....contracts.token.test_cctp import AMOUNT, CIRCLE, CONFIRMED, RECIPIENT


def made_up(message: bytes) -> bytes:
    """Another message that says the same."""
    return replace(Message.decode(message), nonce=2**32 - 1).encode()


def test_burn_is_not_minted_at_the_transmitter(there, send, attested, process, stranger, revert_of):
    receipt = send()
    signed, signatures = decode(["bytes", "bytes"], attested(receipt))
    reason = revert_of(there.transmitter.receiveMessage, signed, signatures, sender=stranger)
    assert reason == ("Error", "Invalid caller for message")
    process(attested(receipt), dispatched(receipt))
    assert there.usdc.balanceOf(RECIPIENT) >= AMOUNT


@pytest.mark.parametrize("change", [bytes, made_up])
def test_burn_is_not_minted_by_asking_the_bridge(
    there, send, attested, process, stranger, revert_of, change
):
    receipt = send()
    message = dispatched(receipt)
    claimed = change(message)
    reason = revert_of(there.bridge.verify, attested(receipt), claimed, sender=stranger)
    assert reason == ("MessageNotDelivering", Message.decode(claimed).id)
    process(attested(receipt), message)
    assert there.usdc.balanceOf(RECIPIENT) >= AMOUNT


@pytest.mark.parametrize("version", [2], indirect=True)
def test_burn_is_not_minted_by_delivering_a_made_up_message(
    there, send, attested, process, refused
):
    receipt = send()
    message = dispatched(receipt)
    forged = made_up(message)
    reason = refused(attested(receipt), forged)
    assert reason == ("InvalidMessageId",)
    process(attested(receipt), message)
    assert there.usdc.balanceOf(RECIPIENT) >= AMOUNT


@pytest.mark.parametrize("version", [1], indirect=True)
def test_tokens_of_a_made_up_message_arrive_where_those_of_the_true_one_would(
    there, send, attested, process, refused
):
    """Burns of v1 cannot say which message they belong to."""
    receipt = send()
    process(attested(receipt), made_up(dispatched(receipt)))
    assert there.usdc.balanceOf(RECIPIENT) == AMOUNT
    assert refused(attested(receipt), dispatched(receipt)) == ("Error", "Nonce already used")


@pytest.mark.parametrize("version", [2], indirect=True)
def test_burns_of_bridges_that_name_no_message_are_believed(here, there, owner, attested, process):
    """As the reference's do."""
    there.bridge.enrollRemoteRouter(FIRST, b32(owner), sender=owner)
    here.usdc.approve(here.messenger, AMOUNT, sender=owner)
    receipt = here.messenger.depositForBurn(
        AMOUNT,
        CIRCLE[SECOND],
        b32(RECIPIENT),
        here.usdc,
        b32(there.bridge),
        0,
        CONFIRMED,
        sender=owner,
    )
    body = b32(RECIPIENT) + AMOUNT.to_bytes(32)
    message = Message(VERSION, 0, FIRST, b32(owner), SECOND, b32(there.bridge), body)
    process(attested(receipt), message.encode())
    assert there.usdc.balanceOf(RECIPIENT) == AMOUNT
