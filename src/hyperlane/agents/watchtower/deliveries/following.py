"""Following the deliveries of one destination at its tip.

Every look reads all blocks that are not final again, so that a log which a node held back, and a
block that replaced another one, are noticed.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hyperlane.agents.runtime.chain import Chain
from hyperlane.chain.abi import Mailbox
from hyperlane.chain.client import Block, Log
from hyperlane.errors import ChainError
from hyperlane.protocol.typecasts import Address, Bytes32, to_hex
from hyperlane.store.deliveries import Delivery, DeliveryStore


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
            # It begins now: what was delivered before is nobody's to stop.
            start = final + 1
            await self.store.add([], start, self.clock())
        while start <= head.number:
            end = min(head.number, start + self.chain.settings.index.chunk - 1)
            await self._read(start, end, min(final, end) + 1)
            start = end + 1
        return head.number

    async def _read(self, first: int, last: int, next_block: int) -> None:
        client, mailbox = self.chain.client, self.chain.settings.mailbox
        ids = await client.logs(mailbox, Mailbox.PROCESS_ID, first, last)
        processes = await client.logs(mailbox, Mailbox.PROCESS, first, last) if ids else []
        pairs = self._paired(processes, ids)
        stored = await self.store.known((_id(item), item.block_hash) for _, item in pairs)
        new = [pair for pair in pairs if (_id(pair[1]), pair[1].block_hash) not in stored]
        blocks = {
            number: await client.block(number)
            for number in sorted({item.block_number for _, item in new})
        }
        deliveries = [_delivery(*pair, blocks[pair[1].block_number]) for pair in new]
        if deliveries or next_block > first:
            await self.store.add(deliveries, next_block, self.clock())

    def _paired(self, processes: Sequence[Log], ids: Sequence[Log]) -> list[tuple[Log, Log]]:
        """Each `ProcessId` with the `Process` that a Mailbox logs right before it."""
        before = {(item.block_number, item.index + 1): item for item in processes}
        pairs = []
        for item in ids:
            process = before.get((item.block_number, item.index))
            if process is None:
                problem = f"ProcessId {to_hex(_id(item))} has no Process log before it"
                self.chain.client.distrust(problem)
                raise ChainError(f"{self.chain.name}: {problem}")
            pairs.append((process, item))
        return pairs


def _id(entry: Log) -> Bytes32:
    return entry.topics[1]


def _delivery(process: Log, entry: Log, block: Block) -> Delivery:
    if entry.block_hash and entry.block_hash != block.hash:
        raise ChainError(f"block {entry.block_number} was replaced during a look")
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
