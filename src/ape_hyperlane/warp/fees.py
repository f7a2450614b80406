"""From the fee in a deploy file to the steps that deploy it. Pure, as the rest of the plan."""

from ape_hyperlane.plans.builder import Builder
from ape_hyperlane.plans.steps import MAKER, Reading, Ref, Target
from hyperlane.errors import ConfigError
from hyperlane.registry.fields import ZERO_ADDRESS, word
from hyperlane.registry.token_fees import CrossCollateralRoutingFee, Curve, TokenFee


def plan_fee(
    builder: Builder,
    config: TokenFee | None,
    token: Target,
    name: str,
    owner: str | None = None,
) -> Target:
    """Plans the fee contract of a router that moves `token`, and all that it refers to; none is the
    zero address. `owner` has what names no other. ConfigError when the fee is for another token."""
    if config is None:
        return ZERO_ADDRESS
    if isinstance(config, str):
        return config
    owner = config.owner or owner or builder.owner
    if isinstance(config, CrossCollateralRoutingFee):
        return _plan_fee_by_router(builder, config, token, name, owner)
    if config.token not in (None, token):
        raise ConfigError(
            f"{name}.token: {config.token}, but the route moves {token}; leave token out"
        )
    if isinstance(config, Curve):
        return _plan_curve(builder, config, token, name, owner)
    contract = "RoutingFee"
    fees = {
        chain: plan_fee(builder, fee, token, f"{name}.{chain}", owner)
        for chain, fee in config.fee_contracts.items()
    }
    by_domain = builder.surroundings.by_domain(fees, f"{name}.feeContracts")
    arguments = (token, MAKER)
    router = builder.create(
        name, contract, arguments, address=config.address, state={"token": token}
    )
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
    builder.hand_over(router, contract, owner)
    return router


def _plan_curve(builder: Builder, config: Curve, token: Target, name: str, owner: str) -> Ref:
    maximum, half = config.parameters
    state = {"token": token, "maxFee": maximum, "halfAmount": half}
    if not config.quote_signers:
        state["owner"] = owner
        return builder.create(
            name, config.type, tuple(state.values()), address=config.address, state=state
        )
    # The deployer signs until the others do, so that the contract does not depend on them.
    deployer = builder.deployer
    arguments = (deployer, *state.values(), MAKER)
    fee = builder.create(name, config.type, arguments, address=config.address, state=state)
    builder.members(
        fee,
        config.type,
        "quoteSigners",
        config.quote_signers,
        adder="addQuoteSigner",
        remover="removeQuoteSigner",
        empty=deployer in config.quote_signers,
    )
    builder.hand_over(fee, config.type, owner)
    return fee


def _plan_fee_by_router(
    builder: Builder, config: CrossCollateralRoutingFee, token: Target, name: str, owner: str
) -> Ref:
    contract = "CrossCollateralRoutingFee"
    fees = {
        chain: {
            word(router): plan_fee(builder, fee, token, f"{name}.{chain}.{router}", owner)
            for router, fee in by_router.items()
        }
        for chain, by_router in config.fee_contracts.items()
    }
    rows = [
        (domain, router, fee)
        for domain, by_router in builder.surroundings.by_domain(
            fees, f"{name}.feeContracts"
        ).items()
        for router, fee in by_router.items()
    ]
    target = builder.create(name, contract, (MAKER,), address=config.address)
    told = [Reading(target, contract, "feeContracts", fee, tuple(key)) for *key, fee in rows]
    columns = tuple(map(list, zip(*rows, strict=True)))
    method = "setCrossCollateralRouterFeeContracts"
    builder.call(method, target, contract, columns, *told, repeatable=True)
    builder.hand_over(target, contract, owner)
    return target
