"""The module that believes whatever one account delivers."""

import ape
import pytest
from ape.utils import ZERO_ADDRESS
from tests.support.signing import message


@pytest.fixture(scope="module")
def recipient(project, owner):
    return owner.deploy(project.TestRecipient)


@pytest.fixture
def ism(project, owner, mailbox, recipient, stranger):
    ism = owner.deploy(project.TrustedRelayerIsm, mailbox, stranger)
    recipient.setInterchainSecurityModule(ism, sender=owner)
    return ism


def test_relayer_delivers(mailbox, ism, recipient, stranger):
    incoming = message(recipient=recipient.address)
    mailbox.process(b"", incoming.encode(), sender=stranger)
    assert recipient.lastData() == incoming.body


def test_nobody_else_delivers(mailbox, ism, recipient, owner, revert_of):
    incoming = message(recipient=recipient.address)
    reason = revert_of(mailbox.process, b"", incoming.encode(), sender=owner)
    assert reason == ("IsmVerificationFailed", incoming.id, ism.address)


def test_undelivered_message_is_not_believed(ism):
    assert not ism.verify(b"", message().encode())


def test_facts(ism, mailbox, stranger):
    assert (ism.moduleType(), ism.mailbox(), ism.trustedRelayer()) == (6, mailbox, stranger)
    assert ism.PACKAGE_VERSION() == "12.1.0"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [(("owner", "owner"), "MailboxNotContract"), (("mailbox", ZERO_ADDRESS), "InvalidRelayer")],
)
def test_construction_is_checked(project, owner, mailbox, request, arguments, error):
    given = [each if each[:2] == "0x" else request.getfixturevalue(each) for each in arguments]
    with ape.reverts(getattr(project.TrustedRelayerIsm, error)):
        owner.deploy(project.TrustedRelayerIsm, *given)
