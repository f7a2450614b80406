"""For all tests."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Tests that need no chain run without ape's plugin, and so without importing ape."""
    if config.pluginmanager.hasplugin("ape_test"):
        from tests.support import ape_provider

        config.pluginmanager.register(ape_provider)
