"""A registry folder: chains, their addresses, and the agents' view of both."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from hyperlane.errors import ConfigError
from hyperlane.files import write_atomic
from hyperlane.registry.chains import ChainAddresses, ChainMetadata
from hyperlane.registry.models import FileModel, read


class Registry:
    """`<folder>/chains/<name>/{metadata,addresses}.yaml` and `<folder>/deployments/…`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def chain_folder(self, name: str) -> Path:
        return self.folder / "chains" / name

    def chains(self) -> list[str]:
        """The names of all chains, sorted."""
        return sorted(path.parent.name for path in self.folder.glob("chains/*/metadata.yaml"))

    def has_metadata(self, name: str) -> bool:
        return self._metadata_path(name).exists()

    def metadata(self, name: str) -> ChainMetadata:
        """ConfigError when the chain is unknown or its file is unusable."""
        path = self._metadata_path(name)
        if not path.exists():
            known = ", ".join(self.chains()) or "none"
            raise ConfigError(f"chain {name!r} is not in {self.folder}; known chains: {known}")
        metadata = read(ChainMetadata, path)
        if metadata.name != name:
            raise ConfigError(f"{path}: name is {metadata.name!r}; expected {name!r}, the folder")
        return metadata

    def addresses(self, name: str) -> ChainAddresses:
        """Empty when nothing is deployed; ConfigError when the file is unusable."""
        path = self._addresses_path(name)
        return read(ChainAddresses, path) if path.exists() else ChainAddresses()

    def write_metadata(self, metadata: ChainMetadata) -> None:
        _write(self._metadata_path(metadata.name), metadata)

    def write_addresses(self, name: str, addresses: ChainAddresses) -> None:
        _write(self._addresses_path(name), addresses)

    def agent_config(self, names: Iterable[str]) -> dict[str, Any]:
        """The agents' configuration of these chains: metadata and addresses merged per chain."""
        return {
            "chains": {
                name: {**self.metadata(name).as_file(), **self.addresses(name).as_file()}
                for name in names
            }
        }

    def _metadata_path(self, name: str) -> Path:
        return self.chain_folder(name) / "metadata.yaml"

    def _addresses_path(self, name: str) -> Path:
        return self.chain_folder(name) / "addresses.yaml"


def _write(path: Path, model: FileModel) -> None:
    write_atomic(path, yaml.safe_dump(model.as_file(), sort_keys=False))
