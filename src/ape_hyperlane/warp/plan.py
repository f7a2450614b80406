"""Plans one end of a route: from its config to the steps that deploy it. Pure: makes no request."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ape_hyperlane.core.plan import FACTORIES
from ape_hyperlane.modules.hooks import HookPlanner
from ape_hyperlane.modules.hybrids import REMOTE_ROUTERS
from ape_hyperlane.modules.isms import IsmPlanner
from ape_hyperlane.plans.builder import PlanBuilder
from ape_hyperlane.plans.contract import Entry, MemberList, PlannedContract
from ape_hyperlane.plans.registry_view import RegistryView
from ape_hyperlane.plans.steps import (
    ABSENT,
    CREATOR,
    Create,
    CreateSet,
    Ref,
    Reserve,
    Step,
    Subset,
    Use,
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


TRUSTED_ROUTERS = MemberList(
    "getCrossCollateralRouters",
    "enrollCrossCollateralRouters",
    "unenrollCrossCollateralRouters",
    columns=True,
)
REBALANCE_TARGETS = MemberList("rebalanceTargets", "addRebalanceTarget", "removeRebalanceTarget")
REBALANCERS = MemberList("allowedRebalancers", "addRebalancer", "removeRebalancer")
BRIDGES = MemberList("allowedBridges", "addBridge", "removeBridge")
REBALANCE_RECIPIENT = Entry("allowedRecipient", "setRecipient", "removeRecipient", bytes(32))
LAYER_ZERO_ENDPOINT = Entry("hyperlaneDomainToLzEid", "addDomain", "removeDomain", ABSENT)


def contract_of(token: WarpToken) -> str:
    """Name of the router contract for this type of token."""
    if token.nft and token.type in NFT_CONTRACTS:
        return NFT_CONTRACTS[token.type]
    return CONTRACTS[token.type] + (token.cctp_version or "")


def delivery_gas(token: WarpToken) -> int:
    """Gas limit for deliveries to this end."""
    return token.gas or DELIVERY_GAS[token.type]


@dataclass(frozen=True, slots=True)
class ChainContext:
    """The chain that an end is planned for."""

    deployer: str
    mailbox: str
    addresses: ChainAddresses
    registry: RegistryView
    reserve: Reserve | None = None
    """Reserves the router's address; None if it has one of its own on each chain."""


@dataclass(frozen=True, slots=True)
class Remote:
    """The router on another chain: an end of this route, or one that exists."""

    router: bytes | Ref | None
    """A reference before the router is deployed; None where only routers of other tokens are."""
    gas: int
    circle_domain: int | None = None
    """Circle's number of the chain, on a route over CCTP."""


def plan_end(
    end: End, context: ChainContext, remotes: Mapping[int, Remote], vault_domain: int = 0
) -> list[Step]:
    """All steps for one end: the router, its modules, its remote routers and its owner.

    `vault_domain` is the domain of a rebasing token's vault. ConfigError when the config names a
    chain that the registry does not have.
    """
    token = end.token
    owner, mailbox = token.owner or context.deployer, token.mailbox or context.mailbox
    plan = PlanBuilder(context.deployer, owner, mailbox, context.registry, token.admin, ROUTER)
    if token.type == "collateralOft":
        router = _plan_oft(plan, token, context.reserve)
    else:
        router = _plan_router(plan, end, vault_domain, context.reserve)
        _plan_settings(plan, router, end)
        if token.type == "crossCollateral":
            _plan_trusted_routers(plan, router, token)
        _plan_remotes(router, remotes)
        if token.type == "crossCollateral":
            _plan_rebalance_targets(plan, router, token)
        if token.type == "collateralCctp":
            _plan_circle_domains(router, remotes)
    if token.type in MOVABLE and not token.nft:
        _plan_rebalancing(plan, router, token, remotes)
    router.hand_over(token.owner)
    return [*_factories(plan, context.addresses), *plan.all_steps]


