"""Deploy files of warp routes, `*-deploy.yaml`: a token per chain, and checks across chains."""

from collections.abc import Collection, Mapping
from pathlib import Path

from pydantic.alias_generators import to_camel

from hyperlane.errors import ConfigError
from hyperlane.registry.models import parse
from hyperlane.registry.token_types import SYNTHETIC
from hyperlane.registry.warp_token import WarpToken
from hyperlane.registry.yaml_file import read_yaml

Tokens = Mapping[str, WarpToken]
"""Tokens of a deploy file, by chain."""


FOREIGN = "foreignDeployment"
"""Key of an end that exists already: its router, in the spelling of its chain."""


def read_warp_config(path: Path, foreign: Collection[str] = ()) -> dict[str, WarpToken]:
    """Reads the ends of a deploy file that are to be deployed. ConfigError if it is invalid.

    Ends with `foreignDeployment`, and those on the chains in `foreign`, are left out:
    `hyperlane.registry.route_file` reads them.
    """
    content = read_yaml(path)
    if not isinstance(content, dict) or not content:
        raise ConfigError(f"{path}: expected a token for each chain")
    tokens = {
        str(chain): parse(WarpToken, token, f"{path}: {chain}")
        for chain, token in content.items()
        if str(chain) not in foreign and not (isinstance(token, dict) and token.get(FOREIGN))
    }
    if not tokens:
        raise ConfigError(f"{path}: no end to deploy; expected one on an EVM chain")
    try:
        check_route(tokens, mixed=len(tokens) < len(content))
    except ValueError as error:
        raise ConfigError(f"{path}: {error}") from None
    return tokens


def check_route(tokens: Tokens, *, mixed: bool = False) -> None:
    """ValueError for tokens that cannot form a route. `mixed`: it has further ends."""
    for chain, token in tokens.items():
        outward = (token.remote_routers, token.cross_collateral_routers, token.domain_mappings)
        if len(tokens) == 1 and not mixed and not any(outward):
            raise ValueError(f"{chain}: the only chain; expected another one, or remoteRouters")
        if token.nft != next(iter(tokens.values())).nft:
            raise ValueError(f"{chain}: NFTs and amounts cannot be on one route")
        backing = [other for other, end in tokens.items() if end.type not in SYNTHETIC]
        if token.initial_supply and backing:
            raise ValueError(
                f"{chain}.initialSupply: {token.initial_supply}, expected 0: nothing would back it"
                f" on {backing[0]}"
            )
    if not mixed and not any(
        token.type not in SYNTHETIC or token.initial_supply or token.remote_routers
        for token in tokens.values()
    ):
        raise ValueError("nothing but synthetic tokens: there would be none; expected collateral")
    _check_rebasing(tokens)
    _check_bridges(tokens)


def _check_bridges(tokens: Tokens) -> None:
    first, like = next(iter(tokens.items()))
    for chain, token in tokens.items():
        for name in ("type", "cctp_version"):
            this, other = getattr(token, name), getattr(like, name)
            if this != other and {token.type, like.type} & {"collateralCctp", "collateralOft"}:
                raise ValueError(
                    f"{chain}.{to_camel(name)}: {this}, but {other} on {first}: a bridge speaks to"
                    " its like only"
                )


def _check_rebasing(tokens: Tokens) -> None:
    vaults = [chain for chain, token in tokens.items() if token.type == "collateralVaultRebase"]
    rebasing = [chain for chain, token in tokens.items() if token.type == "syntheticRebase"]
    if (vaults or rebasing) and (len(vaults) != 1 or len(vaults) + len(rebasing) != len(tokens)):
        raise ValueError(
            "collateralVaultRebase goes with syntheticRebase and nothing else, one vault for all"
        )
    for chain in rebasing:
        named = tokens[chain].collateral_chain_name
        if named not in (None, *vaults):
            raise ValueError(f"{chain}.collateralChainName: {named}; the vault is on {vaults[0]}")
