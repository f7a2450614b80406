"""Fixtures of databases, on both engines."""

from tests.support.databases import locate, postgres, server  # noqa: F401 - fixtures
