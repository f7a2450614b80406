"""Chainlink CCIP: a message from one Mailbox to the other, and everything that is not believed."""

from dataclasses import dataclass
from typing import Any

import pytest
from eth_utils import keccak
from tests.support.bridge_chains import DESTINATION, ORIGIN, VERIFIED, Pair, checksum, metadata
from tests.support.words import b32

HERE, THERE, ELSEWHERE = 5009297550715157269, 15971525489660198786, 4949039107694359620
FEE = 1000 + 60_000 // 100 + 32
ID = keccak(b"a message")
HOOK = checksum(b"\x44" * 20)
SUCCESS, FAILURE = 2, 3


@dataclass(frozen=True)
class Lane:
    """The routers at both ends."""

    source: Any
    target: Any

    def sent(self, receipt) -> tuple:
        """Receiver, gas limit and message of the sending."""
        [event] = receipt.decode_logs(self.source.CCIPMessageSent)
        assert event.destination == THERE
        return event.receiver, event.gasLimit, event.message

    def arriving(self, data: bytes, sender=HOOK, selector=HERE, number=1) -> tuple:
        return (number.to_bytes(32), selector, b32(sender), data, [])


@pytest.fixture(scope="module")
def lane(project, owner):
    return Lane(
        owner.deploy(project.TestCcipRouter, HERE, THERE),
        owner.deploy(project.TestCcipRouter, THERE, HERE),
    )


@pytest.fixture
def pair(project, owner, mailboxes, lane, recipient):
    ism = owner.deploy(project.CCIPIsm, lane.target, HERE)
    hook = owner.deploy(
        project.CCIPHook, lane.source, THERE, mailboxes[ORIGIN], DESTINATION, b32(ism)
    )
    ism.setAuthorizedHook(b32(hook), sender=owner)
    recipient.setInterchainSecurityModule(ism, sender=owner)
    return Pair(hook, ism)


@pytest.fixture(scope="module")
def ism(project, owner, lane):
    """Believes in an account that need not exist."""
    ism = owner.deploy(project.CCIPIsm, lane.target, HERE)
    ism.setAuthorizedHook(b32(HOOK), sender=owner)
    return ism


@pytest.fixture(scope="module")
def execute(lane, stranger):
    """Has the router call a receiver, with the gas that the hook orders."""

    def execute(receiver, message, gas=60_000):
        receipt = lane.target.execute(receiver, gas, message, sender=stranger)
        [event] = receipt.decode_logs(lane.target.ExecutionStateChanged)
        return event.state, bytes(event.answer)

    return execute


def selector(error: str) -> bytes:
    return keccak(text=error)[:4]


# --- both together


def test_message_travels_with_what_the_hook_pays_for(
    lane, pair, send, deliver, refuses, mailboxes, recipient, execute
):
    sent = send(pair.hook)
    receiver, gas, message = lane.sent(sent.receipt)
    assert (receiver, gas) == (pair.ism, 60_000)
    assert (lane.source.balance, pair.hook.balance) == (FEE, 0)
    assert refuses(sent) == ("IsmVerificationFailed", sent.id, pair.ism)

    state, _ = execute(receiver, message, gas)

    assert state == SUCCESS
    assert pair.ism.verifiedMessages(sent.id) == VERIFIED
    deliver(sent)
    assert mailboxes[DESTINATION].delivered(sent.id)


def test_module_needs_half_of_the_gas_that_is_ordered(ism, lane, execute):
    assert execute(ism, lane.arriving(ID), gas=30_000)[0] == SUCCESS


def test_sending_that_failed_is_executed_again(ism, lane, execute):
    message = lane.arriving(ID)
    assert execute(ism, message, gas=10_000)[0] == FAILURE
    assert not ism.verifiedMessages(ID)
    assert execute(ism, message)[0] == SUCCESS
    assert ism.verifiedMessages(ID) == VERIFIED


# --- the hook


