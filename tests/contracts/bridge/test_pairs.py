"""A message from one Mailbox to the other, over each bridge as it really works."""

from dataclasses import astuple, replace

import ape
import pytest
from eth_abi import encode
from eth_utils import keccak
from tests.support.bridge_chains import (
    CHILD_FEE,
    DESTINATION,
    ORIGIN,
    VERIFIED,
    checksum,
    lookup_of,
    pre_verify,
)
from tests.support.contracts import at
from tests.support.words import b32, raw

from hyperlane.protocol.ccip_read import OffchainLookup
from hyperlane.protocol.ism_metadata import ArbL2ToL1Metadata
from hyperlane.protocol.message import Message

WEEK = 7 * 86_400
URLS = ["https://example.com/{sender}/{data}"]
TRANSACTION = "(uint256,address,address,uint256,uint256,bytes)"
OUTPUT = (b"\x00" * 32, b"\x01" * 32, b"\x02" * 32, b"\x03" * 32)
PROOF = [TRANSACTION, "uint256", "(bytes32,bytes32,bytes32,bytes32)", "bytes[]"]
GAME = 5


def under_alias(contract) -> str:
    """As whom an L1 contract calls on an OP Stack chain."""
    offset = 0x1111000000000000000000000000000000001111
    return checksum(((int(contract.address, 16) + offset) % 2**160).to_bytes(20))


@pytest.fixture(scope="module")
def op_stack(project, owner):
    """Both messengers, the message passer and, by version, the portals."""

    def op_stack(version=2):
        passer = owner.deploy(project.TestMessagePasser)
        portal = owner.deploy(project.contracts[f"TestPortalV{version}"], passer)
        l1 = owner.deploy(project.TestL1Messenger, portal)
        l2 = owner.deploy(project.TestL2Messenger, passer)
        l1.setOtherMessenger(l2, sender=owner)
        l2.setOtherMessenger(l1, sender=owner)
        portal.setOutputRoot(GAME, OUTPUT, sender=owner)
        owner.transfer(portal, 10**6)  # what was deposited before
        return passer, portal, l1, l2

    return op_stack


def relay_arguments(messenger, receipt):
    [sent] = receipt.decode_logs(messenger.SentMessage)
    [extension] = receipt.decode_logs(messenger.SentMessageExtension1)
    return (
        sent.messageNonce,
        sent.event_arguments["sender"],
        sent.target,
        extension.value,
        sent.gasLimit,
        sent.message,
    )


def withdrawal(passer, receipt) -> tuple:
    [passed] = receipt.decode_logs(passer.MessagePassed)
    names = ("nonce", "sender", "target", "value", "gasLimit", "data")
    return tuple(passed.event_arguments[name] for name in names)


@pytest.mark.parametrize("value", [0, 500])
def test_op_stack_from_parent_to_child(
    project, owner, accounts, op_stack, connect, send, deliver, refuses, recipient, value
):
    _, portal, l1, l2 = op_stack()
    pair = connect("OPStackHook", owner.deploy(project.OPStackIsm, l2), l1)
    deposited = portal.balance
    sent = send(pair.hook, value)
    assert (portal.balance - deposited, pair.hook.balance) == (value, 0)
    assert refuses(sent) == ("IsmVerificationFailed", sent.id, pair.ism)

    call = relay_arguments(l1, sent.receipt)
    with ape.reverts(l2.NotFailedBefore):  # not under the alias
        l2.relayMessage(*call, sender=owner)
    bridge = accounts[under_alias(l1)]
    bridge.balance = 10**18 + value  # what the chain mints
    l2.relayMessage(*call, sender=bridge, value=value)

    deliver(sent)
    assert bytes(recipient.lastData()) == b"hello"
    assert (recipient.balance, pair.ism.balance) == (value, 0)
    assert pair.ism.verifiedMessages(sent.id) == VERIFIED


