"""Agent settings, in the reference's keys: JSON files, `HYP_*` variables and the command line."""

from hyperlane.settings.agents import (
    AgentSettings,
    CheckpointSyncerSettings,
    KathySettings,
    LogSettings,
    RelayerSettings,
    ScraperSettings,
    StopSettings,
    ValidatorSettings,
    WatchtowerSettings,
)
from hyperlane.settings.chain import ChainSettings, SignerSettings
from hyperlane.settings.load import load_settings

__all__ = [
    "AgentSettings",
    "ChainSettings",
    "CheckpointSyncerSettings",
    "KathySettings",
    "LogSettings",
    "RelayerSettings",
    "ScraperSettings",
    "SignerSettings",
    "StopSettings",
    "ValidatorSettings",
    "WatchtowerSettings",
    "load_settings",
]
