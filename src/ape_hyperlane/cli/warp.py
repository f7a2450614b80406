"""`ape hyperlane warp …`: commands for routes."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from ape_hyperlane.cli.options import (
    FORCE,
    MAX_FEE,
    MAX_GAS_PRICE,
    OUT,
    PROPOSALS,
    REGISTRY,
    SALT,
    WITH_ADDRESSES,
)


@click.group()
def warp() -> None:
    """Deploy, check and use warp routes."""


ROUTE = click.option("--route", help="<SYMBOL>/<name>; default: the only one in the registry")


@warp.command("deploy")
@click.option(
    "--config", type=click.Path(path_type=Path), required=True, help="the route's *-deploy.yaml"
)
@REGISTRY
@click.option("--account", help="ape account that pays; development networks have a default")
@click.option("--route", help="<SYMBOL>/<name> in the registry; default: symbol and chains")
@SALT
@MAX_GAS_PRICE
@click.option("--dry-run", is_flag=True, help="show the plan and stop")
@FORCE
@click.option("--json", "as_json", is_flag=True, help="print the routers as JSON")
def warp_deploy(**options: Any) -> None:
    """Deploy a route on all chains of a file, or the missing parts of one."""
    from ape_hyperlane.warp.command import deploy

    deploy(**options)


@warp.command("check")
@ROUTE
@REGISTRY
@click.option("--json", "as_json", is_flag=True, help="print the differences as JSON")
def warp_check(**options: Any) -> None:
    """Compare a route on its chains with its deployment."""
    from ape_hyperlane.warp.command import check

    check(**options)


@warp.command("send")
@ROUTE
@REGISTRY
@click.option("--origin", required=True, help="chain to send from")
@click.option("--to", "destination", required=True, help="chain to deliver on")
@click.option("--amount", required=True, help="in whole tokens; the id of an NFT")
@click.option("--recipient", help="address that receives; default: the sender")
@click.option("--account", help="ape account that sends; development networks have a default")
@MAX_FEE
@click.option(
    "--max-token-fee",
    type=click.FloatRange(min=0, max=1_000_000),
    default=2,
    show_default=True,
    help="most to pay on top of the amount, in percent of it",
)
@MAX_GAS_PRICE
@click.option("--dry-run", is_flag=True, help="show the cost and stop")
@click.option(
    "--timeout", "seconds", type=float, default=120, show_default=True, help="seconds to wait"
)
def warp_send(
    max_fee: int, max_token_fee: float, max_gas_price: int | None, **options: Any
) -> None:
    """Send tokens over a route, wait for them and show both balances."""
    from ape_hyperlane.core.quotes import Bounds
    from ape_hyperlane.warp.command import send

    token_fee = Fraction(str(max_token_fee)) / 100
    send(bounds=Bounds(max_fee, token_fee, max_gas_price), **options)


@warp.command("read")
@click.option(
    "--router",
    "routers",
    multiple=True,
    required=True,
    metavar="CHAIN=ADDRESS",
    help="a router to start from; those that it has enrolled are read, too",
)
@REGISTRY
@OUT
@WITH_ADDRESSES
def warp_read(**options: Any) -> None:
    """Print or write the deploy file of any live route, whoever deployed it."""
    from ape_hyperlane.reading.command import read_route

    read_route(**options)


@warp.command("apply")
@click.option(
    "--config", type=click.Path(path_type=Path), required=True, help="the route's *-deploy.yaml"
)
@REGISTRY
@click.option("--account", help="ape account that pays; development networks have a default")
@click.option("--route", help="<SYMBOL>/<name> in the registry; default: symbol and chains")
@MAX_GAS_PRICE
@PROPOSALS
@click.option("--dry-run", is_flag=True, help="show the plan and stop")
@FORCE
def warp_apply(**options: Any) -> None:
    """Bring a route into line with its file, and write what Safes and timelocks have to do."""
    from ape_hyperlane.warp.command import deploy

    deploy(**options, salt=None, as_json=False)
