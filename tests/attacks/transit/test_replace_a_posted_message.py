"""A stranger posts somebody else's message over a bridge, with metadata of his own."""

from dataclasses import astuple

import pytest
from ape.exceptions import ContractLogicError
from eth_utils import keccak
from tests.support.bridge_chains import (
    CHILD_FEE,
    DESTINATION,
    ORIGIN,
    VERIFIED,
    Sent,
    metadata,
    pre_verify,
)
from tests.support.contracts import at
from tests.support.words import b32

from hyperlane.protocol.message import Message

from ...contracts.bridge.test_pairs import (
    GAME,
    OUTPUT,
    TRANSACTION,
    WEEK,
    encode,
    outbox_metadata,
    outbox_root,
    withdrawal,
)

WEI = 500


def post(hook, sent, value, sender):
    """As anybody may post what was dispatched last; nothing when the hook refuses."""
    given = metadata(value, refund=sender)
    paid = hook.quoteDispatch(given, sent.encoded)
    try:
        return hook.postDispatch(given, sent.encoded, sender=sender, value=paid)
    except ContractLogicError:
        return None


@pytest.fixture
def dispatch_without(mailboxes, owner, recipient):
    """Dispatches a message that its sender does not have posted."""

    def dispatch_without(to=recipient):
        mailbox = mailboxes[ORIGIN]
        nonce = mailbox.call_view_method("nonce")
        receipt = mailbox.dispatch(DESTINATION, b32(to), b"hello", sender=owner)
        return Sent(Message(3, nonce, ORIGIN, b32(owner), DESTINATION, b32(to), b"hello"), receipt)

    return dispatch_without


def finalise(portal, transaction, chain, sender):
    portal.proveWithdrawalTransaction(transaction, GAME, OUTPUT, [], sender=sender)
    chain.mine(deltatime=WEEK)
    portal.finalizeWithdrawalTransaction(transaction, sender=sender)


def test_value_on_its_way_over_an_op_stack_bridge_is_not_replaced_by_nothing(
    to_parent, send, deliver, recipient, stranger, chain
):
    """The stranger's word arrives first, if he can have any."""
    pair, passer, portal = to_parent
    sent = send(pair.hook, WEI)
    posted = post(pair.hook, sent, 0, stranger)
    for receipt in filter(None, (posted, sent.receipt)):
        finalise(portal, withdrawal(passer, receipt), chain, stranger)

    deliver(sent)

    assert (recipient.balance, pair.ism.balance) == (WEI, 0)


def test_value_on_its_way_over_an_arbitrum_bridge_is_not_replaced_by_nothing(
    arbitrum, send, deliver, recipient, stranger
):
    pair, arb_sys, outbox = arbitrum
    sent = send(pair.hook, WEI)
    assert post(pair.hook, sent, 0, stranger) is None
    given = outbox_metadata(arb_sys, sent.receipt)
    outbox.confirm(outbox_root(given), sender=stranger)

    deliver(sent, given.encode())

    assert (recipient.balance, pair.ism.balance) == (WEI, 0)


@pytest.fixture(
    params=["OPL2ToL1Hook", "OPStackHook", "ArbL2ToL1Hook", "ERC5164Hook", "CCIPHook"],
)
def any_hook(request, project, owner, mailboxes, child, stranger):
    """Each hook that tells a module over a bridge, and how often its bridge was asked."""
    bridges = {
        "OPL2ToL1Hook": ("TestMessenger", "SentMessage"),
        "OPStackHook": ("TestMessenger", "SentMessage"),
        "ArbL2ToL1Hook": ("TestArbSys", "L2ToL1Tx"),
        "ERC5164Hook": ("TestDispatcher", "MessageDispatched"),
        "CCIPHook": ("TestCcipRouter", "CCIPMessageSent"),
    }
    name = request.param
    kind = project.contracts[bridges[name][0]]
    start = [mailboxes[ORIGIN], DESTINATION, b32(stranger)]
    if name == "CCIPHook":
        bridge = owner.deploy(kind, 1, 2)
        return owner.deploy(project.CCIPHook, bridge, 2, *start)
    bridge = owner.deploy(kind)
    more = [child] if name in ("OPL2ToL1Hook", "ArbL2ToL1Hook") else []
    return owner.deploy(project.contracts[name], *start, bridge, *more)


