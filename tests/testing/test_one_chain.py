"""Messages between Mailboxes on one chain: what a test does with them, and what it sees."""

import ape
import pytest
from eth_abi import encode
from eth_account import Account
from eth_utils import keccak

from ape_hyperlane.testing import LocalNetwork, Status, TestKitError, bytes32
from hyperlane.protocol.message import Message

REFUSE, HARMLESS = 1, 0


def test_a_message_waits_until_it_is_delivered(network, send, recipient, owner):
    message = send(b"hello")

    assert network.pending == [message]
    assert message.outcome.queued
    assert recipient.lastData() == b""

    (outcome,) = network.deliver_all()

    assert outcome.delivered
    assert outcome == message.outcome
    assert recipient.lastData() == b"hello"
    assert recipient.lastSender() == bytes32(owner)
    assert network.pending == []


def test_a_message_shows_its_fields(network, send, recipient, owner):
    message = send(b"hello")

    assert (message.origin, message.destination) == (network["alpha"], network["beta"])
    assert (message.sender, message.recipient) == (owner.address, recipient.address)
    assert (message.body, message.nonce) == (b"hello", 0)
    assert message.id == "0x" + Message.decode(message.content.encode()).id.hex()
    assert network.message(message.id) == message
    assert network.message(bytes.fromhex(message.id[2:])) == message
    assert network.messages_in(message.dispatch_transaction) == [message]
    assert repr(message) == f"<message {message.id[:8]}…{message.id[-4:]} alpha→beta #0>"


def test_a_delivery_has_gas_and_a_receipt(send, recipient, chain):
    outcome = send().deliver()

    assert outcome.receipt.gas_used == outcome.gas_used > 21_000
    assert outcome.block == chain.blocks.head.number
    (event,) = outcome.receipt.decode_logs(recipient.ReceivedMessage)
    assert event.message == "hello"
    assert f"<delivered, {outcome.gas_used:,} gas, message " in repr(outcome)


def test_a_refusal_is_decoded(network, send, moody):
    moody.setMode(REFUSE, sender=ape.accounts.test_accounts[0])
    message = send(to=moody)

    (outcome,) = network.deliver_all()

    assert outcome.failed
    assert outcome.revert.name == "Refused"
    assert outcome.revert.arguments == {"origin": network["alpha"].domain}
    assert outcome.reason == f"Refused(origin={network['alpha'].domain})"
    assert outcome.receipt.failed
    assert message.outcome == outcome
    assert repr(outcome).endswith(f"alpha→beta #0: {outcome.reason}>")


def test_a_failed_message_is_tried_again(network, send, moody, owner):
    moody.setMode(REFUSE, sender=owner)
    send(to=moody)
    network.deliver_all()
    moody.setMode(HARMLESS, sender=owner)

    assert [each.status for each in network.deliver_all()] == [Status.DELIVERED]


@pytest.mark.parametrize(
    ("data", "name", "arguments", "text"),
    [
        (
            keccak(text="Error(string)")[:4] + encode(["string"], ["not today"]),
            "Error",
            {"reason": "not today"},
            "'not today'",
        ),
        (
            keccak(text="Panic(uint256)")[:4] + encode(["uint256"], [0x11]),
            "Panic",
            {"code": 17},
            "Panic(code=17)",
        ),
        (
            keccak(text="ERC20InvalidReceiver(address)")[:4] + encode(["address"], [b"\x11" * 20]),
            "ERC20InvalidReceiver",
            {"receiver": "0x1111111111111111111111111111111111111111"},
            "ERC20InvalidReceiver(receiver='0x1111111111111111111111111111111111111111')",
        ),
        (b"\xde\xad\xbe\xef", "0xdeadbeef", {}, "0xdeadbeef()"),
        (b"", "", {}, "reverted without a reason"),
    ],
    ids=["text", "panic", "known", "unknown", "none"],
)
def test_reverts_of_all_kinds_are_decoded(project, owner, send, data, name, arguments, text):
    refusing = owner.deploy(project.CannedAnswer, data, len(data), True)
    calling = owner.deploy(project.CallingRecipient)
    calling.prepare(refusing, b"", sender=owner)

    outcome = send(to=calling).deliver()

    assert (outcome.revert.name, outcome.revert.arguments) == (name, arguments)
    assert outcome.revert.data == data
    assert outcome.reason == text


