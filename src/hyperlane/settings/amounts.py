"""Amounts of a chain's own coin in settings: `"0.25"`, kept in wei."""

from decimal import Decimal, InvalidOperation
from typing import Annotated

from pydantic import BeforeValidator

_WEI = 10**18
_LONGEST = 40


def _coins(value: object) -> int:
    text = str(value)
    try:
        wei = Decimal(text) * _WEI if len(text) <= _LONGEST else Decimal("NaN")
    except InvalidOperation:
        wei = Decimal("NaN")
    if isinstance(value, bool) or not wei.is_finite() or wei <= 0 or wei != int(wei):
        raise ValueError('not an amount of the chain\'s coin, such as "0.25", of whole wei')
    return int(wei)


Coins = Annotated[int, BeforeValidator(_coins)]
"""Wei; given in units of 10^18."""
