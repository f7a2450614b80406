"""What a transaction of a command offers for gas, and how much of a node's word is believed.

Whoever runs the node that a registry names may say anything, also of blocks that never were. So the
price is held against recent blocks, which finds faults, and against a sum, which bounds lies.
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
"""Wei per gas that is paid unless the user says otherwise."""
_BLOCKS = 20
_BLOCKS_IN_FULL = 5
"""Recent blocks that prices are held against: by their fee history, or with all transactions."""
_TIMES = 10
"""How many times of what recent blocks took is believed."""
_FIRST_TIP = 30 * GWEI
"""What is believed, if the base fee is not higher, while no recent block took a tip."""
_BIGGEST = 2**128


class GasTooDear(ChainError):
    """The node names a price for gas that is not paid unless the user says so."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A price for gas, in wei."""

    price: int
    """What the next block takes, as far as the node says."""
    tip: int | None
    """To whoever makes the block; None on chains without EIP-1559."""
    believed: int | None
    """The most that fits to what recent blocks took; None when they do not say."""

    def require_fair(self, most: int | None) -> None:
        """GasTooDear above `most`; above what is believed if there is none."""
        remedy = "wait, name another node, or set --max-gas-price"
        if most is None and self.believed is not None and self.price > self.believed:
            raise GasTooDear(
                f"the node asks {_gwei(self.price)} for gas; by what recent blocks took,"
                f" {_gwei(self.believed)} is the most to believe; {remedy}"
            )
        ceiling = DEFAULT_MAX if most is None else most
        if self.price > ceiling:
            raise GasTooDear(
                f"the node asks {_gwei(self.price)} for gas, more than {_gwei(ceiling)}; {remedy}"
            )

    def fields(self, most: int | None) -> dict[str, int]:
        """As ape's transactions have them. GasTooDear as `require_fair`."""
        self.require_fair(most)
        if self.tip is None:
            return {"gas_price": self.price}
        # Head-room for a base fee that rises; only what the block takes is paid.
        highest = 2 * (self.price - self.tip) + self.tip
        ceiling = DEFAULT_MAX if most is None else most
        return {"max_fee": min(highest, ceiling), "max_priority_fee": self.tip}


def read_offer() -> Offer:
    """What the connected chain's node says that gas costs. ChainError when it does not."""
    block = _ask("eth_getBlockByNumber", "latest", False)
    base_fee = block.get("baseFeePerGas") if isinstance(block, dict) else None
    if base_fee is None:
        return Offer(_number("eth_gasPrice", _ask("eth_gasPrice")), None, _believed_price(block))
    base = _number("baseFeePerGas", base_fee)
    bases, tips = _history()
    tip = _tip(base, tips)
    if not bases:
        return Offer(base + tip, tip, None)
    usual = _median(bases)
    first = max(usual, _FIRST_TIP)
    return Offer(base + tip, tip, _TIMES * usual + (_TIMES * _median(tips) if tips else first))


def _tip(base: int, tips: Sequence[int]) -> int:
    """Not every client has the method."""
    said = _maybe("eth_maxPriorityFeePerGas")
    if said is not None:
        return _number("eth_maxPriorityFeePerGas", said)
    if tips:
        return _median(tips)
    return max(0, _number("eth_gasPrice", _ask("eth_gasPrice")) - base)


def _history() -> tuple[list[int], list[int]]:
    """Base fees and usual tips of recent blocks, as far as the node knows them."""
    answer = _maybe("eth_feeHistory", hex(_BLOCKS), "latest", [50])
    if not isinstance(answer, dict):
        return [], []
    rewards = [row[0] for row in answer.get("reward") or () if isinstance(row, list) and row]
    # The last base fee is the next block's, which is to be judged.
    return _numbers((answer.get("baseFeePerGas") or [])[:-1]), [n for n in _numbers(rewards) if n]


def _believed_price(block: Any) -> int | None:
    """The most to believe on chains without EIP-1559, by what was paid in the last blocks."""
    newest = _numbers([block.get("number") if isinstance(block, dict) else None])
    prices: list[int] = []
    for number in range(newest[0], max(-1, newest[0] - _BLOCKS_IN_FULL), -1) if newest else ():
        full = _maybe("eth_getBlockByNumber", hex(number), True)
        sent = full.get("transactions") if isinstance(full, dict) else None
        rows = [each.get("gasPrice") for each in sent or () if isinstance(each, dict)]
        prices += [price for price in _numbers(rows) if price]
    return _TIMES * _median(prices) if prices else None


def _ask(method: str, *parameters: Any) -> Any:
    try:
        return networks.provider.make_request(method, parameters)
    except (ApeException, Web3Exception, RequestException, ValueError) as error:
        raise ChainError(f"the node does not answer {method}: {error}") from error


def _maybe(method: str, *parameters: Any) -> Any:
    try:
        return _ask(method, *parameters)
    except ChainError:
        return None


def _number(what: str, value: Any) -> int:
    found = _numbers([value])
    if not found:
        raise ChainError(f"{what}: the node answers {shown(value)}, expected a number in hex")
    return found[0]


def _numbers(values: Sequence[Any]) -> list[int]:
    """Those that are numbers in hex."""
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
