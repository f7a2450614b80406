"""Chains, addresses and configurations as YAML files in the reference layout."""

from hyperlane.registry.chains import ChainAddresses, ChainMetadata
from hyperlane.registry.core_config import CoreConfig
from hyperlane.registry.registry import Registry

__all__ = ["ChainAddresses", "ChainMetadata", "CoreConfig", "Registry"]