def _plan_router(
    plan: PlanBuilder, end: End, vault_domain: int, reserve: Reserve | None
) -> PlannedContract:
    """Plans the router and its `initialize`. ConfigError for an initial supply that would be minted
    to a reservation: whoever initialises a token is given it."""
    if reserve and end.token.initial_supply and end.token.admin is None:
        raise ConfigError(
            f"initialSupply: {end.token.initial_supply}, expected none with --salt: the"
            " reservation of the address would get it; set upgradeable: true, or leave one out"
        )
    router = plan.create_upgradeable(
        ROUTER.step,
        contract_of(end.token),
        _constructor_arguments(plan, end, vault_domain),
        state=_initial_state(plan, end),
        reserve=reserve,
    )
    token = end.token
    state: dict[str, Any] = {"owner": CREATOR}
    arguments: tuple[Any, ...] = (ZERO_ADDRESS, ZERO_ADDRESS, CREATOR)
    if token.type in SYNTHETIC:
        state |= {"name": end.name, "symbol": end.symbol}
        arguments = (token.initial_supply, end.name, end.symbol, *arguments)
    if token.type == "collateralCctp":
        state |= {"interchainSecurityModule": ROUTER, "urls": list(token.urls)}
        arguments = (ZERO_ADDRESS, CREATOR, list(token.urls))
    router.call_once("initialize", arguments, state, reverts_when_done=True)
    return router


def _initial_state(plan: PlanBuilder, end: End) -> dict[str, Any]:
    """Results of the router's views after its creation."""
    token = end.token
    state: dict[str, Any] = {
        "mailbox": plan.mailbox,
        "hook": ZERO_ADDRESS,
        "interchainSecurityModule": ZERO_ADDRESS,
    }
    if not token.nft:
        state["feeRecipient"] = ZERO_ADDRESS
        state["scaleNumerator"], state["scaleDenominator"] = end.scale.as_integer_ratio()
        if token.type != "native":
            state["feeHook"] = ZERO_ADDRESS
    if token.type == "crossCollateral":
        state["getCrossCollateralDomains"] = Subset(tuple(_trusted_routers(plan, token)))
    if token.type == "collateralCctp":
        state["messageTransmitter"] = token.message_transmitter
        state["tokenMessenger"] = token.token_messenger
    return state


def _constructor_arguments(plan: PlanBuilder, end: End, vault_domain: int) -> tuple[Any, ...]:
    token = end.token
    if token.type == "collateralCctp":
        # Created with a fee of 0 and set later: so the creation does not depend on the fee.
        fast = (0, token.min_finality_threshold) if token.cctp_version == "V2" else ()
        circle = (token.message_transmitter, token.token_messenger)
        return (token.token, plan.mailbox, *circle, *fast)
    scale = () if token.nft else end.scale.as_integer_ratio()
    moved: tuple[Any, ...] = () if token.token is None else (token.token,)
    if token.type in SYNTHETIC and not token.nft:
        moved = (end.decimals,)
    rest = (vault_domain,) if token.type == "syntheticRebase" else ()
    return (*moved, *scale, plan.mailbox, *rest)


def _plan_settings(plan: PlanBuilder, router: PlannedContract, end: End) -> None:
    """Plans hook, security module, fees and other single values."""
    token = end.token
    settings: dict[str, Any] = {
        "hook": HookPlanner(plan).plan(token.hook or ZERO_ADDRESS),
        "interchainSecurityModule": IsmPlanner(plan).plan(
            token.interchain_security_module or ZERO_ADDRESS, "interchainSecurityModule"
        ),
    }
    if token.type == "collateralCctp":
        settings |= {"interchainSecurityModule": ROUTER, "urls": list(token.urls)}
    if token.max_fee_bps is not None:
        settings["maxFeePpm"] = int(token.max_fee_bps * 100)
    if not token.nft:
        moved = ROUTER if token.type in SYNTHETIC else end.moved or ZERO_ADDRESS
        settings["feeRecipient"] = plan_fee(plan, token.token_fee, moved, "tokenFee")
    if not token.nft and token.type != "native":
        settings["feeHook"] = token.fee_hook or ZERO_ADDRESS
    for view, value in settings.items():
        router.set(view, value)


def _plan_remotes(router: PlannedContract, remotes: Mapping[int, Remote]) -> None:
    """Plans the remote routers and the gas limits of deliveries to them."""
    enrolled = {
        domain: remote.router for domain, remote in remotes.items() if remote.router is not None
    }
    router.table(REMOTE_ROUTERS, enrolled)
    gas = [(domain, remote.gas) for domain, remote in remotes.items()]
    if gas:
        readings = [router.reading("destinationGas", limit, domain) for domain, limit in gas]
        router.call("setDestinationGas", (gas,), *readings)


