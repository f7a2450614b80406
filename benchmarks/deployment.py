"""What deployments cost: all transactions that our deploy tool plans, on a chain with nothing."""

from collections.abc import Callable
from typing import Any

from web3.contract import Contract

from ape_hyperlane.core.plan import plan_core
from ape_hyperlane.plans.registry_view import RegistryView
from ape_hyperlane.plans.steps import (
    Call,
    Create,
    Creator,
    Initial,
    Made,
    Reading,
    Ref,
    Subset,
    Use,
)
from benchmarks.anvil import Chain
from hyperlane.registry import CoreConfig


def spent(chain: Chain, deploy: Callable[[], object]) -> int:
    """The gas of all transactions that this sends."""
    before = chain.spent
    deploy()
    return chain.spent - before


def deploy_core(chain: Chain, config: CoreConfig) -> None:
    """By an owner that deploys it itself."""
    made: dict[str, Any] = {}

    def resolved(value: Any) -> Any:
        if isinstance(value, Creator):
            return chain.sender
        if isinstance(value, Initial):
            return value.value
        return made[value.step].address if isinstance(value, Ref) else value

    def said(target: Contract, reading: Reading) -> bool:
        answer = target.functions[reading.method](*reading.arguments).call()
        if isinstance(reading.expected, Subset):
            return set(answer) <= set(reading.expected.values)
        return bool(answer == resolved(reading.expected))

    steps = plan_core(config, domain=31337, deployer=chain.sender, registry=RegistryView({}))
    for step in steps:
        if isinstance(step, Create):
            made[step.name] = chain.deploy(step.contract, *map(resolved, step.arguments))
            continue
        if isinstance(step, Use):  # of what another contract made
            assert isinstance(step.address, Made)
            assert isinstance(step.address.maker, Ref)
            maker = made[step.address.maker.step]
            address = maker.functions[step.address.view]().call()
            made[step.name] = chain.at("CommitmentReadIsm", address)
            continue
        assert isinstance(step, Call)
        assert isinstance(step.target, Ref)
        target = made[step.target.step]
        if not all(said(target, reading) for reading in step.readings):
            chain.send(target.functions[step.method](*map(resolved, step.arguments)))
