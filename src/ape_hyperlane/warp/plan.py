"""From the end of a route to the steps that deploy it. Pure: no chain is asked anything."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ape_hyperlane.core.plan import FACTORIES
from ape_hyperlane.modules.hooks import HookPlanner
from ape_hyperlane.modules.isms import IsmPlanner
from ape_hyperlane.plans.builder import Builder, Surroundings
from ape_hyperlane.plans.steps import (
    ABSENT,
    MAKER,
    Create,
    CreateSet,
    Reading,
    Ref,
    Step,
    Use,
    Within,
)
from ape_hyperlane.warp.ends import End
from ape_hyperlane.warp.fees import plan_fee
from hyperlane.errors import ConfigError
from hyperlane.registry import ChainAddresses
from hyperlane.registry.fields import ZERO_ADDRESS, word
from hyperlane.registry.token_types import DELIVERY_GAS, MOVABLE, SYNTHETIC
from hyperlane.registry.warp_token import WarpToken

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
    "crossCollateral": "CrossCollateralRouter",
    "collateralCctp": "TokenBridgeCctp",
    "collateralOft": "TokenBridgeOft",
}
NFT_CONTRACTS = {"collateral": "HypERC721Collateral", "synthetic": "HypERC721"}


def contract_of(token: WarpToken) -> str:
    """The contract that is this end's router."""
    if token.nft and token.type in NFT_CONTRACTS:
        return NFT_CONTRACTS[token.type]
    return CONTRACTS[token.type] + (token.cctp_version or "")


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

    router: bytes | Ref | None
    """A reference as long as it is not deployed; None where only routers of other tokens are."""
    gas: int
    circle_domain: int | None = None
    """What Circle calls the chain, on a route over CCTP."""


def plan_end(
    end: End, place: Place, remotes: Mapping[int, Remote], vault_domain: int = 0
) -> list[Step]:
    """All steps for one end: the router, what it uses, whom it knows, and who owns it.

    `vault_domain` is where the vault of a rebasing token is. ConfigError when the config names a
    chain that is not in the registry.
    """
    token, contract = end.token, contract_of(end.token)
    owner, mailbox = token.owner or place.deployer, token.mailbox or place.mailbox
    builder = Builder(place.deployer, owner, mailbox, place.surroundings, token.admin, ROUTER)
    if token.type == "collateralOft":
        _plan_oft(builder, contract, token)
    else:
        _plan_router(builder, end, vault_domain)
        _plan_settings(builder, end)
        if token.type == "crossCollateral":
            _plan_trust(builder, contract, token)
        _plan_remotes(builder, contract, remotes)
        if token.type == "crossCollateral":
            _plan_rebalance_targets(builder, contract, token)
        if token.type == "collateralCctp":
            _plan_circle_domains(builder, contract, remotes)
    if token.type in MOVABLE and not token.nft:
        _plan_rebalancing(builder, contract, token, remotes)
    builder.hand_over(ROUTER, contract, token.owner)
    return [*_factories(builder, place.addresses), *builder.steps, *builder.hand_overs]


def _plan_router(builder: Builder, end: End, vault_domain: int) -> None:
    token, contract = end.token, contract_of(end.token)
    state: dict[str, Any] = {
        "mailbox": builder.mailbox,
        "hook": ZERO_ADDRESS,
        "interchainSecurityModule": ZERO_ADDRESS,
    }
    if not token.nft:
        state["feeRecipient"] = ZERO_ADDRESS
        state["scaleNumerator"], state["scaleDenominator"] = end.scale.as_integer_ratio()
        if token.type != "native":
            state["feeHook"] = ZERO_ADDRESS
    if token.type == "crossCollateral":
        trusted = _by_domain(builder, token.cross_collateral_routers, "crossCollateralRouters")
        state["getCrossCollateralDomains"] = Within(tuple(trusted))
    if token.type == "collateralCctp":
        state["messageTransmitter"] = token.message_transmitter
        state["tokenMessenger"] = token.token_messenger
    arguments = _constructed_with(builder, end, vault_domain)
    router = builder.create_upgradeable(ROUTER.step, contract, arguments, state=state)
    initial: dict[str, Any] = {"owner": MAKER}
    arguments = (ZERO_ADDRESS, ZERO_ADDRESS, MAKER)
    if token.type in SYNTHETIC:
        initial |= {"name": end.name, "symbol": end.symbol}
        arguments = (token.initial_supply, end.name, end.symbol, *arguments)
    if token.type == "collateralCctp":
        initial |= {"interchainSecurityModule": ROUTER, "urls": list(token.urls)}
        arguments = (ZERO_ADDRESS, MAKER, list(token.urls))
    builder.call("initialize", router, contract, arguments, once=True, state=initial)


