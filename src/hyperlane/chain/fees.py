"""Gas prices: what a chain's URLs say, and how much of that is believed.

Each URL is asked and the median counts, so that half of them cannot raise a fee, be it by hiding a
base fee or by making one up. The median is compared with the fees of recent blocks, and bounded by
the sum that one transaction may cost: a single URL that lies is bounded, too. Fees that the
operator fixes are in `hyperlane.chain.overrides`.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hyperlane.chain import answers
from hyperlane.chain.abi import GasPriceOracle
from hyperlane.chain.answers import Block, FeeHistory
from hyperlane.chain.client import ChainClient, NoAnswer, RpcError
from hyperlane.chain.endpoint import Answer, Call
from hyperlane.chain.overrides import Overrides
from hyperlane.errors import ChainError, DecodeError

_BLOCKS = 20
"""Recent blocks that fees are held against."""
_TIMES = 10
"""How many times of what recent blocks took is believed."""
_FIRST_TIP = 30 * 10**9
"""Wei per gas that is believed, if the base fee is not higher, while no recent block took a tip."""
_MOST_RAISES = 12
"""Times that an offer is raised; after that it only follows what gas costs."""
_TIP_SHARE = 5
"""Divisor: a tip may be at most a fifth of what gas costs now. Pools want it raised with the offer,
also where the base fee alone has risen."""


class GasTooDear(ChainError):
    """Refusal to send because gas costs more than the operator pays; retried later."""


class OfferTooLow(GasTooDear):
    """Refusal to send because the operator fixed less than gas costs; retried later."""


@dataclass(frozen=True, slots=True)
class FeeCeiling:
    """Most that a transaction may cost, in wei; None is no ceiling."""

    max_cost: int | None = None
    """Of gas and data fees together."""
    bound: str = "maxTransactionCost"
    """Bound that it comes from, as errors name it: a setting, or what is left of one."""


@dataclass(frozen=True, slots=True)
class Fees:
    """Fees to offer now, wei per gas."""

    now: int
    """Price in the next block."""
    tip: int | None
    """Priority fee; None on chains without EIP-1559."""
    offer: int
    """Maximum fee: with head-room for a base fee that rises."""
    least: int = 0
    """Lowest offer that the operator allows."""

    @property
    def fields(self) -> dict[str, int]:
        """The fee fields of a transaction."""
        if self.tip is None:
            return {"gasPrice": self.offer}
        return {"maxFeePerGas": self.offer, "maxPriorityFeePerGas": self.tip}

    def fields_like(self, fields: Mapping[str, Any]) -> dict[str, int]:
        """The fee fields of another version of a transaction, of the same kind as `fields`.

        URLs may say another kind by now, but fees of both kinds could not be signed together.
        """
        if "gasPrice" in fields:
            return {"gasPrice": self.offer}
        return {"maxFeePerGas": self.offer, "maxPriorityFeePerGas": self.tip or 0}


@dataclass(frozen=True, slots=True)
class _Opinion:
    """Fees according to one URL."""

    base_fee: int | None
    tip: int
    price: int
    history: FeeHistory | None


async def read_fees(client: ChainClient, overrides: Overrides) -> Fees:
    """Read the fees to offer now; GasTooDear when gas costs more than the operator offers."""
    opinions = await _opinions(client)
    base_fees = [item.base_fee for item in opinions if item.base_fee is not None]
    # Half that know of none suffice: of a price for all, too, the lower median counts.
    if 2 * len(base_fees) <= len(opinions):
        price = _median([item.price for item in opinions])
        _require_plausible_price(client, price, opinions)
        return _one_price(client, price, overrides)
    base_fee = _median(base_fees)
    _require_plausible(client, base_fee, opinions)
    if overrides.gas_price is not None:
        _require_offered(client, base_fee, overrides.gas_price, overrides)
        return Fees(overrides.gas_price, None, overrides.gas_price)
    tip = min(_median([item.tip for item in opinions]), _believed_tip(base_fee, opinions))
    _require_below_cap(client, base_fee + tip, overrides)
    tip, offer = overrides.dynamic(base_fee, tip)
    _require_offered(client, base_fee, offer, overrides)
    return Fees(min(base_fee + tip, offer), tip, offer, overrides.least_offer)


def _one_price(client: ChainClient, estimate: int, overrides: Overrides) -> Fees:
    """Fees on a chain without EIP-1559, where a node's estimate is no more than a suggestion."""
    if overrides.gas_price is None:
        _require_below_cap(client, estimate, overrides)
        ceiling = overrides.max_fee_per_gas
        if ceiling is not None and estimate > ceiling:
            raise GasTooDear(
                f"{client.name}: gas costs {estimate} wei, more than"
                f" transactionOverrides.maxFeePerGas {ceiling}"
            )
    price = overrides.price(estimate)
    return Fees(price, None, price)


async def _opinions(client: ChainClient) -> list[_Opinion]:
    calls = [
        Call(answers.BLOCK_BY_NUMBER, ("latest", False)),
        Call(answers.GAS_PRICE, ()),
        Call(answers.PRIORITY_FEE, ()),
        Call(answers.FEE_HISTORY, (hex(_BLOCKS), "latest", [50])),
    ]
    given = await client.rpc.opinions(calls)
    found = [opinion for item in given if (opinion := _opinion(item)) is not None]
    if not found:
        said = next((item for item in given[0] if isinstance(item, RpcError)), "no block")
        raise ChainError(f"{client.name}: no RPC says what gas costs: {said}")
    return found


