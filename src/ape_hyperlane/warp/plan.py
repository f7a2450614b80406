"""From the end of a route to the steps that deploy it. Pure: no chain is asked anything."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ape_hyperlane.deploy.builder import Builder, Surroundings
from ape_hyperlane.deploy.hooks import HookPlanner
from ape_hyperlane.deploy.isms import IsmPlanner
from ape_hyperlane.deploy.plan import FACTORIES
from ape_hyperlane.deploy.steps import (
    Create,
    CreateSet,
    Reading,
    Ref,
    Step,
    Target,
    Use,
)
from ape_hyperlane.warp.ends import End
from hyperlane.errors import ConfigError
from hyperlane.protocol.typecasts import address_from_hex, address_to_bytes32
from hyperlane.registry import ChainAddresses
from hyperlane.registry.core_config import ProxyAdmin
from hyperlane.registry.fields import ZERO_ADDRESS
from hyperlane.registry.warp import DELIVERY_GAS, SYNTHETIC, Curve, TokenFee, WarpToken

ROUTER = Ref("router")

CONTRACTS = {
    "native": "HypNative",
    "collateral": "HypERC20Collateral",
    "synthetic": "HypERC20",
    "collateralVault": "HypERC4626OwnerCollateral",
    "collateralVaultRebase": "HypERC4626Collateral",
    "syntheticRebase": "HypERC4626",
    "collateralFiat": "HypFiatToken",
    "xERC20": "HypXERC20",
    "xERC20Lockbox": "HypXERC20Lockbox",
    "collateralUri": "HypERC721URICollateral",
    "syntheticUri": "HypERC721URIStorage",
}
NFT_CONTRACTS = {"collateral": "HypERC721Collateral", "synthetic": "HypERC721"}


def contract_of(token: WarpToken) -> str:
    """The contract that is this end's router."""
    return NFT_CONTRACTS[token.type] if token.is_nft else CONTRACTS[token.type]


def delivery_gas(token: WarpToken) -> int:
    """What a delivery to this end may use."""
    return token.gas or DELIVERY_GAS[token.type]


@dataclass(frozen=True, slots=True)
class Place:
    """A chain, seen from a route on it."""

    deployer: str
    mailbox: str
    addresses: ChainAddresses
    surroundings: Surroundings


@dataclass(frozen=True, slots=True)
class Remote:
    """Another end, or a router that was there before."""

    router: bytes | Ref
    """A reference as long as it is not deployed."""
    gas: int


def plan_end(
    end: End, place: Place, remotes: Mapping[int, Remote], vault_domain: int = 0
) -> list[Step]:
    """All steps for one end: the router, what it uses, whom it knows, and who owns it.

    `vault_domain` is where the vault of a rebasing token is. ConfigError when the config names a
    chain that is not in the registry.
    """
    token, contract = end.token, contract_of(end.token)
    admin = (token.proxy_admin or ProxyAdmin()) if token.upgradeable else None
    owner = token.owner or place.deployer
    builder = Builder(
        place.deployer, owner, token.mailbox or place.mailbox, place.surroundings, admin, ROUTER
    )
    _plan_router(builder, end, vault_domain)
    settings: dict[str, Target] = {
        "hook": HookPlanner(builder).plan(token.hook or ZERO_ADDRESS),
        "interchainSecurityModule": IsmPlanner(builder).plan(
            token.interchain_security_module or ZERO_ADDRESS, "interchainSecurityModule"
        ),
    }
    if not token.nft:
        moved = ROUTER if token.type in SYNTHETIC else end.moved or ZERO_ADDRESS
        settings["feeRecipient"] = _plan_fee(builder, token.token_fee, moved, "tokenFee")
    if not token.nft and token.type != "native":
        settings["feeHook"] = token.fee_hook or ZERO_ADDRESS
    for view, value in settings.items():
        builder.set(ROUTER, contract, view, value)
    _plan_remotes(builder, contract, remotes)
    if token.type in ("native", "collateral") and not token.nft:
        _plan_rebalancing(builder, contract, token)
    builder.hand_over(ROUTER, contract, token.owner)
    return [*_factories(builder, place.addresses), *builder.steps, *builder.hand_overs]


