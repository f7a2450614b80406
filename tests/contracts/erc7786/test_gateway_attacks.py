"""Attacks on the ERC-7786 gateway."""

import pytest
from eth_abi import encode
from eth_utils import keccak
from tests.support.contracts import LOCAL_DOMAIN
from tests.support.gateways import CHAIN, DOMAIN, REMOTE, SENDER, ZERO, account, attribute, b20
from tests.support.words import b32

from hyperlane.protocol.interoperable_address import InteroperableAddress
from hyperlane.protocol.message import VERSION, Message

TO = account(CHAIN, SENDER)
GAS_LIMIT, REFUND, METADATA = "gasLimit(uint256)", "refundAddress(address)", "hookMetadata(bytes)"
ACCOUNT = b20(SENDER)


@pytest.mark.parametrize(
    "recipient",
    [
        b"",
        TO[:5],
        TO[:-1],
        TO + b"\0",
        TO + TO,
        b"\0\2" + TO[2:],
        b"\x80\1" + TO[2:],
        InteroperableAddress(2, b"\x21\x05", ACCOUNT).encode(),
        InteroperableAddress(2, bytes(range(32)), bytes(range(32))).encode(),
        InteroperableAddress(0, b"\0\x21\x05", ACCOUNT).encode(),
        InteroperableAddress(0, b"\0", ACCOUNT).encode(),
        InteroperableAddress(0, b"", ACCOUNT).encode(),
        InteroperableAddress(0, b"\x21\x05", b"").encode(),
        InteroperableAddress(0, b"\x21\x05", ACCOUNT[:19]).encode(),
        InteroperableAddress(0, b"\x21\x05", ACCOUNT + b"\1").encode(),
        InteroperableAddress(0, b"\x21\x05", b32(SENDER)).encode(),
        InteroperableAddress(0, b"\1" * 33, ACCOUNT).encode(),
        InteroperableAddress(0, b"\1" * 255, ACCOUNT).encode(),
        # A length that carries over into the chain type.
        InteroperableAddress(1, b"\x21\x05", ACCOUNT).encode() + bytes(256),
        InteroperableAddress(2, b"\x21\x05", ACCOUNT).encode() + bytes(512),
        InteroperableAddress(0, b"\x21\x05", ACCOUNT).encode() + bytes(256),
    ],
    ids=lambda each: each.hex()[:80] + f"-{len(each)}",
)
def test_a_malformed_recipient_is_refused(gateway, revert_of, stranger, recipient):
    refusal = revert_of(gateway.sendMessage, recipient, b"", [], sender=stranger)
    assert refusal == ("NotEvmAccount", recipient)


@pytest.mark.parametrize("chain_id", [1, DOMAIN, 31337, 2**96 + CHAIN, 2**256 - 1])
def test_a_chain_that_is_not_enrolled_is_refused(gateway, revert_of, stranger, chain_id):
    """A domain is no chain id, and no bit of a chain id is dropped."""
    to = account(chain_id, SENDER)
    refusal = revert_of(gateway.sendMessage, to, b"", [], sender=stranger)
    assert refusal == ("ChainNotEnrolled", chain_id)


@pytest.mark.parametrize(
    "unknown",
    [b"", b"\xff", b"\0\0\0\0", keccak(text=GAS_LIMIT)[:3], attribute("value(uint256)", 1)],
    ids=bytes.hex,
)
@pytest.mark.parametrize("others", [[], [attribute(GAS_LIMIT, 1)]], ids=len)
def test_an_unknown_attribute_is_refused(gateway, revert_of, stranger, unknown, others):
    refusal = revert_of(gateway.sendMessage, TO, b"", [*others, unknown], sender=stranger)
    assert refusal == ("UnsupportedAttribute", unknown[:4].ljust(4, b"\0"))


@pytest.mark.parametrize(
    "malformed",
    [
        attribute(GAS_LIMIT, 1)[:-1],
        attribute(GAS_LIMIT, 1) + b"\0",
        keccak(text=GAS_LIMIT)[:4],
        attribute(REFUND, SENDER)[:-1],
        keccak(text=REFUND)[:4] + b"\1" + encode(["address"], [SENDER])[1:],
        keccak(text=METADATA)[:4] + encode(["uint256", "uint256"], [64, 0]),
        keccak(text=METADATA)[:4] + encode(["uint256"], [32]),
        keccak(text=METADATA)[:4] + encode(["uint256", "uint256"], [32, 1]),
        keccak(text=METADATA)[:4] + encode(["uint256", "uint256"], [32, 2**256 - 1]) + bytes(32),
        attribute(METADATA, b"x")[:-1],
        attribute(METADATA, b"x") + bytes(32),
    ],
    ids=bytes.hex,
)
def test_a_malformed_attribute_is_refused(gateway, revert_of, stranger, malformed):
    refusal = revert_of(gateway.sendMessage, TO, b"", [malformed], sender=stranger)
    assert refusal == ("MalformedAttribute", malformed)


