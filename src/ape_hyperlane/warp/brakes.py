"""Refuses limits, delays and pauses of a router that would not work as intended."""

from collections.abc import Iterator, Mapping
from typing import Any

from ape_hyperlane.plans.registry_view import RegistryView
from ape_hyperlane.plans.steps import Ref
from hyperlane.errors import ConfigError
from hyperlane.registry.fields import ZERO_ADDRESS, word
from hyperlane.registry.hooks import (
    AggregationHook,
    AmountRoutingHook,
    ArbL2ToL1Hook,
    FallbackRoutingHook,
    GuardedPausableHook,
    Hook,
    PausableHook,
    RateLimitedHook,
    RecipientRoutingHook,
    RoutingHook,
    all_hooks,
)
from hyperlane.registry.hybrids import DelayedFlow, NetFlow, Timelock
from hyperlane.registry.isms import (
    AggregationIsm,
    AmountRoutingIsm,
    GuardedPausableIsm,
    Ism,
    PausableIsm,
    RateLimitedIsm,
    RoutingIsm,
    all_isms,
)
from hyperlane.registry.warp_token import WarpToken

HOLDING = ("native", "collateral", "synthetic", "syntheticRebase", "crossCollateral")
"""Types with holdings or a supply, of which a limit can be a fraction."""

BRAKES = (
    PausableHook
    | GuardedPausableHook
    | RateLimitedHook
    | PausableIsm
    | GuardedPausableIsm
    | RateLimitedIsm
    | NetFlow
    | Timelock
    | DelayedFlow
)


def check_brakes(
    token: WarpToken, view: RegistryView, enrolled: Mapping[int, bytes | Ref | None]
) -> None:
    """ConfigError for a limit in percent of holdings on a router that holds nothing, for transfers
    that would bypass a limit, and for transfers that a hybrid would refuse.

    `view` is that of the router's chain, `enrolled` has the router's counterpart by domain.
    """
    key = "crossCollateralRouters"
    trusted = view.by_domain(token.cross_collateral_routers, key)
    here = view.domains[view.chain]
    for config in _configs(token):
        if isinstance(config, NetFlow | DelayedFlow):
            _require_holdings(token, config)
        if isinstance(config, BRAKES) and trusted.get(here):
            raise ConfigError(
                f"{key}.{here}: routers of the router's own chain call it without a message, which"
                f" {config.type} does not see; name none of them, or remove {config.type}"
            )
    for domain, routers in trusted.items():
        others = [router for router in routers if word(router) != enrolled.get(domain)]
        if domain != here and others:
            _require_passage(token, view, domain, others)


def _configs(token: WarpToken) -> Iterator[Hook | Ism]:
    """All hooks and modules that the config describes. Those named by address are not inspected."""
    hooks = all_hooks(token.hook or ZERO_ADDRESS)
    isms = all_isms(token.interchain_security_module or ZERO_ADDRESS)
    return (config for config in (*hooks, *isms) if not isinstance(config, str))


def _require_holdings(token: WarpToken, config: NetFlow | DelayedFlow) -> None:
    """ConfigError for a limit in percent of holdings on a router that holds nothing."""
    if config.warp_router is None and (token.nft or token.type not in HOLDING):
        raise ConfigError(
            f"{config.type}: type {token.type} holds no tokens that it could be a fraction of;"
            f" expected one of {', '.join(HOLDING)}"
        )


def _require_passage(token: WarpToken, view: RegistryView, domain: int, routers: list[str]) -> None:
    """ConfigError when a transfer to or from one of these routers would meet a
    `delayedFlowRouterHookIsm`, which only knows the counterpart that is enrolled there."""
    hooks = (
        hook
        for router in routers
        for hook in _hooks_for(token.hook or ZERO_ADDRESS, view, domain, word(router))
    )
    isms = _isms_for(token.interchain_security_module or ZERO_ADDRESS, view, domain)
    for config in (*hooks, *isms):
        if isinstance(config, DelayedFlow):
            raise ConfigError(
                f"crossCollateralRouters.{domain}: {config.type} refuses transfers to and from"
                f" {routers[0]}, since it only knows the router that is enrolled there; name none"
                " but that one, or give the others a hook and a module without it:"
                " destinationRecipientRoutingHook, domainRoutingIsm"
            )


def _hooks_for(hook: Hook, view: RegistryView, domain: int, recipient: bytes) -> Iterator[Hook]:
    """The hooks that a message to `recipient` may reach, by the hook's own rules of routing."""
    yield hook
    called: list[Hook] = []
    match hook:
        case AggregationHook():
            called = list(hook.hooks)
        case AmountRoutingHook():
            called = [hook.lower_hook, hook.upper_hook]
        case ArbL2ToL1Hook():
            called = [hook.child_hook]
        case RecipientRoutingHook():
            custom = view.by_domain(hook.custom_hooks, f"{hook.type}.customHooks")
            by_recipient = {word(key): value for key, value in custom.get(domain, {}).items()}
            own = by_recipient.get(recipient, ZERO_ADDRESS)
            called = _of_domain(hook, view, domain) if own == ZERO_ADDRESS else [own]
        case FallbackRoutingHook():
            called = _of_domain(hook, view, domain) or [hook.fallback]
        case RoutingHook():
            called = _of_domain(hook, view, domain)
    for nested in called:
        yield from _hooks_for(nested, view, domain, recipient)


def _isms_for(ism: Ism, view: RegistryView, domain: int) -> Iterator[Ism]:
    """The modules whose consent a message from `domain` may need."""
    yield ism
    asked: list[Ism] = []
    match ism:
        case AggregationIsm() if ism.threshold == len(ism.modules):
            asked = list(ism.modules)
        case AmountRoutingIsm():
            asked = [ism.lower_ism, ism.upper_ism]
        case RoutingIsm():
            asked = _of_domain(ism, view, domain)
    for nested in asked:
        yield from _isms_for(nested, view, domain)


def _of_domain(
    routing: RoutingHook | FallbackRoutingHook | RecipientRoutingHook | RoutingIsm,
    view: RegistryView,
    domain: int,
) -> list[Any]:
    """Hooks or modules that a routing hook or module has for a domain: one, or none."""
    by_domain = view.by_domain(routing.domains, f"{routing.type}.domains")
    return [by_domain[domain]] if domain in by_domain else []