def test_creation_of_the_hook_sets_everything(lane, pair, mailboxes):
    hook = pair.hook
    assert (hook.ccipRouter(), hook.ccipDestination()) == (lane.source, THERE)
    assert (hook.mailbox(), hook.destinationDomain()) == (mailboxes[ORIGIN], DESTINATION)
    assert (bytes(hook.ism()), hook.hookType()) == (b32(pair.ism), 6)
    assert (hook.PACKAGE_VERSION(), hook.localDomain()) == ("12.1.0", ORIGIN)


def test_creation_of_the_hook_refuses_what_cannot_work(
    project, owner, lane, mailboxes, creation_revert_of
):
    good = {
        "router": lane.source.address,
        "selector": THERE,
        "mailbox": mailboxes[ORIGIN].address,
        "destination": DESTINATION,
        "ism": b32(HOOK),
    }

    def refusal(**changes):
        return creation_revert_of(project.CCIPHook, *(good | changes).values())

    assert refusal(router=owner.address) == ("NotContract", owner)
    assert refusal(selector=ELSEWHERE) == ("UnsupportedChain", ELSEWHERE)
    assert refusal(mailbox=owner.address) == ("MailboxNotContract", owner)
    assert refusal(destination=0) == ("InvalidDestination", 0, 0)
    assert refusal(ism=bytes(32)) == ("InvalidIsm",)


def test_quote_is_the_fee_of_the_router(pair, send):
    sent = send(pair.hook)
    for given in (b"", metadata(0), metadata(500)):
        assert pair.hook.quoteDispatch(given, sent.encoded) == FEE


def test_surplus_goes_to_the_refund_address(pair, mailboxes, owner, accounts):
    receiver = accounts[6]
    before = receiver.balance
    given = metadata(refund=receiver)
    mailboxes[ORIGIN].dispatch(
        DESTINATION, b"\x01" * 32, b"", given, pair.hook, sender=owner, value=FEE + 33
    )
    assert (receiver.balance - before, pair.hook.balance) == (33, 0)


@pytest.fixture
def dispatch_refusal(pair, mailboxes, owner, revert_of):
    def dispatch_refusal(given=b"", value=FEE, destination=DESTINATION):
        call = (destination, b"\x01" * 32, b"", given, pair.hook.address)
        return revert_of(mailboxes[ORIGIN].dispatch, *call, sender=owner, value=value)

    return dispatch_refusal


def test_less_than_the_quote_is_refused(dispatch_refusal):
    assert dispatch_refusal(value=FEE - 1) == ("InsufficientValue", FEE - 1, FEE)


def test_value_for_the_recipient_is_refused(dispatch_refusal, owner):
    given = metadata(500, refund=owner)
    assert dispatch_refusal(given, FEE + 500) == ("NoValueAllowed", 500)
    assert dispatch_refusal(metadata(2**255)) == ("MsgValueTooLarge", 2**255)


def test_other_destinations_are_refused(dispatch_refusal):
    assert dispatch_refusal(destination=3) == ("InvalidDestination", 3, DESTINATION)


def test_router_is_not_paid_in_tokens(pair, send, owner, stranger, revert_of):
    given = metadata(refund=owner, token=stranger)
    sent = send(pair.hook)
    assert not pair.hook.supportsMetadata(given)
    for function in (pair.hook.postDispatch, pair.hook.quoteDispatch):
        assert revert_of(function, given, sent.encoded) == ("UnsupportedMetadata", given)


def test_only_the_message_dispatched_last_is_told_of(pair, send, hook, revert_of):
    first, second = send(pair.hook, body=b"first"), send(hook, body=b"second")
    refusal = revert_of(pair.hook.postDispatch, b"", first.encoded, value=FEE)
    assert refusal == ("MessageNotDispatching", first.id, second.id)


