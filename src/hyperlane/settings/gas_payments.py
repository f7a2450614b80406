"""`gasPaymentEnforcement`: who has to pay for a delivery, in the reference's syntax.

It is an ordered list; the first entry whose matching list matches a message applies to it.
"""

import re
from dataclasses import dataclass
from typing import Any, Literal

from hyperlane.errors import ConfigError
from hyperlane.settings.matching import Rule, parse_list, parse_rules
from hyperlane.wording import shown

_FIELD = "gasPaymentEnforcement"
_FRACTION = re.compile(r"(\d{1,30})\s*/\s*(\d{1,30})")
_MAX_DIGITS = 78
"""Of amounts: 256 bits."""


@dataclass(frozen=True, slots=True)
class GasPaymentRule:
    """One entry."""

    type: Literal["none", "minimum", "onChainFeeQuoting"] = "none"
    matching_list: tuple[Rule, ...] = ()
    """Empty matches every message."""
    payment: int = 0
    """Of type `minimum`: wei on the origin chain."""
    numerator: int = 1
    """Of type `onChainFeeQuoting`: `gasFraction`, the part of the gas that has to be paid for."""
    denominator: int = 2


def parse_gas_payments(value: Any) -> tuple[GasPaymentRule, ...]:
    """The entries, given as JSON or as text that holds JSON; ConfigError names the entry's key."""
    if value is None:
        return (GasPaymentRule(),)
    items = parse_list(_FIELD, value)
    if not items:
        raise ConfigError(
            f"{_FIELD}: an empty list would deliver nothing; leave it out, or write"
            ' [{"type": "none"}], to deliver without payment'
        )
    return tuple(_parse_rule(f"{_FIELD}[{at}]", item) for at, item in enumerate(items))


def _parse_rule(field: str, value: Any) -> GasPaymentRule:
    if not isinstance(value, dict):
        raise ConfigError(f"{field}: {shown(value)} is not an object")
    given = {str(key).replace("_", "").lower(): item for key, item in value.items()}
    matching = parse_rules(f"{field}.matchingList", given.pop("matchinglist", None))
    if str(given.pop("feetoken", None) or "").removeprefix("0x").strip("0"):
        raise ConfigError(f"{field}.feeToken: payments do not say in which token they are")
    kind = given.pop("type", "none")
    if kind == "none":
        rule = GasPaymentRule("none", matching)
    elif kind == "minimum":
        payment = _wei(f"{field}.payment", given.pop("payment", None))
        rule = GasPaymentRule("minimum", matching, payment=payment)
    elif kind == "onChainFeeQuoting":
        numerator, denominator = _fraction(f"{field}.gasFraction", given.pop("gasfraction", "1/2"))
        rule = GasPaymentRule(
            "onChainFeeQuoting", matching, numerator=numerator, denominator=denominator
        )
    else:
        raise ConfigError(f"{field}.type: {kind!r} is not one of none, minimum, onChainFeeQuoting")
    if given:
        raise ConfigError(f"{field}.{next(iter(given))}: no such setting of a {kind} policy")
    return rule


def _wei(field: str, value: object) -> int:
    text = value if isinstance(value, str) else shown(value)
    if isinstance(value, bool) or not text.isdecimal() or len(text) > _MAX_DIGITS:
        raise ConfigError(f"{field}: {shown(value)} is not an amount of wei")
    return int(text)


def _fraction(field: str, value: object) -> tuple[int, int]:
    found = _FRACTION.fullmatch(value.strip() if isinstance(value, str) else "")
    if found is None or not int(found[2]):
        raise ConfigError(f"{field}: {shown(value)} is not a fraction such as 1/2")
    return int(found[1]), int(found[2])
