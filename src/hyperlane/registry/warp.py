"""Warp routes as files: what to deploy (`*-deploy.yaml`) and what is (`*-config.yaml`)."""

from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import Field, model_validator

from hyperlane.errors import ConfigError
from hyperlane.files import write_atomic
from hyperlane.registry.models import FileModel, HexAddress, StrictFileModel, parse, read_yaml

STANDARDS = {
    "native": "EvmHypNative",
    "collateral": "EvmHypCollateral",
    "synthetic": "EvmHypSynthetic",
}
"""Token type in a deploy file to token standard in a config file."""


class WarpToken(StrictFileModel):
    """The end of a route on one chain."""

    type: Literal["native", "collateral", "synthetic"]
    owner: HexAddress
    token: HexAddress | None = None
    """The ERC-20 behind a collateral end."""
    name: str = "Ether"
    symbol: str = "ETH"
    decimals: Annotated[int, Field(ge=0, le=255)] = 18
    gas: Annotated[int, Field(gt=0, lt=2**64)] = 70_000
    """Gas that a delivery to this end may use."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.token is not None) != (self.type == "collateral"):
            raise ValueError("token must be given for type collateral, and only for that")
        return self


def read_warp_config(path: Path) -> dict[str, WarpToken]:
    """A deploy file: chain to token. ConfigError names what is wrong."""
    content = read_yaml(path)
    if not isinstance(content, dict) or len(content) < 2:
        raise ConfigError(f"{path}: expected at least two chains with a token each")
    tokens = {
        str(chain): parse(WarpToken, token, f"{path}: {chain}") for chain, token in content.items()
    }
    if len({token.decimals for token in tokens.values()}) > 1:
        raise ConfigError(f"{path}: decimals differ between chains, which needs a scale")
    return tokens


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

    @classmethod
    def of(cls, tokens: dict[str, WarpToken], routers: dict[str, str]) -> "WarpRoute":
        """The route of these tokens, each with its router's address."""
        return cls(
            tokens=[
                RouteToken(
                    chain_name=chain,
                    standard=STANDARDS[token.type],
                    name=token.name,
                    symbol=token.symbol,
                    decimals=token.decimals,
                    address_or_denom=routers[chain],
                    collateral_address_or_denom=token.token,
                    connections=[
                        Connection(token=f"ethereum|{other}|{routers[other]}")
                        for other in tokens
                        if other != chain
                    ],
                )
                for chain, token in tokens.items()
            ]
        )

    def write(self, registry: Path) -> Path:
        """Writes `deployments/warp_routes/<SYMBOL>/<chains>-config.yaml` and returns its path."""
        chains = "-".join(sorted(token.chain_name for token in self.tokens))
        folder = registry / "deployments" / "warp_routes" / self.tokens[0].symbol
        path = folder / f"{chains}-config.yaml"
        write_atomic(path, yaml.safe_dump(self.as_file(), sort_keys=False))
        return path