def test_messages_are_held_delayed_dropped_and_released(network, send, chain):
    held, delayed, dropped, other = (send(bytes([number])) for number in range(4))
    held.hold()
    dropped.drop()
    delayed.delay(blocks=10)

    assert [each.message for each in network.deliver_all()] == [other]
    assert [held.status, delayed.status] == [Status.HELD, Status.HELD]
    assert dropped.status is Status.DROPPED
    assert "until it is released" in repr(held.outcome)
    assert "until block " in repr(delayed.outcome)

    chain.mine(10)
    assert [each.message for each in network.deliver_all()] == [delayed]
    held.release()
    assert [each.message for each in network.deliver_all()] == [held]
    dropped.release()
    assert [each.message for each in network.deliver_all()] == [dropped]


def test_a_held_message_can_be_delivered_by_hand(send):
    message = send()
    message.hold()

    assert message.deliver().delivered
    assert message.status is Status.DELIVERED


def test_messages_arrive_in_another_order(network, send, recipient):
    first, second = send(b"first"), send(b"second")

    assert [each.message for each in network.deliver_all(order=reversed)] == [second, first]
    assert recipient.lastData() == b"first"


def test_a_replay_is_refused(send):
    message = send()
    message.deliver()

    outcome = message.replay()

    assert outcome.failed
    assert outcome.revert.name == "AlreadyDelivered"
    assert outcome.revert.arguments == {"messageId": message.content.id}
    assert message.delivered


def test_memory_goes_with_a_snapshot(network, send, moody, owner):
    """The same message, dispatched again after its chain was reset, is a new one."""
    moody.setMode(REFUSE, sender=owner)

    def again(do):
        with network.isolated():
            message = send(to=moody)
            do(message)
            return message, message.status

    first, status = again(lambda message: message.drop())
    assert status is Status.DROPPED
    second, status = again(lambda message: message.deliver())
    assert status is Status.FAILED
    third, status = again(lambda message: message.hold())
    assert status is Status.HELD
    fourth, status = again(lambda message: None)
    assert status is Status.QUEUED
    assert first.id == second.id == third.id == fourth.id
    assert network.messages == []


def test_answers_are_delivered_too(project, network, owner, send):
    """A recipient that dispatches in `handle`."""
    network_free(network)
    beta, answering = network["beta"], owner.deploy(project.CallingRecipient)
    recipient = owner.deploy(project.TestRecipient)
    answer = beta.mailbox.dispatch.encode_input(
        network["alpha"].domain, bytes32(recipient), b"pong"
    )
    answering.prepare(beta.mailbox_address, answer, sender=owner)
    send(b"ping", to=answering)

    outcomes = network.deliver_all()

    assert [each.delivered for each in outcomes] == [True, True]
    assert outcomes[1].message.body == b"pong"
    assert outcomes[1].message.sender == answering.address
    assert recipient.lastData() == b"pong"


def test_endless_answers_are_named(project, network, owner, send):
    network_free(network)
    ends = {name: owner.deploy(project.CallingRecipient) for name in ("alpha", "beta")}
    for here, there in (("alpha", "beta"), ("beta", "alpha")):
        call = network[here].mailbox.dispatch.encode_input(
            network[there].domain, bytes32(ends[there]), b"again"
        )
        ends[here].prepare(network[here].mailbox_address, call, sender=owner)
    send(to=ends["beta"])

    with pytest.raises(TestKitError, match=r"7 messages are delivered and <message .* still waits"):
        network.deliver_all(limit=7)

    assert sum(message.delivered for message in network.messages) == 7


def test_too_little_a_fee_fails_as_in_life(network, send, recipient):
    fee = network["alpha"].quote("beta", recipient, b"hello")

    assert fee == (80_000 + 50_000) * 10**9
    with ape.reverts():
        send(value=fee - 1)
    assert network.messages == []


