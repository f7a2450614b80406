"""Two Mailboxes on one chain, with somebody's bridge between them."""

import pytest
from tests.support.bridge_chains import CHILD_FEE, DESTINATION, ORIGIN, Pair, Sent, metadata
from tests.support.words import b32

from hyperlane.protocol.message import Message


@pytest.fixture(scope="module")
def mailboxes(project, owner, hook, noop_ism):
    """By domain."""
    made = {}
    for domain in (ORIGIN, DESTINATION):
        made[domain] = owner.deploy(project.Mailbox, domain)
        made[domain].initialize(owner, noop_ism, hook, hook, sender=owner)
    return made


@pytest.fixture(scope="module")
def child(project, owner):
    return owner.deploy(project.RecordingHook, CHILD_FEE)


@pytest.fixture(scope="module")
def recipient(project, owner):
    return owner.deploy(project.PayableRecipient)


@pytest.fixture(scope="module")
def connect(project, owner, mailboxes, recipient):
    """`connect(hook name, module, *more)`: the hook, and the two believing in one another."""

    def connect(hook_name, ism, *arguments):
        hook = owner.deploy(
            project.contracts[hook_name], mailboxes[ORIGIN], DESTINATION, b32(ism), *arguments
        )
        ism.setAuthorizedHook(b32(hook), sender=owner)
        recipient.setInterchainSecurityModule(ism, sender=owner)
        return Pair(hook, ism)

    return connect


@pytest.fixture(scope="module")
def send(mailboxes, owner, recipient):
    """Dispatches through a hook, which is paid its quote."""

    def send(hook, value=0, body=b"hello", to=recipient) -> Sent:
        mailbox, given = mailboxes[ORIGIN], metadata(value, refund=owner)
        nonce = mailbox.call_view_method("nonce")  # ape has its own `nonce`
        arguments = (DESTINATION, b32(to), body, given, hook)
        quote = mailbox.quoteDispatch(*arguments, sender=owner)
        receipt = mailbox.dispatch(*arguments, sender=owner, value=quote)
        return Sent(Message(3, nonce, ORIGIN, b32(owner), DESTINATION, b32(to), body), receipt)

    return send


@pytest.fixture(scope="module")
def deliver(mailboxes, stranger):
    def deliver(sent, given=b""):
        return mailboxes[DESTINATION].process(given, sent.encoded, sender=stranger)

    return deliver


@pytest.fixture(scope="module")
def refuses(mailboxes, stranger, revert_of):
    """Why the Mailbox does not deliver a message."""

    def refuses(sent, given=b""):
        return revert_of(mailboxes[DESTINATION].process, given, sent.encoded, sender=stranger)

    return refuses