def _constructed_with(builder: Builder, end: End, vault_domain: int) -> tuple[Any, ...]:
    token = end.token
    if token.type == "collateralCctp":
        # The fee is set later, so that the contract does not depend on it.
        fast = (0, token.min_finality_threshold) if token.cctp_version == "V2" else ()
        circle = (token.message_transmitter, token.token_messenger)
        return (token.token, builder.mailbox, *circle, *fast)
    scale = () if token.nft else end.scale.as_integer_ratio()
    what: tuple[Any, ...] = () if token.token is None else (token.token,)
    if token.type in SYNTHETIC and not token.nft:
        what = (end.decimals,)
    rest = (vault_domain,) if token.type == "syntheticRebase" else ()
    return (*what, *scale, builder.mailbox, *rest)


def _plan_settings(builder: Builder, end: End) -> None:
    token, contract = end.token, contract_of(end.token)
    settings: dict[str, Any] = {
        "hook": HookPlanner(builder).plan(token.hook or ZERO_ADDRESS),
        "interchainSecurityModule": IsmPlanner(builder).plan(
            token.interchain_security_module or ZERO_ADDRESS, "interchainSecurityModule"
        ),
    }
    if token.type == "collateralCctp":
        settings |= {"interchainSecurityModule": ROUTER, "urls": list(token.urls)}
    if token.max_fee_bps is not None:
        settings["maxFeePpm"] = int(token.max_fee_bps * 100)
    if not token.nft:
        moved = ROUTER if token.type in SYNTHETIC else end.moved or ZERO_ADDRESS
        settings["feeRecipient"] = plan_fee(builder, token.token_fee, moved, "tokenFee")
    if not token.nft and token.type != "native":
        settings["feeHook"] = token.fee_hook or ZERO_ADDRESS
    for view, value in settings.items():
        builder.set(ROUTER, contract, view, value)


