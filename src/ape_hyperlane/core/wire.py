"""Wires the cores of a registry: each account router and each gateway enrols those of the other
chains."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from ape_hyperlane.console import (
    ReportProgress,
    connected_to,
    find_account,
    one_line_errors,
    show_proposals,
    show_steps,
    unlock,
)
from ape_hyperlane.core.accounts import KEY
from ape_hyperlane.core.deploy import deploy_core, deployed_config, plan_deployment
from ape_hyperlane.core.enrolments import require_enrollable, verify_enrolments
from ape_hyperlane.core.gateways import KEY as GATEWAY
from ape_hyperlane.plans.checks import estimate_gas, require_funds
from ape_hyperlane.plans.disclosure import print_line
from ape_hyperlane.plans.owned import owned_lines
from ape_hyperlane.plans.proposals import Proposal, require_proposable, write_proposals
from ape_hyperlane.plans.steps import Action
from ape_hyperlane.plans.survey import Survey
from hyperlane.errors import ConfigError
from hyperlane.registry import CoreConfig, Registry
from hyperlane.registry.account_router import InterchainAccountRouter, RemoteRouter
from hyperlane.registry.erc7786_gateway import Erc7786Gateway, RemoteGateway
from hyperlane.registry.fields import word
from hyperlane.registry.models import suggest


def run(
    *,
    registry: Path,
    chains: Sequence[str],
    account: str | None,
    max_gas_price: int | None,
    proposals: Path,
    dry_run: bool,
) -> None:
    """Wires cores, and writes the calls of Safes and timelocks into the folder for `proposals`.
    ClickException with one line on failure."""
    console, folder = Console(soft_wrap=True), Registry(registry)
    with one_line_errors():
        names = cores(folder, chains)
        configs = {chain: wired(folder, chain, names) for chain in names}
        # All plans before the first transaction: what cannot be wired should stop it all.
        for chain, config in configs.items():
            with connected_to(folder, chain):
                console.print(f"[bold]{chain}[/]")
                _survey(console, folder, chain, config, account, max_gas_price)
        if dry_run:
            return
        made: list[Proposal] = []
        for chain, config in configs.items():
            with connected_to(folder, chain):
                signer = find_account(account)
                deployment = plan_deployment(config, folder, chain, signer.address)
                pending = Survey(deployment.journal).pending(
                    deployment.steps, signer.address, together=True
                )
                if pending:
                    unlock(signer)
                progress = ReportProgress(console, [step.name for step in pending])
                outcome = deploy_core(
                    deployment, folder, signer, progress, max_gas_price, together=True
                )
                chain_id = deployment.journal.chain_id
                made += write_proposals(proposals, chain, chain_id, outcome.owned)
                console.print(f"[bold]{chain}[/]: {outcome.transactions} transactions sent")
        show_proposals(console, made)


def _survey(
    console: Console,
    registry: Registry,
    chain: str,
    config: CoreConfig,
    account: str | None,
    max_gas_price: int | None,
) -> None:
    """Shows what has to be sent on the connected chain, after checks that read only."""
    signer = find_account(account)
    deployment = plan_deployment(config, registry, chain, signer.address)
    survey = Survey(deployment.journal)
    pending = survey.pending(deployment.steps, signer.address, together=True)
    show_steps(console, pending)
    require_proposable(owned_lines(survey))
    actions: list[Action] = [*pending, *(step for step, _ in survey.left)]
    require_enrollable(actions, survey)
    for note in verify_enrolments(actions, registry):
        print_line(console, note)
    require_funds(sum(map(estimate_gas, pending)), signer, max_gas_price)


def cores(registry: Registry, chosen: Sequence[str] = ()) -> list[str]:
    """The chains whose cores were deployed from this registry and have something to wire, or those
    that are `chosen` among them. ConfigError for another chain, and for fewer than two."""
    found = [chain for chain in registry.chains() if _can_be_wired(registry, chain)]
    for chain in chosen:
        if chain not in found:
            raise ConfigError(
                f"--chains: {chain}: no core with an {KEY} or {GATEWAY} was deployed there"
                f" from {registry.folder}; {suggest(chain, found)}"
            )
    found = list(chosen) or found
    if len(set(found)) < 2:
        raise ConfigError(f"{registry.folder}: {len(found)} cores to wire; expected two or more")
    return found


def wired(registry: Registry, chain: str, chains: Sequence[str]) -> CoreConfig:
    """The config of a core, as deployed, with the routers and gateways of the other chains besides
    those that it has. ConfigError for a chain that has another router enrolled."""
    config = deployed_config(registry, chain)
    assert config is not None
    others = [other for other in chains if other != chain]
    router = config.interchain_account_router
    if router is not None:
        router = _with_remotes(registry, chain, router, others)
    gateway = config.erc7786_gateway
    if gateway is not None:
        gateway = _with_gateways(registry, gateway, others)
    return config.model_copy(
        update={"interchain_account_router": router, "erc7786_gateway": gateway}
    )


def _with_remotes(
    registry: Registry, chain: str, router: InterchainAccountRouter, others: Sequence[str]
) -> InterchainAccountRouter:
    remotes = dict(router.remote_routers or {})
    for other in others:
        address = registry.addresses(other).interchain_account_router
        if address is None:
            continue
        domain = str(registry.metadata(other).domain_id)
        enrolled = remotes.setdefault(domain, RemoteRouter(address=address)).address
        if enrolled is None or word(enrolled) != word(address):
            raise ConfigError(
                f"{chain}: {KEY}.remoteRouters.{domain}: {enrolled}, but the registry has {address}"
                f" on {other}; an enrolment cannot be changed"
            )
    return router.model_copy(update={"remote_routers": remotes})


def _with_gateways(
    registry: Registry, gateway: Erc7786Gateway, others: Sequence[str]
) -> Erc7786Gateway:
    """A gateway with those of the other chains. One that a chain has anew replaces the former,
    with the same gas limit."""
    remotes = dict(gateway.remote_gateways or {})
    for other in others:
        address = registry.addresses(other).erc7786_gateway
        if address is not None:
            domain = str(registry.metadata(other).domain_id)
            before = remotes.get(domain, RemoteGateway())
            remotes[domain] = before.model_copy(update={"address": address})
    return gateway.model_copy(update={"remote_gateways": remotes})


def _can_be_wired(registry: Registry, chain: str) -> bool:
    if not (registry.chain_folder(chain) / "deployment.json").exists():
        return False
    config = deployed_config(registry, chain)
    if config is None or not registry.has_addresses(chain):
        return False
    return config.interchain_account_router is not None or config.erc7786_gateway is not None
