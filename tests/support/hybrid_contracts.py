"""Two domains on one chain, with contracts that are hook and security module at once."""

from collections.abc import Callable

import pytest
from tests.support.token_contracts import (  # noqa: F401 - fixtures
    connect,
    deploy_collateral,
    deploy_native,
    deploy_synthetic,
    hook,
    network,
    token,
)

from hyperlane.protocol.message import Message


@pytest.fixture(scope="module")
def wait(chain) -> Callable[[int], int]:
    """The next block comes this many seconds after the last; returns its time."""

    def wait(seconds: int) -> int:
        timestamp = chain.blocks.head.timestamp + seconds
        chain.provider.make_request("evm_setNextBlockTimestamp", [timestamp])
        return timestamp

    return wait


@pytest.fixture(scope="module")
def dispatched() -> Callable[..., list[Message]]:
    """The messages that a transaction dispatched, in order."""

    def dispatched(receipt) -> list[Message]:
        return [
            Message.decode(bytes(event.message))
            for event in receipt.events
            if event.event_name == "Dispatch"
        ]

    return dispatched


@pytest.fixture(scope="module")
def deliver(network, owner):  # noqa: F811
    def deliver(message: Message, **options):
        mailbox = network.mailboxes[message.destination]
        return mailbox.process(b"", message.encode(), sender=owner, **options)

    return deliver


@pytest.fixture(scope="module")
def refusal(network, owner, revert_of):  # noqa: F811
    """Why the Mailbox does not deliver a message."""

    def refusal(message: Message):
        mailbox = network.mailboxes[message.destination]
        return revert_of(mailbox.process, b"", message.encode(), sender=owner)

    return refusal
