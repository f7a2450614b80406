"""N of M gateways as one, and attacks on it: two of three, of which none is trusted alone."""

import pytest
from eth_abi import encode
from eth_utils import keccak
from tests.support.gateways import CHAIN, DOMAIN, REMOTE, SENDER, ZERO, account, attribute

COUNTERPART = "0x" + "66" * 20
FROM = account(CHAIN, COUNTERPART)
TO = account(CHAIN, SENDER)


@pytest.fixture(scope="module")
def gateways(project, owner):
    made = [owner.deploy(project.TestGateway, bytes(32)) for _ in range(4)]
    return sorted(made, key=lambda each: int(each.address, 16))


@pytest.fixture(scope="module")
def threshold(project, owner, gateways):
    threshold = owner.deploy(project.ThresholdGateway, owner, gateways[:3], 2)
    threshold.setCounterpart(CHAIN, COUNTERPART, sender=owner)
    return threshold


def body(recipient, payload: bytes = b"payload", nonce: int = 0) -> bytes:
    types = ["uint256", "address", "address", "bytes"]
    return encode(types, [nonce, SENDER, str(recipient.address), payload])


def receive_id(content: bytes, sender: bytes = FROM) -> bytes:
    return keccak(encode(["bytes", "bytes"], [sender, content]))


def test_a_message_is_executed_once_enough_gateways_delivered_it(
    threshold, gateways, recipient, owner
):
    content = body(recipient)
    first = gateways[2].deliver(threshold, FROM, content, sender=owner)
    assert first.decode_logs(threshold.Executed) == []
    assert (recipient.received(), threshold.deliveries(receive_id(content))) == (0, 1)
    second = gateways[0].deliver(threshold, FROM, content, sender=owner)
    assert len(second.decode_logs(threshold.Executed)) == 1
    assert threshold.executed(receive_id(content))
    assert bytes(recipient.lastId()) == receive_id(content)
    assert bytes(recipient.lastSender()) == account(CHAIN, SENDER)
    assert bytes(recipient.lastPayload()) == b"payload"
    assert recipient.lastGateway() == threshold


def test_the_last_gateway_changes_nothing(threshold, gateways, recipient, owner):
    content = body(recipient)
    for gateway in gateways[:3]:
        gateway.deliver(threshold, FROM, content, sender=owner)
    assert (recipient.received(), threshold.deliveries(receive_id(content))) == (1, 3)


def test_one_gateway_counts_once(threshold, gateways, recipient, owner, revert_of):
    content = body(recipient)
    gateways[0].deliver(threshold, FROM, content, sender=owner)
    refusal = revert_of(gateways[0].deliver, threshold, FROM, content, sender=owner)
    assert refusal == ("DeliveredBefore", receive_id(content), gateways[0])
    assert recipient.received() == 0


@pytest.mark.parametrize("change", ["payload", "nonce", "recipient"])
def test_different_messages_do_not_add_up(
    threshold, gateways, recipient, project, owner, revert_of, change
):
    other = owner.deploy(project.TestGatewayRecipient)
    content = body(recipient)
    different = {
        "payload": body(recipient, b"Payload"),
        "nonce": body(recipient, nonce=1),
        "recipient": body(other),
    }[change]
    gateways[0].deliver(threshold, FROM, content, sender=owner)
    gateways[1].deliver(threshold, FROM, different, sender=owner)
    assert (recipient.received(), other.received()) == (0, 0)
    refusal = revert_of(threshold.execute, FROM, content, sender=owner)
    assert refusal == ("TooFewDeliveries", receive_id(content), 1, 2)


def test_other_bytes_of_the_same_message_do_not_add_up(threshold, gateways, recipient, owner):
    content = body(recipient)
    gateways[0].deliver(threshold, FROM, content, sender=owner)
    gateways[1].deliver(threshold, FROM, content + bytes(32), sender=owner)
    assert recipient.received() == 0


