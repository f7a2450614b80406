"""What is known of chains and deployments: the files that the ecosystem's other tools read, too.

`Registry` is a folder in the reference format; `CoreConfig` is what a core deployment should look
like. Everything unusable raises `ConfigError` in one line.
"""

from hyperlane.registry.chains import ChainAddresses, ChainMetadata
from hyperlane.registry.core_config import CoreConfig
from hyperlane.registry.registry import Registry

__all__ = ["ChainAddresses", "ChainMetadata", "CoreConfig", "Registry"]
