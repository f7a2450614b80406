"""`ape hyperlane …`: the plugin's commands. ape imports this module at every start, so each command
imports what it needs when it runs."""

from pathlib import Path
from typing import Any

import click

NETWORK = click.option(
    "--network",
    default="ethereum:local:foundry",
    show_default=True,
    help="ape network choice, or the URL of a node",
)
REGISTRY = click.option(
    "--registry",
    type=click.Path(path_type=Path, file_okay=False),
    default="registry",
    show_default=True,
    help="folder of chains/<name>/{metadata,addresses}.yaml",
)
CHAIN = click.option("--chain", help="name of the chain in the registry; default: the network's")


@click.group()
def cli() -> None:
    """Deploy, check and use Hyperlane."""


@cli.command()
@NETWORK
@click.option("--account", help="ape account that pays; development networks have a default")
@click.option("--config", type=click.Path(path_type=Path), help="core-config.yaml")
@REGISTRY
@CHAIN
@click.option("--domain", type=int, help="domain id; default: the chain id")
@click.option("--dry-run", is_flag=True, help="show the plan and stop")
@click.option("--json", "as_json", is_flag=True, help="print the addresses as JSON")
def deploy(**options: Any) -> None:
    """Deploy and wire a core, or what is missing of it, and write the registry."""
    from ape_hyperlane.deploy.command import run

    run(**options)


@cli.command()
@NETWORK
@REGISTRY
@CHAIN
@click.option("--json", "as_json", is_flag=True, help="print the differences as JSON")
def check(**options: Any) -> None:
    """Read a deployed core back and compare it with what was deployed."""
    from ape_hyperlane.deploy.command import check

    check(**options)
