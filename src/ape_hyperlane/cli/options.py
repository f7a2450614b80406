"""Options that several commands have."""

from decimal import Decimal
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
    help="ape network choice, or the URL of a node; default: the node that the registry has for"
    " --chain, else ethereum:local:foundry",
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

FORCE = click.option(
    "--force", is_flag=True, help="deploy in spite of the risks that the plan lists"
)

SALT = click.option(
    "--salt",
    help="text, or 0x and 32 bytes in hex: gives one address on all chains to what has this account"
    " and salt; default: as deployed, at first an address of its own on each",
)

CHAIN = click.option("--chain", help="name of the chain in the registry; default: the network's")

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

PROPOSALS = click.option(
    "--proposals",
    type=click.Path(path_type=Path, file_okay=False),
    default="proposals",
    show_default=True,
    help="folder for the calls of Safes and timelocks",
)
