"""Contents of a whole registry, of chains of all protocols: lists, and addresses for dapps."""

from collections.abc import Sequence
from typing import Any

from hyperlane.errors import ConfigError
from hyperlane.registry.models import FileModel, suggest
from hyperlane.registry.registry import Registry
from hyperlane.registry.yaml_file import read_yaml
from hyperlane.wording import shown


class ChainSummary(FileModel):
    """A chain in a list."""

    name: str
    domain_id: int
    protocol: str
    has_core: bool
    """True if the registry has addresses of it."""


def summaries(registry: Registry) -> list[ChainSummary]:
    """All chains, by name. ConfigError for a file that is invalid."""
    _require_chains(registry)
    return [
        ChainSummary(
            name=chain,
            domain_id=identity.domain_id,
            protocol=identity.protocol,
            has_core=registry.has_addresses(chain),
        )
        for chain in registry.chains()
        for identity in [registry.identity(chain)]
    ]


def chain_content(registry: Registry, chain: str) -> dict[str, Any]:
    """Metadata and addresses of a chain, as its files have them. ConfigError as `summaries`."""
    identity = registry.identity(chain).as_file()
    return {"metadata": identity, "addresses": _addresses(registry, chain)}


def all_addresses(registry: Registry, chains: Sequence[str] = ()) -> dict[str, dict[str, str]]:
    """Addresses by chain and key, of all chains by default: the content of the `addresses.json`
    that dapps of the reference read. ConfigError as `summaries`, and for an unknown chain."""
    _require_chains(registry)
    known = registry.chains()
    for chain in chains:
        if chain not in known:
            raise ConfigError(
                f"--chains {chain}: not in {registry.folder}; {suggest(chain, known)}"
            )
    found = {chain: _addresses(registry, chain) for chain in chains or known}
    return {chain: addresses for chain, addresses in found.items() if addresses}


def _require_chains(registry: Registry) -> None:
    if not registry.chains():
        raise ConfigError(
            f"--registry {registry.folder}: no chains/<name>/metadata.yaml in it; expected the"
            " folder of a registry"
        )


def _addresses(registry: Registry, chain: str) -> dict[str, str]:
    """The file's content. Addresses of other protocols are any text, so it is not checked more."""
    if not registry.has_addresses(chain):
        return {}
    path = registry.chain_folder(chain) / "addresses.yaml"
    content = read_yaml(path)
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: {shown(content)} is not a mapping of keys to addresses")
    # Other tools write an empty text for a contract that is not there.
    return {str(key): str(value) for key, value in content.items() if value}
