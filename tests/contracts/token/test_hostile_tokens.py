"""Collateral tokens that are not what ERC-20 says."""

import pytest
from tests.support.routes import FIRST, SECOND
from tests.support.token_contracts import dispatched
from tests.support.words import b32

AMOUNT = 10**18


@pytest.fixture(scope="module")
def recipient(accounts):
    return accounts[5]


@pytest.fixture(scope="module")
def route_of(project, owner, deploy_collateral, deploy_synthetic, connect):
    """A route of a newly deployed token that its collateral router may take from the owner."""

    def route_of(name):
        token = owner.deploy(getattr(project, name))
        collateral, synthetic = deploy_collateral(token), deploy_synthetic()
        connect(collateral, synthetic)
        token.approve(collateral, 2**256 - 1, sender=owner)
        return token, collateral, synthetic

    return route_of


@pytest.mark.parametrize("name", ["NoReturnToken", "FalseToken", "BlocklistToken", "CallbackToken"])
def test_token_goes_there_and_back(route_of, network, owner, recipient, name):
    token, collateral, synthetic = route_of(name)
    network.deliver(
        collateral.transferRemote(SECOND, b32(owner), AMOUNT, sender=owner), sender=owner
    )
    assert token.balanceOf(collateral) == synthetic.balanceOf(owner) == AMOUNT
    network.deliver(
        synthetic.transferRemote(FIRST, b32(recipient), AMOUNT, sender=owner), sender=owner
    )
    assert token.balanceOf(recipient) == AMOUNT
    assert token.balanceOf(collateral) == synthetic.totalSupply() == 0


@pytest.mark.parametrize("name", ["NoReturnToken", "FalseToken"])
def test_fee_hook_is_approved(route_of, project, owner, recipient, hook, name):
    token, collateral, _ = route_of(name)
    collateral.setDestinationGas(SECOND, 500, sender=owner)
    collateral.setFeeHook(hook, sender=owner)
    collateral.transferRemote(SECOND, b32(recipient), AMOUNT, sender=owner)
    assert (token.balanceOf(collateral), token.balanceOf(hook)) == (AMOUNT, 500)


def test_false_from_the_sender_is_a_failure(route_of, owner, stranger, recipient, revert_of):
    token, collateral, _ = route_of("FalseToken")
    refusal = revert_of(collateral.transferRemote, SECOND, b32(recipient), 1, sender=stranger)
    assert refusal == ("SafeERC20FailedOperation", token)


def test_false_to_the_recipient_leaves_the_transfer_redeemable(
    route_of, network, owner, recipient, accounts, revert_of
):
    token, collateral, synthetic = route_of("FalseToken")
    network.deliver(
        collateral.transferRemote(SECOND, b32(owner), AMOUNT, sender=owner), sender=owner
    )
    back = synthetic.transferRemote(FIRST, b32(recipient), AMOUNT, sender=owner)
    # The token takes the collateral away.
    router = accounts[collateral.address]
    router.balance = 10**18
    token.transfer(owner, AMOUNT, sender=router)
    refusal = revert_of(network.mailboxes[FIRST].process, b"", dispatched(back), sender=owner)
    assert refusal == ("SafeERC20FailedOperation", token)
    token.transfer(collateral, AMOUNT, sender=owner)
    network.deliver(back, sender=owner)
    assert token.balanceOf(recipient) == AMOUNT


def test_tokens_that_vanish_are_the_last_transfers_loss(
    route_of, network, owner, recipient, revert_of
):
    """Everybody is paid in full until nothing is left; whoever is not can be paid later."""
    token, collateral, synthetic = route_of("ShrinkingToken")
    network.deliver(
        collateral.transferRemote(SECOND, b32(owner), 2 * AMOUNT, sender=owner), sender=owner
    )
    first, last = (
        synthetic.transferRemote(FIRST, b32(recipient), AMOUNT, sender=owner) for _ in range(2)
    )
    token.shrink(collateral, AMOUNT // 2, sender=owner)
    network.deliver(first, sender=owner)
    refusal = revert_of(network.mailboxes[FIRST].process, b"", dispatched(last), sender=owner)
    assert refusal == ("ERC20InsufficientBalance", collateral, AMOUNT // 2, AMOUNT)
    token.transfer(collateral, AMOUNT // 2, sender=owner)
    network.deliver(last, sender=owner)
    assert (token.balanceOf(recipient), token.balanceOf(collateral)) == (2 * AMOUNT, 0)


def test_token_with_a_transfer_fee_is_refused(route_of, owner, recipient, revert_of):
    _, collateral, _ = route_of("FeeToken")
    refusal = revert_of(collateral.transferRemote, SECOND, b32(recipient), 1000, sender=owner)
    assert refusal == ("UnexpectedAmountReceived", 990, 1000)


def test_blocked_recipient_says_why_and_is_paid_when_unblocked(
    route_of, network, owner, recipient, revert_of
):
    token, collateral, synthetic = route_of("BlocklistToken")
    network.deliver(
        collateral.transferRemote(SECOND, b32(owner), AMOUNT, sender=owner), sender=owner
    )
    back = synthetic.transferRemote(FIRST, b32(recipient), AMOUNT, sender=owner)
    token.setBlocked(recipient, True, sender=owner)
    refusal = revert_of(network.mailboxes[FIRST].process, b"", dispatched(back), sender=owner)
    assert refusal == ("Blocked", recipient)
    token.setBlocked(recipient, False, sender=owner)
    network.deliver(back, sender=owner)
    assert token.balanceOf(recipient) == AMOUNT


def test_delivery_in_the_middle_of_a_deposit_is_refused(
    route_of, network, owner, recipient, revert_of
):
    token, collateral, synthetic = route_of("CallbackToken")
    network.deliver(
        collateral.transferRemote(SECOND, b32(owner), AMOUNT, sender=owner), sender=owner
    )
    back = synthetic.transferRemote(FIRST, b32(recipient), AMOUNT, sender=owner)
    mailbox = network.mailboxes[FIRST]
    token.prepare(mailbox, mailbox.process.encode_input(b"", dispatched(back)), sender=owner)
    refusal = revert_of(collateral.transferRemote, SECOND, b32(owner), AMOUNT, sender=owner)
    assert refusal == ("UnexpectedAmountReceived", 0, AMOUNT)


def test_creation_refuses_a_token_without_code(project, network, stranger, creation_revert_of):
    refusal = creation_revert_of(
        project.HypERC20Collateral, stranger.address, 1, 1, network.mailboxes[FIRST].address
    )
    assert refusal == ("TokenNotContract", stranger)
