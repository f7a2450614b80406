"""Quotes for messages, and the most that a command pays.

The files that name the contracts come from others, so a quote is untrusted: a command pays at most
what is sent plus a bounded fee.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction

from ape.contracts import ContractInstance

from hyperlane.errors import ChainError

ALL_DIGITS = Context(prec=160)
"""Enough precision for the largest amount with as many decimals: nothing is rounded silently."""

DEFAULT_FEE = 5 * 10**16
"""Default limit of `--max-fee`, in wei: 0.05 native coins."""
DEFAULT_TOKEN_FEE = Fraction(2, 100)
"""Default limit of `--max-token-fee`, as a fraction of the amount."""


class TooDear(ChainError):
    """A contract asks for more than the user allows."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits for the cost of a transfer or message, on top of the amount that is sent."""

    fee: int = DEFAULT_FEE
    """Most to pay in the chain's native coin, in wei."""
    token_fee: Fraction = DEFAULT_TOKEN_FEE
    """Most to pay in the route's token, as a fraction of the amount."""
    gas_price: int | None = None
    """Most to pay for gas, in wei; None for a limit derived from recent blocks."""


DEFAULT_BOUNDS = Bounds()


def quote_dispatch(mailbox: ContractInstance, arguments: Sequence[object], bounds: Bounds) -> int:
    """Fee for dispatching a message, in wei. TooDear above the limit."""
    fee = int(mailbox.quoteDispatch(*arguments))
    require_allowed(fee, 0, bounds.fee, "--max-fee")
    return fee


def require_allowed(
    asked: int,
    sent: int,
    extra: int,
    option: str,
    decimals: int = 18,
    what: str = "of the chain's coin",
) -> None:
    """TooDear when a contract asks for more than `extra` on top of the amount that is sent."""
    if asked > sent + extra:
        raise TooDear(
            f"{format_units(asked, decimals)} {what} is asked for,"
            f" {format_units(asked - sent, decimals)} more than is sent; the limit is"
            f" {format_units(extra, decimals)} more. If the price is right, raise {option}"
        )


def format_units(amount: int, decimals: int) -> str:
    """An amount of smallest units as whole tokens, with all digits."""
    return f"{Decimal(amount).scaleb(-decimals, ALL_DIGITS):,f}"
