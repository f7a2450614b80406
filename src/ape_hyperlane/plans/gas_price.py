"""Gas prices of transactions, and limits for the prices that a node reports.

The node that a registry names is untrusted: it may report any price, and blocks that do not exist.
So the price is compared with recent blocks, which finds errors, and with a fixed limit, which
bounds the damage of lies.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ape import networks
from ape.exceptions import ApeException
from requests import RequestException
from web3.exceptions import Web3Exception

from hyperlane.errors import ChainError
from hyperlane.wording import shown

GWEI = 10**9
DEFAULT_MAX = 1_000 * GWEI
"""Default limit, in wei."""
_BLOCKS = 20
_BLOCKS_IN_FULL = 5
"""Numbers of recent blocks that prices are compared with: by fee history, or by fetching blocks."""
_TIMES = 10
"""Accepted multiple of the price in recent blocks."""
_FIRST_TIP = 30 * GWEI
"""Accepted tip while no recent block has tips, unless the base fee is higher."""
_BIGGEST = 2**128


class GasTooDear(ChainError):
    """The node reports a gas price above the limit."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A gas price, in wei."""

    price: int
    """Price in the next block, as the node reports it."""
    tip: int | None
    """Part of the price that goes to the block's proposer; None on chains without EIP-1559."""
    plausible: int | None
    """Highest price that is plausible by recent blocks; None if the node does not report their
    prices."""

    def require_fair(self, most: int | None) -> None:
        """GasTooDear above the limit `most`; without one, above what is plausible."""
        remedy = "wait, name another node, or set --max-gas-price"
        if most is None and self.plausible is not None and self.price > self.plausible:
            raise GasTooDear(
                f"the node asks {_gwei(self.price)} for gas; by what recent blocks took,"
                f" {_gwei(self.plausible)} is the most that is plausible; {remedy}"
            )
        ceiling = DEFAULT_MAX if most is None else most
        if self.price > ceiling:
            raise GasTooDear(
                f"the node asks {_gwei(self.price)} for gas, more than {_gwei(ceiling)}; {remedy}"
            )

    def fields(self, most: int | None) -> dict[str, int]:
        """Fields of an ape transaction. GasTooDear as `require_fair`."""
        self.require_fair(most)
        if self.tip is None:
            return {"gas_price": self.price}
        # Headroom for a rising base fee: the transaction pays only the block's price.
        highest = 2 * (self.price - self.tip) + self.tip
        ceiling = DEFAULT_MAX if most is None else most
        return {"max_fee": min(highest, ceiling), "max_priority_fee": self.tip}


def read_offer() -> Offer:
    """Gas price of the connected chain's node. ChainError when it does not report one."""
    block = _request("eth_getBlockByNumber", "latest", False)
    base_fee = block.get("baseFeePerGas") if isinstance(block, dict) else None
    if base_fee is None:
        return Offer(
            _number("eth_gasPrice", _request("eth_gasPrice")), None, _plausible_price(block)
        )
    base = _number("baseFeePerGas", base_fee)
    bases, tips = _history()
    tip = _tip(base, tips)
    if not bases:
        return Offer(base + tip, tip, None)
    usual = _median(bases)
    first = max(usual, _FIRST_TIP)
    return Offer(base + tip, tip, _TIMES * usual + (_TIMES * _median(tips) if tips else first))


def _tip(base: int, tips: Sequence[int]) -> int:
    """Tip for the next block. Some clients lack the method, so it may be derived."""
    reported = _request_optional("eth_maxPriorityFeePerGas")
    if reported is not None:
        return _number("eth_maxPriorityFeePerGas", reported)
    if tips:
        return _median(tips)
    return max(0, _number("eth_gasPrice", _request("eth_gasPrice")) - base)


def _history() -> tuple[list[int], list[int]]:
    """Base fees and median tips of recent blocks; empty if the node does not report them."""
    answer = _request_optional("eth_feeHistory", hex(_BLOCKS), "latest", [50])
    if not isinstance(answer, dict):
        return [], []
    rewards = [row[0] for row in answer.get("reward") or () if isinstance(row, list) and row]
    # The last base fee is that of the next block: the one to be compared.
    return _numbers((answer.get("baseFeePerGas") or [])[:-1]), [n for n in _numbers(rewards) if n]


def _plausible_price(block: Any) -> int | None:
    """Highest plausible price on chains without EIP-1559, by the transactions of recent blocks."""
    newest = _numbers([block.get("number") if isinstance(block, dict) else None])
    prices: list[int] = []
    for number in range(newest[0], max(-1, newest[0] - _BLOCKS_IN_FULL), -1) if newest else ():
        full = _request_optional("eth_getBlockByNumber", hex(number), True)
        sent = full.get("transactions") if isinstance(full, dict) else None
        rows = [row.get("gasPrice") for row in sent or () if isinstance(row, dict)]
        prices += [price for price in _numbers(rows) if price]
    return _TIMES * _median(prices) if prices else None


def _request(method: str, *parameters: Any) -> Any:
    try:
        return networks.provider.make_request(method, parameters)
    except (ApeException, Web3Exception, RequestException, ValueError) as error:
        raise ChainError(f"the node does not answer {method}: {error}") from error


def _request_optional(method: str, *parameters: Any) -> Any:
    """Result of a request; None where `_request` raises an error."""
    try:
        return _request(method, *parameters)
    except ChainError:
        return None


def _number(what: str, value: Any) -> int:
    found = _numbers([value])
    if not found:
        raise ChainError(f"{what}: the node answers {shown(value)}, expected a number in hex")
    return found[0]


def _numbers(values: Sequence[Any]) -> list[int]:
    """The values that are numbers in hex; others are left out."""
    found = []
    for value in values:
        try:
            number = int(value, 16) if isinstance(value, str) and len(value) < 40 else -1
        except ValueError:
            continue
        if 0 <= number < _BIGGEST:
            found.append(number)
    return found


def _median(values: Sequence[int]) -> int:
    return sorted(values)[(len(values) - 1) // 2]


def _gwei(price: int) -> str:
    return f"{price / GWEI:,.3f} gwei"
