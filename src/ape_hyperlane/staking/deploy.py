"""Deploys the staking contracts of the chain that ape is connected to."""

from dataclasses import dataclass

import yaml
from ape import networks
from ape.api import AccountAPI
from ape.contracts import ContractInstance

from ape_hyperlane.plans.apply import Applier, Report
from ape_hyperlane.plans.builder import PlanBuilder
from ape_hyperlane.plans.chain import container, has_code, is_development
from ape_hyperlane.plans.checks import (
    estimate_gas,
    require_contracts,
    require_funds,
    silent,
)
from ape_hyperlane.plans.journal import Journal
from ape_hyperlane.plans.registry_view import registry_view
from ape_hyperlane.plans.steps import Step, final_readings
from hyperlane.errors import ConfigError
from hyperlane.files import write_atomic
from hyperlane.registry import ChainAddresses, Registry
from hyperlane.registry.models import read
from hyperlane.registry.staking_config import StakingConfig

MANAGER, FRAUD_PROOFS = "stakingManager", "checkpointFraudProofs"
MADE_BY_MANAGER = {"checkpointSlasher": "slasher", "censorshipChallenges": "challenges"}
"""Views of the manager that return the contracts it created, by key in `addresses.yaml`."""


@dataclass(frozen=True, slots=True)
class StakingDeployment:
    """Planned staking contracts and the chain that they are for."""

    chain: str
    config: StakingConfig
    journal: Journal
    steps: list[Step]


@dataclass(frozen=True, slots=True)
class StakingOutcome:
    """The result of a deployment."""

    addresses: dict[str, str]
    transactions: int
    """Number of transactions that this run sent."""


def plan_staking(
    config: StakingConfig | None, registry: Registry, chain: str, deployer: str
) -> StakingDeployment:
    """Plans the staking contracts of the connected chain. Nothing is written or sent.

    Without a config, that of the last deployment is used. ConfigError when there was none, when the
    registry has no core on the chain or has it with another chain id, or when the chain lacks a
    contract that the config names.
    """
    hook = registry.addresses(chain).require(chain, "merkleTreeHook")
    chain_id = connected_chain(registry, chain)
    folder = registry.chain_folder(chain)
    path = folder / "staking-config.yaml"
    if config is None and not path.exists():
        raise ConfigError(f"{path}: nothing is staked on {chain} yet; --config is needed")
    config = config or read(StakingConfig, path)
    require_contracts((hook, config.token), chain)
    journal = Journal(folder / "staking-deployment.json", chain_id, deployer)
    entry = journal.entry(MANAGER)
    if is_development() and entry and entry.done and not has_code(str(entry.address)):
        journal.restart(deployer)  # the development node was started anew
    owner = config.owner or journal.deployer
    plan = PlanBuilder(journal.deployer, owner, hook, registry_view(registry))
    proofs = plan.create(FRAUD_PROOFS, "CheckpointFraudProofs", permanent=True)
    arguments = (
        config.token,
        config.treasury,
        plan.owner,
        config.parameters,
        hook,
        proofs.ref,
    )
    state = {"token": config.token, "treasury": config.treasury}
    plan.create(MANAGER, "StakingManager", arguments, permanent=True, state=state)
    return StakingDeployment(chain, config, journal, plan.steps)


def deploy_staking(
    deployment: StakingDeployment,
    registry: Registry,
    account: AccountAPI,
    report: Report = silent,
    max_gas_price: int | None = None,
) -> StakingOutcome:
    """Deploys what the chain lacks, verifies it and writes the registry. Errors: `deploy_core`."""
    applier = Applier(account, deployment.journal, report, max_gas_price)
    pending = applier.pending(deployment.steps, account.address)
    require_funds(sum(map(estimate_gas, pending)), account, max_gas_price)
    content = yaml.safe_dump(deployment.config.as_file(), sort_keys=False)
    write_atomic(registry.chain_folder(deployment.chain) / "staking-config.yaml", content)
    applier.apply(deployment.steps)
    applier.verify(final_readings(deployment.steps))
    manager = manager_at(applier.addresses[MANAGER])
    made = dict(applier.addresses)
    made |= {key: str(getattr(manager, view)()) for key, view in MADE_BY_MANAGER.items()}
    before = registry.addresses(deployment.chain)
    addresses = ChainAddresses.model_validate({**before.as_file(), **made})
    if addresses != before:
        registry.write_addresses(deployment.chain, addresses)
    return StakingOutcome(made, applier.sent)


def connected_chain(registry: Registry, chain: str) -> int:
    """Chain id of the connected chain. ConfigError when the registry has another for this chain."""
    chain_id, known = int(networks.provider.chain_id), registry.metadata(chain).chain_id
    if known != chain_id:
        raise ConfigError(
            f"chains/{chain}/metadata.yaml: chainId is {known}, but the node answers {chain_id}"
        )
    return chain_id


def manager_at(address: str) -> ContractInstance:
    """The StakingManager at an address."""
    return ContractInstance(address, container("StakingManager").contract_type)
