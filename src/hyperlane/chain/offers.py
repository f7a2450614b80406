"""What one key's transactions offer for gas, and which limit they get.

What is offered is bounded by what gas costs now (`hyperlane.chain.fees`), by what one transaction
may cost, and by what the operator fixed (`hyperlane.chain.overrides`). An offer that replaces an
earlier one for the same nonce is bounded by a number of raises, too.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from hyperlane.chain.client import ChainClient
from hyperlane.chain.fees import DataFees, FeeCeiling, Fees, GasTooDear, excess, read_fees
from hyperlane.chain.overrides import Overrides
from hyperlane.errors import ChainError

log = structlog.get_logger()

_FEES_TTL = 2.0


class TooMuchGas(ChainError):
    """A transaction needs more gas than the operator allows for one."""


@dataclass(frozen=True, slots=True)
class AtCeiling:
    """An offer cannot be raised, because of the bound that `reason` names."""

    reason: str


@dataclass(slots=True)
class Offers:
    """Fees and gas limits of transactions on one chain."""

    client: ChainClient
    ceiling: FeeCeiling = field(default_factory=FeeCeiling)
    overrides: Overrides = field(default_factory=Overrides)
    clock: Callable[[], float] = time.time
    _fees: tuple[float, Fees] | None = None
    """When the fees were read, and what they were."""
    _data_fees: DataFees = field(init=False)

    def __post_init__(self) -> None:
        self._data_fees = DataFees(self.client)

    async def fees(self) -> Fees:
        """What to offer now; cached for two seconds."""
        now = self.clock()
        if self._fees is None or now - self._fees[0] > _FEES_TTL:
            self._fees = (now, await read_fees(self.client, self.overrides))
        return self._fees[1]

    def expire(self) -> None:
        """Drop the cached fees: a node said that they are too low by now."""
        self._fees = None

    async def data_fees(self, calldata: Sequence[bytes]) -> list[int]:
        """Wei that a rollup takes beside the gas of transactions with such data."""
        return await self._data_fees.of(calldata)

    async def most_gas(self) -> int | None:
        """Most gas to want for a transaction that is sent now; None without such a bound."""
        bounds = (self.overrides.gas_limit_cap, await self._affordable_gas())
        known = [item for item in bounds if item is not None]
        return self.overrides.wanted(min(known)) if known else None

    async def _affordable_gas(self) -> int | None:
        if self.ceiling.max_cost is None:
            return None
        fees = await self.fees()
        return self.ceiling.max_cost // max(1, fees.now, fees.least)

    async def affordable(self, data: bytes, gas: int) -> Fees:
        """Fees at which a transaction costs at most what one may; GasTooDear if there are none."""
        fees, most = await self.fees(), self.ceiling.max_cost
        if most is None:
            return fees
        (data_fee,) = await self.data_fees([data])
        cost = gas * max(fees.now, fees.least) + data_fee
        if cost > most:
            raise GasTooDear(
                f"{self.client.name}: a transaction of {gas} gas would cost {cost} wei, more than"
                f" {self.ceiling.bound}, {most} wei: it waits; raise that if it is worth it"
            )
        return replace(fees, offer=min(fees.offer, (most - data_fee) // gas))

    def gas_limit(self, wanted: int, need: int, most: int | None) -> int:
        """The limit to sign; TooMuchGas when the operator's ceiling is below what is needed."""
        cap = self.overrides.gas_limit_cap
        if cap is not None and need > cap:
            raise TooMuchGas(
                f"{self.client.name}: {need} gas is needed, more than"
                f" transactionOverrides.gasLimitCap {cap}: raise that to have it sent"
            )
        limit, fixed = self.overrides.gas(wanted, need), self.overrides.gas_limit
        if fixed is not None and fixed < need:
            log.warning(
                "transaction.gas_above_limit",
                chain=self.client.name,
                setting=f"transactionOverrides.gasLimit {fixed}",
                needed=need,
                limit=limit,
            )
        return limit if most is None else min(limit, most)

    async def raised(
        self, fields: dict[str, Any], raises: int, more: Callable[[int], int]
    ) -> dict[str, Any] | AtCeiling:
        """The fields of another version of a transaction that offers more, within all bounds.

        `raises` is how often it was raised before. `more` gives the least that a node takes in
        place of a fee: each fee becomes that, or the market's where the market went up further.
        """
        market, newer, exact = await self.fees(), dict(fields), self.overrides.exact(fields)
        stays = None
        for name, fee in market.fields_like(fields).items():
            least = more(newer.get(name, 0))
            newer[name] = max(fee, least)
            if name in exact:
                setting, newer[name] = exact[name]
                if newer[name] < least:
                    stays = f"{setting} {newer[name]} is offered exactly, and not raised"
        why = stays or await self._excess(newer, market, raises)
        return newer if why is None else AtCeiling(why)

    async def _excess(self, fields: dict[str, Any], market: Fees, raises: int) -> str | None:
        """The bound that an offer exceeds, in words; None if it keeps to all."""
        why = excess(self.overrides, fields, market, raises)
        if why is not None or self.ceiling.max_cost is None:
            return why
        offered = fields.get("maxFeePerGas", fields.get("gasPrice", 0))
        (data_fee,) = await self.data_fees([bytes.fromhex(fields["data"].removeprefix("0x"))])
        if fields["gas"] * offered + data_fee > self.ceiling.max_cost:
            return f"it could cost more than {self.ceiling.bound}, {self.ceiling.max_cost} wei"
        return None
