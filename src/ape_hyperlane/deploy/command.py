"""`ape run deploy` and `ape hyperlane check`: the command lines around `deploy_core`."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import ape
import click
from ape.api import AccountAPI, ProviderContextManager
from ape.exceptions import ApeException
from ape.logging import LogLevel, logger
from rich.console import Console
from web3.exceptions import Web3Exception

from ape_hyperlane.deploy.core import (
    Deployment,
    Outcome,
    check_core,
    deploy_core,
    estimate_gas,
    plan_deployment,
)
from ape_hyperlane.deploy.naming import say, show_foreign, show_place
from ape_hyperlane.deploy.steps import Action, Call
from ape_hyperlane.deploy.survey import Survey, is_development
from ape_hyperlane.gas_price import read_offer
from ape_hyperlane.refusals import refusal
from hyperlane.errors import ChainError, ConfigError, HyperlaneError
from hyperlane.registry import CoreConfig, Registry
from hyperlane.registry.isms import TrustedRelayerIsm
from hyperlane.registry.models import read


def run(
    *,
    network: str,
    account: str | None,
    config: Path | None,
    registry: Path,
    chain: str | None,
    domain: int | None,
    max_gas_price: int | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Deploys on the network. ClickException, one line, when something is wrong."""
    console = Console(stderr=as_json, soft_wrap=True)
    folder = Registry(registry)
    with one_line_errors():
        wanted = read(CoreConfig, config) if config else None
        with connected(network):
            signer = find_account(account)
            name = chain or default_chain_name()
            deployment = plan_deployment(wanted, folder, name, signer.address, domain=domain)
            survey = Survey(deployment.journal)
            pending = survey.pending(deployment.steps, signer.address)
            show_plan(console, deployment, pending, str(signer.address))
            show_foreign(console, survey.foreign(deployment.steps))
            left = [f"{step.name}: {why}" for step, why in survey.left]
            show_left(console, left)
            if dry_run:
                return
            if pending:
                unlock(signer)
            progress = ReportProgress(console, [step.name for step in pending])
            outcome = deploy_core(deployment, folder, signer, progress, max_gas_price)
    if as_json:
        click.echo(json.dumps(outcome.addresses.as_file()))
    show_outcome(console, deployment, outcome, folder)
    require_nothing_left(left)


def check(*, network: str, registry: Path, chain: str | None, as_json: bool) -> None:
    """Compares a deployment with the chain. ClickException when they differ."""
    with one_line_errors(), connected(network):
        name = chain or default_chain_name()
        differences = check_core(Registry(registry), name)
        if as_json:
            click.echo(json.dumps({"chain": name, "differences": differences}))
        for difference in differences if not as_json else ():
            click.echo(difference)
        if differences:
            raise ChainError(f"{name} differs from its deployment in {len(differences)} places")
        if not as_json:
            click.echo(f"{name} is as it was deployed")


@contextmanager
def connected(network: str | ProviderContextManager) -> Iterator[None]:
    """ape is connected to the network, and quiet: what it announces we show ourselves."""
    if isinstance(network, str):
        network = ape.networks.parse_network_choice(network)
    with logger.at_level(LogLevel.ERROR), network:
        yield


@contextmanager
def one_line_errors() -> Iterator[None]:
    """What went wrong as click's one line and exit status 1, without a traceback."""
    try:
        yield
    except (HyperlaneError, ApeException, Web3Exception, OSError) as error:
        said = str(error) if isinstance(error, HyperlaneError) else refusal(error)
        raise click.ClickException(" ".join(said.split())) from error


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
    if re.fullmatch(r"test:\d{1,4}", alias):
        return ape.accounts.test_accounts[int(alias.removeprefix("test:"))]
    if alias not in known:
        raise ConfigError(
            f"--account {alias!r} does not exist; known accounts: {', '.join(known) or 'none'}"
        )
    return ape.accounts.load(alias)


