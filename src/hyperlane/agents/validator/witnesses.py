"""Witnesses: RPCs that confirm a tree, each asked by itself.

With `additionalQuorumRpcUrls`, nothing is signed before two thirds of all RPCs, the additional and
the chain's own, confirm the root. Additional RPCs are asked for nothing else.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Self

from hyperlane.chain.abi import MerkleTreeHook
from hyperlane.chain.client import ChainClient, ReorgPeriod
from hyperlane.checkpoints.documents import RpcResponse
from hyperlane.errors import ChainError
from hyperlane.protocol.typecasts import Bytes32
from hyperlane.settings import ChainSettings
from hyperlane.store.commitments import ObservedTree

_PATIENCE = 20.0
"""Seconds for one RPC's answer."""


class Witnesses:
    """The RPCs of a validator's chain, and those that only confirm roots."""

    def __init__(
        self, settings: ChainSettings, additional: Sequence[str], period: ReorgPeriod
    ) -> None:
        self._hook = settings.merkle_tree_hook
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
        agree, _ = await self.count(tree)
        if 3 * agree < 2 * len(self._clients):
            raise ChainError(
                f"{self._clients[0].name}: {agree} of {len(self._clients)} RPCs confirm the root of"
                f" leaf {tree.index} at block {tree.block_number}, two thirds have to"
            )

    async def count(self, tree: ObservedTree) -> tuple[int, int]:
        """Number of RPCs that confirm the tree at its block, and of those that answer."""
        answers = await asyncio.gather(
            *(self._ask(client, tree.block_number) for client in self._clients)
        )
        return answers.count((tree.root, tree.index)), sum(item is not None for item in answers)

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
