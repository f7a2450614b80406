"""The registry: a folder with one folder of files per chain."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

import yaml

from hyperlane.errors import ConfigError
from hyperlane.files import write_atomic
from hyperlane.registry.chains import (
    CHAIN_NAME,
    ChainAddresses,
    ChainIdentity,
    ChainMetadata,
    ChainProtocol,
)
from hyperlane.registry.models import FileModel, read, suggest
from hyperlane.wording import masked_url, shown

EVM = "ethereum"

Identified = TypeVar("Identified", ChainIdentity, ChainMetadata)


class Registry:
    """Reads and writes `<folder>/chains/<name>/{metadata,addresses}.yaml`.

    Reading raises ConfigError for a file that is missing or invalid. Files are replaced atomically:
    readers never see a partial one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def chains(self) -> list[str]:
        """Sorted names of the chains that have metadata."""
        return sorted(file.parent.name for file in self.folder.glob("chains/*/metadata.yaml"))

    def chain_folder(self, chain: str) -> Path:
        """Folder of a chain's files. ConfigError for an invalid chain name."""
        if not re.fullmatch(CHAIN_NAME, chain):
            raise ConfigError(
                f"chain name {chain!r}: expected lower-case letters and digits, a letter first"
            )
        return self.folder / "chains" / chain

    def has_metadata(self, chain: str) -> bool:
        return (self.chain_folder(chain) / "metadata.yaml").exists()

    def has_addresses(self, chain: str) -> bool:
        return (self.chain_folder(chain) / "addresses.yaml").exists()

    def identity(self, chain: str) -> ChainIdentity:
        """Name and domain of a chain of any protocol."""
        return self._read(ChainIdentity, chain)

    def metadata(self, chain: str) -> ChainMetadata:
        """Metadata of an EVM chain. ConfigError for a chain of another protocol."""
        self._require_evm(chain)
        return self._read(ChainMetadata, chain)

    def _read(self, model: type[Identified], chain: str) -> Identified:
        if not self.has_metadata(chain):
            raise self._unknown(chain)
        file = self.chain_folder(chain) / "metadata.yaml"
        metadata = read(model, file)
        if metadata.name != chain:
            raise ConfigError(
                f"{file}: name: {metadata.name!r}, expected the folder's name, {chain!r}"
            )
        return metadata

    def _unknown(self, chain: str) -> ConfigError:
        return ConfigError(f"{self.folder}: no chain {chain!r}; {suggest(chain, self.chains())}")

    def addresses(self, chain: str) -> ChainAddresses:
        """Deployed contracts of an EVM chain."""
        if not self.has_addresses(chain):
            if not self.has_metadata(chain):
                raise self._unknown(chain)
            raise ConfigError(f"{self.chain_folder(chain)}: no addresses.yaml; deploy a core first")
        self._require_evm(chain)
        return read(ChainAddresses, self.chain_folder(chain) / "addresses.yaml")

    def _require_evm(self, chain: str) -> None:
        file = self.chain_folder(chain) / "metadata.yaml"
        protocol = read(ChainProtocol, file).protocol if file.exists() else EVM
        if protocol != EVM:
            raise ConfigError(
                f"{file}: protocol: {shown(protocol)}; this needs a chain of protocol {EVM}"
            )

    def write_metadata(self, metadata: ChainMetadata) -> None:
        holds_keys = any(masked_url(url.http).endswith("…") for url in metadata.rpc_urls)
        path = self.chain_folder(metadata.name) / "metadata.yaml"
        _write(path, metadata, private=holds_keys)

    def write_addresses(self, chain: str, addresses: ChainAddresses) -> None:
        _write(self.chain_folder(chain) / "addresses.yaml", addresses)

    def agent_config(self, chains: Iterable[str]) -> dict[str, Any]:
        """Settings of agents: metadata and addresses of each chain in one mapping."""
        return {
            "chains": {
                chain: {**self.metadata(chain).as_file(), **self.addresses(chain).as_file()}
                for chain in chains
            }
        }


def _write(path: Path, model: FileModel, *, private: bool = False) -> None:
    write_atomic(path, yaml.safe_dump(model.as_file(), allow_unicode=True), private=private)
