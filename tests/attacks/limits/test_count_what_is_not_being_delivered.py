"""Somebody whose code runs in the middle of deliveries wants a limit to count what it should not: a
message that is handled already, that failed, or that another Mailbox delivers."""

import pytest
from eth_utils import keccak
from tests.attacks.limits.amounts import DAY
from tests.support.routes import FIRST, SECOND
from tests.support.words import b32

from hyperlane.protocol.message import VERSION, Message
from hyperlane.protocol.token_message import TokenMessage

CAPACITY = 1000 * DAY
AMOUNT = 500
TRUE, FALSE = (1).to_bytes(32), bytes(32)
VERIFY = keccak(text="verify(bytes,bytes)")[:4]
NOT_DELIVERED = keccak(text="InvalidDeliveredMessage(bytes32)")[:4]
AGAIN = keccak(text="MessageAlreadyValidated(bytes32)")[:4]
DELIVERED = keccak(text="AlreadyDelivered(bytes32)")[:4]


@pytest.fixture(scope="module")
def mailbox(network):
    return network.mailboxes[FIRST]


@pytest.fixture
def limited(project, owner, mailbox):
    """Recipients and their limits: `limited(recipient)`."""
    return lambda recipient: owner.deploy(project.RateLimitedIsm, mailbox, CAPACITY, DAY, recipient)


@pytest.fixture
def transfer(owner):
    """Messages to a recipient with an amount for limits to count."""
    nonces = iter(range(1000))

    def transfer(recipient) -> Message:
        body = TokenMessage(b32(owner), AMOUNT).encode()
        return Message(VERSION, next(nonces), SECOND, b32(owner), FIRST, b32(recipient), body)

    return transfer


@pytest.fixture
def module(project, owner):
    """A module that makes calls when it is asked: `module(answer, (contract, data), ...)`."""
    module = owner.deploy(project.ReenteringContract)

    def prepare(answer: bytes, *calls):
        made = [(contract.address, 0, data) for contract, data in calls]
        module.prepare(VERIFY, answer, made, sender=owner)
        return module

    return prepare


@pytest.fixture
def recipient(project, owner, module):
    """Guarded by that module."""
    recipient = owner.deploy(project.SwitchingRecipient)
    recipient.setInterchainSecurityModule(module(TRUE), sender=owner)
    return recipient


def answers(module, receipt) -> list[tuple[bool, bytes]]:
    """What the module's calls succeeded with, or the errors' selectors."""
    logs = receipt.decode_logs(module.Reentered)
    return [(log.success, bytes(log.answer)[: None if log.success else 4]) for log in logs]


def test_a_message_that_is_being_handled_does_not_count(
    project, owner, mailbox, limited, transfer, revert_of
):
    """By then its module has counted it, or was not to."""
    recipient = owner.deploy(project.CallingRecipient)
    limit, sent = limited(recipient), transfer(recipient)
    data = limit.verify.encode_input(b"", sent.encode())
    recipient.prepare(limit, data, sender=owner)
    refusal = revert_of(mailbox.process, b"", sent.encode(), sender=owner)
    assert refusal[0] == "InvalidDeliveredMessage"


def test_a_delivery_within_another_changes_nothing_about_it(
    mailbox, limited, transfer, owner, recipient, module, project
):
    """The outer one counts still, once; the inner one, which is over, does not."""
    other = owner.deploy(project.SwitchingRecipient)
    outer, inner = transfer(recipient), transfer(other)
    limit, limit_of_other = limited(recipient), limited(other)
    verify = limit.verify.encode_input(b"", outer.encode())
    calls = [
        (mailbox, mailbox.process.encode_input(b"", inner.encode())),
        (mailbox, mailbox.process.encode_input(b"", outer.encode())),
        (mailbox, mailbox.delivering.encode_input(outer.id)),
        (mailbox, mailbox.delivering.encode_input(inner.id)),
        (limit_of_other, limit_of_other.verify.encode_input(b"", inner.encode())),
        (limit, verify),
        (limit, verify),
    ]
    asked = module(TRUE, *calls)
    receipt = mailbox.process(b"", outer.encode(), sender=owner)
    assert answers(asked, receipt) == [
        (True, b""),
        (False, DELIVERED),
        (True, TRUE),
        (True, FALSE),
        (False, NOT_DELIVERED),
        (True, TRUE),
        (False, AGAIN),
    ]
    assert limit.filledLevel() == CAPACITY - AMOUNT
    assert not mailbox.delivering(outer.id)


@pytest.mark.parametrize("alone", [True, False])
def test_a_message_that_its_module_refused_does_not_count(
    mailbox, limited, transfer, owner, recipient, module, in_one_transaction, alone
):
    """Neither what the limit took meanwhile, which is taken back with the delivery."""
    limit, sent = limited(recipient), transfer(recipient)
    verify = limit.verify, b"", sent.encode()
    module(FALSE, (limit, limit.verify.encode_input(b"", sent.encode())))
    process = (mailbox.process, b"", sent.encode())
    batch = (mailbox.processBatch, [b""], [sent.encode()])
    assert in_one_transaction(process if alone else batch, verify) == [not alone, False]
    assert not mailbox.delivered(sent.id)
    assert limit.filledLevel() == CAPACITY


def test_a_delivery_of_another_mailbox_does_not_count(
    project, owner, mailbox, limited, transfer, module, recipient
):
    """Its owner is a stranger, who lets everything pass."""
    asked = module(TRUE)
    foreign = owner.deploy(project.Mailbox, FIRST)
    foreign.initialize(owner, asked, asked, asked, sender=owner)
    limit, sent = limited(recipient), transfer(recipient)
    calls = [
        (foreign, foreign.delivering.encode_input(sent.id)),
        (limit, limit.verify.encode_input(b"", sent.encode())),
    ]
    module(TRUE, *calls)
    receipt = foreign.process(b"", sent.encode(), sender=owner)
    assert answers(asked, receipt) == [(True, TRUE), (False, NOT_DELIVERED)]


@pytest.mark.parametrize(("said", "refusal"), [(0, "InvalidDeliveredMessage"), (2, None)])
def test_what_a_mailbox_says_otherwise_is_no_yes(
    project, owner, transfer, recipient, revert_of, said, refusal
):
    """Zero is a no, not silence, for which blocks would count; two is no boolean."""
    told = owner.deploy(project.ReenteringContract)
    told.prepare(VERIFY, said.to_bytes(32), [], sender=owner)
    limit = owner.deploy(project.RateLimitedIsm, told, CAPACITY, DAY, recipient)
    reason = revert_of(limit.verify, b"", transfer(recipient).encode(), sender=owner)
    assert reason[:1] == ((refusal,) if refusal else ())
