"""A fixed fee per message: who sets it, who pays it, who gets it, and where the change goes."""

import pytest

from .dispatching import ZERO, message_from, metadata

FEE, MAXIMUM = 700, 1000


@pytest.fixture(scope="module")
def beneficiary(accounts):
    return accounts[5]


@pytest.fixture(scope="module")
def protocol_fee(project, owner, beneficiary):
    return owner.deploy(project.ProtocolFee, MAXIMUM, FEE, beneficiary, owner)


def test_creation_sets_everything(project, stranger, owner, beneficiary):
    hook = owner.deploy(project.ProtocolFee, MAXIMUM, FEE, beneficiary, stranger)
    assert hook.MAX_PROTOCOL_FEE() == MAXIMUM
    assert hook.protocolFee() == FEE
    assert hook.beneficiary() == beneficiary
    assert hook.owner() == stranger


def test_creation_refuses_a_fee_above_the_maximum(project, owner, creation_revert_of):
    refusal = creation_revert_of(project.ProtocolFee, 1, 2, owner, owner)
    assert refusal == ("ExceedsMaxProtocolFee", 2, 1)


def test_creation_refuses_nobody_as_beneficiary_or_owner(project, owner, creation_revert_of):
    refusal = creation_revert_of(project.ProtocolFee, 1, 1, ZERO, owner)
    assert refusal == ("InvalidBeneficiary", ZERO)
    refusal = creation_revert_of(project.ProtocolFee, 1, 1, owner, ZERO)
    assert refusal == ("OwnableInvalidOwner", ZERO)


@pytest.mark.parametrize("fee", [0, MAXIMUM])
def test_owner_changes_the_fee(protocol_fee, owner, fee):
    receipt = protocol_fee.setProtocolFee(fee, sender=owner)
    assert protocol_fee.protocolFee() == fee
    assert receipt.events == [protocol_fee.ProtocolFeeSet(protocolFee=fee)]


def test_fee_above_the_maximum_is_refused(protocol_fee, owner, revert_of):
    refusal = revert_of(protocol_fee.setProtocolFee, MAXIMUM + 1, sender=owner)
    assert refusal == ("ExceedsMaxProtocolFee", MAXIMUM + 1, MAXIMUM)


def test_owner_changes_the_beneficiary(protocol_fee, owner, stranger, revert_of):
    receipt = protocol_fee.setBeneficiary(stranger, sender=owner)
    assert protocol_fee.beneficiary() == stranger
    assert receipt.events == [protocol_fee.BeneficiarySet(beneficiary=stranger)]
    refusal = revert_of(protocol_fee.setBeneficiary, ZERO, sender=owner)
    assert refusal == ("InvalidBeneficiary", ZERO)


@pytest.mark.parametrize(
    ("setter", "argument"), [("setProtocolFee", 1), ("setBeneficiary", "0x" + "01" * 20)]
)
def test_setters_are_for_the_owner(protocol_fee, stranger, revert_of, setter, argument):
    refusal = revert_of(getattr(protocol_fee, setter), argument, sender=stranger)
    assert refusal == ("OwnableUnauthorizedAccount", stranger)


def test_fee_is_taken_and_announced(protocol_fee, owner, dispatch):
    receipt = dispatch(protocol_fee, value=FEE)
    assert receipt.decode_logs(protocol_fee.ProtocolFeePaid) == [
        protocol_fee.ProtocolFeePaid(sender=owner, fee=FEE)
    ]
    assert protocol_fee.balance == FEE


def test_quote_is_the_fee(protocol_fee, owner):
    assert protocol_fee.quoteDispatch(metadata(), message_from(owner).encode()) == FEE


@pytest.mark.parametrize("value", [0, FEE - 1])
def test_less_than_the_fee_is_refused(protocol_fee, owner, revert_of, value):
    encoded = message_from(owner).encode()
    refusal = revert_of(protocol_fee.postDispatch, b"", encoded, sender=owner, value=value)
    assert refusal == ("InsufficientProtocolFee", value, FEE)


def test_surplus_goes_to_the_refund_address(protocol_fee, accounts, dispatch, gains):
    gain = gains(accounts[6])
    dispatch(protocol_fee, metadata=metadata(refund=accounts[6]), value=FEE + 41)
    assert (protocol_fee.balance, gain(accounts[6])) == (FEE, 41)


def test_surplus_without_refund_address_goes_to_the_message_sender(
    protocol_fee, owner, accounts, gains
):
    gain = gains(accounts[6])
    encoded = message_from(accounts[6]).encode()
    protocol_fee.postDispatch(b"", encoded, sender=owner, value=FEE + 41)
    assert (protocol_fee.balance, gain(accounts[6])) == (FEE, 41)


def test_surplus_for_nobody_is_refused(protocol_fee, owner, revert_of):
    encoded = message_from(owner).encode()
    arguments = (metadata(refund=ZERO), encoded)
    refusal = revert_of(protocol_fee.postDispatch, *arguments, sender=owner, value=FEE + 1)
    assert refusal == ("NoRefundAddress", 1)


def test_surplus_that_the_receiver_refuses_reverts(protocol_fee, owner, refusing, revert_of):
    arguments = (metadata(refund=refusing), message_from(owner).encode())
    refusal = revert_of(protocol_fee.postDispatch, *arguments, sender=owner, value=FEE + 1)
    assert refusal == ("ETHTransferFailed",)
    protocol_fee.postDispatch(*arguments, sender=owner, value=FEE)


def test_message_of_a_foreign_sender_is_refused(protocol_fee, owner, revert_of):
    sender = b"\x01" * 32
    encoded = message_from(sender).encode()
    refusal = revert_of(protocol_fee.postDispatch, b"", encoded, sender=owner, value=FEE)
    assert refusal == ("Bytes32ToAddressOverflow", sender)


def test_fee_token_is_supported_only_while_the_fee_is_zero(
    protocol_fee, owner, stranger, revert_of
):
    in_token = metadata(refund=owner, token=stranger)
    encoded = message_from(owner).encode()
    assert not protocol_fee.supportsMetadata(in_token)
    assert revert_of(protocol_fee.quoteDispatch, in_token, encoded)[0] == "UnsupportedMetadata"
    protocol_fee.setProtocolFee(0, sender=owner)
    assert protocol_fee.supportsMetadata(in_token)
    assert protocol_fee.quoteDispatch(in_token, encoded) == 0


def test_anyone_may_send_the_fees_to_the_beneficiary(
    protocol_fee, stranger, beneficiary, dispatch, gains
):
    dispatch(protocol_fee, value=FEE)
    dispatch(protocol_fee, value=FEE)
    gain = gains(beneficiary)
    protocol_fee.collectProtocolFees(sender=stranger)
    assert (protocol_fee.balance, gain(beneficiary)) == (0, 2 * FEE)


def test_fees_that_the_beneficiary_refuses_stay(protocol_fee, owner, refusing, dispatch, revert_of):
    dispatch(protocol_fee, value=FEE)
    protocol_fee.setBeneficiary(refusing, sender=owner)
    assert revert_of(protocol_fee.collectProtocolFees) == ("ETHTransferFailed",)
    assert protocol_fee.balance == FEE


def test_reentering_refund_pays_its_own_fee(protocol_fee, owner, reentering, dispatch):
    again = protocol_fee.postDispatch.encode_input(b"", message_from(reentering).encode())
    reentering.prepare(protocol_fee, FEE, again, sender=owner)
    dispatch(protocol_fee, metadata=metadata(refund=reentering), value=2 * FEE)
    assert (protocol_fee.balance, reentering.balance) == (2 * FEE, 0)
