"""`ape run deploy` and `ape hyperlane check`: command lines of `deploy_core` and `check_core`."""

import json
import shlex
from pathlib import Path

import click
from rich.console import Console

from ape_hyperlane.console import (
    ReportProgress,
    choose_network,
    connected,
    default_chain_name,
    find_account,
    one_line_errors,
    report_differences,
    require_nothing_left,
    show_left,
    show_proposals,
    show_steps,
    unlock,
)
from ape_hyperlane.core.delivery_gas import overhead_findings
from ape_hyperlane.core.deploy import (
    Deployment,
    Outcome,
    check_core,
    deploy_core,
    deployed_config,
    plan_deployment,
)
from ape_hyperlane.core.static_sets import set_lines
from ape_hyperlane.plans.checks import estimate_gas, require_funds
from ape_hyperlane.plans.disclosure import show_context, show_foreign
from ape_hyperlane.plans.owned import owned_lines
from ape_hyperlane.plans.owners import single_key
from ape_hyperlane.plans.proposals import require_proposable, write_proposals
from ape_hyperlane.plans.salt import parse_salt
from ape_hyperlane.plans.steps import Action
from ape_hyperlane.plans.survey import Survey
from ape_hyperlane.safety.finding import Finding
from ape_hyperlane.safety.modules import module_findings
from ape_hyperlane.safety.owners import owner_findings
from ape_hyperlane.safety.report import require_force, show_findings
from hyperlane.registry import CoreConfig, Registry
from hyperlane.registry.isms import TrustedRelayerIsm
from hyperlane.registry.models import read


def run(
    *,
    network: str | None,
    account: str | None,
    config: Path | None,
    registry: Path,
    chain: str | None,
    domain: int | None,
    salt: str | None,
    max_gas_price: int | None,
    dry_run: bool,
    force: bool,
    as_json: bool,
    proposals: Path | None = None,
) -> None:
    """Deploys a core. With a folder for `proposals`, what Safes and timelocks have to do is
    written there. ClickException with one line on failure."""
    console = Console(stderr=as_json, soft_wrap=True)
    folder = Registry(registry)
    with one_line_errors():
        wanted, chosen = read(CoreConfig, config) if config else None, parse_salt(salt)
        with connected(choose_network(network, folder, chain)):
            signer = find_account(account)
            name = chain or default_chain_name()
            deployment = plan_deployment(
                wanted, folder, name, signer.address, domain=domain, salt=chosen
            )
            survey = Survey(deployment.journal)
            together = proposals is not None
            pending = survey.pending(deployment.steps, signer.address, together=together)
            show_plan(console, deployment, pending, str(signer.address))
            show_foreign(console, survey.foreign(deployment.steps))
            left = [f"{step.name}: {reason}" for step, reason in survey.left]
            show_left(console, left)
            if together:
                require_proposable(owned_lines(survey))
            findings = core_findings(deployment.config)
            show_findings(console, findings)
            if dry_run:
                require_funds(sum(map(estimate_gas, pending)), signer, max_gas_price)
                return
            if pending:
                require_force(findings, force)
                unlock(signer)
            progress = ReportProgress(console, [step.name for step in pending])
            outcome = deploy_core(
                deployment, folder, signer, progress, max_gas_price, together=together
            )
            if proposals is not None:
                chain_id = deployment.journal.chain_id
                written = write_proposals(proposals, name, chain_id, outcome.owned)
    if as_json:
        click.echo(json.dumps(outcome.addresses.as_file()))
    show_outcome(console, deployment, outcome, folder)
    if proposals is None:
        require_nothing_left(left)
    else:
        show_proposals(console, written)


def check(*, network: str | None, registry: Path, chain: str | None, as_json: bool) -> None:
    """Compares a core with its deployment. ClickException when they differ."""
    folder = Registry(registry)
    with one_line_errors(), connected(choose_network(network, folder, chain)):
        name = chain or default_chain_name()
        differences = check_core(folder, name)
        findings = core_findings(deployed_config(folder, name) or CoreConfig())
        findings += overhead_findings(folder, name)
        report_differences("chain", name, differences, findings, as_json)


def core_findings(config: CoreConfig) -> list[Finding]:
    """Warnings about a core's config, with its defaults filled in, on the connected chain."""
    return [*module_findings("defaultIsm", config.default_ism), *owner_findings(config, single_key)]


def show_plan(console: Console, deployment: Deployment, pending: list[Action], sender: str) -> None:
    metadata = deployment.metadata
    console.print(
        f"[bold]{metadata.name}[/]: chain id {metadata.chain_id}, domain {metadata.domain_id}, "
        f"deployer {deployment.journal.deployer}",
        highlight=False,
    )
    configs = {"config": deployment.config.as_file()}
    show_context(console, sender, deployment.journal.deployer, configs)
    if isinstance(deployment.config.default_ism, TrustedRelayerIsm):
        relayer = deployment.config.default_ism.relayer or deployment.journal.deployer
        console.print(
            f"    Default security module: verifies only messages that {relayer} delivers;"
            " for validators, see defaultIsm in docs/deploy.md",
            highlight=False,
        )
    for line in set_lines(pending):
        console.print(f"    {line}", highlight=False)
    show_steps(console, pending)


def show_outcome(
    console: Console, deployment: Deployment, outcome: Outcome, registry: Registry
) -> None:
    name = deployment.metadata.name
    console.print(f"[bold]{name}[/]: {outcome.transactions} transactions sent, all read back")
    for key, address in outcome.addresses.as_file().items():
        console.print(f"  {key:<42} {address}", highlight=False)
    console.print(f"Written to {registry.chain_folder(name)}")
    where = shlex.join(["--registry", str(registry.folder)])
    for command in (
        f"ape hyperlane check --chain {name} {where}",
        f"ape hyperlane agent-config --validator {name} {where} --out validator-{name}.json",
    ):
        console.print(f"Next: {command}", highlight=False, markup=False)