def test_equal_messages_of_two_chains_do_not_add_up(threshold, gateways, recipient, owner):
    threshold.setCounterpart(10, COUNTERPART, sender=owner)
    content = body(recipient)
    gateways[0].deliver(threshold, FROM, content, sender=owner)
    gateways[1].deliver(threshold, account(10, COUNTERPART), content, sender=owner)
    assert recipient.received() == 0


def test_only_gateways_deliver(threshold, gateways, recipient, owner, stranger, revert_of):
    content = body(recipient)
    refusal = revert_of(gateways[3].deliver, threshold, FROM, content, sender=owner)
    assert refusal == ("NotGateway", gateways[3])
    refusal = revert_of(threshold.receiveMessage, bytes(32), FROM, content, sender=stranger)
    assert refusal == ("NotGateway", stranger)


@pytest.mark.parametrize(
    "sender",
    [
        account(CHAIN, SENDER),
        account(10, COUNTERPART),
        account(10, ZERO),
        FROM + b"\0",
        b"\0\1\0\1" + FROM[4:] + bytes(256),
        b"",
    ],
    ids=lambda each: each.hex()[:80],
)
def test_a_message_of_another_sender_is_refused(
    threshold, gateways, recipient, owner, revert_of, sender
):
    refusal = revert_of(gateways[0].deliver, threshold, sender, body(recipient), sender=owner)
    assert refusal == ("NotFromCounterpart", sender)
    refusal = revert_of(threshold.execute, sender, body(recipient), sender=owner)
    assert refusal == ("NotFromCounterpart", sender)


def test_an_executed_message_is_not_executed_again(
    threshold, gateways, recipient, owner, revert_of
):
    content = body(recipient)
    for gateway in gateways[:2]:
        gateway.deliver(threshold, FROM, content, sender=owner)
    refusal = revert_of(threshold.execute, FROM, content, sender=owner)
    assert refusal == ("ExecutedBefore", receive_id(content))
    gateways[2].deliver(threshold, FROM, content, sender=owner)
    assert recipient.received() == 1


@pytest.mark.parametrize("through", ["execute", "the third gateway"])
def test_a_recipient_cannot_have_its_message_executed_again(
    threshold, gateways, recipient, owner, through
):
    content = body(recipient)
    if through == "execute":
        recipient.setCall(threshold, threshold.execute.encode_input(FROM, content), sender=owner)
    else:
        again = gateways[2].deliver.encode_input(threshold.address, FROM, content)
        recipient.setCall(gateways[2], again, sender=owner)
    for gateway in gateways[:2]:
        gateway.deliver(threshold, FROM, content, sender=owner)
    assert recipient.received() == 1
    expected = keccak(text="ExecutedBefore(bytes32)")[:4] if through == "execute" else b""
    assert bytes(recipient.reason())[:4] == expected


def test_a_recipient_that_fails_gets_its_message_later(
    threshold, gateways, recipient, owner, revert_of
):
    content = body(recipient)
    recipient.setRefuses(True, sender=owner)
    gateways[0].deliver(threshold, FROM, content, sender=owner)
    refusal = revert_of(gateways[1].deliver, threshold, FROM, content, sender=owner)
    assert refusal == ("Refused",)
    assert threshold.deliveries(receive_id(content)) == 1, "the gateway delivers again"
    recipient.setRefuses(False, sender=owner)
    gateways[1].deliver(threshold, FROM, content, sender=owner)
    assert recipient.received() == 1


def test_a_recipient_that_answers_wrongly_gets_its_message_later(
    threshold, gateways, recipient, owner, revert_of
):
    content = body(recipient)
    recipient.setAnswer(b"\1\2\3\4", sender=owner)
    gateways[0].deliver(threshold, FROM, content, sender=owner)
    refusal = revert_of(gateways[1].deliver, threshold, FROM, content, sender=owner)
    assert refusal == ("NotReceived", recipient)