def test_no_hook_posts_a_message_twice(any_hook, send, stranger, revert_of):
    sent = send(any_hook)
    given = metadata(refund=stranger)
    paid = any_hook.quoteDispatch(given, sent.encoded)
    for sender in (stranger, sent.receipt.sender):
        refusal = revert_of(any_hook.postDispatch, given, sent.encoded, sender=sender, value=paid)
        assert refusal == ("MessageAlreadyPosted", sent.id)


def test_every_hook_posts_the_next_message(any_hook, send):
    first, second = send(any_hook), send(any_hook)
    assert first.id != second.id


def test_wei_that_a_stranger_adds_hold_up_no_delivery_to_who_takes_none(
    project, owner, to_parent, dispatch_without, deliver, mailboxes, stranger, chain
):
    """As a token router takes none: its users' tokens would stay burnt and locked."""
    pair, passer, portal = to_parent
    router = owner.deploy(project.TestRecipient)
    router.setInterchainSecurityModule(pair.ism, sender=owner)
    sent = dispatch_without(router)
    posted = post(pair.hook, sent, 1, stranger)
    finalise(portal, withdrawal(passer, posted), chain, stranger)

    deliver(sent)

    assert bytes(router.lastData()) == b"hello"
    assert pair.ism.verifiedMessages(sent.id) == VERIFIED | 1  # waits
    assert mailboxes[DESTINATION].delivered(sent.id)


def test_wei_that_nobody_took_are_claimed_for_the_recipient(
    project, owner, to_parent, dispatch_without, deliver, accounts, stranger, chain, revert_of
):
    pair, passer, portal = to_parent
    router = owner.deploy(project.HypERC20, 18, 1, 1, owner.deploy(project.Mailbox, DESTINATION))
    router.initialize(0, "", "", "0x" + "00" * 20, pair.ism, owner, sender=owner)
    sent = dispatch_without(router)
    posted = post(pair.hook, sent, WEI, stranger)
    finalise(portal, withdrawal(passer, posted), chain, stranger)
    pair.ism.verify(b"", sent.encoded, sender=stranger)
    assert pair.ism.balance == WEI
    assert revert_of(pair.ism.releaseValueToRecipient, sent.encoded, sender=stranger) == (
        "ETHTransferFailed",
    )
    refusal = revert_of(pair.ism.claimValue, sent.encoded, stranger.address, sender=stranger)
    assert refusal == ("NotRecipient", stranger.address, router.address)

    before = accounts[7].balance
    pair.ism.claimValue(sent.encoded, accounts[7], sender=owner)

    assert (accounts[7].balance - before, pair.ism.balance) == (WEI, 0)
    assert pair.ism.verifiedMessages(sent.id) == VERIFIED


def test_value_that_comes_second_is_not_lost(
    project, owner, connect, send, deliver, recipient, stranger
):
    """A hook of somebody else's may post as often as strangers like."""
    messenger = owner.deploy(project.TestMessenger)
    pair = connect("OPStackHook", owner.deploy(project.OPStackIsm, messenger), messenger)
    sent = send(pair.hook, WEI)
    messenger.relay(pair.hook, pair.ism, 0, pre_verify(sent.id, 0), sender=stranger)
    deliver(sent)

    messenger.relay(pair.hook, pair.ism, WEI, pre_verify(sent.id, WEI), sender=stranger)
    pair.ism.releaseValueToRecipient(sent.encoded, sender=stranger)

    assert (recipient.balance, pair.ism.balance) == (WEI, 0)


