"""`ape run deploy`: the command line around `deploy_core`."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import ape
import click
from ape.api import AccountAPI
from ape.exceptions import ApeException
from ape.logging import LogLevel, logger
from rich.console import Console
from rich.table import Table

from ape_hyperlane.deploy.core import (
    Deployment,
    Outcome,
    deploy_core,
    is_development,
    plan_deployment,
)
from ape_hyperlane.deploy.steps import Step
from hyperlane.errors import ConfigError, HyperlaneError
from hyperlane.registry import CoreConfig, Registry
from hyperlane.registry.models import read


def run(
    *,
    network: str,
    account: str | None,
    config: Path | None,
    registry: Path,
    chain: str | None,
    domain: int | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Deploys on the network. ClickException, one line, when something is wrong."""
    console = Console(stderr=as_json, soft_wrap=True)
    folder = Registry(registry)
    with one_line_errors(), connected(network):
        signer = find_account(account)
        core = read(CoreConfig, config) if config else CoreConfig.for_local_use(signer.address)
        name = chain or default_chain_name()
        deployment = plan_deployment(core, folder, name, signer.address, domain=domain)
        show_plan(console, deployment)
        if dry_run:
            return
        outcome = deploy_core(deployment, folder, signer, progress(console, deployment))
    if as_json:
        click.echo(json.dumps(outcome.addresses.as_file()))
    show_outcome(console, deployment, outcome, folder)


@contextmanager
def connected(network: str) -> Iterator[None]:
    """ape is connected to the network, and quiet: what it announces we show ourselves."""
    with logger.at_level(LogLevel.ERROR), ape.networks.parse_network_choice(network):
        yield


@contextmanager
def one_line_errors() -> Iterator[None]:
    """What went wrong as click's one line and exit status 1, without a traceback."""
    try:
        yield
    except (HyperlaneError, ApeException) as error:
        raise click.ClickException(" ".join(str(error).split())) from error


def find_account(alias: str | None) -> AccountAPI:
    """The account of this alias, `test:<n>` for a development account; on a development network
    the first of those if none is named."""
    if alias is None and is_development():
        alias = "test:0"
    known = sorted(ape.accounts.aliases)
    if alias is None:
        raise ConfigError(
            f"--account is needed on {ape.networks.provider.network.name}; known accounts: "
            f"{', '.join(known) or 'none; create one with `ape accounts generate`'}"
        )
    if alias.startswith("test:") and alias[5:].isdigit():
        return ape.accounts.test_accounts[int(alias[5:])]
    if alias not in known:
        raise ConfigError(
            f"--account {alias!r} does not exist; known accounts: {', '.join(known) or 'none'}"
        )
    return ape.accounts.load(alias)


def default_chain_name() -> str:
    """ape's name of the network; for networks without one, `chain<id>`."""
    network = ape.networks.provider.network
    if network.name in ("mainnet", "mainnet-fork"):
        return str(network.ecosystem.name)
    if network.is_adhoc or network.is_dev:
        return f"chain{ape.networks.provider.chain_id}"
    return str(network.name).removesuffix("-fork").replace("-", "")


def show_plan(console: Console, deployment: Deployment) -> None:
    metadata = deployment.metadata
    console.print(
        f"[bold]{metadata.name}[/] (chain id {metadata.chain_id}, domain {metadata.domain_id}), "
        f"deployer {deployment.deployer}, at most {deployment.gas:,} gas"
    )
    for number, step in enumerate(deployment.steps, 1):
        console.print(f"{number:>3}  {step.name}: {step.describe()}", highlight=False)


def progress(console: Console, deployment: Deployment) -> "ReportProgress":
    return ReportProgress(console, len(deployment.steps))


class ReportProgress:
    """Prints a line per finished step."""

    def __init__(self, console: Console, total: int) -> None:
        self.console = console
        self.total = total
        self.finished = 0

    def __call__(self, step: Step, outcome: str) -> None:
        self.finished += 1
        line = f"[{self.finished:>2}/{self.total}] {step.name}: {outcome}"
        self.console.print(line, highlight=False, markup=False)


def show_outcome(
    console: Console, deployment: Deployment, outcome: Outcome, registry: Registry
) -> None:
    name = deployment.metadata.name
    table = Table(title=f"{name}: {outcome.transactions} transactions sent, all read back")
    table.add_column("contract")
    table.add_column("address", no_wrap=True, min_width=42)
    for key, address in outcome.addresses.as_file().items():
        table.add_row(key, str(address))
    console.print(table, soft_wrap=False)
    console.print(f"Written to {registry.chain_folder(name)}")
    console.print("Next: announce validators and deliver messages, see docs/operate/agents.md")
