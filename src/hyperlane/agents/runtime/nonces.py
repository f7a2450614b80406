"""Nonces of one key on one chain: which are next, and who may use them now."""

import asyncio
from dataclasses import dataclass, field

from hyperlane.chain import answers
from hyperlane.chain.client import ChainClient, RpcError
from hyperlane.chain.endpoint import Call
from hyperlane.protocol.typecasts import Address, to_hex
from hyperlane.store.transactions import TransactionStore


@dataclass(slots=True)
class Nonces:
    """The nonces of one key. Whoever uses them holds `lock`: two that ask together would both get
    the same."""

    client: ChainClient
    store: TransactionStore
    address: Address
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _used: int = 0
    """The nonce after the highest that this process used."""
    _holes: set[int] = field(default_factory=set)
    """Nonces below live ones whose own transactions were refused."""

    async def pending(self) -> int:
        """The next nonce by the node: it counts what others sent with this key, too."""
        return await self.client.transaction_count(self.address, "pending")

    async def take(self, count: int, lowest: int, taken: int) -> list[int]:
        """Choose so many nonces from `lowest` on, where `taken` is next by the node.

        The node knows what others sent, and what was sent before a restart; the store knows what
        the node has not seen yet. Holes come first: all above them wait for them.
        """
        believed = taken if lowest else await self._confirmed(taken)
        self._holes = {nonce for nonce in self._holes if nonce >= believed}
        holes = sorted(nonce for nonce in self._holes if nonce >= lowest)[:count]
        start = max(lowest, believed, await self.store.next_nonce())
        self._holes.difference_update(holes)
        return [*holes, *range(start, start + count - len(holes))]

    def use(self, nonce: int) -> None:
        """Note a nonce whose transaction is on its way."""
        self._used = max(self._used, nonce + 1)

    def fill(self, nonce: int) -> None:
        """Note that a nonce has a transaction."""
        self._holes.discard(nonce)

    async def free(self, nonces: list[int]) -> None:
        """Note nonces whose transactions were refused."""
        following = await self.store.next_nonce()
        self._holes |= {nonce for nonce in nonces if nonce < following}

    async def _confirmed(self, taken: int) -> int:
        """The next nonce, where one URL says a higher one than we know of.

        It may be right: others may have sent with this key. But transactions with a nonce that is
        too high wait for ever, so one URL is not believed: the median of all counts.
        """
        if taken <= max(self._used, await self.store.next_nonce()):
            return taken
        call = Call(answers.TRANSACTION_COUNT, (to_hex(self.address), "pending"))
        given = [said[0] for said in await self.client.rpc.opinions([call])]
        said = sorted(item for item in given if not isinstance(item, RpcError))
        median: int = said[(len(said) - 1) // 2] if said else taken
        if median >= taken:
            return taken
        problem = f"told of nonce {taken}, but {median} is next"
        self.client.rpc.distrust(problem, answers.TRANSACTION_COUNT.name)
        return median
