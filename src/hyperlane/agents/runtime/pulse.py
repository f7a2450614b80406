"""Cheap looks at a chain on which nothing happens: one call tells whether it is worth a full look.

Providers bill each call. The answer is no more than a hint: whatever follows from it is read, and
agreed upon, by a full look, and there is one every now and then whatever the hints say.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from hyperlane.chain.abi import Function
from hyperlane.chain.answers import COUNTERS, Counters
from hyperlane.chain.client import ChainClient, Consensus
from hyperlane.chain.endpoint import Call
from hyperlane.errors import ChainError
from hyperlane.protocol.typecasts import Address, to_hex

Counter: TypeAlias = tuple[Address, Function]
"""A function without arguments that returns one word which tells of all that happens."""

_AWAKE = 60.0
"""Seconds after the last news for which each look is a full one."""


@dataclass(slots=True, kw_only=True)
class Pulse:
    """Decides when a chain is worth a full look."""

    client: ChainClient
    counters: Sequence[Counter]
    idle_interval: float
    """Seconds between two looks while nothing happens."""
    longest: float
    """Seconds after which there is a full look in any case."""
    clock: Callable[[], float] = time.monotonic
    _news_at: float = field(init=False)
    _looked_at: float = float("-inf")
    _asked_at: float = float("-inf")
    _known: tuple[int, ...] = ()
    """Counters according to the last full look."""
    _heard: frozenset[tuple[int, ...]] = frozenset()
    """Other counters, which woke it the last time."""

    def __post_init__(self) -> None:
        self._news_at = self.clock()

    @property
    def awake(self) -> bool:
        """True if something happened a short time ago."""
        return self.clock() - self._news_at < _AWAKE

    async def worth_a_look(self) -> bool:
        """Tell whether a full look is due: while things happen, always."""
        now = self.clock()
        if self.awake or now - self._looked_at >= self.longest:
            return True
        if now - max(self._asked_at, self._looked_at) < self.idle_interval:
            return False
        self._asked_at = now
        return await self._has_news()

    def looked(self, counters: Sequence[int]) -> None:
        """Record a full look, and the counters up to which everything is known."""
        self._looked_at = self.clock()
        if tuple(counters) != self._known:
            self._known, self._news_at = tuple(counters), self._looked_at

    async def _has_news(self) -> bool:
        """Tell whether any counter differs from what is known, or cannot be read like this.

        Where several URLs have to agree, news of any of them count: none can hide what happens.
        Those that not all tell of wake it once: a URL that stands still must not keep it awake.
        """
        period = self.client.reorg_period
        tag = period if isinstance(period, str) else "latest"
        call = Call(COUNTERS, ({"data": to_hex(_code(self.counters))}, tag))
        try:
            if self.client.consensus in (Consensus.QUORUM, Consensus.MAJORITY):
                given = [said for (said,) in await self.client.rpc.opinions([call])]
            else:
                given = await self.client.rpc.exchange([call])
        except ChainError:
            return True  # the full look fails as well, and its failure is what counts
        said = [item.values for item in given if isinstance(item, Counters)]
        if len(said) < len(given):
            return True
        news, disputed = frozenset(said) - {self._known}, len(set(said)) > 1
        if news and not (disputed and news <= self._heard):
            self._heard, self._news_at = news, self.clock()
        return bool(news)


def _code(counters: Sequence[Counter]) -> bytes:
    """Initcode for `eth_call`: what it would deploy is the block's number and the counters.

    For each counter: PUSH4 selector PUSH1 0 MSTORE, then STATICCALL with the selector as calldata,
    and the first word that is returned goes behind the ones before. At the end NUMBER is put
    before all, and they are returned.
    """
    parts = []
    for number, (contract, function) in enumerate(counters):
        place = (64 + 32 * number).to_bytes(2)
        parts += [b"\x63", function.selector, bytes.fromhex("600052602061"), place]
        parts += [bytes.fromhex("6004601c73"), contract, bytes.fromhex("5afa50")]
    size = (32 + 32 * len(counters)).to_bytes(2)
    return b"".join((*parts, bytes.fromhex("4360205261"), size, bytes.fromhex("6020f3")))