def test_closed_lane_stops_dispatches(lane, owner, dispatch_refusal):
    lane.source.setSupported(THERE, False, sender=owner)
    assert dispatch_refusal() == ("UnsupportedDestinationChain", THERE)


# --- the module


def test_creation_of_the_module_sets_everything(project, owner, lane, ism, creation_revert_of):
    assert (ism.getRouter(), ism.ccipOrigin(), ism.moduleType()) == (lane.target, HERE, 6)
    assert (ism.VERIFIED_MASK_INDEX(), bytes(ism.authorizedHook())) == (255, b32(HOOK))
    assert ism.PACKAGE_VERSION() == "12.1.0"
    refusal = creation_revert_of(project.CCIPIsm, owner, HERE)
    assert refusal == ("BridgeNotContract", owner)


def test_hook_is_set_once_by_the_deployer(project, owner, stranger, lane, revert_of):
    ism = owner.deploy(project.CCIPIsm, lane.target, HERE)
    refusal = revert_of(ism.setAuthorizedHook, b32(HOOK), sender=stranger)
    assert refusal == ("NotDeployer", stranger, owner)
    assert revert_of(ism.setAuthorizedHook, bytes(32), sender=owner) == ("InvalidAuthorizedHook",)
    ism.setAuthorizedHook(b32(HOOK), sender=owner)
    refusal = revert_of(ism.setAuthorizedHook, b32(stranger), sender=owner)
    assert refusal == ("AlreadyInitialized",)


@pytest.mark.parametrize(
    ("interface", "supported"),
    [("0x85572ffb", True), ("0x01ffc9a7", True), ("0xffffffff", False), ("0x00000000", False)],
)
def test_interfaces_that_a_router_asks_for(ism, interface, supported):
    assert ism.supportsInterface(interface) is supported


def test_arrival_is_told(ism, lane, stranger):
    receipt = lane.target.execute(ism, 60_000, lane.arriving(ID), sender=stranger)
    [event] = receipt.decode_logs(ism.ReceivedMessage)
    assert (bytes(event.messageId), event.msgValue) == (ID, 0)


def test_callers_other_than_the_router_are_refused(ism, lane, stranger, revert_of):
    refusal = revert_of(ism.ccipReceive, lane.arriving(ID), sender=stranger)
    assert refusal == ("InvalidRouter", stranger)
    for caller in (stranger, lane.target):
        refusal = revert_of(ism.preVerifyMessage, ID, 0, sender=caller)
        assert refusal == ("NotCrossChainCall",)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"selector": ELSEWHERE}, "WrongOrigin(uint64,uint64)"),
        ({"sender": checksum(b"\x55" * 20)}, "SenderNotHook(bytes32,bytes32)"),
    ],
)
def test_other_chains_and_senders_are_not_believed(ism, lane, execute, changes, error):
    state, answer = execute(ism, lane.arriving(ID, **changes))
    assert (state, answer[:4]) == (FAILURE, selector(error))
    assert not ism.verifiedMessages(ID)


def test_nobody_is_believed_before_the_hook_is_set(project, owner, lane, execute):
    ism = owner.deploy(project.CCIPIsm, lane.target, HERE)
    for number, sender in enumerate((HOOK, checksum(bytes(20)))):
        _, answer = execute(ism, lane.arriving(ID, sender, number=number))
        assert answer[:4] == selector("SenderNotHook(bytes32,bytes32)")


@pytest.mark.parametrize("length", [0, 1, 31])
def test_data_that_is_no_id_is_refused(ism, lane, execute, length):
    assert execute(ism, lane.arriving(ID[:length])) == (FAILURE, b"")


def test_message_is_told_of_once(ism, lane, execute):
    execute(ism, lane.arriving(ID))
    state, answer = execute(ism, lane.arriving(ID, number=2))
    assert (state, answer) == (FAILURE, selector("MessageAlreadyVerified(bytes32)") + ID)
    assert ism.verifiedMessages(ID) == VERIFIED
