"""Fixtures of contracts that are hook and module at once."""

from tests.support.hybrid_contracts import (  # noqa: F401 - fixtures
    connect,
    deliver,
    deploy_collateral,
    deploy_native,
    deploy_synthetic,
    dispatched,
    hook,
    network,
    refusal,
    token,
    wait,
)
