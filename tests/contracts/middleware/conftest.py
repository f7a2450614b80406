"""Fixtures of interchain accounts."""

from tests.support.interchain_accounts import (  # noqa: F401 - fixtures
    account,
    connected,
    deliver,
    deploy_router,
    fee_token,
    here,
    incoming,
    order,
    paid_hook,
    paymaster,
    refusal_of,
    relayer,
    remote_mailbox,
    target,
    there,
    user,
)
