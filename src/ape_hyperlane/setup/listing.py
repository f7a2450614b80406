"""`ape hyperlane registry list|show|addresses`: what a registry has, for people and dapps."""

import json
from collections.abc import Sequence
from pathlib import Path

import click
import yaml
from rich.console import Console

from ape_hyperlane.console import one_line_errors
from ape_hyperlane.plans.disclosure import print_line
from hyperlane.registry import Registry
from hyperlane.registry.summary import ChainSummary, all_addresses, chain_content, summaries


def list_chains(*, registry: Path, as_json: bool) -> None:
    """Prints a line per chain. ClickException with one line on failure."""
    with one_line_errors():
        found = summaries(Registry(registry))
    if as_json:
        click.echo(json.dumps([entry.as_file() for entry in found], indent=2))
        return
    console = Console(soft_wrap=True)
    for entry in found:
        print_line(console, _line(entry))


def _line(entry: ChainSummary) -> str:
    core = "core" if entry.has_core else "no core"
    return f"{entry.name:<24} {entry.protocol:<12} domain {entry.domain_id:<12} {core}"


def show(*, registry: Path, chain: str, as_json: bool) -> None:
    """Prints a chain's metadata and addresses. ClickException with one line on failure."""
    with one_line_errors():
        content = chain_content(Registry(registry), chain)
    if as_json:
        click.echo(json.dumps(content, indent=2))
    else:
        click.echo(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), nl=False)


def addresses(*, registry: Path, chains: Sequence[str], as_json: bool) -> None:
    """Prints the addresses of chains, of all by default. ClickException with one line on
    failure."""
    named = [name for item in chains for name in item.split(",") if name]
    with one_line_errors():
        found = all_addresses(Registry(registry), named)
    if as_json:
        click.echo(json.dumps(found, indent=2))
    else:
        click.echo(yaml.safe_dump(found), nl=False)
