"""Commands for single messages."""

from pathlib import Path
from typing import Any

import click

from ape_hyperlane.cli.options import MAX_FEE, MAX_GAS_PRICE, REGISTRY


@click.command()
@click.option("--registry", type=click.Path(path_type=Path), default="registry", show_default=True)
@click.option("--origin", required=True, help="chain to send from")
@click.option("--to", "destination", required=True, help="chain to deliver on")
@click.option("--recipient", help="address that receives; default: the test recipient")
@click.option("--body", required=True, help="text, or hex after 0x")
@click.option("--account", help="ape account that pays; development networks have a default")
@MAX_FEE
@MAX_GAS_PRICE
@click.option(
    "--timeout", "seconds", type=float, default=120, show_default=True, help="seconds to wait"
)
@click.option("--yes", is_flag=True, help="send to an address without a contract without asking")
def send(**options: Any) -> None:
    """Dispatch a message, wait for its delivery and show it, or why it does not come."""
    from ape_hyperlane.core.send import run

    run(**options)


MESSAGE = click.argument("message", metavar="MESSAGE")

ORIGIN = click.option("--origin", help="chain that the message was sent from; default: search all")

SEARCH_BLOCKS = click.option(
    "--search-blocks",
    type=click.IntRange(min=1),
    default=1_000_000,
    show_default=True,
    help="blocks of each chain, back from the newest, in which logs are looked for",
)


@click.command()
@MESSAGE
@REGISTRY
@ORIGIN
@click.option("--relayer", help="URL of a relayer's pages, to ask it too")
@click.option("--watch", is_flag=True, help="go on until it is delivered, or Ctrl-C")
@click.option("--json", "as_json", is_flag=True, help="print JSON, an object a line")
@SEARCH_BLOCKS
def status(**options: Any) -> None:
    """Show where a message is, what holds it up, and what to do about it.

    MESSAGE is its id, the hash of a transaction that sent or delivered it, or an explorer's link to
    either. Chains and validators' public storages are asked; no relayer is needed.
    """
    from ape_hyperlane.core.status import run

    run(**options)


@click.command()
@MESSAGE
@REGISTRY
@ORIGIN
@click.option("--account", help="ape account that pays; development networks have a default")
@click.option("--gas", type=click.IntRange(min=21_000), help="gas limit; default: as estimated")
@MAX_GAS_PRICE
@click.option("--dry-run", is_flag=True, help="simulate, show the cost and stop")
@SEARCH_BLOCKS
def deliver(**options: Any) -> None:
    """Deliver a message yourself, as a relayer would.

    MESSAGE is as in `status`. The delivery is simulated first, and its cost shown.
    """
    from ape_hyperlane.core.deliver import run

    run(**options)
