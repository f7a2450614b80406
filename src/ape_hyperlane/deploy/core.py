"""Deploying a core on the chain that ape is connected to, and checking one."""

from dataclasses import dataclass

from ape import networks
from ape.api import AccountAPI

from ape_hyperlane.deploy.apply import Applier, Report, container
from ape_hyperlane.deploy.journal import Journal
from ape_hyperlane.deploy.plan import plan_core
from ape_hyperlane.deploy.steps import Create, CreateSet, Step
from hyperlane.errors import ChainError, ConfigError
from hyperlane.registry import ChainAddresses, ChainMetadata, CoreConfig, Registry
from hyperlane.registry.chains import Blocks, RpcUrl


@dataclass(frozen=True, slots=True)
class Deployment:
    """A plan, and where it goes."""

    metadata: ChainMetadata
    deployer: str
    steps: list[Step]
    gas: int
    """A generous estimate for all of it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a deployment came to."""

    addresses: ChainAddresses
    transactions: int
    """How many this run sent."""


def plan_deployment(
    config: CoreConfig,
    registry: Registry,
    name: str,
    deployer: str,
    *,
    domain: int | None = None,
    rpc_url: str | None = None,
) -> Deployment:
    """What `deploy_core` would do. Nothing is written or sent.

    ConfigError when the registry knows the chain by another chain id or domain than asked for.
    """
    metadata = _metadata(registry, name, domain, rpc_url)
    domains = {known: registry.metadata(known).domain_id for known in registry.chains()}
    steps = plan_core(config, domain=metadata.domain_id, deployer=deployer, domains=domains)
    return Deployment(metadata, deployer, steps, sum(map(_gas, steps)))


def deploy_core(
    deployment: Deployment,
    registry: Registry,
    account: AccountAPI,
    report: Report = lambda _step, _outcome: None,
) -> Outcome:
    """Deploys a core, or what is missing of it, checks it and writes the registry.

    To be called inside a connection of ape to the chain. Sends nothing when all is there. Raises
    ChainError when funds do not suffice, a transaction fails, or the chain differs from the plan.
    """
    name = deployment.metadata.name
    path = registry.chain_folder(name) / "deployment.json"
    journal = Journal(path, deployment.metadata.chain_id, deployment.deployer)
    _require_funds(deployment, journal, account)
    applier = Applier(account, journal, report)
    applier.apply(deployment.steps)
    if drift := applier.drift(r for step in deployment.steps for r in step.readings):
        raise ChainError(f"{name} is deployed, but differs from its plan: {'; '.join(drift)}")
    known = {field.alias or key for key, field in ChainAddresses.model_fields.items()}
    made = {step: address for step, address in applier.addresses.items() if step in known}
    addresses = ChainAddresses.model_validate({**registry.addresses(name).as_file(), **made})
    if registry.addresses(name) != addresses:
        registry.write_addresses(name, addresses)
    if not registry.has_metadata(name):
        registry.write_metadata(deployment.metadata)
    return Outcome(addresses, applier.sent)


def _metadata(
    registry: Registry, name: str, domain: int | None, rpc_url: str | None
) -> ChainMetadata:
    chain_id = int(networks.provider.chain_id)
    if not registry.has_metadata(name):
        url = rpc_url or str(getattr(networks.provider, "uri", ""))
        return ChainMetadata(
            name=name,
            chain_id=chain_id,
            domain_id=chain_id if domain is None else domain,
            display_name=name.capitalize(),
            rpc_urls=[RpcUrl(http=url)],
            blocks=Blocks(confirmations=1, reorg_period=_reorg_period()),
        )
    metadata = registry.metadata(name)
    path = registry.chain_folder(name) / "metadata.yaml"
    if metadata.chain_id != chain_id:
        raise ConfigError(
            f"{path}: chainId is {metadata.chain_id}, but the node answers {chain_id}"
        )
    if domain not in (None, metadata.domain_id):
        raise ConfigError(f"{path}: domainId is {metadata.domain_id}, but --domain is {domain}")
    return metadata


def is_development() -> bool:
    """Whether the connected node is a development node, whatever network it plays."""
    provider = networks.provider
    return bool(provider.network.is_dev or "anvil" in str(provider.client_version).lower())


def _reorg_period() -> int | str:
    """Final by the node's own word; on a development chain at once."""
    return 0 if is_development() else "finalized"


def _gas(step: Step) -> int:
    """More than the step can need: creation by size of code, everything else flat."""
    if not isinstance(step, Create):
        return 1_500_000 if isinstance(step, CreateSet) else 300_000
    contract = container(step.contract).contract_type
    created = len(contract.deployment_bytecode.bytecode or "") // 2
    return 300_000 + created * (16 + 200 + 20)


def _require_funds(deployment: Deployment, journal: Journal, account: AccountAPI) -> None:
    def open_(step: Step) -> bool:
        entry = journal.entry(step.name)
        return entry is None or not entry.done

    gas = sum(_gas(step) for step in deployment.steps if open_(step))
    needed = gas * int(networks.provider.gas_price)
    balance = int(account.balance)
    if balance < needed:
        raise ChainError(
            f"account {account.address} has {balance / 10**18:.6f} ether; up to "
            f"{needed / 10**18:.6f} are needed for {gas:,} gas"
        )