def test_op_stack_does_not_relay_strangers(
    project, owner, stranger, accounts, op_stack, connect, send, refuses
):
    """Anybody can send a call of the module over the bridge; it says who he is."""
    _, _, l1, l2 = op_stack()
    pair = connect("OPStackHook", owner.deploy(project.OPStackIsm, l2), l1)
    sent = send(pair.hook)
    forged = l1.sendMessage(pair.ism, pre_verify(sent.id, 0), 10**6, sender=stranger)
    bridge = accounts[under_alias(l1)]
    bridge.balance = 10**18
    receipt = l2.relayMessage(*relay_arguments(l1, forged), sender=bridge)
    assert receipt.decode_logs(l2.FailedRelayedMessage)
    assert refuses(sent) == ("IsmVerificationFailed", sent.id, pair.ism)


@pytest.fixture
def to_parent(project, owner, op_stack, connect, child):
    """`OPL2ToL1Hook` and `OPL2ToL1Ism`, with passer and portal."""
    passer, portal, l1, l2 = op_stack()
    ism = owner.deploy(project.OPL2ToL1Ism, owner, URLS, portal, l1)
    assert ism.opPortal() == portal
    return connect("OPL2ToL1Hook", ism, l2, child), passer, portal


@pytest.mark.parametrize("value", [0, 500])
def test_op_stack_from_child_to_parent(
    project, owner, stranger, chain, to_parent, send, deliver, refuses, recipient, child, value
):
    pair, passer, portal = to_parent
    sent = send(pair.hook, value)
    assert (passer.balance, child.balance, pair.hook.balance) == (value, CHILD_FEE, 0)
    transaction = withdrawal(passer, sent.receipt)
    proof = encode(PROOF, (transaction, GAME, OUTPUT, []))
    final = encode([TRANSACTION], (transaction,))
    hash_ = keccak(encode([*TRANSACTION[1:-1].split(",")], transaction))

    assert refuses(sent, final) == ("NotProven", hash_, pair.ism)
    pair.ism.prove(proof, sender=stranger)
    chain.mine(deltatime=WEEK // 2)
    pair.ism.prove(proof, sender=stranger)  # does not start the delay anew
    assert refuses(sent, final)[0] == "ProofTooYoung"
    chain.mine(deltatime=WEEK // 2)

    deliver(sent, final)
    assert portal.finalizedWithdrawals(hash_)
    assert bytes(recipient.lastData()) == b"hello"
    assert (recipient.balance, pair.ism.balance) == (value, 0)


def test_op_stack_delivers_what_others_finalised(
    stranger, chain, to_parent, send, deliver, recipient
):
    pair, passer, portal = to_parent
    sent = send(pair.hook, 500)
    transaction = withdrawal(passer, sent.receipt)
    portal.proveWithdrawalTransaction(transaction, GAME, OUTPUT, [], sender=stranger)
    chain.mine(deltatime=WEEK)
    portal.finalizeWithdrawalTransaction(transaction, sender=stranger)
    deliver(sent, b"")
    assert recipient.balance == 500


def test_op_stack_needs_the_sending_of_this_message(stranger, chain, to_parent, send, refuses):
    """A finalised sending vouches only for what it says."""
    pair, passer, _ = to_parent
    other, sent = send(pair.hook, body=b"other"), send(pair.hook)
    transaction = withdrawal(passer, other.receipt)
    pair.ism.prove(encode(PROOF, (transaction, GAME, OUTPUT, [])), sender=stranger)
    chain.mine(deltatime=WEEK)
    refusal = refuses(sent, encode([TRANSACTION], (transaction,)))
    assert refusal == ("IsmVerificationFailed", sent.id, pair.ism)


def test_op_stack_sends_relayers_for_the_withdrawal(project, owner, to_parent, send):
    pair, *_ = to_parent
    sent = send(pair.hook)
    question = keccak(text="getFinalizeWithdrawalTx(bytes)")[:4] + encode(["bytes"], [sent.encoded])
    lookup = lookup_of(pair.ism, sent.encoded)
    assert lookup == OffchainLookup(
        raw(pair.ism), tuple(URLS), question, bytes.fromhex("f7e83aee"), sent.encoded
    )
    assert (pair.ism.moduleType(), pair.ism.urls(), pair.ism.owner()) == (7, URLS, owner)


def test_op_stack_module_wants_contracts(project, owner, op_stack, creation_revert_of):
    _, portal, l1, _ = op_stack()
    container = project.OPL2ToL1Ism
    assert creation_revert_of(container, owner, URLS, owner, l1) == ("PortalNotContract", owner)
    assert creation_revert_of(container, owner, URLS, portal, owner) == ("BridgeNotContract", owner)
    assert creation_revert_of(container, owner, [], portal, l1) == ("NoUrls",)


@pytest.mark.parametrize("version", [1, 2])
def test_delivery_of_two_messages_proves_and_finalises(
    project, owner, stranger, chain, op_stack, mailboxes, recipient, version
):
    """As a token bridge does it: the message that proves is delivered days before the other."""
    passer, portal, *_ = op_stack(version)
    ism = owner.deploy(project.contracts[f"TestProvingIsmV{version}"], portal, URLS)
    recipient.setInterchainSecurityModule(ism, sender=owner)
    receipt = passer.initiateWithdrawal(stranger, 0, b"", sender=owner, value=70)
    transaction = withdrawal(passer, receipt)
    proving, final = (
        Message(3, 0, ORIGIN, bytes(32), DESTINATION, b32(recipient), body).encode()
        for body in (b"", b"final")
    )
    asked = [lookup_of(ism, message).call_data[:4] for message in (proving, final)]
    names = ("getWithdrawalProof(bytes)", "getFinalizeWithdrawalTx(bytes)")
    assert asked == [keccak(text=name)[:4] for name in names]

    process, before = mailboxes[DESTINATION].process, stranger.balance
    proof = encode(PROOF, (transaction, GAME, OUTPUT, []))
    process(proof, proving, sender=owner)
    chain.mine(deltatime=WEEK)
    ism.verify(proof, proving, sender=owner)  # proven already: nothing begins anew
    process(encode([TRANSACTION], (transaction,)), final, sender=owner)
    assert stranger.balance - before == 70
    ism.verify(encode([TRANSACTION], (transaction,)), final, sender=owner)  # once
    assert stranger.balance - before == 70


def test_a_sending_against_an_unknown_state_is_not_proven(
    project, owner, stranger, op_stack, revert_of
):
    passer, portal, l1, _ = op_stack()
    ism = owner.deploy(project.OPL2ToL1Ism, owner, URLS, portal, l1)
    transaction = withdrawal(
        passer, passer.initiateWithdrawal(stranger, 0, b"", sender=owner, value=70)
    )
    for index, output, error in (
        (GAME + 1, OUTPUT, "WrongOutputRoot"),
        (GAME, (*OUTPUT[:3], bytes(32)), "WrongOutputRoot"),
    ):
        proof = encode(PROOF, (transaction, index, output, []))
        assert revert_of(ism.prove, proof)[0] == error
    never = (*transaction[:3], 71, *transaction[4:])
    assert revert_of(ism.prove, encode(PROOF, (never, GAME, OUTPUT, [])))[0] == "NotSent"


@pytest.fixture
def arbitrum(project, owner, connect, child):
    """`ArbL2ToL1Hook` and `ArbL2ToL1Ism`, with ArbSys, bridge and Outbox."""
    bridge = owner.deploy(project.TestArbBridge)
    arb_sys = owner.deploy(project.TestArbSys)
    owner.transfer(bridge, 10**6)  # what was deposited before
    pair = connect("ArbL2ToL1Hook", owner.deploy(project.ArbL2ToL1Ism, bridge), arb_sys, child)
    return pair, arb_sys, at(project.TestArbOutbox, bridge.outbox())


def outbox_metadata(arb_sys, receipt) -> ArbL2ToL1Metadata:
    """The second of four sendings under a root."""
    [sent] = receipt.decode_logs(arb_sys.L2ToL1Tx)
    return ArbL2ToL1Metadata(
        proof=(b"\xa0" * 32, b"\xa1" * 32),
        index=1,
        l2_sender=raw(sent.caller),
        to=raw(sent.destination),
        l2_block=sent.arbBlockNum,
        l1_block=sent.ethBlockNum,
        l2_timestamp=sent.timestamp,
        value=sent.callvalue,
        data=bytes(sent.data),
    )


def outbox_root(given: ArbL2ToL1Metadata) -> bytes:
    numbers = (given.l2_block, given.l1_block, given.l2_timestamp, given.value)
    item = given.l2_sender + given.to + b"".join(n.to_bytes(32) for n in numbers) + given.data
    left = keccak(given.proof[0] + keccak(keccak(item)))
    return keccak(left + given.proof[1])


@pytest.mark.parametrize("value", [0, 500])
@pytest.mark.parametrize("by_others", [False, True])
def test_arbitrum_from_child_to_parent(
    owner, arbitrum, send, deliver, refuses, recipient, child, value, by_others
):
    pair, arb_sys, outbox = arbitrum
    sent = send(pair.hook, value)
    assert (arb_sys.balance, child.balance, pair.hook.balance) == (value, CHILD_FEE, 0)
    given = outbox_metadata(arb_sys, sent.receipt)
    root = outbox_root(given)
    assert refuses(sent, given.encode()) == ("UnknownRoot", root)
    outbox.confirm(root, sender=owner)

    if by_others:
        outbox.executeTransaction(*astuple(given), sender=owner)
        deliver(sent, b"")
    else:
        deliver(sent, given.encode())
    assert bytes(recipient.lastData()) == b"hello"
    assert (recipient.balance, pair.ism.balance) == (value, 0)
    assert outbox.isSpent(1)


def test_arbitrum_metadata_must_be_about_the_message(
    project, owner, stranger, arbitrum, send, revert_of
):
    pair, arb_sys, _ = arbitrum
    sent = send(pair.hook)
    given = outbox_metadata(arb_sys, sent.receipt)
    for wrong in (
        replace(given, l2_sender=raw(stranger)),
        replace(given, to=raw(stranger)),
        replace(given, data=pre_verify(b"\x01" * 32, 0)),
        replace(given, data=pre_verify(sent.id, 1)),
        replace(given, data=given.data[:-1]),
        replace(given, data=given.data + b"\0"),
        replace(given, data=b"\0\0\0\0" + given.data[4:]),
        replace(given, value=1),
    ):
        refusal = revert_of(pair.ism.verify, wrong.encode(), sent.encoded)
        assert refusal == (
            "WrongSending",
            checksum(wrong.l2_sender),
            checksum(wrong.to),
            wrong.data,
        )


def test_arbitrum_metadata_cut_anywhere_is_refused(arbitrum, send, revert_of):
    pair, arb_sys, _ = arbitrum
    sent = send(pair.hook)
    given = outbox_metadata(arb_sys, sent.receipt).encode()
    for size in range(0, len(given) - 31, 7):
        assert revert_of(pair.ism.verify, given[:size], sent.encoded) in [(), ("UnknownRoot",)]


def test_erc5164_from_chain_to_chain(
    project, owner, stranger, connect, send, deliver, refuses, recipient
):
    dispatcher = owner.deploy(project.TestDispatcher)
    executor = owner.deploy(project.TestMessageExecutor)
    pair = connect("ERC5164Hook", owner.deploy(project.ERC5164Ism, executor), dispatcher)
    sent = send(pair.hook)
    assert refuses(sent) == ("IsmVerificationFailed", sent.id, pair.ism)

    [asked] = sent.receipt.decode_logs(dispatcher.MessageDispatched)
    origin = asked.event_arguments["from"]
    executor.executeMessage(asked.to, asked.data, asked.messageId, 1, origin, sender=stranger)

    deliver(sent)
    assert bytes(recipient.lastData()) == b"hello"
