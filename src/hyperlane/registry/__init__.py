"""Registry of chains and deployments, in the file formats that other Hyperlane tools share.

`Registry` is a folder of such files, `CoreConfig` the config of a core deployment. Reading raises
`ConfigError`, with one line of text, for a file that cannot be used.
"""

from hyperlane.registry.chains import ChainAddresses, ChainMetadata
from hyperlane.registry.core_config import CoreConfig
from hyperlane.registry.registry import Registry

__all__ = ["ChainAddresses", "ChainMetadata", "CoreConfig", "Registry"]
