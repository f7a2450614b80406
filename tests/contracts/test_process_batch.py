"""Mailbox.processBatch: many deliveries in one transaction, none of which can harm another."""

import ape
import pytest
from eth_utils import keccak
from tests.support.words import b32

from hyperlane.protocol.message import VERSION, Message

LOCAL, REMOTE = 31337, 31338
ACCEPT, REFUSE, EAT_GAS, BOMB = range(4)


@pytest.fixture(scope="module")
def deployer(accounts):
    return accounts[0]


@pytest.fixture(scope="module")
def mailbox(project, deployer):
    hook = project.BareHook.deploy(sender=deployer)
    mailbox = project.Mailbox.deploy(LOCAL, sender=deployer)
    ism = project.BareHook.deploy(sender=deployer)  # answers zero: believes nothing
    mailbox.initialize(deployer, ism, hook, hook, sender=deployer)
    return mailbox


@pytest.fixture
def believing(project, mailbox, deployer):
    mailbox.setDefaultIsm(project.NoopIsm.deploy(sender=deployer), sender=deployer)
    return mailbox


@pytest.fixture(scope="module")
def recipients(project, deployer):
    return [project.HostileRecipient.deploy(sender=deployer) for _ in range(3)]


def message_to(recipient, nonce: int) -> Message:
    address = b32(recipient)
    return Message(VERSION, nonce, REMOTE, b"\x01" * 32, LOCAL, address, b"body")


def batch_for(recipients) -> list[Message]:
    return [message_to(recipient, nonce) for nonce, recipient in enumerate(recipients)]


def encoded(messages: list[Message]) -> tuple[list[bytes], list[bytes]]:
    return [b""] * len(messages), [message.encode() for message in messages]


def test_every_message_is_delivered_by_the_caller(believing, recipients, accounts):
    messages = batch_for(recipients)
    receipt = believing.processBatch(*encoded(messages), sender=accounts[3])
    assert [recipient.received() for recipient in recipients] == [1, 1, 1]
    assert [log.messageId for log in receipt.events.filter(believing.ProcessId)] == [
        message.id for message in messages
    ]
    assert {believing.processor(message.id) for message in messages} == {accounts[3].address}


def test_a_trusted_relayer_module_sees_the_caller(project, mailbox, recipients, accounts, deployer):
    ism = project.TrustedRelayerIsm.deploy(mailbox, accounts[3], sender=deployer)
    mailbox.setDefaultIsm(ism, sender=deployer)
    messages = batch_for(recipients)
    mailbox.processBatch(*encoded(messages), sender=accounts[4])
    assert not any(mailbox.delivered(message.id) for message in messages)
    mailbox.processBatch(*encoded(messages), sender=accounts[3])
    assert all(mailbox.delivered(message.id) for message in messages)


@pytest.mark.parametrize("mode", [REFUSE, EAT_GAS, BOMB])
@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_failing_message_stays_deliverable_and_others_go_through(
    believing, recipients, deployer, mode, position
):
    recipients[position].setMode(mode, sender=deployer)
    messages = batch_for(recipients)
    receipt = believing.processBatch(*encoded(messages), sender=deployer, gas=6_000_000)

    expected = [index != position for index in range(3)]
    assert [believing.delivered(message.id) for message in messages] == expected
    assert [recipient.received() for recipient in recipients] == list(map(int, expected))
    failed = receipt.events.filter(believing.ProcessFailed)
    assert [log.messageId for log in failed] == [messages[position].id]
    if mode == REFUSE:
        selector = keccak(text="Refused(uint32)")[:4]
        assert failed[0].reason == selector + REMOTE.to_bytes(32)
    if mode == BOMB:
        assert len(failed[0].reason) == 256  # of 200,000

    recipients[position].setMode(ACCEPT, sender=deployer)
    believing.process(b"", messages[position].encode(), sender=deployer)
    assert recipients[position].received() == 1


def test_a_message_that_occurs_twice_is_delivered_once(believing, recipients, deployer):
    message = message_to(recipients[0], 0)
    receipt = believing.processBatch(*encoded([message, message]), sender=deployer)
    assert recipients[0].received() == 1
    assert len(receipt.events.filter(believing.ProcessFailed)) == 1


def test_a_message_that_the_module_refuses_says_so(mailbox, recipients, deployer):
    message = message_to(recipients[0], 0)
    receipt = mailbox.processBatch(*encoded([message]), sender=deployer)
    [failed] = receipt.events.filter(mailbox.ProcessFailed)
    ism = bytes.fromhex(mailbox.defaultIsm()[2:])
    error = keccak(text="IsmVerificationFailed(bytes32,address)")[:4]
    assert failed.reason == error + message.id + ism.rjust(32, b"\0")


def test_a_malformed_message_fails_alone(believing, recipients, deployer):
    good = message_to(recipients[0], 0)
    believing.processBatch([b"", b""], [b"\x03short", good.encode()], sender=deployer)
    assert believing.delivered(good.id)


def test_lists_of_different_length_are_refused(believing, deployer):
    with ape.reverts(believing.BatchLengthMismatch):
        believing.processBatch([b""], [], sender=deployer)


OVERHEAD = 80_000
"""Of a transaction and of a delivery, before its recipient is called."""


def shares(gas: int, count: int) -> list[int]:
    """What each of so many may use, if those before it use next to nothing."""
    return [gas * 15 // 16 // left for left in range(count, 0, -1)]


def test_each_message_may_use_an_equal_share_of_what_is_left(project, believing, deployer):
    meter = project.GasMeter.deploy(sender=deployer)
    messages = [message_to(meter, nonce) for nonce in range(5)]
    gas = 10_000_000
    believing.processBatch(*encoded(messages), sender=deployer, gas=gas)
    used = 5 * OVERHEAD
    for reading, share in zip(meter.read(), shares(gas, 5), strict=True):
        # Of its share, a delivery keeps a sixty-fourth when it calls the recipient.
        assert share * 63 // 64 - used < reading < share * 63 // 64


def test_each_proof_may_use_an_equal_share_too(project, believing, recipients, deployer):
    meter = project.GasMeter.deploy(sender=deployer)
    messages = batch_for(recipients)
    proofs = [(meter.address, b"", 0, bytes(32))] * 3
    gas = 10_000_000
    believing.processBatch(proofs, *encoded(messages), sender=deployer, gas=gas)
    for reading, share in zip(meter.read(), shares(gas, 6)[:3], strict=True):
        assert share - 3 * OVERHEAD < reading <= share
    assert all(believing.delivered(message.id) for message in messages)


def test_lists_of_different_length_are_refused_with_proofs_too(believing, deployer):
    with ape.reverts(believing.BatchLengthMismatch):
        believing.processBatch([], [b""], [], sender=deployer)


def test_batch_of_nothing_but_proofs_is_possible(project, believing, deployer):
    """And harmless: the modules forget with the transaction."""
    meter = project.GasMeter.deploy(sender=deployer)
    believing.processBatch([(meter.address, b"", 0, bytes(32))], [], [], sender=deployer)
    assert len(meter.read()) == 1
