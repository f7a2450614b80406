"""A warp route of a demo: native on one chain, synthetic on the other."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from ape_hyperlane.core.messages import Dispatched, contract
from ape_hyperlane.core.quotes import DEFAULT_BOUNDS
from ape_hyperlane.demo.devnet import Devnet
from ape_hyperlane.warp.deploy import deploy_route, plan_route
from ape_hyperlane.warp.quotes import Order, quote_transfer
from ape_hyperlane.warp.transfer import transfer
from hyperlane.files import write_atomic
from hyperlane.protocol.typecasts import address_from_hex, address_to_bytes32
from hyperlane.registry.deployed_routes import WarpRoute
from hyperlane.registry.fields import ZERO_ADDRESS
from hyperlane.registry.models import read
from hyperlane.registry.warp import read_warp_config


@dataclass(frozen=True, slots=True)
class NativeRoute:
    """A deployed route."""

    net: Devnet
    native: str
    """The chain whose coin is locked; the token is synthetic on the other."""
    routers: Mapping[str, str]
    """Addresses, by chain."""

    def router(self, chain: str) -> tuple[str, str]:
        """Contract name and address of the router on a chain."""
        return ("HypNative" if chain == self.native else "HypERC20"), self.routers[chain]

    def send(self, origin: str, destination: str, amount: int, recipient: str) -> Dispatched:
        """Sends a transfer from the devnet's user, at the quoted cost."""
        registry = self.net.registry
        with self.net.connect(origin):
            name, router = self.router(origin)
            order = Order(
                contract(name, router),
                registry.metadata(destination).domain_id,
                address_to_bytes32(address_from_hex(recipient)),
                amount,
                ZERO_ADDRESS if origin == self.native else router,
            )
            cost = quote_transfer(order, DEFAULT_BOUNDS)
            return transfer(self.net.user, registry.addresses(origin), order, cost)


def deploy_native_route(
    net: Devnet, native: str, synthetic: str, modules: Mapping[str, Any] | None = None
) -> NativeRoute:
    """Deploys a route, or changes the deployed one. `modules`: by chain, the config of the router's
    security module."""
    config: dict[str, dict[str, Any]] = {
        native: {"type": "native", "owner": net.deployer.address},
        synthetic: {"type": "synthetic", "owner": net.deployer.address},
    }
    for chain, module in (modules or {}).items():
        config[chain]["interchainSecurityModule"] = module
    path = net.folder / "route-deploy.yaml"
    write_atomic(path, yaml.safe_dump(config, sort_keys=False))
    plan = plan_route(read_warp_config(path), net.registry, net.deployer.address, net.connect)
    route = read(WarpRoute, deploy_route(plan, net.deployer)[0])
    return NativeRoute(
        net, native, {token.chain_name: token.address_or_denom for token in route.tokens}
    )
