"""Warp routes that are deployed: `warp_routes/<SYMBOL>/<id>-deploy.yaml` and `-config.yaml`."""

from pathlib import Path

import yaml
from pydantic import Field

from hyperlane.errors import ConfigError
from hyperlane.files import write_atomic
from hyperlane.registry.models import FileModel, HexAddress, suggest
from hyperlane.registry.warp import Tokens


class Connection(FileModel):
    """Another end of the same route: `<protocol>|<chain>|<address>`."""

    token: str


class RouteToken(FileModel):
    """A deployed end of a route."""

    chain_name: str
    standard: str
    name: str
    symbol: str
    decimals: int
    address_or_denom: HexAddress
    collateral_address_or_denom: HexAddress | None = None
    connections: list[Connection] = Field(default_factory=list)


class WarpRoute(FileModel):
    """All ends of a deployed route."""

    tokens: list[RouteToken]

    def on(self, chain: str) -> RouteToken:
        """The end on this chain; ConfigError when there is none."""
        for token in self.tokens:
            if token.chain_name == chain:
                return token
        known = [token.chain_name for token in self.tokens]
        raise ConfigError(f"the route has no token on {chain!r}; {suggest(chain, known)}")


def write_route(
    registry: Path, route_id: str, tokens: Tokens, route: WarpRoute
) -> tuple[Path, Path]:
    """Writes what was to be deployed and what is, `warp_routes/<SYMBOL>/<id>-….yaml`; the paths."""
    content = {chain: token.as_file() for chain, token in tokens.items()}
    deploy, config = route_paths(registry, route_id)
    write_atomic(deploy, yaml.safe_dump(content, sort_keys=False))
    write_atomic(config, yaml.safe_dump(route.as_file(), sort_keys=False))
    return deploy, config


def find_route(registry: Path, wanted: str | None) -> str:
    """The id of a deployed route, `<SYMBOL>/<name>`: the only one if none is named. ConfigError
    when there is none, or more to choose from."""
    folder = registry / "deployments" / "warp_routes"
    known = sorted(
        f"{path.parent.name}/{path.name.removesuffix('-deploy.yaml')}"
        for path in folder.glob("*/*-deploy.yaml")
    )
    if wanted is None and len(known) == 1:
        return known[0]
    if wanted not in known:
        choice = suggest(wanted or "", known) if known else "deploy one first"
        raise ConfigError(f"{folder}: no route {wanted!r}; {choice}")
    return str(wanted)


def route_paths(registry: Path, route_id: str) -> tuple[Path, Path]:
    """Deploy and config file of `<SYMBOL>/<id>`."""
    folder = registry / "deployments" / "warp_routes"
    return folder / f"{route_id}-deploy.yaml", folder / f"{route_id}-config.yaml"
