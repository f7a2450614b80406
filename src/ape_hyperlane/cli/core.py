"""Commands for the core of a chain."""

from collections.abc import Callable
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


_PAUSING = (
    click.argument("contracts", nargs=-1, required=True),
    NETWORK,
    click.option("--account", help="ape account that pays; development networks have a default"),
    REGISTRY,
    CHAIN,
    MAX_GAS_PRICE,
    PROPOSALS,
)


def _pausing(command: Callable[..., None]) -> click.Command:
    """A command that calls pausable contracts."""
    for part in reversed(_PAUSING):
        command = part(command)
    return click.command()(command)


@_pausing
def pause(**options: Any) -> None:
    """Pause hooks or modules, named by address. An owner's pause lasts until `unpause`, and
    replaces a guardian's; a guardian's pause ends by itself."""
    from ape_hyperlane.core.pausing import PAUSE, run

    run(PAUSE, **options)


@_pausing
def unpause(**options: Any) -> None:
    """Unpause hooks or modules, named by address, as their owner. Guardians can pause them
    again."""
    from ape_hyperlane.core.pausing import UNPAUSE, run

    run(UNPAUSE, **options)


@_pausing
def rearm(**options: Any) -> None:
    """Let guardians pause hooks or modules again, named by address, as their owner."""
    from ape_hyperlane.core.pausing import REARM, run

    run(REARM, **options)


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


@click.command()
@REGISTRY
@click.option(
    "--chains",
    callback=lambda _context, _option, text: tuple(filter(None, (text or "").split(","))),
    help="names with commas; default: all whose core was deployed from the registry",
)
@click.option("--account", help="ape account that pays; development networks have a default")
@MAX_GAS_PRICE
@PROPOSALS
@click.option("--dry-run", is_flag=True, help="show the plan and stop")
def wire(**options: Any) -> None:
    """Enrol the routers of interchain accounts of several chains with each other, for good, and
    their ERC-7786 gateways, and write what Safes and timelocks have to do."""
    from ape_hyperlane.core.wire import run

    run(**options)
