"""Options and commands of `ape hyperlane …` and `ape run deploy|warp|send`.

ape imports this module at every start, so each command imports its implementation when it runs.
"""

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import click


class Whole(click.ParamType):
    """Option type: a decimal number of whole units, converted to the smallest unit."""

    def __init__(self, name: str, decimals: int) -> None:
        self.name, self.decimals = name, decimals

    def convert(self, value: Any, param: Any, ctx: Any) -> int:
        if isinstance(value, int):
            return value
        try:
            amount = Decimal(value).scaleb(self.decimals)
            if 0 < amount < 2**128 and amount == int(amount):
                return int(amount)
        except ArithmeticError:
            pass
        expected = f"more than 0 {self.name}, with {self.decimals} decimals at most"
        self.fail(f"{value!r}: expected {expected}", param, ctx)


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
MAX_GAS_PRICE = click.option(
    "--max-gas-price",
    type=Whole("gwei", 9),
    help="most to pay for gas, in gwei; default: ten times the price of recent blocks, up to 1000",
)
MAX_FEE = click.option(
    "--max-fee",
    type=Whole("coins", 18),
    default=5 * 10**16,
    show_default="0.05",
    help="most to pay for a delivery, in whole coins of the chain",
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
@MAX_GAS_PRICE
@click.option("--dry-run", is_flag=True, help="show the plan and stop")
@click.option("--json", "as_json", is_flag=True, help="print the addresses as JSON")
def deploy(**options: Any) -> None:
    """Deploy and configure a core, or the missing parts of one, and write the registry."""
    from ape_hyperlane.core.command import run

    run(**options)


@cli.command()
@NETWORK
@REGISTRY
@CHAIN
@click.option("--json", "as_json", is_flag=True, help="print the differences as JSON")
def check(**options: Any) -> None:
    """Compare a core on its chain with its deployment."""
    from ape_hyperlane.core.command import check

    check(**options)


@cli.group()
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
@MAX_GAS_PRICE
@click.option("--dry-run", is_flag=True, help="show the plan and stop")
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


@click.command()
@click.option("--registry", type=click.Path(path_type=Path), default="registry", show_default=True)
@click.option("--origin", required=True, help="chain to send from")
@click.option("--to", "destination", required=True, help="chain to deliver on")
@click.option("--recipient", help="address that receives; default: the test recipient")
@click.option("--body", required=True, help="text, or hex after 0x")
@click.option("--account", help="ape account that pays; development networks have a default")
@MAX_FEE
@MAX_GAS_PRICE
@click.option("--timeout", "seconds", type=float, default=120, show_default=True, help="seconds")
def send(**options: Any) -> None:
    """Dispatch a message, wait for its delivery and show it."""
    from ape_hyperlane.core.send import run

    run(**options)


@cli.group()
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


@cli.group()
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


OUT = click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="new file to write; default: print",
)
WITH_ADDRESSES = click.option(
    "--addresses",
    "with_addresses",
    is_flag=True,
    help="name each contract's address, so that deploy uses the contracts read",
)


@cli.command("read")
@NETWORK
@click.option("--mailbox", required=True, help="address of the Mailbox")
@REGISTRY
@OUT
@WITH_ADDRESSES
def read_core(**options: Any) -> None:
    """Print or write the core-config.yaml of any live core, whoever deployed it."""
    from ape_hyperlane.reading.command import read

    read(**options)


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


PROPOSALS = click.option(
    "--proposals",
    type=click.Path(path_type=Path, file_okay=False),
    default="proposals",
    show_default=True,
    help="folder for the calls of Safes and timelocks",
)


@cli.command("apply")
@NETWORK
@click.option("--account", help="ape account that pays; development networks have a default")
@click.option("--config", type=click.Path(path_type=Path), help="core-config.yaml")
@REGISTRY
@CHAIN
@MAX_GAS_PRICE
@PROPOSALS
@click.option("--dry-run", is_flag=True, help="show the plan and stop")
def apply_core(**options: Any) -> None:
    """Bring a core into line with its config, and write what Safes and timelocks have to do."""
    from ape_hyperlane.core.command import run

    run(**options, domain=None, as_json=False)


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
def warp_apply(**options: Any) -> None:
    """Bring a route into line with its file, and write what Safes and timelocks have to do."""
    from ape_hyperlane.warp.command import deploy

    deploy(**options, as_json=False)


@cli.command("upgrade")
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
