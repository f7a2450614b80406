"""Deploys and checks the core on the chain that ape is connected to."""

from dataclasses import dataclass, field

import yaml
from ape import networks
from ape.api import AccountAPI
from ape.exceptions import ApeException
from web3.exceptions import Web3Exception

from ape_hyperlane.core import accounts, gateways
from ape_hyperlane.core.defaults import domains_in, spelled_out, with_names
from ape_hyperlane.core.enrolments import require_enrollable, verify_enrolments
from ape_hyperlane.core.plan import MAILBOX, plan_core
from ape_hyperlane.plans.apply import Applier, Report
from ape_hyperlane.plans.chain import has_code, is_development
from ape_hyperlane.plans.checks import (
    estimate_gas,
    require_chain,
    require_contracts,
    require_deployer,
    require_funds,
    silent,
    used_addresses,
)
from ape_hyperlane.plans.differences import check_steps
from ape_hyperlane.plans.journal import Journal
from ape_hyperlane.plans.owned import owned_calls, owned_lines
from ape_hyperlane.plans.proposals import OwnedCall, require_proposable
from ape_hyperlane.plans.registry_view import registry_view
from ape_hyperlane.plans.steps import Step, final_readings
from hyperlane.errors import ConfigError
from hyperlane.files import write_atomic
from hyperlane.protocol.typecasts import Bytes32
from hyperlane.registry import ChainAddresses, ChainMetadata, CoreConfig, Registry
from hyperlane.registry.chains import ETHER, Blocks, Index, NativeToken, RpcUrl
from hyperlane.registry.known import Decimals, Domains
from hyperlane.registry.models import read


