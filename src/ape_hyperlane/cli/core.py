"""Commands for the core of a chain."""

from pathlib import Path
from typing import Any

import click

from ape_hyperlane.cli.options import (
    CHAIN,
    FORCE,
    MAX_GAS_PRICE,
    NETWORK,
    OUT,
    PROPOSALS,
    REGISTRY,
    SALT,
    WITH_ADDRESSES,
)


@click.command()
@NETWORK
@click.option("--account", help="ape account that pays; development networks have a default")
@click.option("--config", type=click.Path(path_type=Path), help="core-config.yaml")
@REGISTRY
@CHAIN
@click.option("--domain", type=int, help="domain id; default: the chain id")
@SALT
@MAX_GAS_PRICE
@click.option("--dry-run", is_flag=True, help="show the plan and stop")
@FORCE
@click.option("--json", "as_json", is_flag=True, help="print the addresses as JSON")
def deploy(**options: Any) -> None:
    """Deploy and configure a core, or the missing parts of one, and write the registry."""
    from ape_hyperlane.core.command import run

    run(**options)


@click.command()
@NETWORK
@REGISTRY
@CHAIN
@click.option("--json", "as_json", is_flag=True, help="print the differences as JSON")
def check(**options: Any) -> None:
    """Compare a core on its chain with its deployment."""
    from ape_hyperlane.core.command import check

    check(**options)


@click.command("read")
@NETWORK
@click.option("--mailbox", required=True, help="address of the Mailbox")
@REGISTRY
@OUT
@WITH_ADDRESSES
def read_core(**options: Any) -> None:
    """Print or write the core-config.yaml of any live core, whoever deployed it."""
    from ape_hyperlane.reading.command import read

    read(**options)


@click.command("apply")
@NETWORK
@click.option("--account", help="ape account that pays; development networks have a default")
@click.option("--config", type=click.Path(path_type=Path), help="core-config.yaml")
@REGISTRY
@CHAIN
@MAX_GAS_PRICE
@PROPOSALS
@click.option("--dry-run", is_flag=True, help="show the plan and stop")
@FORCE
def apply_core(**options: Any) -> None:
    """Bring a core into line with its config, and write what Safes and timelocks have to do."""
    from ape_hyperlane.core.command import run

    run(**options, domain=None, salt=None, as_json=False)


@click.command("upgrade")
@NETWORK
@click.option("--account", help="ape account that pays; development networks have a default")
@REGISTRY
@CHAIN
@click.option("--contract", help="name of a proxy, such as mailbox; default: all of the core")
@click.option("--force", is_flag=True, help="also replace code of unknown versions")
@MAX_GAS_PRICE
@PROPOSALS
@click.option("--dry-run", is_flag=True, help="show the plan and stop")
def upgrade_core(**options: Any) -> None:
    """Replace the code behind a core's proxies by this version's, if its storage fits."""
    from ape_hyperlane.core.upgrade import run

    run(**options)
