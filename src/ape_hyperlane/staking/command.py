"""`ape hyperlane staking deploy` and `ape hyperlane ism from-stake`."""

import json
from pathlib import Path

import click
import yaml
from rich.console import Console

from ape_hyperlane.console import (
    ReportProgress,
    choose_network,
    connected,
    default_chain_name,
    find_account,
    one_line_errors,
    show_steps,
    unlock,
)
from ape_hyperlane.plans.survey import Survey
from ape_hyperlane.staking.deploy import (
    MANAGER,
    connected_chain,
    deploy_staking,
    manager_at,
    plan_staking,
)
from ape_hyperlane.staking.modules import ModuleType, active_set, module_from_stake
from hyperlane.files import write_atomic
from hyperlane.registry import Registry
from hyperlane.registry.models import read
from hyperlane.registry.staking_config import StakingConfig


def deploy(
    *,
    network: str | None,
    account: str | None,
    config: Path | None,
    registry: Path,
    chain: str | None,
    max_gas_price: int | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Deploys the staking contracts. ClickException with one line on failure."""
    console = Console(stderr=as_json, soft_wrap=True)
    folder = Registry(registry)
    with one_line_errors():
        wanted = read(StakingConfig, config) if config else None
        with connected(choose_network(network, folder, chain)):
            signer = find_account(account)
            name = chain or default_chain_name()
            plan = plan_staking(wanted, folder, name, signer.address)
            pending = Survey(plan.journal).pending(plan.steps, signer.address)
            show_steps(console, pending)
            if dry_run:
                return
            if pending:
                unlock(signer)
            progress = ReportProgress(console, [step.name for step in pending])
            outcome = deploy_staking(plan, folder, signer, progress, max_gas_price)
    if as_json:
        click.echo(json.dumps(outcome.addresses))
    console.print(f"[bold]{name}[/]: {outcome.transactions} transactions sent, all read back")
    for key, address in outcome.addresses.items():
        console.print(f"  {key:<36} {address}", highlight=False)
    console.print("Next: operators register and stake, docs/concepts/staking.md")


def from_stake(
    *,
    network: str | None,
    registry: Path,
    chain: str | None,
    kind: ModuleType,
    percent: int,
    out: Path | None,
) -> None:
    """Prints or writes a module's config. ClickException with one line on failure."""
    folder = Registry(registry)
    with one_line_errors(), connected(choose_network(network, folder, chain)):
        name = chain or default_chain_name()
        connected_chain(folder, name)
        manager = manager_at(folder.addresses(name).require(name, MANAGER))
        module = module_from_stake(active_set(manager), kind, percent)
        content = yaml.safe_dump(module.as_file(), sort_keys=False)
        if out:
            write_atomic(out, content)
    if not out:
        click.echo(content, nl=False)
