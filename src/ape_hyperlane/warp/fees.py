"""Plans the fee contracts of a router. Pure, as the rest of the plan."""

from typing import Any

from ape_hyperlane.modules.hooks import QUOTE_SIGNERS
from ape_hyperlane.plans.builder import PlanBuilder
from ape_hyperlane.plans.steps import CREATOR, Ref, Target
from hyperlane.errors import ConfigError
from hyperlane.registry.fields import ZERO_ADDRESS, word
from hyperlane.registry.token_fees import CrossCollateralRoutingFee, Curve, RoutingFee, TokenFee


def plan_fee(
    plan: PlanBuilder,
    config: TokenFee | None,
    token: Target,
    name: str,
    owner: str | None = None,
) -> Target:
    """Plans the fee contract of a router that moves `token`, and all fee contracts that it refers
    to. Returns a reference to it, or the zero address for None. `owner` owns contracts whose config
    names no other. ConfigError for the fee of another token."""
    if config is None:
        return ZERO_ADDRESS
    if isinstance(config, str):
        return config
    owner = config.owner or owner or plan.owner
    if isinstance(config, CrossCollateralRoutingFee):
        return _plan_fee_by_router(plan, config, token, name, owner)
    if config.token not in (None, token):
        raise ConfigError(
            f"{name}.token: {config.token}, but the route moves {token}; leave token out"
        )
    if isinstance(config, Curve):
        return _plan_curve(plan, config, token, name, owner)
    return _plan_fee_by_domain(plan, config, token, name, owner)


def _plan_fee_by_domain(
    plan: PlanBuilder, config: RoutingFee, token: Target, name: str, owner: str
) -> Ref:
    fees = {
        chain: plan_fee(plan, fee, token, f"{name}.{chain}", owner)
        for chain, fee in config.fee_contracts.items()
    }
    by_domain = plan.registry.by_domain(fees, f"{name}.feeContracts")
    state = {"token": token}
    router = plan.create(name, "RoutingFee", (token, CREATOR), address=config.address, state=state)
    router.remove_unlisted("domains", tuple(by_domain), "setFeeContract", ZERO_ADDRESS)
    for domain, fee in by_domain.items():
        reading = router.reading("feeContracts", fee, domain)
        router.call("setFeeContract", (domain, fee), reading, label=f"{domain} ")
    router.hand_over(owner)
    return router.ref


def _plan_curve(plan: PlanBuilder, config: Curve, token: Target, name: str, owner: str) -> Ref:
    maximum, half = config.parameters
    state: dict[str, Any] = {"token": token, "maxFee": maximum, "halfAmount": half}
    if not config.quote_signers:
        state["owner"] = owner
        arguments = tuple(state.values())
        return plan.create(name, config.type, arguments, address=config.address, state=state).ref
    # The constructor needs a signer. It gets the deployer, who is removed when the configured
    # signers are added: so the contract's creation does not depend on the config's list.
    deployer = plan.deployer
    arguments = (deployer, *state.values(), CREATOR)
    fee = plan.create(name, config.type, arguments, address=config.address, state=state)
    signers = config.quote_signers
    fee.members(QUOTE_SIGNERS, signers, initially_empty=deployer in signers)
    fee.hand_over(owner)
    return fee.ref


def _plan_fee_by_router(
    plan: PlanBuilder, config: CrossCollateralRoutingFee, token: Target, name: str, owner: str
) -> Ref:
    fees = {
        chain: {
            word(router): plan_fee(plan, fee, token, f"{name}.{chain}.{router}", owner)
            for router, fee in by_router.items()
        }
        for chain, by_router in config.fee_contracts.items()
    }
    by_domain = plan.registry.by_domain(fees, f"{name}.feeContracts")
    rows = [
        (domain, router, fee)
        for domain, by_router in by_domain.items()
        for router, fee in by_router.items()
    ]
    routing = plan.create(name, "CrossCollateralRoutingFee", (CREATOR,), address=config.address)
    readings = [routing.reading("feeContracts", fee, *key) for *key, fee in rows]
    columns = tuple(map(list, zip(*rows, strict=True)))
    routing.call("setCrossCollateralRouterFeeContracts", columns, *readings)
    routing.hand_over(owner)
    return routing.ref
