"""Fixtures of chains and agents."""

from tests.support.agents import (  # noqa: F401 - fixtures
    agents,
    kathy_config,
    liar,
    messages,
    origin,
    proxy,
    relayer_config,
    scraper_config,
    target,
    validator_config,
    watchtower_config,
    webhook,
)