def _plan_circle_domains(router: PlannedContract, remotes: Mapping[int, Remote]) -> None:
    pairs = [(domain, remote.circle_domain) for domain, remote in remotes.items()]
    readings = [
        reading
        for domain, circle_domain in pairs
        for reading in (
            router.reading("hyperlaneDomainToCircleDomain", circle_domain, domain),
            router.reading("circleDomainToHyperlaneDomain", domain, circle_domain),
        )
    ]
    router.call("addDomains", (pairs,), *readings)


def _plan_trusted_routers(plan: PlanBuilder, router: PlannedContract, token: WarpToken) -> None:
    """Plans the trusted routers of other tokens. Routers that the file does not name are removed
    for all domains of the registry; `check` reports those of other domains."""
    trusted = _trusted_routers(plan, token)
    for domain in _domains(plan, trusted):
        router.members(TRUSTED_ROUTERS, tuple(map(word, trusted.get(domain, ()))), domain)


def _plan_rebalance_targets(plan: PlanBuilder, router: PlannedContract, token: WarpToken) -> None:
    targets = plan.registry.by_domain(token.rebalance_targets, "rebalanceTargets")
    for domain in _domains(plan, targets):
        router.members(REBALANCE_TARGETS, tuple(map(word, targets.get(domain, ()))), domain)


def _plan_oft(plan: PlanBuilder, token: WarpToken, reserve: Reserve | None) -> PlannedContract:
    """Plans the whole router of a bridge over LayerZero."""
    state = {"oft": token.oft, "token": token.token, "owner": CREATOR, "extraOptions": b""}
    router = plan.create(
        ROUTER.step,
        contract_of(token),
        (token.oft, CREATOR),
        state=state,
        permanent=True,
        reserve=reserve,
    )
    endpoints = plan.registry.by_domain(token.domain_mappings, "domainMappings")
    for domain in _domains(plan, endpoints):
        router.entry(LAYER_ZERO_ENDPOINT, domain, endpoints.get(domain))
    router.set("extraOptions", bytes.fromhex((token.extra_options or "0x")[2:]))
    return router


def _trusted_routers(plan: PlanBuilder, token: WarpToken) -> dict[int, Any]:
    return plan.registry.by_domain(token.cross_collateral_routers, "crossCollateralRouters")


def _domains(plan: PlanBuilder, named: Mapping[int, Any]) -> list[int]:
    """All domains of the registry and all that a config names."""
    return sorted({*plan.registry.domains.values(), *named})


def _plan_rebalancing(
    plan: PlanBuilder, router: PlannedContract, token: WarpToken, remotes: Mapping[int, Remote]
) -> None:
    """Plans rebalancers, bridges and recipients. Those that the file does not name are removed."""
    router.members(REBALANCERS, token.allowed_rebalancers)
    by_domain = plan.registry.by_domain
    bridges = by_domain(token.allowed_rebalancing_bridges, "allowedRebalancingBridges")
    recipients = by_domain(token.rebalance_recipients, "rebalanceRecipients")
    trusted = (domain for domain, routers in _trusted_routers(plan, token).items() if routers)
    enrolled = sorted({*remotes, *trusted})
    for key, named in (("allowedRebalancingBridges", bridges), ("rebalanceRecipients", recipients)):
        for domain in named.keys() - set(enrolled):
            raise ConfigError(
                f"{key}.{domain}: no router is enrolled there; expected one of"
                f" {', '.join(map(str, enrolled))}"
            )
    # Other domains need no removal: unenrolling a router deletes its bridges and recipient.
    for domain in enrolled:
        allowed = tuple(entry.bridge for entry in bridges.get(domain, ()))
        router.members(BRIDGES, allowed, domain)
        recipient = word(recipients[domain]) if domain in recipients else None
        router.entry(REBALANCE_RECIPIENT, domain, recipient)


def _factories(plan: PlanBuilder, addresses: ChainAddresses) -> list[Step]:
    """The factories that the plan needs: the core's, or new ones where the core has none."""
    needed = {step.factory for step in plan.steps if isinstance(step, CreateSet)}
    known = addresses.as_file()
    return [
        Use(name, known[name]) if name in known else Create(name, FACTORIES[name])
        for name in sorted(needed)
    ]
