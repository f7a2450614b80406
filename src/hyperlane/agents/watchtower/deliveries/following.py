"""Following the deliveries of one destination at its tip.

Every look reads the last blocks again, and all that are not final, so that a log which a node held
back, and a block that replaced another one, are noticed.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hyperlane.agents.runtime.chain import Chain
from hyperlane.chain.abi import Mailbox
from hyperlane.chain.answers import BLOCK_BY_NUMBER
from hyperlane.chain.client import Block, Log
from hyperlane.errors import ChainError
from hyperlane.protocol.typecasts import Address, Bytes32, to_hex
from hyperlane.store.deliveries import Delivery, DeliveryStore

_READ_AGAIN = 64
"""Blocks at the tip that are read again, final or not: nodes know a block before its logs, and no
count tells that a delivery is missing."""
_DOMAIN = 2**32


@dataclass(slots=True)
class Follower:
    """Reader of one destination's deliveries."""

    chain: Chain
    store: DeliveryStore
    clock: Callable[[], float] = time.time

    async def look(self) -> int:
        """Store deliveries up to the newest block; returns its number."""
        client = self.chain.client
        head = await client.block()
        final = min(await client.final_block(), head.number)
        start = await self.store.next_block()
        if start is None:
            # The watch begins now: earlier deliveries are not judged.
            start = final + 1
            await self.store.add([], start, self.clock())
        while start <= head.number:
            end = min(head.number, start + self.chain.settings.index.chunk - 1)
            settled = max(0, min(final, head.number - _READ_AGAIN))
            await self._read(start, end, max(start, min(settled, end) + 1))
            start = end + 1
        return head.number

    async def _read(self, first: int, last: int, next_block: int) -> None:
        client, mailbox = self.chain.client, self.chain.settings.mailbox
        ids = await client.logs(mailbox, Mailbox.PROCESS_ID, first, last)
        processes = await client.logs(mailbox, Mailbox.PROCESS, first, last) if ids else []
        pairs = self._paired(processes, ids)
        stored = await self.store.known((_id(item), item.block_hash) for _, item in pairs)
        new = [pair for pair in pairs if (_id(pair[1]), pair[1].block_hash) not in stored]
        blocks = await self._blocks(sorted({item.block_number for _, item in new}))
        deliveries = [self._delivery(*pair, blocks[pair[1].block_number]) for pair in new]
        if deliveries or next_block > first:
            await self.store.add(deliveries, next_block, self.clock())

    async def _blocks(self, numbers: Sequence[int]) -> dict[int, Block]:
        """Blocks by number, in few requests: after a long pause there are thousands."""
        asked = [(hex(number), False) for number in numbers]
        found = await self.chain.client.request_many(BLOCK_BY_NUMBER, asked)
        blocks = [item for item in found if isinstance(item, Block)]
        if len(blocks) < len(numbers):
            raise ChainError(f"{self.chain.name}: the node lacks blocks that have deliveries")
        return dict(zip(numbers, blocks, strict=True))

    def _paired(self, processes: Sequence[Log], ids: Sequence[Log]) -> list[tuple[Log, Log]]:
        """Each `ProcessId` with the `Process` that a Mailbox logs right before it."""
        before = {(item.block_number, item.index + 1): item for item in processes}
        pairs = []
        for item in ids:
            process = before.get((item.block_number, item.index))
            if process is not None and process.block_hash != item.block_hash:
                raise self._replaced(item.block_number)
            if process is None or not _is_pair(process, item):
                problem = f"ProcessId {_shown(item)} has no Process log before it"
                self.chain.client.distrust(problem)
                raise ChainError(f"{self.chain.name}: {problem}")
            pairs.append((process, item))
        return pairs

    def _delivery(self, process: Log, entry: Log, block: Block) -> Delivery:
        if entry.block_hash and entry.block_hash != block.hash:
            raise self._replaced(entry.block_number)
        origin, _sender, recipient = process.topics[1:]
        return Delivery(
            message_id=_id(entry),
            origin=int.from_bytes(origin),
            recipient=Address(recipient[12:]),
            block_number=entry.block_number,
            block_hash=entry.block_hash,
            block_time=block.timestamp,
            tx_hash=entry.tx_hash,
        )

    def _replaced(self, block: int) -> ChainError:
        return ChainError(f"{self.chain.name}: block {block} was replaced during a look")


def _is_pair(process: Log, entry: Log) -> bool:
    """Tell whether two logs in a row are those that a Mailbox writes for a delivery."""
    return (
        process.tx_hash == entry.tx_hash
        and (len(process.topics), len(entry.topics)) == (4, 2)
        and int.from_bytes(process.topics[1]) < _DOMAIN
    )


def _id(entry: Log) -> Bytes32:
    return entry.topics[1]


def _shown(entry: Log) -> str:
    return ", ".join(map(to_hex, entry.topics[1:]))