@dataclass(frozen=True, slots=True)
class Deployment:
    """A planned core and the chain that it is for."""

    metadata: ChainMetadata
    config: CoreConfig
    journal: Journal
    steps: list[Step]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a deployment."""

    addresses: ChainAddresses
    transactions: int
    """Number of transactions that this run sent."""
    owned: list[OwnedCall] = field(default_factory=list)
    """Calls that Safes and timelocks have to make."""


def plan_deployment(
    config: CoreConfig | None,
    registry: Registry,
    name: str,
    deployer: str,
    *,
    domain: int | None = None,
    rpc_url: str | None = None,
    salt: Bytes32 | None = None,
) -> Deployment:
    """Plans a core for the connected chain. Nothing is written or sent.

    Without a config, that of the last deployment is used, or the default; the same goes for the
    salt of reserved addresses. ConfigError when the registry has the chain with another chain id,
    domain or salt, or when the chain lacks a contract that the config names.
    """
    metadata = _metadata(registry, name, domain, rpc_url)
    journal = Journal(
        registry.chain_folder(name) / "deployment.json", int(networks.provider.chain_id), deployer
    )
    _require_journal(registry, name, journal)
    if is_development() and _is_reset(journal):
        journal.restart(deployer)
    journal.choose_salt(salt)
    before = deployed_config(registry, name)
    config = with_names(config or before or CoreConfig(), _names(registry, before))
    config = spelled_out(config, journal.deployer, Decimals(registry))
    view = registry_view(registry, name)
    router = config.interchain_account_router
    if router is not None:
        kept = before.interchain_account_router if before else None
        entry = journal.entry(MAILBOX.step)
        mailbox = entry.address if entry and entry.done else None
        router = accounts.filled_in(router, kept, view, metadata.domain_id, mailbox)
        config = config.model_copy(update={"interchain_account_router": router})
    if config.erc7786_gateway is not None:
        gateway = gateways.filled_in(
            config.erc7786_gateway,
            before.erc7786_gateway if before else None,
            view,
            metadata.domain_id,
        )
        config = config.model_copy(update={"erc7786_gateway": gateway})
    require_contracts((*config.hooks(), *config.isms()), name)
    steps = plan_core(
        config,
        domain=metadata.domain_id,
        deployer=journal.deployer,
        registry=view,
        salt=journal.salt,
    )
    require_contracts(used_addresses(steps), name)
    require_deployer(steps, name)
    return Deployment(metadata, config, journal, steps)


def _names(registry: Registry, before: CoreConfig | None) -> dict[str, str]:
    """Names of the chains in the registry by domain, without domains that the last config names by
    number: the steps in its journal have these numbers in their names."""
    # Enrolments are always by domain, as the reference wants those of account routers.
    left_out = {"interchain_account_router": None, "erc7786_gateway": None}
    modules = before and before.model_copy(update=left_out)
    kept = domains_in(modules)
    by_domain = {str(domain): chain for chain, domain in Domains(registry).items()}
    return {domain: chain for domain, chain in by_domain.items() if domain not in kept}


def deploy_core(
    deployment: Deployment,
    registry: Registry,
    account: AccountAPI,
    report: Report = silent,
    max_gas_price: int | None = None,
    *,
    together: bool = False,
) -> Outcome:
    """Deploys what a core lacks, verifies it and writes the registry. Nothing is sent if the core
    is complete. `together`: with Safes and timelocks, whose calls are in the outcome.

    ape must be connected to the chain. ConfigError when the account may send none of the steps,
    ChainError when funds do not suffice, a transaction fails, or the chain differs from the plan
    afterwards; GasTooDear when gas costs more than `max_gas_price`, in wei, or than the limit
    derived from recent blocks if that is None.
    """
    name = deployment.metadata.name
    applier = Applier(account, deployment.journal, report, max_gas_price)
    pending = applier.pending(deployment.steps, account.address, together=together)
    if together:
        require_proposable(owned_lines(applier))
    require_funds(sum(map(estimate_gas, pending)), account, max_gas_price)
    actions = [*pending, *(step for step, _ in applier.left)]
    require_enrollable(actions, applier)
    verify_enrolments(actions, registry)
    _write_config(registry, name, deployment.config)
    applier.apply(deployment.steps)
    applier.verify(final_readings(deployment.steps))
    addresses = _addresses(registry, name, applier.addresses)
    _write_config(registry, name, _with_mailbox(deployment.config, str(addresses.mailbox)))
    if not registry.has_addresses(name) or registry.addresses(name) != addresses:
        registry.write_addresses(name, addresses)
    metadata = deployment.metadata
    if metadata.index is None:
        first = _first_block(deployment.journal, str(addresses.mailbox))
        if first is not None:
            index = Index.model_validate({"from": first})
            registry.write_metadata(metadata.model_copy(update={"index": index}))
    owned = owned_calls(applier, deployment.steps) if together else []
    return Outcome(addresses, applier.sent, owned)


def _first_block(journal: Journal, mailbox: str) -> int | None:
    """Block of the Mailbox's deployment, from its receipt, or else by binary search for its code.

    Not from `deployedBlock()`, which is a block number of the parent chain on Arbitrum chains. None
    if the node does not keep old states; agents then find their first block themselves.
    """
    provider = networks.provider
    entry = journal.entry("mailbox")
    if entry is not None and entry.transaction is not None:
        return int(provider.get_receipt(entry.transaction).block_number)
    before, after = -1, int(provider.get_block("latest").number)
    while after - before > 1:
        middle = (before + after) // 2
        try:
            there = bool(provider.get_code(mailbox, block_id=middle))
        except (ApeException, Web3Exception, ValueError):
            return None
        before, after = (before, middle) if there else (middle, after)
    return after


def check_core(registry: Registry, name: str) -> list[str]:
    """Differences between the connected chain and its deployment, a line each. ConfigError when
    the registry has no deployment."""
    if deployed_config(registry, name) is None:
        folder = registry.chain_folder(name)
        raise ConfigError(f"{folder}: no core-config.yaml; deploy a core first")
    deployment = plan_deployment(None, registry, name, "")
    return check_steps(deployment.journal, deployment.steps)


def deployed_config(registry: Registry, name: str) -> CoreConfig | None:
    """Config of the last deployment on the chain; None if there was none. A contract that it does
    not name was not deployed, even if new cores have it."""
    path = registry.chain_folder(name) / "core-config.yaml"
    if not path.exists():
        return None
    config = read(CoreConfig, path)
    if "interchain_account_router" in config.model_fields_set:
        return config
    return config.model_copy(update={"interchain_account_router": None})


def _write_config(registry: Registry, name: str, config: CoreConfig) -> None:
    if deployed_config(registry, name) != config:
        content = yaml.safe_dump(config.as_file(), sort_keys=False)
        write_atomic(registry.chain_folder(name) / "core-config.yaml", content)


def _with_mailbox(config: CoreConfig, mailbox: str) -> CoreConfig:
    """The config with the Mailbox where the reference names it once more."""
    router = config.interchain_account_router
    if router is None:
        return config
    router = router.model_copy(update={"mailbox": mailbox})
    return config.model_copy(update={"interchain_account_router": router})


def _metadata(
    registry: Registry, name: str, domain: int | None, rpc_url: str | None
) -> ChainMetadata:
    if not registry.has_metadata(name):
        return _new_metadata(name, int(networks.provider.chain_id), domain, rpc_url)
    metadata = require_chain(registry, name)
    if domain not in (None, metadata.domain_id):
        path = registry.chain_folder(name) / "metadata.yaml"
        raise ConfigError(f"{path}: domainId is {metadata.domain_id}, but --domain is {domain}")
    return metadata


def _new_metadata(
    name: str, chain_id: int, domain: int | None, rpc_url: str | None
) -> ChainMetadata:
    domain = chain_id if domain is None else domain
    if not 0 < domain < 2**32:
        raise ConfigError(f"--domain: {domain}, expected 1 to {2**32 - 1}")
    symbol = str(networks.provider.network.ecosystem.fee_token_symbol)
    ether = symbol == ETHER.symbol
    token = ETHER if ether else NativeToken(name=symbol, symbol=symbol, decimals=18)
    # The node's `finalized` block; on a development chain every block is final.
    reorg_period: int | str = 0 if is_development() else "finalized"
    return ChainMetadata(
        name=name,
        chain_id=chain_id,
        domain_id=domain,
        protocol="ethereum",
        display_name=name.capitalize(),
        rpc_urls=[RpcUrl(http=rpc_url or str(getattr(networks.provider, "uri", "")))],
        native_token=token,
        blocks=Blocks(confirmations=1, reorg_period=reorg_period),
    )


def _require_journal(registry: Registry, name: str, journal: Journal) -> None:
    """ConfigError for addresses without a journal: another tool wrote them, and they must not be
    overwritten."""
    if registry.has_addresses(name) and not journal.path.exists():
        raise ConfigError(
            f"{registry.chain_folder(name)}: addresses.yaml is there, but no deployment.json: this"
            " core was not deployed from here; choose another --chain or --registry"
        )


def _is_reset(journal: Journal) -> bool:
    """True if the chain no longer has the deployment: a development node was started anew."""
    entry = journal.entry("mailbox")
    if entry is None or entry.address is None or not entry.done:
        return False
    return not has_code(entry.address)


def _addresses(registry: Registry, name: str, made: dict[str, str]) -> ChainAddresses:
    """The registry's addresses, updated with those of the steps. Other keys stay."""
    known = {field.alias or key for key, field in ChainAddresses.model_fields.items()}
    before = registry.addresses(name).as_file() if registry.has_addresses(name) else {}
    now = {step: address for step, address in made.items() if step in known}
    return ChainAddresses.model_validate({**before, **now})