def _plan_router(builder: Builder, end: End, vault_domain: int) -> None:
    token, contract = end.token, contract_of(end.token)
    scale = () if token.nft else (end.scale.numerator, end.scale.denominator)
    what: tuple[Any, ...] = () if token.token is None else (token.token,)
    if token.type in SYNTHETIC and not token.nft:
        what = (end.decimals,)
    rest = (vault_domain,) if token.type == "syntheticRebase" else ()
    state: dict[str, Any] = {
        "mailbox": builder.mailbox,
        "hook": ZERO_ADDRESS,
        "interchainSecurityModule": ZERO_ADDRESS,
    }
    if not token.nft:
        named = ("scaleNumerator", "scaleDenominator")
        state |= {"feeRecipient": ZERO_ADDRESS, **dict(zip(named, scale, strict=True))}
        if token.type != "native":
            state["feeHook"] = ZERO_ADDRESS
    arguments = (*what, *scale, builder.mailbox, *rest)
    router = builder.create_upgradeable(ROUTER.step, contract, arguments, state=state)
    initial: dict[str, Any] = {"owner": builder.deployer}
    naming: tuple[Any, ...] = ()
    if token.type in SYNTHETIC:
        initial |= {"name": end.name, "symbol": end.symbol}
        naming = (token.initial_supply, end.name, end.symbol)
    arguments = (*naming, ZERO_ADDRESS, ZERO_ADDRESS, builder.deployer)
    builder.call("initialize", router, contract, arguments, once=True, state=initial)


def _plan_remotes(builder: Builder, contract: str, remotes: Mapping[int, Remote]) -> None:
    builder.table(
        ROUTER,
        contract,
        {domain: remote.router for domain, remote in remotes.items()},
        view="routers",
        setter="enrollRemoteRouters",
        remover="unenrollRemoteRouters",
        columns=True,
    )
    told = [
        Reading(ROUTER, contract, "destinationGas", remote.gas, (domain,))
        for domain, remote in remotes.items()
    ]
    gas = [(domain, remote.gas) for domain, remote in remotes.items()]
    builder.call("setDestinationGas", ROUTER, contract, (gas,), *told, repeatable=True)


def _plan_fee(builder: Builder, config: TokenFee | None, token: Target, name: str) -> Target:
    if config is None:
        return ZERO_ADDRESS
    if isinstance(config, str):
        return config
    if config.token not in (None, token):
        raise ConfigError(
            f"{name}.token: {config.token}, but the route moves {token}; leave token out"
        )
    if isinstance(config, Curve):
        maximum, half = config.parameters
        state = {"token": token, "maxFee": maximum, "halfAmount": half}
        state["owner"] = config.owner or builder.owner
        return builder.create(name, config.type, tuple(state.values()), state=state)
    contract = "RoutingFee"
    fees = {
        chain: _plan_fee(builder, fee, token, f"{name}.{chain}")
        for chain, fee in config.fee_contracts.items()
    }
    by_domain = builder.surroundings.by_domain(fees, f"{name}.feeContracts")
    arguments = (token, builder.deployer)
    router = builder.create(name, contract, arguments, state={"token": token})
    builder.prune(router, contract, "domains", tuple(by_domain), "setFeeContract", (ZERO_ADDRESS,))
    for domain, fee in by_domain.items():
        told = Reading(router, contract, "feeContracts", fee, (domain,))
        builder.call(
            "setFeeContract",
            router,
            contract,
            (domain, fee),
            told,
            repeatable=True,
            about=f"{domain} ",
        )
    builder.hand_over(router, contract, config.owner)
    return router


def _plan_rebalancing(builder: Builder, contract: str, token: WarpToken) -> None:
    builder.members(
        ROUTER,
        contract,
        "allowedRebalancers",
        token.allowed_rebalancers,
        adder="addRebalancer",
        remover="removeRebalancer",
    )
    bridges = builder.surroundings.by_domain(
        token.allowed_rebalancing_bridges, "allowedRebalancingBridges"
    )
    for domain, allowed in bridges.items():
        builder.members(
            ROUTER,
            contract,
            "allowedBridges",
            tuple(each.bridge for each in allowed),
            adder="addBridge",
            remover="removeBridge",
            key=(domain,),
        )


def _factories(builder: Builder, addresses: ChainAddresses) -> list[Step]:
    """Those that the plan needs: the core's, or new ones where the core has none."""
    needed = {step.factory for step in builder.steps if isinstance(step, CreateSet)}
    known = addresses.as_file()
    return [
        Use(name, known[name]) if name in known else Create(name, FACTORIES[name])
        for name in sorted(needed)
    ]


def router_word(address: str) -> bytes:
    """A router as other routers know it; accepts 32 bytes, too."""
    if len(address) == 66:
        return bytes.fromhex(address[2:])
    return address_to_bytes32(address_from_hex(address))
