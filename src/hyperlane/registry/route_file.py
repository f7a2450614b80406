"""Deploy files of mixed routes, whose ends are partly on chains of other protocols."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import Field

from hyperlane.errors import ConfigError
from hyperlane.registry.deployed_routes import WarpRoute
from hyperlane.registry.fields import word
from hyperlane.registry.foreign import as_word
from hyperlane.registry.models import FileModel, parse, read
from hyperlane.registry.registry import EVM, Registry
from hyperlane.registry.warp import FOREIGN, read_warp_config
from hyperlane.registry.warp_token import WarpToken
from hyperlane.registry.yaml_file import read_yaml
from hyperlane.wording import shown


class ForeignEnd(FileModel):
    """An end that exists already, and that this tool enrols but does not deploy. Its other keys are
    for other tools."""

    foreign_deployment: str = ""
    """Its router, in the spelling of its chain."""
    gas: int = Field(default=0, ge=0, lt=2**64)

    @property
    def router(self) -> bytes:
        """The router as messages encode it."""
        return word(as_word(self.foreign_deployment) or "0x")

    def as_file(self) -> dict[str, Any]:
        """Serialize for YAML: only the keys that were set."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_unset=True)


@dataclass(frozen=True, slots=True)
class RouteFile:
    """A deploy file: the ends that this tool deploys, and those that it does not."""

    tokens: Mapping[str, WarpToken]
    foreign: Mapping[str, ForeignEnd] = field(default_factory=dict)


def read_route_file(path: Path, registry: Registry) -> RouteFile:
    """Reads a deploy file. Ends with `foreignDeployment`, and ends on chains that the registry has
    with another protocol, exist already; the latter's routers are in the `-config.yaml` beside the
    file unless they are named. ConfigError if the file is invalid, or a router is not to be
    found."""
    content = read_yaml(path)
    ends = content if isinstance(content, dict) else {}
    others = _of_other_protocols(map(str, ends), registry)
    tokens = read_warp_config(path, others)
    routers = _routers(path) if others else {}
    foreign = {}
    for chain, end in ends.items():
        if chain in tokens:
            continue
        source = f"{path}: {chain}"
        given = parse(ForeignEnd, end, source)
        if not given.foreign_deployment:
            if chain not in routers:
                raise ConfigError(
                    f"{source}: {FOREIGN}: required, but missing: this tool deploys on EVM chains;"
                    " deploy this end with another tool and name its router here"
                )
            given = given.model_copy(update={"foreign_deployment": routers[chain]})
        if as_word(given.foreign_deployment) is None:
            raise ConfigError(
                f"{source}: {FOREIGN}: {shown(given.foreign_deployment)}, expected an address in"
                " hex, base58, bech32 or bech32m; or the 32 bytes that messages encode it in, as"
                " 0x and 64 digits"
            )
        foreign[str(chain)] = given
    return RouteFile(tokens, foreign)


def _of_other_protocols(chains: Iterable[str], registry: Registry) -> list[str]:
    found = []
    for chain in chains:
        try:
            known = registry.has_metadata(chain)
        except ConfigError:
            continue  # not a chain's name, which the reader of tokens says
        if known and registry.identity(chain).protocol != EVM:
            found.append(chain)
    return found


def _routers(deploy: Path) -> dict[str, str]:
    """Routers by chain, of the config file beside a deploy file."""
    config = deploy.with_name(deploy.name.replace("-deploy.yaml", "-config.yaml"))
    if config == deploy or not config.exists():
        return {}
    return {token.chain_name: token.address_or_denom for token in read(WarpRoute, config).tokens}
