"""Gas payment policies: whether the payments for a message are enough to deliver it.

Policies have the syntax of the reference's `gasPaymentEnforcement`: an ordered list. The first
entry whose matching list matches the message applies.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from hyperlane.agents.relayer.reasons import NotReady, Reason
from hyperlane.protocol.message import Message
from hyperlane.settings.gas_payments import GasPaymentRule
from hyperlane.settings.matching import Rule, matches
from hyperlane.store.payments import GasPaid

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
    def of(cls, rules: Sequence[GasPaymentRule]) -> "GasPolicies":
        """The policies that `gasPaymentEnforcement` configures."""
        return cls(tuple((rule.matching_list, _requirement(rule)) for rule in rules))


def _requirement(rule: GasPaymentRule) -> Requirement:
    if rule.type == "minimum":
        return MinimumPayment(rule.payment)
    if rule.type == "onChainFeeQuoting":
        return QuotedGas(rule.numerator, rule.denominator)
    return NoRequirement()


def _no_payment(detail: str) -> NotReady:
    return NotReady(Reason.GAS_PAYMENT_NOT_FOUND, detail)


def _ether(wei: int) -> str:
    """Format wei in units of 10^18, without trailing zeros."""
    return f"{wei // _ETHER}.{wei % _ETHER:018}".rstrip("0").rstrip(".")
