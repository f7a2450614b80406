"""What is written of a deployed route."""

from typing import Any

from ape_hyperlane.warp.route import RouteDeployment
from hyperlane.registry.deployed_routes import (
    Connection,
    RouteToken,
    WarpRoute,
)
from hyperlane.registry.fields import CONTRACT_VERSION
from hyperlane.registry.token_types import STANDARDS, SYNTHETIC
from hyperlane.registry.warp import Tokens


def _as_deployed(deployment: RouteDeployment) -> Tokens:
    """With what the files of other tools have to say, and ours may leave out."""
    vaults = [
        chain for chain, end in deployment.ends.items() if end.token.type == "collateralVaultRebase"
    ]
    written = {}
    for chain, end in deployment.ends.items():
        more: dict[str, Any] = {"owner": end.token.owner or deployment.journals[chain].deployer}
        gas = {str(domain): each.gas for domain, each in deployment.remotes(chain).items()}
        if any(gas.values()):
            more["destination_gas"] = gas
        if end.token.contract_version is not None:
            more["contract_version"] = CONTRACT_VERSION
        if end.scale != 1:
            more["scale"] = end.scale
        if end.token.type in SYNTHETIC and not end.token.nft:
            more |= {"name": end.name, "symbol": end.symbol, "decimals": end.decimals}
        if end.token.type == "syntheticRebase":
            more["collateral_chain_name"] = vaults[0]
        written[chain] = end.token.model_copy(update=more)
    return written


def _route(deployment: RouteDeployment) -> WarpRoute:
    return WarpRoute(
        tokens=[
            RouteToken(
                chain_name=chain,
                standard=STANDARDS[end.token.type],
                name=end.name,
                symbol=end.symbol,
                decimals=end.decimals,
                address_or_denom=deployment.routers[chain],
                scale=None if end.scale == 1 else end.scale,
                collateral_address_or_denom=end.token.token,
                connections=[
                    Connection(token=f"ethereum|{other}|{deployment.routers[other]}")
                    for other in deployment.ends
                    if other != chain
                ],
            )
            for chain, end in deployment.ends.items()
        ]
    )
