"""Shows warnings, and asks for `--force` where they may cost money."""

from collections.abc import Sequence

import click
from rich.console import Console

from ape_hyperlane.plans.chain import is_development
from ape_hyperlane.plans.disclosure import print_line
from ape_hyperlane.safety.finding import Finding


def show_findings(console: Console, findings: Sequence[Finding]) -> None:
    """Shows warnings, a line each."""
    for finding in findings:
        print_line(console, f"risk: {finding}")


def require_force(findings: Sequence[Finding], force: bool) -> None:
    """ClickException when there are warnings, on a network with real users, without `--force`."""
    if findings and not force and not is_development():
        raise click.ClickException(
            f"{len(findings)} risks are listed above as `risk:`; nothing was sent. Mend them, or"
            " run the same command with --force if you mean it"
        )
