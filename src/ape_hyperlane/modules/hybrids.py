"""From the config of a contract that is hook and module at once to the steps that deploy it."""

from typing import Any

from ape_hyperlane.plans.builder import Builder
from ape_hyperlane.plans.steps import Ref, Target
from hyperlane.errors import ConfigError
from hyperlane.registry.fields import ZERO_ADDRESS, word
from hyperlane.registry.hybrids import DelayedFlow, NetFlow, Timelock

Hybrid = NetFlow | Timelock | DelayedFlow


def plan_hybrid(builder: Builder, config: Hybrid) -> Ref:
    """Its address, and the steps that make it, unless an equal config has made it: hook and module
    are one. ConfigError names what is wrong."""
    for known, target in builder.hybrids:
        if known == config:
            return target
    match config:
        case NetFlow():
            contract = "NetFlowRateLimitedHookIsm"
            state = {"mailbox": builder.mailbox, **_flow(builder, config)}
            arguments = tuple(state.values())
        case Timelock():
            contract = "TimelockRouter"
            state = {"mailbox": builder.mailbox, "timelockWindow": config.timelock_window}
            arguments = tuple(state.values())
        case DelayedFlow():
            contract = "DelayedFlowRouterHookIsm"
            state = {**_flow(builder, config), "maxDelay": config.max_delay}
            arguments = tuple(state[view] for view in ("warpRouter", "thresholdBps", "maxDelay"))
            arguments += (config.duration,)
    name = builder.unique(config.type)
    target = builder.create(name, contract, arguments, address=config.address, state=state)
    if not isinstance(config, NetFlow):
        _plan_announcements(builder, config, target, contract)
    builder.hand_over(target, contract, config.owner)
    builder.hybrids.append((config, target))
    return target


def _flow(builder: Builder, config: NetFlow | DelayedFlow) -> dict[str, Any]:
    """What the views say, by their names."""
    router: Target | None = config.warp_router or builder.router
    if router is None:
        raise ConfigError(f"{config.type}.warpRouter: required, since a core has no token router")
    return {
        "warpRouter": router,
        "thresholdBps": config.threshold_bps,
        "DURATION": config.duration,
    }


def _plan_announcements(
    builder: Builder, config: Timelock | DelayedFlow, target: Ref, contract: str
) -> None:
    builder.set(target, contract, "hook", config.hook or ZERO_ADDRESS)
    module = config.interchain_security_module or ZERO_ADDRESS
    builder.set(target, contract, "interchainSecurityModule", module)
    if config.remote_isms is None:
        return
    place = f"{config.type}.remoteIsms"
    counterparts = builder.surroundings.by_domain(config.remote_isms, place)
    builder.table(
        target,
        contract,
        {domain: word(each) for domain, each in counterparts.items()},
        view="routers",
        setter="enrollRemoteRouters",
        remover="unenrollRemoteRouters",
        columns=True,
    )
