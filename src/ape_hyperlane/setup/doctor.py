"""`ape hyperlane doctor`: prints the checks of `hyperlane.setup.doctor`."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from ape_hyperlane.console import one_line_errors
from hyperlane.registry import Registry
from hyperlane.setup.doctor import examine_agent, examine_registry
from hyperlane.wording import one_line

_LONGEST = 1000


def run(*, configs: Sequence[Path], registry: Path, chains: Sequence[str], as_json: bool) -> None:
    """Examines an agent, or without a configuration the cores of a registry. ClickException with
    one line when something is wrong."""
    with one_line_errors():
        if configs:
            checks = examine_agent(configs, os.environ, chains)
        else:
            checks = examine_registry(Registry(registry), chains)
    if as_json:
        click.echo(json.dumps([check.as_json() for check in checks], indent=2))
    else:
        console = Console(soft_wrap=True)
        for check in checks:
            console.print(one_line(check.line(), _LONGEST), highlight=False, markup=False)
    wrong = sum(not check.passed for check in checks)
    if wrong:
        raise click.ClickException(f"{wrong} of {len(checks)} checks did not pass")
