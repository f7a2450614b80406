"""Mailboxes with somebody's bridge between them, and strangers who do what they can."""

from tests.support.bridge_contracts import (
    child,
    connect,
    deliver,
    mailboxes,
    recipient,
    refuses,
    send,
)
from tests.support.contracts import (
    creation_revert_of,
    hook,
    isolated,
    mailbox,
    noop_ism,
    owner,
    revert_of,
    revert_reason,
    static_ism,
    stranger,
)

from ...contracts.bridge.test_pairs import arbitrum, op_stack, to_parent

__all__ = [
    "arbitrum",
    "child",
    "connect",
    "creation_revert_of",
    "deliver",
    "hook",
    "isolated",
    "mailbox",
    "mailboxes",
    "noop_ism",
    "op_stack",
    "owner",
    "recipient",
    "refuses",
    "revert_of",
    "revert_reason",
    "send",
    "static_ism",
    "stranger",
    "to_parent",
]
