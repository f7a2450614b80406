"""What a registry knows of chains that a plan may name, read only when it does.

Public registries have hundreds of chains, and some of other protocols, whose files are unlike ours.
"""

import re
from collections.abc import ItemsView, Iterator, Mapping, ValuesView
from functools import cached_property

from hyperlane.errors import ConfigError
from hyperlane.registry.chains import ChainAddresses
from hyperlane.registry.registry import Registry

_DOMAIN = re.compile(r"^domainId:[ \t]*(\d{1,10})[ \t]*(?:#.*)?$", re.MULTILINE)


class Domains(Mapping[str, int]):
    """Chain to domain, whatever its protocol. ConfigError for a file that does not say."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def __getitem__(self, chain: str) -> int:
        if chain not in self:
            raise KeyError(chain)
        return self._registry.identity(chain).domain_id

    def __contains__(self, chain: object) -> bool:
        try:
            return self._registry.has_metadata(str(chain))
        except ConfigError:
            return False

    def __iter__(self) -> Iterator[str]:
        return iter(self._registry.chains())

    def __len__(self) -> int:
        return len(self._registry.chains())

    def items(self) -> ItemsView[str, int]:
        return self._all.items()

    def values(self) -> ValuesView[int]:
        return self._all.values()

    @cached_property
    def _all(self) -> dict[str, int]:
        """By the line that all tools write; to parse hundreds of files takes seconds."""
        found = {}
        for chain in self:
            path = self._registry.chain_folder(chain) / "metadata.yaml"
            lines = _DOMAIN.findall(path.read_text(errors="replace"))
            found[chain] = int(lines[0]) if len(lines) == 1 else self[chain]
        return found


class Decimals:
    """How many decimals the coins of chains have, whatever their protocol."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def of(self, chain: str) -> int | None:
        """None where the registry does not say."""
        try:
            token = (self._registry.identity(chain).model_extra or {}).get("nativeToken")
        except ConfigError:
            return None
        decimals = token.get("decimals") if isinstance(token, dict) else None
        return decimals if isinstance(decimals, int) else None


class Contracts(Mapping[str, ChainAddresses]):
    """Chain to what is deployed there, for EVM chains."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._read: dict[str, ChainAddresses] = {}

    def __getitem__(self, chain: str) -> ChainAddresses:
        if chain not in self:
            raise KeyError(chain)
        if chain not in self._read:
            self._read[chain] = self._registry.addresses(chain)
        return self._read[chain]

    def __contains__(self, chain: object) -> bool:
        try:
            return self._registry.has_addresses(str(chain))
        except ConfigError:
            return False

    def __iter__(self) -> Iterator[str]:
        return (chain for chain in self._registry.chains() if chain in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)
