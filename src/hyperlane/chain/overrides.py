"""Fees and gas limits that an operator fixes: `transactionOverrides`, as in the reference.

`gasPrice`, `maxFeePerGas`, `maxPriorityFeePerGas` and `gasLimit` are offered exactly as they stand,
`min…` are floors, `…Cap` are ceilings, and multipliers scale what is estimated, before floors and
ceilings. Everything here is arithmetic: `hyperlane.chain.fees` asks the nodes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

_MOST_TIMES = 5
"""How many times of what gas costs now is offered to replace an earlier offer."""


_URGENCY = 3
_MOST_TIMES_URGENT = 20


@dataclass(frozen=True, slots=True)
class Overrides:
    """Fixed fees in wei per gas, and gas limits; None: as nodes estimate."""

    gas_price: int | None = None
    """Exact, as the price of a transaction from before EIP-1559."""
    gas_limit: int | None = None
    """Exact for every transaction that it suffices for."""
    min_gas_price: int | None = None
    max_fee_per_gas: int | None = None
    """Exact; a ceiling for prices on chains without EIP-1559."""
    min_fee_per_gas: int | None = None
    max_priority_fee_per_gas: int | None = None
    """Exact."""
    min_priority_fee_per_gas: int | None = None
    gas_price_multiplier_numerator: int | None = None
    gas_price_multiplier_denominator: int | None = None
    gas_price_cap_multiplier: int | None = None
    """How many times of what gas costs now is offered to replace an earlier offer."""
    gas_price_cap: int | None = None
    gas_limit_multiplier_numerator: int | None = None
    gas_limit_multiplier_denominator: int | None = None
    gas_limit_cap: int | None = None

    def urgent(self) -> Self:
        """Return overrides for urgent transactions: they offer three times what nodes estimate, and
        replacements up to twenty times what gas costs. Prices and ceilings in wei that the operator
        fixed stay."""
        numerator = self.gas_price_multiplier_numerator or 1
        return replace(
            self,
            gas_price_multiplier_numerator=_URGENCY * numerator,
            gas_price_cap_multiplier=max(self.most_times, _MOST_TIMES_URGENT),
        )

    @property
    def most_times(self) -> int:
        """How many times of what gas costs now a replacement may offer."""
        return self.gas_price_cap_multiplier or _MOST_TIMES

    def price(self, estimate: int) -> int:
        """Price to offer on a chain without EIP-1559."""
        if self.gas_price is not None:
            return self.gas_price
        return _least(max(self._scaled(estimate), self.min_gas_price or 0), self.gas_price_cap)

    def dynamic(self, base_fee: int, tip: int) -> tuple[int, int]:
        """Tip and maximum fee to offer on a chain with EIP-1559.

        The maximum is twice the base fee plus the tip, so that the base fee may rise. On a chain
        whose base fee is 0, the tip is the price that `minGasPrice` bounds.
        """
        free = 0 if base_fee else self.min_gas_price or 0
        offer = max(self._scaled(2 * base_fee + tip), self.min_fee_per_gas or 0, free)
        tip = max(self._scaled(tip), self.min_priority_fee_per_gas or 0, free)
        exact = self.max_priority_fee_per_gas
        tip = _least(tip, self.gas_price_cap) if exact is None else exact
        if self.max_fee_per_gas is None:
            return tip, max(_least(offer, self.gas_price_cap), tip)
        return min(tip, self.max_fee_per_gas), self.max_fee_per_gas

    @property
    def least_offer(self) -> int:
        """The lowest offer on a chain with EIP-1559; 0 without a bound."""
        return self.max_fee_per_gas or self.min_fee_per_gas or 0

    def limit(self) -> str:
        """The setting that keeps an offer low, with its value; for people."""
        for name, value in (
            ("gasPrice", self.gas_price),
            ("maxFeePerGas", self.max_fee_per_gas),
            ("gasPriceCap", self.gas_price_cap),
        ):
            if value is not None:
                return f"transactionOverrides.{name} {value}"
        return (
            "what transactionOverrides.gasPriceMultiplierNumerator"
            f" {self.gas_price_multiplier_numerator} leaves"
        )

    def exact(self, fields: Mapping[str, Any]) -> dict[str, tuple[str, int]]:
        """By fee field of a signed transaction: the setting that fixes it, and its value."""
        if self.gas_price is not None:
            names = ("gasPrice",) if "gasPrice" in fields else _DYNAMIC
            return dict.fromkeys(names, ("transactionOverrides.gasPrice", self.gas_price))
        fixed = zip(_DYNAMIC, (self.max_fee_per_gas, self.max_priority_fee_per_gas), strict=True)
        return {
            name: (f"transactionOverrides.{name}", value)
            for name, value in fixed
            if value is not None and name in fields
        }

    def gas(self, wanted: int, need: int) -> int:
        """The gas limit of a transaction that needs so much and would have `wanted`."""
        if self.gas_limit is not None and self.gas_limit >= need:
            return self.gas_limit
        return _least(
            _times(
                wanted, self.gas_limit_multiplier_numerator, self.gas_limit_multiplier_denominator
            ),
            self.gas_limit_cap,
        )

    def wanted(self, gas: int) -> int:
        """The inverse: the most that may be wanted for a transaction to get no more than `gas`."""
        return (
            gas
            * (self.gas_limit_multiplier_denominator or 1)
            // (self.gas_limit_multiplier_numerator or 1)
        )

    def _scaled(self, fee: int) -> int:
        return _times(
            fee, self.gas_price_multiplier_numerator, self.gas_price_multiplier_denominator
        )


_DYNAMIC = ("maxFeePerGas", "maxPriorityFeePerGas")


def _times(value: int, numerator: int | None, denominator: int | None) -> int:
    """Rounded up, so that a factor of at least one makes nothing smaller."""
    return -(-value * (numerator or 1) // (denominator or 1))


def _least(value: int, cap: int | None) -> int:
    return value if cap is None else min(value, cap)
