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
from tests.support.wiring import cores, three_cores  # noqa: F401 - fixtures
