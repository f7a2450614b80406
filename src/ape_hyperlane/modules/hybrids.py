"""Plans hybrids: contracts that are hook and security module at once."""

from typing import Any

from ape_hyperlane.plans.builder import PlanBuilder
from ape_hyperlane.plans.contract import PlannedContract, Table
from ape_hyperlane.plans.steps import Ref, Target
from hyperlane.errors import ConfigError
from hyperlane.registry.fields import ZERO_ADDRESS, word
from hyperlane.registry.hybrids import DelayedFlow, NetFlow, Timelock

Hybrid = NetFlow | Timelock | DelayedFlow

REMOTE_ROUTERS = Table("routers", "enrollRemoteRouters", "unenrollRemoteRouters", columns=True)


def plan_hybrid(builder: PlanBuilder, config: Hybrid) -> Ref:
    """Plans a hybrid and returns a reference to it: to the same contract for an equal config, which
    a file names once as hook and once as module. ConfigError for one that cannot be deployed."""
    for known, target in builder.hybrids:
        if known == config:
            return target
    match config:
        case NetFlow():
            contract = "NetFlowRateLimitedHookIsm"
            state = {"mailbox": builder.mailbox, **_flow_state(builder, config)}
            arguments = tuple(state.values())
        case Timelock():
            contract = "TimelockRouter"
            state = {"mailbox": builder.mailbox, "timelockWindow": config.timelock_window}
            arguments = tuple(state.values())
        case DelayedFlow():
            contract = "DelayedFlowRouterHookIsm"
            state = {**_flow_state(builder, config), "maxDelay": config.max_delay}
            arguments = tuple(state[view] for view in ("warpRouter", "thresholdBps", "maxDelay"))
            arguments += (config.duration,)
    name = builder.unique(config.type)
    hybrid = builder.create(name, contract, arguments, address=config.address, state=state)
    if not isinstance(config, NetFlow):
        _plan_announcements(builder, config, hybrid)
    hybrid.hand_over(config.owner)
    builder.hybrids.append((config, hybrid.ref))
    return hybrid.ref


def _flow_state(builder: PlanBuilder, config: NetFlow | DelayedFlow) -> dict[str, Any]:
    """Results of the views that both flow limits have, by name."""
    router: Target | None = config.warp_router or builder.router
    if router is None:
        raise ConfigError(f"{config.type}.warpRouter: required, since a core has no token router")
    return {
        "warpRouter": router,
        "thresholdBps": config.threshold_bps,
        "DURATION": config.duration,
    }


def _plan_announcements(
    builder: PlanBuilder, config: Timelock | DelayedFlow, hybrid: PlannedContract
) -> None:
    """Plans how a hybrid sends and receives the announcements of messages."""
    hybrid.set("hook", config.hook or ZERO_ADDRESS)
    module = config.interchain_security_module or ZERO_ADDRESS
    hybrid.set("interchainSecurityModule", module)
    if config.remote_isms is None:
        return
    remotes = builder.registry.by_domain(config.remote_isms, f"{config.type}.remoteIsms")
    hybrid.table(REMOTE_ROUTERS, {domain: word(remote) for domain, remote in remotes.items()})