def _opinion(said: Sequence[Answer]) -> _Opinion | None:
    """Fees from one URL's answers; None if they are not enough."""
    block, price, tip, history = said
    if not isinstance(block, Block):
        return None
    known = history if isinstance(history, FeeHistory) else None
    price = None if isinstance(price, RpcError) else price
    if block.base_fee is None:
        return None if price is None else _Opinion(None, 0, price, known)
    if isinstance(tip, RpcError):  # not every client has the method
        if known is not None and known.tips:
            tip = _median(known.tips)
        elif price is not None:
            tip = max(0, price - block.base_fee)
        else:
            return None
    return _Opinion(block.base_fee, tip, block.base_fee + tip, known)


def _believed_tip(base_fee: int, opinions: Sequence[_Opinion]) -> int:
    """The highest tip that is plausible after recent blocks."""
    tips = [_median(item.history.tips) for item in opinions if item.history and item.history.tips]
    recent = _median(tips) if tips else 0
    return _TIMES * recent if recent else max(base_fee, _FIRST_TIP)


def _require_plausible(client: ChainClient, base_fee: int, opinions: Sequence[_Opinion]) -> None:
    recent = [max(item.history.base_fees) for item in opinions if item.history]
    if recent and base_fee > _TIMES * _median(recent):
        raise GasTooDear(
            f"{client.name}: a base fee of {base_fee} wei does not fit to recent blocks, which took"
            f" at most {_median(recent)}: waiting for RPCs that agree"
        )


def _require_plausible_price(client: ChainClient, price: int, opinions: Sequence[_Opinion]) -> None:
    """GasTooDear for a price far above recent blocks: URLs that hide the base fee gain nothing."""
    known = [max(item.history.base_fees) for item in opinions if item.history]
    recent = _median([item for item in known if item] or [0])
    if recent and price > _TIMES * recent + _believed_tip(recent, opinions):
        raise GasTooDear(
            f"{client.name}: a price of {price} wei does not fit to recent blocks, which took a"
            f" base fee of at most {recent}: waiting for RPCs that agree"
        )


def _require_below_cap(client: ChainClient, price: int, overrides: Overrides) -> None:
    if overrides.gas_price_cap is not None and price > overrides.gas_price_cap:
        raise GasTooDear(
            f"{client.name}: gas costs {price} wei, more than"
            f" transactionOverrides.gasPriceCap {overrides.gas_price_cap}"
        )


def _require_offered(client: ChainClient, base_fee: int, offer: int, overrides: Overrides) -> None:
    """OfferTooLow for an offer below the base fee: no block would include it."""
    if offer < base_fee:
        raise OfferTooLow(
            f"{client.name}: gas costs {base_fee} wei, more than {overrides.limit()}: it waits;"
            " raise that to have it sent"
        )


def excess(
    overrides: Overrides, fields: Mapping[str, Any], market: Fees, raises: int
) -> str | None:
    """The bound that a raised offer exceeds, in words; None if it keeps to all."""
    offered = fields.get("maxFeePerGas", fields.get("gasPrice", 0))
    tip = fields.get("maxPriorityFeePerGas", 0)
    cap, highest = overrides.gas_price_cap, overrides.max_fee_per_gas
    if cap is not None and max(offered, tip) > cap:
        return f"more than transactionOverrides.gasPriceCap {cap}"
    if highest is not None and overrides.gas_price is None and max(offered, tip) > highest:
        return f"more than transactionOverrides.maxFeePerGas {highest}"
    if raises >= _MOST_RAISES and offered > market.offer:
        return f"it was raised {_MOST_RAISES} times"
    times = overrides.most_times
    market_tip = market.offer if market.tip is None else market.tip
    if offered > times * market.offer or tip > max(times * market_tip, market.offer // _TIP_SHARE):
        return f"more than {times} times of what gas costs"
    return None


def _median(values: Sequence[int]) -> int:
    """The median, of an even number the lower one: an offer that is too low only waits."""
    return sorted(values)[(len(values) - 1) // 2]


_ENVELOPE = b"\xff" * 120
"""Stand-in for a transaction's other fields and its signature."""


@dataclass(slots=True)
class DataFees:
    """Fees in wei that rollups of the OP stack take for a transaction's data on their parent chain.

    They come in addition to the gas, and no gas estimate includes them. The predeploy is asked for
    them; they are 0 on chains without it.
    """

    client: ChainClient
    _asked: bool | None = None
    """Whether there is a predeploy; None before the first look."""

    async def of(self, calldata: Sequence[bytes]) -> list[int]:
        """Data fees of transactions with such calldata."""
        if self._asked is None:
            self._asked = await self.client.has_code(GasPriceOracle.ADDRESS)
        if not self._asked:
            return [0] * len(calldata)
        return await asyncio.gather(*map(self._one, calldata))

    async def _one(self, calldata: bytes) -> int:
        content = calldata + _ENVELOPE
        for function, argument in (
            (GasPriceOracle.l1_fee, content),
            (GasPriceOracle.l1_fee_upper_bound, len(content)),
        ):
            try:
                fee: int = await self.client.call(GasPriceOracle.ADDRESS, function, argument)
                return fee
            except (RpcError, NoAnswer, DecodeError):
                continue  # a version without that function, or another contract
        return 0