def test_delivery_with_little_gas_does_not_keep_the_value_from_a_thirsty_recipient(
    project, owner, connect, send, stranger, revert_of, mailboxes
):
    """A relayer who saves gas where the value is handed over saves the whole delivery."""
    messenger = owner.deploy(project.TestMessenger)
    pair = connect("OPStackHook", owner.deploy(project.OPStackIsm, messenger), messenger)
    thirsty = owner.deploy(project.ThirstyRecipient)
    thirsty.setInterchainSecurityModule(pair.ism, sender=owner)
    sent = send(pair.hook, WEI, to=thirsty)
    messenger.relay(pair.hook, pair.ism, WEI, pre_verify(sent.id, WEI), sender=stranger)
    mailbox = mailboxes[DESTINATION]
    for gas in range(100_000, 400_000, 20_000):
        call = {"sender": stranger, "gas": gas, "raise_on_revert": False}
        mailbox.process(b"", sent.encoded, **call)
        assert (thirsty.balance == WEI) == mailbox.delivered(sent.id)
        if mailbox.delivered(sent.id):
            break
    else:
        raise AssertionError("was not delivered")


def test_arbitrum_value_that_waited_is_released(
    project, owner, arbitrum, dispatch_without, mailboxes, stranger
):
    pair, arb_sys, outbox = arbitrum
    shy = owner.deploy(project.TestRecipient)
    shy.setInterchainSecurityModule(pair.ism, sender=owner)
    sent = dispatch_without(shy)
    posted = post(pair.hook, sent, 1, stranger)
    given = outbox_metadata(arb_sys, posted)
    outbox.confirm(outbox_root(given), sender=stranger)
    mailboxes[DESTINATION].process(given.encode(), sent.encoded, sender=stranger)
    assert astuple(given)[1] == 1
    assert pair.ism.balance == 1


def test_sending_that_was_finalised_inside_another_ones_relay_is_replayed(
    project, owner, to_parent, send, deliver, recipient, stranger, chain
):
    """The portal counts it as made, and the messenger as failed."""
    pair, passer, portal = to_parent
    l1, l2 = _messengers(project, pair, passer, portal)
    sent = send(pair.hook, WEI)
    transaction = withdrawal(passer, sent.receipt)
    finalizer = owner.deploy(project.TestFinalizer)
    call = finalizer.finalize.encode_input(portal, transaction, stranger)
    own = withdrawal(passer, l2.sendMessage(finalizer, call, 10**6, sender=stranger))
    for each in (transaction, own):
        portal.proveWithdrawalTransaction(each, GAME, OUTPUT, [], sender=stranger)
    chain.mine(deltatime=WEEK)
    failed = portal.finalizeWithdrawalTransaction(own, sender=stranger)
    assert failed.decode_logs(l1.FailedRelayedMessage)
    finalizer.getReady(sender=stranger)
    arguments = l1.relayMessage.decode_input(own[5])[1]
    l1.relayMessage(*arguments.values(), sender=stranger)
    assert portal.finalizedWithdrawals(_hash(transaction))
    assert not pair.ism.isVerified(sent.encoded)

    deliver(sent, encode([TRANSACTION], (transaction,)))

    assert (recipient.balance, pair.ism.balance) == (WEI, 0)


def test_module_replays_nothing_but_what_failed_to_be_relayed(
    project, to_parent, send, stranger, chain
):
    """A withdrawal may say anything: nothing else is said in the module's name."""
    pair, passer, portal = to_parent
    l1, _ = _messengers(project, pair, passer, portal)
    sent = send(pair.hook)
    call = l1.sendMessage.encode_input(stranger, b"in the module's name", 10**6)
    receipt = passer.initiateWithdrawal(stranger, 0, call, sender=stranger)
    transaction = withdrawal(passer, receipt)
    finalise(portal, transaction, chain, stranger)

    receipt = pair.ism.verify(encode([TRANSACTION], (transaction,)), sent.encoded, sender=stranger)

    assert receipt.decode_logs(l1.SentMessage) == []
    assert not pair.ism.isVerified(sent.encoded)


def _messengers(project, pair, passer, portal):
    l2 = at(project.TestL2Messenger, pair.hook.l2Messenger())
    l1 = at(project.TestL1Messenger, l2.otherMessenger())
    return l1, l2


def _hash(transaction):
    return keccak(encode([*TRANSACTION[1:-1].split(",")], transaction))


def test_child_hook_is_paid_once(to_parent, send, child, stranger):
    pair, *_ = to_parent
    sent = send(pair.hook)
    assert post(pair.hook, sent, 0, stranger) is None
    assert child.balance == CHILD_FEE
