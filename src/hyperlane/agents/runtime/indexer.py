"""Copying numbered events from a chain into the store, without gaps and without repeats.

The contract says how many events there are at a block; logs are read up to that block until the
store has as many. Nodes that leave logs out, repeat them or answer for another fork are noticed
because numbers would be missing.
"""

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import structlog

from hyperlane.chain.abi import Event, Function
from hyperlane.chain.calls import logs_in, view
from hyperlane.chain.client import ChainClient, Log, NoAnswer
from hyperlane.chain.deployment import deployment_block
from hyperlane.chain.endpoint import Call
from hyperlane.errors import ChainError, ConfigError
from hyperlane.protocol.typecasts import Address
from hyperlane.store.sequences import Numbered, Progress, SequenceStore

log = structlog.get_logger()

Item = TypeVar("Item", bound=Numbered)

_FIRST_SPAN = 250
_MANY_LOGS = 7000
"""Logs in one chunk above which the next chunks are made smaller. Each chunk is a transaction, and
a page of an index is written once in it, for however many events; more would not fit into the
largest answer that is read."""
_MOST_QUERIES = 16
"""Log queries in one chunk: logs are stored before a node that takes few blocks often fails."""


class IndexGap(ChainError):
    """Failure of logs that lack an event which the contract counts; they are read again."""


class SequenceRegressed(ChainError):
    """Failure of a chain whose contract counts fewer events than are stored up to the block."""

    def __init__(self, message: str, count: int) -> None:
        super().__init__(message)
        self.count = count
        """Number of events according to the contract."""


@dataclass(frozen=True, slots=True)
class IndexRange:
    """The block to start reading logs at, and how many to read at once."""

    first_block: int | None = None
    """None: the block of the contract's deployment. Negative: counted back from the final block."""
    chunk: int = 1999
    """Blocks per request."""

    def start(self, head: int) -> int | None:
        """The first block to read, where `head` is the final one; None: not configured."""
        if self.first_block is None or self.first_block >= 0:
            return self.first_block
        return max(0, head + self.first_block)


