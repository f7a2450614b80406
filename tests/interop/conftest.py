"""Fixtures of the reference's tool."""

from tests.interop.reference import (  # noqa: F401 - fixtures
    cli,
    devnet,
    net,
    npm_registry,
)
