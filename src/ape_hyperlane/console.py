"""What every command shares: connection, account, one-line errors, progress."""

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

from ape_hyperlane.gas_price import read_offer
from ape_hyperlane.plans.checks import estimate_gas
from ape_hyperlane.plans.disclosure import say
from ape_hyperlane.plans.steps import Action, Call
from ape_hyperlane.plans.survey import is_development
from ape_hyperlane.refusals import refusal
from hyperlane.errors import ConfigError, HyperlaneError


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
