"""Accounts on another chain, and strangers who would like to use them."""

from tests.support.contracts import (  # noqa: F401 - fixtures
    hook,
    isolated,
    mailbox,
    noop_ism,
    owner,
    revert_of,
    revert_reason,
    stranger,
)
from tests.support.interchain_accounts import (  # noqa: F401 - fixtures
    account,
    connected,
    deliver,
    deploy_router,
    here,
    incoming,
    order,
    refusal_of,
    relayer,
    remote_mailbox,
    target,
    there,
    user,
)
