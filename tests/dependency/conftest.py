"""Fixtures of contracts."""

from tests.support.contracts import (  # noqa: F401 - fixtures
    hook,
    isolated,
    mailbox,
    noop_ism,
    owner,
    stranger,
)
