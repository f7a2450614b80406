"""Witnesses: RPCs that confirm a tree or the leaves that lead to it, each asked by itself.

With `additionalQuorumRpcUrls`, nothing is signed before two thirds of all RPCs, the additional and
the chain's own, confirm the root. Additional RPCs are asked for nothing else, unless the validator
may have to halt.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, Self, TypeVar

from hyperlane.chain.abi import MerkleTreeHook
from hyperlane.chain.client import ChainClient, NoAnswer, ReorgPeriod, Reverted
from hyperlane.checkpoints.documents import RpcResponse
from hyperlane.errors import ChainError
from hyperlane.protocol.merkle import IncrementalMerkle
from hyperlane.protocol.typecasts import Bytes32
from hyperlane.settings import ChainSettings
from hyperlane.settings.fields import each_once
from hyperlane.store.commitments import ObservedTree

_PATIENCE = 20.0
"""Seconds for one RPC's answer."""
_LONGEST_READING = 600.0
"""Seconds in which one RPC has to give all logs that lead to a tree."""
_QUERIES = 16
"""Most log queries, to an RPC that takes few blocks in each, that share one answer's patience."""
_BLOCKS_BACK = 20_000
"""Number of blocks before that of the last signed leaf in which the next leaf is looked for: a
reorg may have put it into an earlier block."""

EMPTY = (IncrementalMerkle().root(), -1)
"""Root and index of a tree without leaves."""

_Item = TypeVar("_Item")
_Said = tuple[Bytes32, int] | None
"""Root and index of the tree according to an RPC; None if it says nothing."""


class Undecided(ChainError):
    """Failure of RPCs to confirm something: nothing is signed before enough do."""


class Votes(NamedTuple):
    """What the RPCs say of one thing."""

    agree: int
    """Number of RPCs that confirm it."""
    said: int
    """Number of RPCs that answer."""
    asked: int

    @property
    def most(self) -> bool:
        """True if more than half of all confirm it: silence confirms nothing."""
        return 2 * self.agree > self.asked

    @property
    def unopposed(self) -> bool:
        """True if most confirm it, and none that answers says otherwise."""
        return self.most and self.agree == self.said

    def __str__(self) -> str:
        other, silent = self.said - self.agree, self.asked - self.said
        return (
            f"{self.agree} of {self.asked} RPCs confirm it, {other} say otherwise, {silent} say"
            " nothing"
        )


