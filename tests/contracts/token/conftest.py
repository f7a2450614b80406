"""Fixtures of warp routes."""

from tests.support.token_contracts import (  # noqa: F401 - fixtures
    collateral_route,
    connect,
    deploy_collateral,
    deploy_native,
    deploy_route,
    deploy_synthetic,
    hook,
    native_route,
    network,
    token,
)
