"""`ape hyperlane staking …` and `ape hyperlane ism …`."""

from pathlib import Path
from typing import Any

import click

from ape_hyperlane.cli.options import CHAIN, MAX_GAS_PRICE, NETWORK, REGISTRY


@click.group()
def staking() -> None:
    """Put stake behind the validators of a chain."""


@staking.command("deploy")
@NETWORK
@click.option("--account", help="ape account that pays; development networks have a default")
@click.option(
    "--config", type=click.Path(path_type=Path), help="staking-config.yaml; default: as deployed"
)
@REGISTRY
@CHAIN
@MAX_GAS_PRICE
@click.option("--dry-run", is_flag=True, help="show the plan and stop")
@click.option("--json", "as_json", is_flag=True, help="print the addresses as JSON")
def staking_deploy(**options: Any) -> None:
    """Deploy the staking contracts of a core, or the missing ones."""
    from ape_hyperlane.staking.command import deploy

    deploy(**options)


@click.group()
def ism() -> None:
    """Make configs of security modules."""


@ism.command("from-stake")
@NETWORK
@REGISTRY
@CHAIN
@click.option(
    "--type",
    "kind",
    type=click.Choice(["weightedMessageIdMultisigIsm", "weightedMerkleRootMultisigIsm"]),
    default="weightedMessageIdMultisigIsm",
    show_default=True,
)
@click.option(
    "--percent",
    type=click.IntRange(0, 99),
    default=66,
    show_default=True,
    help="percentage of the stake that signatures must exceed",
)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="file to write; default: print"
)
def ism_from_stake(**options: Any) -> None:
    """Print or write the config of a security module for other chains, made of the validators that
    have stake on this one."""
    from ape_hyperlane.staking.command import from_stake

    from_stake(**options)
