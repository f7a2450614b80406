"""Hooks, called directly or by a Mailbox."""

import pytest
from tests.support.contracts import REMOTE_DOMAIN

from .dispatching import RECIPIENT


@pytest.fixture(scope="module")
def recording(project, owner):
    """`recording(fee)`: a hook that tells what it is called with."""
    return lambda fee=0: owner.deploy(project.RecordingHook, fee)


@pytest.fixture(scope="module")
def dispatch(mailbox, owner):
    """Sends a message with this hook beside the required one, which is free."""

    def dispatch(
        hook,
        body=b"hello",
        metadata=b"",
        *,
        destination=REMOTE_DOMAIN,
        recipient=RECIPIENT,
        sender=owner,
        **options,
    ):
        return mailbox.dispatch(
            destination, recipient, body, metadata, hook, sender=sender, **options
        )

    return dispatch


@pytest.fixture(scope="module")
def refusing(project, owner):
    """Takes no wei."""
    return owner.deploy(project.CannedAnswer, b"", 0, True)


@pytest.fixture(scope="module")
def reentering(project, owner):
    return owner.deploy(project.ReenteringAccount)


@pytest.fixture(scope="module")
def posts():
    """What a recording hook was called with: value, metadata, message."""

    def posts(receipt, hook):
        return [
            (event.value, bytes(event.metadata), bytes(event.message))
            for event in receipt.decode_logs(hook.PostDispatch)
            if event.contract_address == hook.address
        ]

    return posts


@pytest.fixture(scope="module")
def gains():
    """`gain = gains(*accounts)`: by how many wei an account grew since, as `gain(account)`."""

    def gains(*accounts):
        before = {each.address: each.balance for each in accounts}
        return lambda account: account.balance - before[account.address]

    return gains