@pytest.mark.parametrize(
    "twice",
    [attribute(GAS_LIMIT, 1), attribute(REFUND, SENDER), attribute(METADATA, b"x")],
    ids=len,
)
def test_an_attribute_that_is_given_twice_is_refused(gateway, revert_of, stranger, twice):
    refusal = revert_of(gateway.sendMessage, TO, b"", [twice, twice], sender=stranger)
    assert refusal == ("RepeatedAttribute", twice[:4])


@pytest.mark.parametrize(
    ("offset", "refusal"),
    [
        (2**255, ("UnsupportedAttribute", bytes(4))),  # reads zeros
        (2**64, ()),
        (4096, ()),
    ],
)
def test_attributes_outside_of_the_call_data_are_refused(
    gateway, stranger, revert_reason, offset, refusal
):
    whole = bytes(gateway.sendMessage.encode_input(TO, b"", [b"abcd"]))
    place = len(whole) - 3 * 32
    data = whole[:place] + offset.to_bytes(32) + whole[place + 32 :]
    found = revert_reason({"to": gateway.address, "from": stranger.address, "data": data})
    assert found == refusal


def test_nobody_spends_the_deposit_of_another(gateway, project, owner, stranger, revert_of):
    hook = owner.deploy(project.GasPricedHook)
    gateway.setHook(hook, sender=owner)
    gateway.deposit(owner, value=10**6, sender=owner)
    refusal = revert_of(gateway.sendMessage, TO, b"", [], sender=stranger)
    assert refusal == ("Underpaid", 0, 200_000)
    refusal = revert_of(gateway.withdraw, stranger.address, 1, sender=stranger)
    assert refusal == ("DepositTooLow", stranger, 0, 1)
    assert gateway.deposits(owner) == 10**6 == gateway.balance


def test_a_withdrawal_is_not_paid_twice(gateway, project, owner, stranger):
    """The receiver withdraws again while it is paid."""
    attacker = stranger.deploy(project.TestGatewayRecipient)
    gateway.deposit(owner, value=100, sender=owner)
    gateway.deposit(attacker, value=10, sender=owner)
    again = gateway.withdraw.encode_input(attacker.address, 10)
    attacker.setCall(gateway, again, sender=stranger)
    attacker.receiveMessage(b"", b"", b"", sender=stranger)
    assert len(bytes(attacker.reason())) > 0, "it takes no wei, so the withdrawal failed"
    assert gateway.balance == 110


# Forged deliveries


def test_only_the_mailbox_delivers(gateway, recipient, revert_of, stranger, mailbox, arrival):
    body = arrival.message(recipient).body
    refusal = revert_of(gateway.handle, DOMAIN, b32(REMOTE), body, sender=stranger)
    assert refusal == ("SenderNotMailbox", stranger, mailbox)


@pytest.mark.parametrize("sender", [SENDER, ZERO])
def test_a_message_of_another_contract_is_not_believed(
    mailbox, arrival, recipient, revert_of, sender, stranger
):
    message = arrival.message(recipient, gateway=sender)
    refusal = revert_of(mailbox.process, b"", message.encode(), sender=stranger)
    assert refusal == ("SenderNotGateway", DOMAIN, b32(sender), REMOTE)


def test_high_bits_of_a_message_sender_count(mailbox, gateway, recipient, revert_of, stranger):
    wide = b"\1" + b32(REMOTE)[1:]
    body = bytes(4) + ACCOUNT + b20(recipient.address)
    message = Message(VERSION, 1, DOMAIN, wide, LOCAL_DOMAIN, b32(gateway.address), body)
    refusal = revert_of(mailbox.process, b"", message.encode(), sender=stranger)
    assert refusal == ("SenderNotGateway", DOMAIN, wide, REMOTE)


def test_a_gateway_speaks_for_its_own_chain_only(
    gateway, mailbox, arrival, recipient, owner, revert_of
):
    other = "0x" + "55" * 20
    gateway.enrollRemoteGateway(10, 2000, other, 1, sender=owner)
    crossed = arrival.message(recipient, origin=2000)
    refusal = revert_of(mailbox.process, b"", crossed.encode(), sender=owner)
    assert refusal == ("SenderNotGateway", 2000, b32(REMOTE), other)
    mailbox.process(
        b"", arrival.message(recipient, origin=2000, gateway=other).encode(), sender=owner
    )
    assert bytes(recipient.lastSender()) == account(10, SENDER)


