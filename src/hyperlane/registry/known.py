"""Lazy mappings over a registry: domains, chain ids, decimals and contracts by chain.

A file is read when its chain is looked up. Public registries have hundreds of chains, some of other
protocols, whose files have other formats.
"""

import re
from collections.abc import ItemsView, Iterator, Mapping, ValuesView
from functools import cached_property

from hyperlane.errors import ConfigError
from hyperlane.registry.chains import ChainAddresses
from hyperlane.registry.registry import Registry

_DOMAIN = re.compile(r"^domainId:[ \t]*(\d{1,10})[ \t]*(?:#.*)?$", re.MULTILINE)


class Domains(Mapping[str, int]):
    """Domains by chain, of all protocols. ConfigError for a file without a domain."""

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
        """All domains, by the line of the file: parsing hundreds of files would take seconds."""
        found = {}
        for chain in self:
            path = self._registry.chain_folder(chain) / "metadata.yaml"
            lines = _DOMAIN.findall(path.read_text(errors="replace"))
            found[chain] = int(lines[0]) if len(lines) == 1 else self[chain]
        return found


class ChainIds(Mapping[str, int]):
    """Chain ids by chain, for EVM chains."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def __getitem__(self, chain: str) -> int:
        try:
            return int(self._registry.metadata(chain).chain_id)
        except ConfigError:
            raise KeyError(chain) from None

    def __iter__(self) -> Iterator[str]:
        return (chain for chain in self._registry.chains() if chain in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Decimals:
    """Decimals of native coins, for chains of all protocols."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def of(self, chain: str) -> int | None:
        """Decimals of a chain's coin; None if the registry does not have them."""
        try:
            token = (self._registry.identity(chain).model_extra or {}).get("nativeToken")
        except ConfigError:
            return None
        decimals = token.get("decimals") if isinstance(token, dict) else None
        return decimals if isinstance(decimals, int) else None


class Contracts(Mapping[str, ChainAddresses]):
    """Deployed contracts by chain, for EVM chains."""

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
