"""Files of deployed warp routes: `warp_routes/<SYMBOL>/<id>-deploy.yaml` and `-config.yaml`."""

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, model_validator
from pydantic.alias_generators import to_camel

from hyperlane.errors import ConfigError
from hyperlane.files import write_atomic
from hyperlane.registry.fields import Scale
from hyperlane.registry.models import FileModel, checksummed, read, suggest
from hyperlane.registry.warp import Tokens

PART = r"[^\s/\\.][^\s/\\]*"
"""Pattern of either half of a route's id. It excludes symbols that would leave the folder."""

EVM = "Evm"
"""Prefix of the token standards of EVM chains."""


class Connection(FileModel):
    """Another end of the route: `<protocol>|<chain>|<address>`."""

    token: str


class RouteToken(FileModel):
    """A deployed end of a route."""

    chain_name: str
    standard: str
    name: str
    symbol: str
    decimals: int
    address_or_denom: str
    """On EVM chains a checksummed address, on others any text."""
    collateral_address_or_denom: str | None = None
    scale: Scale | None = None
    connections: list[Connection] = Field(default_factory=list)

    @model_validator(mode="before")
    @classmethod
    def _evm_ends_have_addresses(cls, value: Any) -> Any:
        if not isinstance(value, dict) or not str(value.get("standard")).startswith(EVM):
            return value
        read = dict(value)
        for name in ("address_or_denom", "collateral_address_or_denom"):
            for key in (name, to_camel(name)):
                if read.get(key) is not None:
                    try:
                        read[key] = checksummed(read[key])
                    except ValueError as error:
                        raise ValueError(f"{key}: {error}") from None
        return read

    @property
    def is_evm(self) -> bool:
        """True for an end on an EVM chain."""
        return self.standard.startswith(EVM)


class WarpRoute(FileModel):
    """The ends of a deployed route."""

    tokens: list[RouteToken]

    def on(self, chain: str) -> RouteToken:
        """The end on a chain. ConfigError unless there is exactly one."""
        here = [token for token in self.tokens if token.chain_name == chain]
        if len(here) > 1:
            routers = ", ".join(f"{token.symbol} at {token.address_or_denom}" for token in here)
            raise ConfigError(
                f"the route has several tokens on {chain}: {routers}; copy its -config.yaml under"
                " another name and keep only the token to send"
            )
        for token in here:
            if not token.is_evm:
                raise ConfigError(
                    f"the route's token on {chain} is a {token.standard}; this tool sends"
                    " between EVM chains"
                )
            return token
        known = [token.chain_name for token in self.tokens]
        raise ConfigError(f"the route has no token on {chain!r}; {suggest(chain, known)}")


def write_route(
    registry: Path,
    route_id: str,
    tokens: Tokens,
    route: WarpRoute,
    foreign: Mapping[str, FileModel] | None = None,
) -> tuple[Path, Path]:
    """Writes deploy file and config file of a route and returns their paths. Keys that others added
    to the config file, such as `logoURI`, are kept, and so are its tokens on chains of `foreign`,
    the ends that others deploy."""
    ends: Mapping[str, FileModel] = {**tokens, **(foreign or {})}
    content = {chain: end.as_file() for chain, end in ends.items()}
    deploy, config = route_paths(registry, route_id)
    if config.exists():
        route = _with_additions(route, read(WarpRoute, config), foreign or {})
    write_atomic(deploy, yaml.safe_dump(content, sort_keys=False))
    write_atomic(config, yaml.safe_dump(route.as_file(), sort_keys=False))
    return deploy, config


def _with_additions(route: WarpRoute, before: WarpRoute, foreign: Collection[str]) -> WarpRoute:
    added = {token.chain_name: token.model_extra for token in before.tokens}
    tokens = [token.model_copy(update=added.get(token.chain_name) or {}) for token in route.tokens]
    tokens += [token for token in before.tokens if token.chain_name in foreign]
    return route.model_copy(update={**(before.model_extra or {}), "tokens": tokens})


def find_route(registry: Path, wanted: str | None, suffix: str = "-deploy.yaml") -> str:
    """Id of a route, `<SYMBOL>/<name>`, that has a file with this suffix; without `wanted`, the
    only such route. ConfigError for no such route, or for several without `wanted`."""
    folder, known = registry / "deployments" / "warp_routes", known_routes(registry, suffix)
    if wanted is None and len(known) == 1:
        return known[0]
    if wanted not in known:
        choice = suggest(wanted or "", known) if known else "deploy one first"
        raise ConfigError(f"{folder}: no route {wanted!r}; {choice}")
    return str(wanted)


def known_routes(registry: Path, suffix: str) -> list[str]:
    """Sorted ids of the routes that have a file with this suffix."""
    files = (registry / "deployments" / "warp_routes").glob(f"*/*{suffix}")
    return sorted(f"{file.parent.name}/{file.name.removesuffix(suffix)}" for file in files)


def route_paths(registry: Path, route_id: str) -> tuple[Path, Path]:
    """Paths of a route's deploy file and config file. ConfigError for an invalid id."""
    if not re.fullmatch(rf"{PART}/{PART}", route_id):
        raise ConfigError(f"--route {route_id!r}: expected <SYMBOL>/<name>, without spaces")
    folder = registry / "deployments" / "warp_routes"
    return folder / f"{route_id}-deploy.yaml", folder / f"{route_id}-config.yaml"
