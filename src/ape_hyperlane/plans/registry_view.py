"""The part of a registry that plans read: domains and contracts of chains."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hyperlane.errors import ConfigError
from hyperlane.registry import ChainAddresses, Registry
from hyperlane.registry.known import ChainIds, Contracts, Domains
from hyperlane.registry.models import checksummed, suggest


@dataclass(frozen=True, slots=True)
class RegistryView:
    """Domains and contracts by chain, seen from the chain that the plan is for."""

    domains: Mapping[str, int]
    addresses: Mapping[str, ChainAddresses] = field(default_factory=dict)
    chain: str = ""
    """Name of the chain that the plan is for."""
    chain_ids: Mapping[str, int] = field(default_factory=dict)
    """Ids of EVM chains."""

    def domain(self, chain: str, key: str) -> int:
        """Domain of a chain that a config names, by name or by number. ConfigError, with the
        config's `key`, for an unknown chain."""
        if chain.isdecimal():
            if not 0 < int(chain) < 2**32:
                raise ConfigError(f"{key}.{chain}: expected a domain, 1 to {2**32 - 1}")
            return int(chain)
        if chain not in self.domains:
            raise ConfigError(
                f"{key}.{chain}: not in the registry; {suggest(chain, self.domains)}, or a domain"
            )
        return self.domains[chain]

    def chain_id(self, domain: int) -> int | None:
        """Id of the EVM chain with this domain; None if the registry has none."""
        names = (name for name, known in self.domains.items() if known == domain)
        return next((self.chain_ids[name] for name in names if name in self.chain_ids), None)

    def by_domain(self, values: Mapping[str, Any], key: str) -> dict[int, Any]:
        """A config's mapping by chain as a mapping by domain. ConfigError when two of its keys are
        the same domain."""
        found: dict[int, Any] = {}
        for chain, value in values.items():
            domain = self.domain(chain, key)
            if domain in found:
                raise ConfigError(f"{key}.{chain}: domain {domain} appears twice")
            found[domain] = value
        return found

    def ccip_contract(self, kind: str, remote: str) -> str:
        """Address of this chain's CCIP hook or ISM for a remote chain, under the key that the
        reference uses. ConfigError when the registry has none."""
        key, file = f"{kind}_{remote}", f"chains/{self.chain}/addresses.yaml"
        known = self.addresses[self.chain].as_file() if self.chain in self.addresses else {}
        if not known.get(key):
            raise ConfigError(
                f"{kind}: router and chainSelector: required, since {file} has no {key}; name both,"
                " or the address of one that exists"
            )
        try:
            return checksummed(known[key])
        except ValueError as error:
            raise ConfigError(f"{file}: {key}: {error}") from None

    def remote_address(self, chain: str, key: str) -> str | None:
        """Address under `key` in the file of another chain, given by name or domain; None if there
        is none."""
        names = [chain]
        if chain.isdecimal():
            names = [name for name, domain in self.domains.items() if str(domain) == chain]
        for name in names:
            if name in self.addresses:
                known = self.addresses[name].as_file()
                return known.get(key) or known.get(f"{key}_{self.chain}") or None
        return None


def registry_view(registry: Registry, chain: str = "") -> RegistryView:
    """A view of a registry for the plan of a chain."""
    return RegistryView(Domains(registry), Contracts(registry), chain, ChainIds(registry))