def _plan_remotes(builder: Builder, contract: str, remotes: Mapping[int, Remote]) -> None:
    builder.table(
        ROUTER,
        contract,
        {domain: remote.router for domain, remote in remotes.items() if remote.router is not None},
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
    if gas:
        builder.call("setDestinationGas", ROUTER, contract, (gas,), *told, repeatable=True)


def _plan_circle_domains(builder: Builder, contract: str, remotes: Mapping[int, Remote]) -> None:
    pairs = [(domain, remote.circle_domain) for domain, remote in remotes.items()]
    there = "hyperlaneDomainToCircleDomain", "circleDomainToHyperlaneDomain"
    told = [
        Reading(ROUTER, contract, view, value, (key,))
        for pair in pairs
        for view, key, value in zip(there, pair, reversed(pair), strict=True)
    ]
    builder.call("addDomains", ROUTER, contract, (pairs,), *told, repeatable=True)


def _plan_trust(builder: Builder, contract: str, token: WarpToken) -> None:
    """Which routers of other tokens are trusted. What a chain of the registry has beyond the file
    goes; domains that nobody knows are told of only."""
    trusted = _by_domain(builder, token.cross_collateral_routers, "crossCollateralRouters")
    for domain in _domains(builder, trusted):
        builder.members(
            ROUTER,
            contract,
            "getCrossCollateralRouters",
            tuple(map(word, trusted.get(domain, ()))),
            adder="enrollCrossCollateralRouters",
            remover="unenrollCrossCollateralRouters",
            key=(domain,),
            columns=True,
        )


def _plan_rebalance_targets(builder: Builder, contract: str, token: WarpToken) -> None:
    targets = _by_domain(builder, token.rebalance_targets, "rebalanceTargets")
    for domain in _domains(builder, targets):
        builder.members(
            ROUTER,
            contract,
            "rebalanceTargets",
            tuple(map(word, targets.get(domain, ()))),
            adder="addRebalanceTarget",
            remover="removeRebalanceTarget",
            key=(domain,),
        )


def _plan_oft(builder: Builder, contract: str, token: WarpToken) -> None:
    state = {"oft": token.oft, "token": token.token, "owner": MAKER, "extraOptions": b""}
    arguments = (token.oft, MAKER)
    builder.create(ROUTER.step, contract, arguments, state=state, permanent=True)
    endpoints = _by_domain(builder, token.domain_mappings, "domainMappings")
    for domain in _domains(builder, endpoints):
        builder.entry(
            ROUTER,
            contract,
            "hyperlaneDomainToLzEid",
            domain,
            endpoints.get(domain),
            setter="addDomain",
            remover="removeDomain",
            absent=ABSENT,
        )
    options = bytes.fromhex((token.extra_options or "0x")[2:])
    builder.set(ROUTER, contract, "extraOptions", options)


def _by_domain(builder: Builder, values: Mapping[str, Any], key: str) -> dict[int, Any]:
    return builder.surroundings.by_domain(values, key)


def _domains(builder: Builder, named: Mapping[int, Any]) -> list[int]:
    """Those in the registry, and those that a config names."""
    return sorted({*builder.surroundings.domains.values(), *named})


def _plan_rebalancing(
    builder: Builder, contract: str, token: WarpToken, remotes: Mapping[int, Remote]
) -> None:
    """Who may move collateral, over what, and to whom. What there is beyond the file goes."""
    builder.members(
        ROUTER,
        contract,
        "allowedRebalancers",
        token.allowed_rebalancers,
        adder="addRebalancer",
        remover="removeRebalancer",
    )
    bridges = _by_domain(builder, token.allowed_rebalancing_bridges, "allowedRebalancingBridges")
    recipients = _by_domain(builder, token.rebalance_recipients, "rebalanceRecipients")
    trusted = _by_domain(builder, token.cross_collateral_routers, "crossCollateralRouters")
    enrolled = {*remotes, *(domain for domain, routers in trusted.items() if routers)}
    for key, named in (("allowedRebalancingBridges", bridges), ("rebalanceRecipients", recipients)):
        for domain in named.keys() - enrolled:
            raise ConfigError(
                f"{key}.{domain}: no router is enrolled there; expected one of"
                f" {', '.join(map(str, sorted(enrolled)))}"
            )
    for domain in sorted(enrolled):  # what was unenrolled was forgotten
        builder.members(
            ROUTER,
            contract,
            "allowedBridges",
            tuple(each.bridge for each in bridges.get(domain, ())),
            adder="addBridge",
            remover="removeBridge",
            key=(domain,),
        )
        builder.entry(
            ROUTER,
            contract,
            "allowedRecipient",
            domain,
            word(recipients[domain]) if domain in recipients else None,
            setter="setRecipient",
            remover="removeRecipient",
            absent=bytes(32),
        )


def _factories(builder: Builder, addresses: ChainAddresses) -> list[Step]:
    """Those that the plan needs: the core's, or new ones where the core has none."""
    needed = {step.factory for step in builder.steps if isinstance(step, CreateSet)}
    known = addresses.as_file()
    return [
        Use(name, known[name]) if name in known else Create(name, FACTORIES[name])
        for name in sorted(needed)
    ]
