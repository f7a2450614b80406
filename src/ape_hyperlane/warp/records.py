"""The files of a deployed route: deploy file and config file."""

from typing import Any

from ape_hyperlane.warp.route import RouteDeployment
from hyperlane.registry.deployed_routes import Connection, RouteToken, WarpRoute
from hyperlane.registry.fields import CONTRACT_VERSION
from hyperlane.registry.token_types import STANDARDS, SYNTHETIC
from hyperlane.registry.warp import Tokens


def deploy_file(deployment: RouteDeployment) -> Tokens:
    """The deploy file, with the keys that other tools require and ours may omit."""
    vaults = [
        chain for chain, end in deployment.ends.items() if end.token.type == "collateralVaultRebase"
    ]
    written = {}
    for chain, end in deployment.ends.items():
        added: dict[str, Any] = {"owner": end.token.owner or deployment.journals[chain].deployer}
        gas = {str(domain): remote.gas for domain, remote in deployment.remotes(chain).items()}
        if any(gas.values()):
            added["destination_gas"] = gas
        if end.token.contract_version is not None:
            added["contract_version"] = CONTRACT_VERSION
        if end.scale != 1:
            added["scale"] = end.scale
        if end.token.type in SYNTHETIC and not end.token.nft:
            added |= {"name": end.name, "symbol": end.symbol, "decimals": end.decimals}
        if end.token.type == "syntheticRebase":
            added["collateral_chain_name"] = vaults[0]
        written[chain] = end.token.model_copy(update=added)
    return written


def config_file(deployment: RouteDeployment) -> WarpRoute:
    """The config file: the deployed routers and their connections."""
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
                    *(
                        Connection(token=f"ethereum|{other}|{deployment.routers[other]}")
                        for other in deployment.ends
                        if other != chain
                    ),
                    *_foreign_connections(deployment),
                ],
            )
            for chain, end in deployment.ends.items()
        ]
    )


def _foreign_connections(deployment: RouteDeployment) -> list[Connection]:
    """Connections to the ends that exist already, in the spelling of their chains."""
    return [
        Connection(
            token=f"{deployment.registry.identity(chain).protocol}|{chain}|{end.foreign_deployment}"
        )
        for chain, end in deployment.foreign.items()
    ]
