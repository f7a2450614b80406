"""Commands for interchain accounts."""

from pathlib import Path
from typing import Any

import click

from ape_hyperlane.cli.options import MAX_FEE, MAX_GAS_PRICE, REGISTRY

ORIGIN = click.option("--origin", required=True, help="chain of the owner")
DESTINATION = click.option("--to", "destination", required=True, help="chain of the account")
SALT = click.option(
    "--salt",
    help="text, or 0x and 32 bytes in hex: another salt is another account of the same owner",
)


@click.group()
def ica() -> None:
    """Interchain accounts: accounts on other chains that an account here owns."""


@ica.command("address")
@REGISTRY
@ORIGIN
@DESTINATION
@click.option("--owner", help="address of the owner; default: that of --account")
@click.option("--account", help="ape account that is the owner, instead of --owner")
@SALT
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def address(**options: Any) -> None:
    """Print the address of an account, which is known before it is deployed.

    It is computed, and compared with what the router on the destination answers.
    """
    from ape_hyperlane.ica.command import show_address

    show_address(**options)


@ica.command("deploy")
@REGISTRY
@ORIGIN
@click.option(
    "--to",
    "destinations",
    multiple=True,
    required=True,
    help="chain of an account; several times for accounts on several chains",
)
@click.option("--owner", required=True, help="address of the owner")
@click.option("--account", help="ape account that pays on the destinations")
@SALT
@MAX_GAS_PRICE
def deploy(**options: Any) -> None:
    """Deploy accounts before their first call, which does so otherwise. Anyone may."""
    from ape_hyperlane.ica.command import deploy_account

    deploy_account(**options)


@ica.command("call")
@click.argument("words", nargs=-1, metavar="[TARGET [METHOD [ARGUMENTS]...]]")
@REGISTRY
@ORIGIN
@DESTINATION
@click.option("--data", help="calldata in hex, instead of METHOD and ARGUMENTS")
@click.option(
    "--value",
    default="0",
    show_default=True,
    help="wei that the account pays, `all` for its whole balance, or `delegatecall`",
)
@click.option(
    "--calls",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="JSON file with a list of calls, each with to, value and data, made in one transaction",
)
@click.option("--account", help="ape account that owns the account; it pays on the origin")
@SALT
@MAX_FEE
@MAX_GAS_PRICE
@click.option("--dry-run", is_flag=True, help="simulate, show the cost and stop")
@click.option("--wait/--no-wait", default=True, show_default=True, help="await the delivery")
@click.option(
    "--timeout", "seconds", type=float, default=600, show_default=True, help="seconds to wait"
)
def call(**options: Any) -> None:
    """Have your account on another chain call contracts there.

    TARGET is a contract, METHOD a signature such as 'transfer(address,uint256)'. The calls are
    simulated first, and nothing is sent if one would fail. Put `--` before arguments that begin
    with a dash.
    """
    from ape_hyperlane.ica.command import send_calls

    send_calls(**options)