def test_what_a_removed_gateway_delivered_does_not_count(
    threshold, gateways, recipient, owner, revert_of
):
    content = body(recipient)
    gateways[0].deliver(threshold, FROM, content, sender=owner)
    threshold.setGateways(gateways[1:], 2, sender=owner)
    gateways[1].deliver(threshold, FROM, content, sender=owner)
    assert (recipient.received(), threshold.deliveries(receive_id(content))) == (0, 1)
    refusal = revert_of(threshold.execute, FROM, content, sender=owner)
    assert refusal == ("TooFewDeliveries", receive_id(content), 1, 2)
    gateways[3].deliver(threshold, FROM, content, sender=owner)
    assert recipient.received() == 1


def test_after_a_lower_threshold_anyone_executes(threshold, gateways, recipient, owner, stranger):
    content = body(recipient)
    gateways[0].deliver(threshold, FROM, content, sender=owner)
    threshold.setGateways(gateways[:3], 1, sender=owner)
    threshold.execute(FROM, content, sender=stranger)
    assert recipient.received() == 1


def test_a_new_counterpart_ends_messages_of_the_old_one(
    threshold, gateways, recipient, owner, revert_of
):
    content = body(recipient)
    gateways[0].deliver(threshold, FROM, content, sender=owner)
    threshold.setCounterpart(CHAIN, SENDER, sender=owner)
    refusal = revert_of(gateways[1].deliver, threshold, FROM, content, sender=owner)
    assert refusal == ("NotFromCounterpart", FROM)


def test_value_of_a_delivery_is_refused(threshold, gateways, recipient, owner, revert_of):
    refusal = revert_of(
        gateways[0].deliver, threshold, FROM, body(recipient), sender=owner, value=1
    )
    assert refusal == ("UnexpectedValue", 1)


# Settings


@pytest.mark.parametrize(
    ("members", "number", "refusal"),
    [
        ([0, 1], 0, ("BadThreshold", 0, 2)),
        ([0, 1], 3, ("BadThreshold", 3, 2)),
        ([], 0, ("BadThreshold", 0, 0)),
        ([0] * 33, 2, ("BadThreshold", 2, 33)),
        ([0, 0], 2, ("BadGateway", 0)),
        ([1, 0], 2, ("BadGateway", 0)),
    ],
)
def test_set_gateways_refuses(threshold, gateways, owner, revert_of, members, number, refusal):
    chosen = [gateways[each].address for each in members]
    if refusal[0] == "BadGateway":
        refusal = ("BadGateway", gateways[0])
    assert revert_of(threshold.setGateways, chosen, number, sender=owner) == refusal


def test_an_account_without_code_is_no_gateway(threshold, stranger, owner, revert_of):
    refusal = revert_of(threshold.setGateways, [stranger.address], 1, sender=owner)
    assert refusal == ("BadGateway", stranger)


def test_only_the_owner_sets(threshold, gateways, stranger, revert_of):
    refusal = ("OwnableUnauthorizedAccount", stranger)
    chosen = [gateways[0].address]
    assert revert_of(threshold.setGateways, chosen, 1, sender=stranger) == refusal
    assert revert_of(threshold.setCounterpart, 1, SENDER, sender=stranger) == refusal


@pytest.mark.parametrize("chain_id", [0, 31337, 2**96])
def test_a_counterpart_is_on_another_chain(threshold, owner, revert_of, chain_id):
    refusal = revert_of(threshold.setCounterpart, chain_id, SENDER, sender=owner)
    assert refusal == ("NotRemoteChain", chain_id)


# Sending


