"""Shared parts of all commands: connection, account, one-line errors, progress."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import ape
import click
from ape.api import AccountAPI, ProviderContextManager
from ape.exceptions import ApeException
from ape.logging import LogLevel, logger
from rich.console import Console
from web3.exceptions import Web3Exception

from ape_hyperlane.plans.chain import is_development
from ape_hyperlane.plans.checks import estimate_gas, require_chain
from ape_hyperlane.plans.disclosure import print_line
from ape_hyperlane.plans.gas_price import read_offer
from ape_hyperlane.plans.proposals import Proposal
from ape_hyperlane.plans.refusals import refusal
from ape_hyperlane.plans.steps import Action, Call
from ape_hyperlane.safety.finding import Finding
from ape_hyperlane.safety.report import show_findings
from hyperlane.errors import ChainError, ConfigError, HyperlaneError
from hyperlane.registry import Registry

LOCAL_NETWORK = "ethereum:local:foundry"


@contextmanager
def connected(network: str | ProviderContextManager) -> Iterator[None]:
    """Connects ape to the network and silences its log below errors: commands show the same."""
    if isinstance(network, str):
        network = ape.networks.parse_network_choice(network)
    with logger.at_level(LogLevel.ERROR), network:
        yield


@contextmanager
def connected_to(
    registry: Registry, chain: str, provider: ProviderContextManager | None = None
) -> Iterator[None]:
    """Connects ape to a chain of the registry. ConfigError when its node is of another chain."""
    with connected(provider or registry.metadata(chain).rpc_urls[0].http):
        require_chain(registry, chain)
        yield


def choose_network(network: str | None, registry: Registry, chain: str | None) -> str:
    """The network that a command connects to: the one that it names, or the node that the registry
    has for its chain, or a local node. ConfigError for a chain of another protocol."""
    if network is not None:
        return network
    if chain is not None and registry.has_metadata(chain):
        return registry.metadata(chain).rpc_urls[0].http
    return LOCAL_NETWORK


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turns errors into one line and exit status 1, without a traceback."""
    try:
        yield
    except (HyperlaneError, ApeException, Web3Exception, OSError) as error:
        text = str(error) if isinstance(error, HyperlaneError) else refusal(error)
        raise click.ClickException(" ".join(text.split())) from error


def default_chain_name() -> str:
    """Name of the connected chain in a registry: ape's network name in the reference's spelling, or
    `chain<id>` for networks without a name."""
    provider = ape.networks.provider
    network, ecosystem = str(provider.network.name), str(provider.network.ecosystem.name)
    if provider.network.is_adhoc or provider.network.is_local:
        return f"chain{provider.chain_id}"
    if network == "mainnet":
        return ecosystem
    prefix = "" if ecosystem == "ethereum" else ecosystem
    return prefix + "".join(filter(str.isalnum, network)).lower()


def find_account(alias: str | None) -> AccountAPI:
    """The account with this alias, where `test:<n>` is a development account. None stands for
    `test:0` on a development network. ConfigError for an unknown alias."""
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
    """Lets a keystore account sign without a prompt for each transaction. Its passphrase is taken
    from APE_ACCOUNTS_<alias>_PASSPHRASE, or prompted for once."""
    if hasattr(account, "set_autosign"):
        account.set_autosign(True)


def show_steps(console: Console, pending: list[Action]) -> None:
    """Shows the pending steps, a line each, and their estimated cost on the connected chain."""
    for number, step in enumerate(pending, 1):
        name = "" if isinstance(step, Call) else f"{step.name}: "
        line = f"{number:>3} {estimate_gas(step):>11,}  {name}{step.describe()}"
        print_line(console, line)
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
    """Shows the steps that only other accounts may send."""
    for line in left:
        print_line(console, f"left to others: {line}")


def show_proposals(console: Console, proposals: Sequence[Proposal]) -> None:
    """Shows the files with the calls of Safes and timelocks, and what to do with each."""
    for proposal in proposals:
        print_line(console, proposal.describe())
        for call in proposal.calls:
            print_line(console, f"    {call.describe()}")
    if not proposals:
        console.print("No Safe and no timelock has anything to do.")


def require_nothing_left(left: Sequence[str]) -> None:
    """ClickException when steps remain that only other accounts may send."""
    if left:
        raise click.ClickException(
            f"{len(left)} steps are left to others; the first is {left[0]}. Run the same command"
            " with their account"
        )


def report_differences(
    kind: str, name: str, differences: Sequence[str], risks: Sequence[Finding], as_json: bool
) -> None:
    """Prints how a deployment differs from the chain, and its risks; ChainError if it differs.

    As JSON: `{"<kind>": name, "differences": [...], "risks": [...]}`.
    """
    if as_json:
        lines = list(map(str, risks))
        click.echo(json.dumps({kind: name, "differences": differences, "risks": lines}))
    else:
        for difference in differences or [f"{name} is as it was deployed"]:
            click.echo(difference)
        show_findings(Console(stderr=True, soft_wrap=True), risks)
    if differences:
        raise ChainError(f"{name} differs from its deployment in {len(differences)} places")


class ReportProgress:
    """Prints a line per transaction, numbered, with the number of transactions planned so far."""

    def __init__(self, console: Console, planned: Iterable[str]) -> None:
        self.console = console
        self.planned = list(planned)
        """Names of the steps that still need a transaction."""
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
