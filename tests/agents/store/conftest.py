"""Fixtures of databases."""

from tests.support.databases import locate, postgres, server  # noqa: F401 - fixtures