def test_signatures_are_wanted_when_verification_is_on(network, send, recipient):
    network.verification = True
    first, second = send(b"first"), send(b"second")

    assert second.deliver().delivered
    assert first.deliver().delivered
    assert first.replay().revert.name == "AlreadyDelivered"
    assert recipient.lastData() == b"first"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"origin": "beta"}, "UnexpectedSigner"),
        ({"sender": "0x" + "11" * 20}, "UnexpectedSigner"),
        ({"body": b"more"}, "UnexpectedSigner"),
        ({"nonce": 7}, "UnexpectedSigner"),
    ],
)
def test_a_forged_message_is_refused_when_verification_is_on(
    network, send, recipient, changes, error
):
    message = send()
    network.verification = True

    outcome = message.deliver_as(**changes)

    assert outcome.failed
    assert outcome.revert.name == error
    assert recipient.lastData() == b""
    assert message.status is Status.QUEUED
    network.verification = False
    assert message.deliver_as(**changes).delivered


def test_a_quorum_needs_validators_that_are_online(network, send):
    validators = network["alpha"].validators
    network.verification = True
    message = send()
    offline = [validators.pop(), validators.pop()]
    try:
        outcome = message.deliver()
    finally:
        validators.extend(reversed(offline))

    assert outcome.failed
    assert offline[0].address in outcome.reason
    assert "wants a weight of 2 of 3" in outcome.reason
    assert message.deliver().delivered


@pytest.mark.parametrize("kind", ["MessageId", "MerkleRoot"])
def test_a_recipients_own_module_is_satisfied_or_switched_off(
    project, network, send, moody, owner, kind
):
    """In the middle of a tree, and behind an aggregation whose first part refuses."""
    key = Account.from_key("0x" + "42" * 32)
    multisig = owner.deploy(getattr(project, f"Storage{kind}MultisigIsm"), [key.address], 1)
    paused = owner.deploy(project.PausableIsm, owner)
    paused.pause(sender=owner)
    module = owner.deploy(project.StorageAggregationIsm, [paused, multisig], 1)
    moody.setInterchainSecurityModule(module, sender=owner)
    for number in range(3):
        send(bytes([number]))
    message, _later = send(to=moody), send(b"later")
    network.verification = True

    outcome = message.deliver()
    assert outcome.failed
    assert key.address in outcome.reason

    with network.isolated():
        network["alpha"].validators.append(key)
        try:
            assert message.deliver().delivered
        finally:
            network["alpha"].validators.pop()
    network.verification = False
    assert message.deliver().delivered
    network.verification = True
    assert send(to=moody).deliver().failed


def test_own_metadata_replaces_the_kits(network, send):
    network.verification = True
    message = send()

    assert message.deliver(metadata=b"").failed
    assert message.deliver().delivered


def test_messages_are_delivered_instantly(chain, project, owner):
    with LocalNetwork.on_one_chain("alpha", "beta", instant=True, verification=True) as network:
        recipient = owner.deploy(project.TestRecipient)
        message = network["alpha"].send("beta", recipient, b"at once", sender=owner)

        assert recipient.lastData() == b"at once"
        assert message.delivered
        network.instant = False
        assert network["beta"].send("alpha", recipient, b"later", sender=owner).outcome.queued
    assert recipient.lastData() == b"at once"


def test_a_network_joins_a_mailbox_that_exists(network, owner, send, recipient):
    from ape_hyperlane.testing import Existing

    beta = network["beta"].mailbox
    joined = LocalNetwork.on_one_chain(
        "gamma", Existing("old", beta.address), domains={"gamma": 99}, verification=True
    )

    assert joined["old"].domain == network["beta"].domain
    there = joined["gamma"].send("old", recipient, b"there", sender=owner)
    assert there.deliver().delivered
    back = joined["old"].send("gamma", recipient, b"back", sender=owner)
    assert back.deliver().delivered
    assert recipient.lastData() == b"back"
    assert joined.messages == [there, back]


def network_free(network):
    """Dispatches of contracts that pay nothing go through."""
    hook = ape.project.BareHook
    owner = ape.accounts.test_accounts[0]
    for chain in network.chains:
        with chain.node.impersonated(chain.node.operator):
            operator = ape.accounts.test_accounts[chain.node.operator]
            chain.mailbox.setDefaultHook(owner.deploy(hook), sender=operator)
