"""Witnesses: RPCs that confirm a tree or the leaves that lead to it, each asked by itself.

With `additionalQuorumRpcUrls`, nothing is signed before two thirds of all RPCs, the additional and
the chain's own, confirm the root. Additional RPCs are asked for nothing else.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple, Self

from hyperlane.chain.abi import MerkleTreeHook
from hyperlane.chain.client import ChainClient, ReorgPeriod
from hyperlane.checkpoints.documents import RpcResponse
from hyperlane.errors import ChainError
from hyperlane.protocol.merkle import IncrementalMerkle
from hyperlane.protocol.typecasts import Bytes32
from hyperlane.settings import ChainSettings
from hyperlane.store.commitments import ObservedTree

_PATIENCE = 20.0
"""Seconds for one RPC's answer."""


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
            for url in dict.fromkeys((*settings.urls, *additional))
        ]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await asyncio.gather(*(client.close() for client in self._clients))

    async def confirm(self, tree: ObservedTree) -> None:
        """ChainError unless two thirds of the RPCs confirm the tree at its block."""
        if not self._needed:
            return
        votes = await self.count(tree)
        if 3 * votes.agree < 2 * votes.asked:
            raise ChainError(
                f"{self._clients[0].name}: {votes.agree} of {votes.asked} RPCs confirm the root of"
                f" leaf {tree.index} at block {tree.block_number}, two thirds have to"
            )

    async def count(self, tree: ObservedTree) -> Votes:
        """RPCs that confirm the tree at its block."""
        answers = await asyncio.gather(
            *(self._ask(client, tree.block_number) for client in self._clients)
        )
        return self._votes(answers, (tree.root, tree.index))

    async def count_without(
        self, known: IncrementalMerkle, tree: ObservedTree, first_block: int
    ) -> Votes:
        """RPCs whose logs, from `first_block` on, do not lead from the known tree to this one.

        Logs in which a leaf is missing say nothing.
        """
        roots = await asyncio.gather(
            *(self._root(client, known, tree, first_block) for client in self._clients)
        )
        return self._votes([root and root != tree.root for root in roots], True)

    def _votes(self, answers: Sequence[object], confirmed: object) -> Votes:
        said = sum(item is not None for item in answers)
        return Votes(answers.count(confirmed), said, len(answers))

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
            index=index,
            root=root,
            unix_timestamp=int(time.time()),
        )

    async def _ask(self, client: ChainClient, block: int) -> tuple[Bytes32, int] | None:
        try:
            async with asyncio.timeout(_PATIENCE):
                root, index = await client.call(
                    self._hook, MerkleTreeHook.latest_checkpoint, block=block
                )
        except (ChainError, TimeoutError):
            return None
        return root, index

    async def _root(
        self, client: ChainClient, known: IncrementalMerkle, tree: ObservedTree, first_block: int
    ) -> Bytes32 | None:
        """Root of the known tree with the leaves that one RPC's logs add; None if it lacks some."""
        grown = known.copy()
        for block in range(first_block, tree.block_number + 1, self._chunk):
            last = min(block + self._chunk - 1, tree.block_number)
            try:
                async with asyncio.timeout(_PATIENCE):
                    logs = await client.logs(self._hook, MerkleTreeHook.INSERTED, block, last)
            except (ChainError, TimeoutError):
                return None
            for entry in logs:
                message_id, index = MerkleTreeHook.INSERTED.decode(entry.data)
                if index == grown.count <= tree.index:
                    grown.insert(message_id)
        return grown.root() if grown.count == tree.index + 1 else None
