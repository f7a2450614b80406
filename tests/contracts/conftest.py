"""Fixtures of contracts."""

from tests.support.contracts import (  # noqa: F401 - fixtures
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
