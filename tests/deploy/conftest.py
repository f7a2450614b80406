"""Fixtures of nodes and of the deploy command."""

from tests.support.deploying import (  # noqa: F401 - fixtures
    check,
    config,
    deploy,
    node,
    options,
    read,
    registry,
    start,
    start_node,
)