def unlock(account: AccountAPI) -> None:
    """Lets a keystore account sign without asking each time; asks for its passphrase once, or takes
    it from APE_ACCOUNTS_<alias>_PASSPHRASE."""
    if hasattr(account, "set_autosign"):
        account.set_autosign(True)


def default_chain_name() -> str:
    """ape's name of the network, as the reference would write it; `chain<id>` if it has none."""
    provider = ape.networks.provider
    network, ecosystem = str(provider.network.name), str(provider.network.ecosystem.name)
    if provider.network.is_adhoc or provider.network.is_local:
        return f"chain{provider.chain_id}"
    if network == "mainnet":
        return ecosystem
    prefix = "" if ecosystem == "ethereum" else ecosystem
    return prefix + "".join(filter(str.isalnum, network)).lower()


def show_plan(console: Console, deployment: Deployment, pending: list[Action], sender: str) -> None:
    metadata = deployment.metadata
    console.print(
        f"[bold]{metadata.name}[/]: chain id {metadata.chain_id}, domain {metadata.domain_id}, "
        f"deployer {deployment.journal.deployer}",
        highlight=False,
    )
    named = {"config": deployment.config.as_file()}
    show_place(console, sender, deployment.journal.deployer, named)
    if isinstance(deployment.config.default_ism, TrustedRelayerIsm):
        relayer = deployment.config.default_ism.relayer or deployment.journal.deployer
        console.print(
            f"    Default security module: believes whatever {relayer} delivers, and nothing else;"
            " for validators, see defaultIsm in docs/deploy.md",
            highlight=False,
        )
    show_steps(console, pending)


def show_steps(console: Console, pending: list[Action]) -> None:
    """A line for each, and what they cost on the connected chain."""
    for number, step in enumerate(pending, 1):
        name = "" if isinstance(step, Call) else f"{step.name}: "
        line = f"{number:>3} {estimate_gas(step):>11,}  {name}{step.describe()}"
        say(console, line)
    if pending:
        gas, gas_price = sum(map(estimate_gas, pending)), read_offer().price
        console.print(
            f"    {gas:>11,}  gas in all, {gas * gas_price / 10**18:.6f} ether at"
            f" {gas_price / 10**9:.3f} gwei (estimated)",
            highlight=False,
        )
    else:
        console.print("Nothing to do: everything is deployed.")


def show_left(console: Console, left: Sequence[str]) -> None:
    """What the account may not do."""
    for line in left:
        say(console, f"left to others: {line}")


def require_nothing_left(left: Sequence[str]) -> None:
    """ClickException, after all else is done, when somebody else has to go on."""
    if left:
        raise click.ClickException(
            f"{len(left)} steps are left to others; the first is {left[0]}. Run the same command"
            " with their account"
        )


class ReportProgress:
    """Prints a line per transaction, and how many there are as far as is known."""

    def __init__(self, console: Console, planned: Iterable[str]) -> None:
        self.console = console
        self.planned = list(planned)
        """The names of steps that still need one."""
        self.finished = 0

    def __call__(self, step: Action, outcome: str | None) -> None:
        if step.name in self.planned:
            self.planned.remove(step.name)
        if outcome is None:
            return
        self.finished += 1
        total = self.finished + len(self.planned)
        line = f"[{self.finished:>2}/{total}] {step.name}: {outcome}"
        self.console.print(line, highlight=False, markup=False)


def show_outcome(
    console: Console, deployment: Deployment, outcome: Outcome, registry: Registry
) -> None:
    name = deployment.metadata.name
    console.print(f"[bold]{name}[/]: {outcome.transactions} transactions sent, all read back")
    for key, address in outcome.addresses.as_file().items():
        console.print(f"  {key:<36} {address}", highlight=False)
    console.print(f"Written to {registry.chain_folder(name)}")
    console.print(f"Next: ape hyperlane check --chain {name}; agents: docs/operate/agents.md")