def test_all_gateways_send_the_same_to_the_counterpart(threshold, gateways, owner):
    receipt = threshold.sendMessage(TO, b"payload", [], sender=owner)
    sent = {bytes(gateway.lastPayload()) for gateway in gateways[:3]}
    types = ["uint256", "address", "address", "bytes"]
    assert sent == {encode(types, [0, owner.address, SENDER, b"payload"])}
    (event,) = receipt.decode_logs(threshold.MessageSent)
    assert (bytes(event.sendId), bytes(event.recipient)) == (bytes(32), TO)
    threshold.sendMessage(TO, b"payload", [], sender=owner)
    assert bytes(gateways[0].lastPayload()) not in sent, "each message is its own"


def test_a_gateway_that_wants_more_done_is_named(threshold, gateways, project, owner):
    busy = owner.deploy(project.TestGateway, b"\7" * 32)
    members = sorted([gateways[0], busy], key=lambda each: int(each.address, 16))
    threshold.setGateways(members, 1, sender=owner)
    receipt = threshold.sendMessage(TO, b"payload", [], sender=owner)
    (event,) = receipt.decode_logs(threshold.GatewayMessage)
    (sent,) = receipt.decode_logs(threshold.MessageSent)
    assert (event.gateway, bytes(event.gatewaySendId)) == (busy, b"\7" * 32)
    assert bytes(sent.sendId) == bytes(event.sendId) != bytes(32)


def test_refuses_to_send_where_no_counterpart_is(threshold, owner, revert_of):
    refusal = revert_of(threshold.sendMessage, account(10, SENDER), b"", [], sender=owner)
    assert refusal == ("NoCounterpart", 10)
    refusal = revert_of(threshold.sendMessage, TO[:-1], b"", [], sender=owner)
    assert refusal == ("NotEvmAccount", TO[:-1])


def test_an_attribute_is_supported_if_all_gateways_support_it(threshold):
    assert threshold.supportsAttribute(keccak(text="gasLimit(uint256)")[:4])
    assert not threshold.supportsAttribute(keccak(text="refundAddress(address)")[:4])


@pytest.fixture
def paid(project, owner, mailbox, threshold, gateways):
    """Two gateways of which one charges 200,000 wei."""
    gateway = owner.deploy(project.HyperlaneGateway, mailbox)
    gateway.initialize(owner.deploy(project.RecordingHook, 200_000), ZERO, owner, sender=owner)
    gateway.enrollRemoteGateway(CHAIN, DOMAIN, REMOTE, 200_000, sender=owner)
    members = sorted([gateways[0], gateway], key=lambda each: int(each.address, 16))
    threshold.setGateways(members, 2, sender=owner)
    return threshold


def test_a_quote_is_that_of_all_gateways(paid, owner):
    assert paid.quote(TO, b"", [attribute("gasLimit(uint256)", 7)]) == 200_000


def test_a_gateway_that_answers_a_question_for_its_fee_with_nothing_gets_none(
    threshold, gateways, project, owner
):
    vague = owner.deploy(project.TestAnsweringGateway)
    members = sorted([gateways[0], vague], key=lambda each: int(each.address, 16))
    threshold.setGateways(members, 2, sender=owner)
    assert threshold.quote(TO, b"", []) == 0
    threshold.sendMessage(TO, b"payload", [], sender=owner)
    assert vague.lastPayload() == gateways[0].lastPayload()


def test_value_pays_the_gateways_and_the_rest_is_kept_for_the_sender(paid, owner):
    paid.sendMessage(TO, b"", [], value=200_009, sender=owner)
    assert paid.deposits(owner) == 9 == paid.balance
    paid.deposit(owner, value=199_991, sender=owner)
    paid.sendMessage(TO, b"", [], sender=owner)
    assert paid.deposits(owner) == 0 == paid.balance


def test_nobody_pays_with_the_deposit_of_another(paid, owner, stranger, revert_of):
    paid.deposit(owner, value=10**6, sender=owner)
    refusal = revert_of(paid.sendMessage, TO, b"", [], sender=stranger)
    assert refusal == ("DepositTooLow", stranger, 0, 200_000)
