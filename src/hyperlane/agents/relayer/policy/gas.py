"""Gas payment policies: whether the payments for a message are enough to deliver it.

Policies have the syntax of the reference's `gasPaymentEnforcement`: an ordered list. The first
entry whose matching list matches the message applies.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from hyperlane.agents.relayer.policy.matching import Rule, matches, parse_list, parse_rules
from hyperlane.agents.relayer.reasons import NotReady, Reason
from hyperlane.errors import ConfigError
from hyperlane.protocol.message import Message
from hyperlane.store.payments import GasPaid
from hyperlane.wording import shown

_FRACTION = re.compile(r"(\d{1,30})\s*/\s*(\d{1,30})")
_MAX_DIGITS = 78
"""Decimal digits of an amount: as many as 256 bits have."""
_ETHER = 10**18


class Requirement(Protocol):
    """Payment that one policy requires."""

    def check(self, paid: GasPaid, spent: int, estimate: int) -> int:
        """Gas that the delivery may use, at least `estimate`; NotReady if too little was paid.

        `spent` is the gas of earlier attempts. With an `estimate` of 0 the check is preliminary:
        the gas is not known yet.
        """

    def covered(self, paid: GasPaid) -> int:
        """Gas that was paid for, even if deliveries that use it fail."""


@dataclass(frozen=True, slots=True)
class NoRequirement:
    """`none`: no payment is required."""

    def check(self, paid: GasPaid, spent: int, estimate: int) -> int:
        """See Requirement."""
        return estimate

    def covered(self, paid: GasPaid) -> int:
        """See Requirement."""
        return 0


@dataclass(frozen=True, slots=True)
class MinimumPayment:
    """`minimum`: an amount of wei on the origin, in one or several payments, for one delivery.

    Gas that earlier attempts used has to be paid at the same rate.
    """

    payment: int

    def check(self, paid: GasPaid, spent: int, estimate: int) -> int:
        """See Requirement."""
        if not paid.payments:
            raise _no_payment(f"gas payment 0 of {_ether(self.payment)}")
        needed = self.payment
        if estimate:
            needed = -(-needed * (spent + estimate) // estimate)
        if paid.payment < needed:
            used = f", {spent} gas of failed deliveries included" if needed > self.payment else ""
            raise NotReady(
                Reason.GAS_PAYMENT_REQUIREMENT_NOT_MET,
                f"gas payment {_ether(paid.payment)} of {_ether(needed)}{used}",
            )
        return estimate

    def covered(self, paid: GasPaid) -> int:
        """See Requirement."""
        return 0


@dataclass(frozen=True, slots=True)
class QuotedGas:
    """`onChainFeeQuoting`: paid gas, less what was spent, must cover a fraction of the estimate."""

    numerator: int = 1
    denominator: int = 2

    def check(self, paid: GasPaid, spent: int, estimate: int) -> int:
        """See Requirement."""
        if not paid.payments:
            raise _no_payment("nothing was paid for the delivery's gas")
        left = max(0, paid.gas - spent)
        needed = estimate * self.numerator // self.denominator
        if left < needed:
            used = f" less {spent} spent" if spent else ""
            raise NotReady(
                Reason.GAS_PAYMENT_REQUIREMENT_NOT_MET,
                f"paid gas {paid.gas}{used} of {needed}",
            )
        return max(estimate, left)

    def covered(self, paid: GasPaid) -> int:
        """See Requirement."""
        return paid.gas


@dataclass(frozen=True, slots=True)
class GasPolicies:
    """Requirements by message. The default requires no payment."""

    entries: Sequence[tuple[Sequence[Rule], Requirement]] = (((), NoRequirement()),)

    def requirement(self, message: Message) -> Requirement:
        """The requirement for a message; NotReady when no entry matches it."""
        for rules, requirement in self.entries:
            if not rules or matches(rules, message):
                return requirement
        raise NotReady(
            Reason.GAS_PAYMENT_REQUIREMENT_NOT_MET, "no entry of gasPaymentEnforcement means it"
        )

    @classmethod
    def parse(cls, value: Any) -> "GasPolicies":
        """`gasPaymentEnforcement`, as JSON or as text; ConfigError names the key."""
        field = "gasPaymentEnforcement"
        if value is None:
            return cls()
        items = parse_list(field, value)
        if not items:
            raise ConfigError(
                f"{field}: an empty list would deliver nothing; leave it out, or write"
                ' [{"type": "none"}], to deliver without payment'
            )
        return cls(tuple(_policy(f"{field}[{at}]", item) for at, item in enumerate(items)))


def _policy(field: str, value: Any) -> tuple[Sequence[Rule], Requirement]:
    if not isinstance(value, dict):
        raise ConfigError(f"{field}: {shown(value)} is not an object")
    given = {str(key).replace("_", "").lower(): item for key, item in value.items()}
    rules = parse_rules(f"{field}.matchingList", given.pop("matchinglist", None))
    if str(given.pop("feetoken", None) or "").removeprefix("0x").strip("0"):
        raise ConfigError(f"{field}.feeToken: payments do not say in which token they are")
    kind = given.pop("type", "none")
    requirement: Requirement
    if kind == "none":
        requirement = NoRequirement()
    elif kind == "minimum":
        requirement = MinimumPayment(_wei(f"{field}.payment", given.pop("payment", None)))
    elif kind == "onChainFeeQuoting":
        requirement = _quoted(f"{field}.gasFraction", given.pop("gasfraction", "1/2"))
    else:
        raise ConfigError(f"{field}.type: {kind!r} is not one of none, minimum, onChainFeeQuoting")
    if given:
        raise ConfigError(f"{field}.{next(iter(given))}: no such setting of a {kind} policy")
    return rules, requirement


def _wei(field: str, value: object) -> int:
    text = value if isinstance(value, str) else shown(value)
    if isinstance(value, bool) or not text.isdecimal() or len(text) > _MAX_DIGITS:
        raise ConfigError(f"{field}: {shown(value)} is not an amount of wei")
    return int(text)


def _quoted(field: str, value: object) -> QuotedGas:
    found = _FRACTION.fullmatch(value.strip() if isinstance(value, str) else "")
    if found is None or not int(found[2]):
        raise ConfigError(f"{field}: {shown(value)} is not a fraction such as 1/2")
    return QuotedGas(int(found[1]), int(found[2]))


def _no_payment(detail: str) -> NotReady:
    return NotReady(Reason.GAS_PAYMENT_NOT_FOUND, detail)


def _ether(wei: int) -> str:
    """Format wei in units of 10^18, without trailing zeros."""
    return f"{wei // _ETHER}.{wei % _ETHER:018}".rstrip("0").rstrip(".")