@pytest.mark.parametrize("origin", [0, CHAIN, LOCAL_DOMAIN])
def test_a_message_from_a_domain_without_gateway_is_not_believed(
    mailbox, arrival, recipient, revert_of, stranger, origin
):
    for sender in (REMOTE, ZERO):
        message = arrival.message(recipient, origin=origin, gateway=sender)
        refusal = revert_of(mailbox.process, b"", message.encode(), sender=stranger)
        assert refusal == ("SenderNotGateway", origin, b32(sender), ZERO)


def test_a_message_is_delivered_once(mailbox, arrival, recipient, revert_of, stranger):
    message = arrival.message(recipient)
    mailbox.process(b"", message.encode(), sender=stranger)
    refusal = revert_of(mailbox.process, b"", message.encode(), sender=stranger)
    assert refusal == ("AlreadyDelivered", message.id)
    assert recipient.received() == 1


def test_a_recipient_cannot_have_its_message_delivered_again(mailbox, arrival, recipient, stranger):
    message = arrival.message(recipient)
    again = mailbox.process.encode_input(b"", message.encode())
    recipient.setCall(mailbox, again, sender=stranger)
    mailbox.process(b"", message.encode(), sender=stranger)
    assert recipient.received() == 1
    assert bytes(recipient.reason())[:4] == keccak(text="AlreadyDelivered(bytes32)")[:4]


def test_a_recipient_that_answers_while_it_receives_sends_a_message_of_its_own(
    gateway, mailbox, arrival, recipient, stranger, chain
):
    recipient.setCall(gateway, gateway.sendMessage.encode_input(TO, b"re", []), sender=stranger)
    receipt = mailbox.process(b"", arrival.message(recipient).encode(), sender=stranger)
    (sent,) = receipt.decode_logs(gateway.MessageSent)
    assert bytes(sent.sender) == account(chain.chain_id, recipient.address)
    (event,) = receipt.decode_logs(mailbox.Dispatch)
    assert Message.decode(bytes(event.message)).body[4:24] == b20(recipient.address)


@pytest.mark.parametrize("size", [0, 1, 43])
def test_a_body_without_its_header_is_refused(mailbox, arrival, recipient, revert_of, owner, size):
    message = arrival.message(recipient, body=bytes(size))
    refusal = revert_of(mailbox.process, b"", message.encode(), sender=owner)
    assert refusal == ("BodyTooShort", size)


def test_value_of_a_delivery_is_refused(mailbox, arrival, recipient, revert_of, owner):
    message = arrival.message(recipient)
    refusal = revert_of(mailbox.process, b"", message.encode(), sender=owner, value=5)
    assert refusal == ("UnexpectedValue", 5)


@pytest.mark.parametrize(
    "answer", [b"\0\0\0\0", b"\x24\x32\xef\x27", b"\xff\xff\xff\xff"], ids=bytes.hex
)
def test_a_recipient_that_does_not_answer_as_it_must_can_be_tried_again(
    mailbox, arrival, recipient, revert_of, owner, answer
):
    recipient.setAnswer(answer, sender=owner)
    message = arrival.message(recipient).encode()
    refusal = revert_of(mailbox.process, b"", message, sender=owner)
    assert refusal == ("NotReceived", recipient)
    recipient.setAnswer(bytes.fromhex("2432ef26"), sender=owner)
    mailbox.process(b"", message, sender=owner)
    assert recipient.received() == 1


def test_a_recipient_that_fails_can_be_tried_again(mailbox, arrival, recipient, revert_of, owner):
    recipient.setRefuses(True, sender=owner)
    message = arrival.message(recipient).encode()
    assert revert_of(mailbox.process, b"", message, sender=owner) == ("Refused",)
    recipient.setRefuses(False, sender=owner)
    mailbox.process(b"", message, sender=owner)
    assert recipient.received() == 1


def test_an_account_without_code_receives_nothing(mailbox, arrival, stranger, revert_of):
    message = arrival.message(stranger).encode()
    assert revert_of(mailbox.process, b"", message, sender=stranger) == ()


def test_the_gateway_makes_no_other_call_than_receive_message(
    mailbox, arrival, gateway, project, owner, revert_of
):
    """A token that trusts the gateway cannot be moved by a message to it."""
    token = owner.deploy(project.TestERC20, "Token", "TKN", 10**18, 18)
    payload = bytes(token.transfer.encode_input(owner.address, 1))
    message = arrival.message(token, payload)
    assert revert_of(mailbox.process, b"", message.encode(), sender=owner) == ()
