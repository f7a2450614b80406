"""Fixtures of bridges."""

from tests.support.bridge_contracts import (  # noqa: F401 - fixtures
    child,
    connect,
    deliver,
    mailboxes,
    recipient,
    refuses,
    send,
)