class Witnesses:
    """The RPCs of a validator's chain, and those that only confirm roots."""

    def __init__(
        self, settings: ChainSettings, additional: Sequence[str], period: ReorgPeriod
    ) -> None:
        self._hook = settings.merkle_tree_hook
        self._chunk = settings.index.chunk
        self._needed = bool(additional)
        self._clients = [
            ChainClient(settings.name, settings.chain_id, [url], period)
            for url in each_once((*settings.urls, *additional))
        ]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await asyncio.gather(*(client.close() for client in self._clients))

    async def confirm(self, tree: ObservedTree) -> None:
        """Raise Undecided unless two thirds of the RPCs confirm the tree at its block.

        Once they do, no other is waited for: one that hangs delays no signature.
        """
        if not self._needed:
            return
        true, needed = (tree.root, tree.index), -(-2 * len(self._clients) // 3)
        confirmed = set[str]()

        async def ask(client: ChainClient) -> _Said:
            said = await self._ask(client, tree.block_number)
            if said == true:
                confirmed.add(_host(client))
            return said

        said = await _until(lambda said: said.count(true) >= needed, map(ask, self._clients))
        votes = self._votes(said, true)
        if votes.agree < needed:
            missing = [host for host in map(_host, self._clients) if host not in confirmed]
            raise Undecided(
                f"{self._clients[0].name}: {votes.agree} of {votes.asked} RPCs confirm the root of"
                f" leaf {tree.index} at block {tree.block_number}, two thirds have to:"
                f" {votes.said - votes.agree} say otherwise, {votes.asked - votes.said} say nothing"
                f" ({', '.join(missing)})"
            )

    async def count(self, tree: ObservedTree) -> Votes:
        """RPCs that confirm the tree at its block."""
        said = await asyncio.gather(*self._at(tree.block_number))
        return self._votes(said, (tree.root, tree.index))

    async def count_against(self, signed: ObservedTree, tree: ObservedTree) -> Votes:
        """RPCs that confirm a tree which contradicts a signed one.

        An RPC that shows the signed tree as well, at its block, contradicts only itself: it counts
        as one that says otherwise.
        """
        now, before = await asyncio.gather(
            asyncio.gather(*self._at(tree.block_number)),
            asyncio.gather(*self._at(signed.block_number)),
        )
        true = (signed.root, signed.index)
        said = [true if then == true else item for item, then in zip(now, before, strict=True)]
        return self._votes(said, (tree.root, tree.index))

    async def count_without(
        self,
        known: IncrementalMerkle,
        signed: ObservedTree | None,
        tree: ObservedTree,
        first_block: int,
    ) -> Votes:
        """RPCs whose logs do not lead from the known tree to this one.

        Logs are read from `first_block` on, where the last leaf of the known tree is, and before it
        if the next leaf is not found. Those that lack a leaf say nothing. Nor do those that lead
        elsewhere, of an RPC that shows the signed tree at its block: it contradicts itself. Logs
        that lead to the tree cannot be made up.
        """
        roots = await asyncio.gather(
            *(self._root(client, known, tree, first_block) for client in self._clients)
        )
        others = [root and root != tree.root for root in roots]
        if signed is not None and any(others):
            before = await asyncio.gather(*self._at(signed.block_number))
            others = [
                None if other and then == (signed.root, signed.index) else other
                for other, then in zip(others, before, strict=True)
            ]
        return self._votes(others, True)

    def _votes(self, answers: Sequence[object], confirmed: object) -> Votes:
        said = sum(item is not None for item in answers)
        return Votes(answers.count(confirmed), said, len(self._clients))

    async def testify(self) -> list[RpcResponse]:
        """The state of the tree according to each RPC, at its own final block."""
        return await asyncio.gather(*map(self._testimony, self._clients))

    async def _testimony(self, client: ChainClient) -> RpcResponse:
        height = root = index = None
        # What it does not say is part of the testimony.
        with suppress(ChainError, TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                height = await client.final_block()
            root, index = await self._ask(client, height) or (None, None)
        return RpcResponse(
            url=client.urls[0],
            height=height,
            reorg_period=client.reorg_period,
            index=None if index == EMPTY[1] else index,
            root=root,
            unix_timestamp=int(time.time()),
        )

    def _at(self, block: int) -> list[Coroutine[Any, Any, _Said]]:
        return [self._ask(client, block) for client in self._clients]

    async def _ask(self, client: ChainClient, block: int) -> _Said:
        try:
            async with asyncio.timeout(_PATIENCE):
                try:
                    root, index = await client.call(
                        self._hook, MerkleTreeHook.latest_checkpoint, block=block
                    )
                except (Reverted, NoAnswer):  # as it does without a leaf
                    return EMPTY if await self._is_empty(client, block) else None
        except (ChainError, TimeoutError):
            return None
        return root, index

    async def _is_empty(self, client: ChainClient, block: int) -> bool:
        """Whether there is no leaf at a block, or no contract yet."""
        try:
            return not await client.call(self._hook, MerkleTreeHook.count, block=block)
        except NoAnswer:
            return True

    async def _root(
        self, client: ChainClient, known: IncrementalMerkle, tree: ObservedTree, first_block: int
    ) -> Bytes32 | None:
        """Root of the known tree with the leaves that one RPC's logs add; None if it lacks some."""
        wanted = range(known.count, tree.index + 1)
        try:
            async with asyncio.timeout(_LONGEST_READING):
                leaves = await self._leaves(client, wanted, first_block, tree.block_number)
        except (ChainError, TimeoutError):
            return None
        grown = known.copy()
        for index in wanted:
            if index not in leaves:
                return None
            grown.insert(leaves[index])
        return grown.root()

    async def _leaves(
        self, client: ChainClient, wanted: range, first: int, last: int
    ) -> dict[int, Bytes32]:
        """Leaves of one RPC's logs by index; of blocks before `first` only while the first wanted
        one is not found."""
        found: dict[int, Bytes32] = {}

        async def read(start: int, end: int) -> None:
            async with asyncio.timeout(_PATIENCE):
                logs = await client.logs(self._hook, MerkleTreeHook.INSERTED, start, end)
            for entry in logs:
                message_id, index = MerkleTreeHook.INSERTED.decode(entry.data)
                if index in wanted:
                    found.setdefault(index, message_id)

        below = start = min(first, last + 1)
        while start <= last:
            end = min(start + self._span(client) - 1, last)
            await read(start, end)
            start = end + 1
        while wanted.start not in found and below > max(0, first - _BLOCKS_BACK):
            start = max(0, below - self._span(client))
            await read(start, below - 1)
            below = start
        return found

    def _span(self, client: ChainClient) -> int:
        """Number of blocks to read at once."""
        return min(self._chunk, _QUERIES * client.log_span)


def _host(client: ChainClient) -> str:
    return client.rpc.endpoints[0].host


async def _until(
    decided: Callable[[list[_Item]], bool], asked: Iterable[Coroutine[Any, Any, _Item]]
) -> list[_Item]:
    """Collect answers until `decided` is true of them, then cancel the other requests."""
    tasks = [asyncio.create_task(item) for item in asked]
    said: list[_Item] = []
    try:
        for task in asyncio.as_completed(tasks):
            said.append(await task)
            if decided(said):
                break
    finally:
        for left in tasks:
            left.cancel()
    return said