@dataclass(slots=True, kw_only=True)
class SequenceIndexer(Generic[Item]):
    """Copies one kind of event of one contract into the store, and keeps the copy up to date."""

    client: ChainClient
    contract: Address
    event: Event
    counter: Function
    deployed_block: Function
    parse: Callable[[Log], Item]
    store: SequenceStore[Item]
    range: IndexRange
    needs_all: bool = False
    """Whether a copy that starts later than number 0 is an error."""
    _first_block: int = -1
    _may_skip: bool = False
    _complete_to: int = -1
    """All events up to this block are stored, though the stored cursor may be behind."""
    _span: int = 0
    """Blocks in the next chunk: fewer where logs are dense, so that memory stays bounded."""
    _peeked: int = -1
    """Up to this block, events are stored ahead of the backlog."""
    _further_back: int = 0
    """Number of blocks before that of the last event that are read again after the next gap. It
    grows with each gap in a row, in case a node gave an event in too late a block."""
    counted: int = 0
    """Number of events by the contract at the last block that `sync` completed."""
    complete: bool = True
    """Whether the last `sync` reached its block, instead of pausing."""
    _ahead: tuple[tuple[int, int], asyncio.Task[list[Log]]] | None = None
    """Prefetched blocks, and the task that reads their logs."""

    def __post_init__(self) -> None:
        self._span = min(self.range.chunk, _FIRST_SPAN)

    async def count(self, block: int) -> int:
        """Number of events up to a block; 0 before the contract was deployed."""
        try:
            counted: int = await self.client.call(self.contract, self.counter, block=block)
        except NoAnswer:
            return 0
        return counted

    def calls(self, block: int) -> list[Call]:
        """Calls that `sync` is about to make; none unless the store is nearly up to `block`."""
        first = self._complete_to + 1
        if not 0 < first <= block < first + min(self._chunk, self.client.log_span):
            return []
        return [
            view(self.contract, self.counter, block=block),
            logs_in(self.contract, self.event, first, block),
        ]

    async def reread(self, sequence: int) -> None:
        """Delete events from `sequence` on and read them again, from the last one kept."""
        await self.store.forget(sequence)
        await self._look_again((await self.store.progress()).last_block)

    async def sync(self, block: int, seconds: float = math.inf, most: float = math.inf) -> int:
        """Bring the store up to `block`; returns how many events were new.

        It pauses after `seconds`, or once `most` events were new: `complete` is False then.
        IndexGap or SequenceRegressed when node and store disagree; events before the disagreement
        are kept.
        """
        if self._first_block < 0:
            await self._choose_start(block)
        self.complete = True
        target = await self.count(block)
        try:
            return await self._sync(block, target, time.monotonic() + seconds, most)
        finally:
            if self.complete and self._ahead is not None:
                self._ahead[1].cancel()
                self._ahead = None

    async def peek(self, block: int) -> int:
        """Store new events at the tip ahead of a long backlog; returns how many there were."""
        if self._first_block < 0:
            await self._choose_start(block)
        first = max(self._peeked, block - _FIRST_SPAN) + 1
        if first > block or self._complete_to + 1 + _FIRST_SPAN > block:
            return 0
        backlog = (await self.store.progress()).next_block or self._first_block
        if backlog + _FIRST_SPAN > block:
            return 0
        logs = await self.client.logs(self.contract, self.event, first, block)
        await self.store.add_ahead(list(map(self.parse, logs)))
        self._peeked = block
        return len(logs)

    async def _sync(self, block: int, target: int, deadline: float, most: float) -> int:
        """Index chunks until the store has as many events as the contract counted at `block`."""
        added = 0
        while added < most and time.monotonic() < deadline:
            progress = await self.store.progress()
            have = progress.next_sequence or 0
            start = max(progress.next_block or self._first_block, self._complete_to + 1)
            if have > target:
                self._check_lag(block, progress, target)
                return added  # `counted` stays: there is more than this block has
            if have == target or (self._may_skip and not have and start > block):
                # All events are there. The cursor is moved rarely, as each move is a transaction.
                if block - start > self.range.chunk:
                    await self.store.add([], block + 1)
                self._complete_to, self.counted = max(self._complete_to, block), target
                return added
            if start > block:
                # All blocks were read and an event is still missing: some logs were left out.
                await self._look_again(progress.last_block)
                raise self._gap(
                    f"{self.store.kind} {have} is counted by block {block}, but no log shows it"
                )
            added += await self._advance(start, block, progress)
        self.complete = False
        return added

    async def _advance(self, start: int, block: int, progress: Progress) -> int:
        """Index one chunk: store its events up to the first number that is missing.

        Only consecutive numbers may be stored below the cursor. A gap is noticed by any higher
        number, in this chunk or stored ahead of the cursor by `peek`. Then the cursor goes back to
        the block of the last event before the gap: more events of that block may be missing.
        """
        end = min(start + self._chunk - 1, block)
        logs = await self._fetch(start, end, block)
        # By number: a node that repeats a log changes nothing.
        items = {item.sequence: item for item in map(self.parse, logs)}
        expected = progress.next_sequence
        if expected is None:
            # Nothing is stored yet: with index.from after the deployment, the first event found
            # may be the first of the copy.
            expected = min(items, default=0) if self._may_skip and not self.needs_all else 0
        new = []
        while expected in items:
            new.append(items[expected])
            expected += 1
        stored = await self.store.last(end + 1)
        highest = max([*items, *(stored or ())[:1]], default=-1)
        if highest > expected:
            last = new[-1].block_number if new else progress.last_block
            await self._look_again(last, new)
            if self._may_skip and expected == 0:
                raise ConfigError(
                    f"chains.{self.client.name}.index.from: {self.range.first_block} is after"
                    f" {self.store.kind} 0, and all of them are needed"
                )
            raise self._gap(
                f"{self.store.kind} {expected} is missing from the logs of blocks {start} to {end},"
                f" which hold {highest}"
            )
        await self.store.add(new, end + 1)
        if new:
            self._further_back = 0
            log.debug(
                "index.stored",
                chain=self.client.name,
                kind=self.store.kind,
                first=new[0].sequence,
                last=new[-1].sequence,
                block=end,
            )
        return len(new)

    async def _fetch(self, start: int, end: int, block: int) -> list[Log]:
        """Logs of a chunk; the next chunk is prefetched while these are stored."""
        key = (start, end)
        if self._ahead is None or self._ahead[0] != key:
            self._look_ahead(key)
        assert self._ahead is not None
        logs = await self._ahead[1]
        self._ahead = None
        if len(logs) > _MANY_LOGS:
            self._span = max(1, (end - start + 1) // 2)
        elif len(logs) < _MANY_LOGS // 4:
            self._span = min(2 * self._span, self.range.chunk)
        if end < block:
            self._look_ahead((end + 1, min(end + self._chunk, block)))
        return logs

    @property
    def _chunk(self) -> int:
        """Number of blocks in the next chunk."""
        return min(self._span, _MOST_QUERIES * self.client.log_span)

    def _look_ahead(self, key: tuple[int, int]) -> None:
        if self._ahead is not None:
            self._ahead[1].cancel()
        logs = self.client.logs(self.contract, self.event, *key)
        self._ahead = key, asyncio.create_task(logs)

    def _gap(self, what: str) -> IndexGap:
        self.client.distrust(what)
        return IndexGap(f"{self.client.name}: {what}")

    async def _look_again(self, last_block: int | None, new: Sequence[Item] = ()) -> None:
        """Store the `new` events before a gap, and move the cursor back to the block before it."""
        self._complete_to = -1
        if last_block is None:
            if self.range.first_block is None:
                # Nothing was found from the assumed deployment on: it may have been earlier.
                self._first_block //= 2
            again = self._first_block
        else:
            again = max(min(self._first_block, last_block), last_block - self._further_back)
            self._further_back = 2 * self._further_back + 1
        await self.store.add(new, again)

    def _check_lag(self, block: int, progress: Progress, target: int) -> None:
        """SequenceRegressed for fewer events than stored, unless the node only lags behind."""
        if progress.last_block is not None and block >= progress.last_block:
            raise SequenceRegressed(
                f"{self.client.name}: {self.store.kind}: {progress.next_sequence} are stored, the"
                f" chain has {target} at block {block}",
                target,
            )

    async def _choose_start(self, block: int) -> None:
        """Find the block to start at; `index.from` after the deployment may skip first events."""
        deployed = await deployment_block(self.client, self.contract, self.deployed_block, block)
        first = self.range.start(block)
        self._first_block = deployed if first is None else first
        self._may_skip = self._first_block > deployed
