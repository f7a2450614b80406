"""Fixtures of deployed routes."""

from tests.support.warp_world import (  # noqa: F401 - fixtures
    deployed,
    token,
    warp,
    world,
)
