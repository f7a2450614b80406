"""Following one chain: its tip as it grows and is reorganised, and its history backwards.

The tip is read block by block to the newest one. What it finds of a block that the chain drops is
taken back. History is of final blocks only, in ranges that are `unread` in the database, each from
its newest block down. Rows, cursors and ranges are written in one transaction, so that a kill at
any moment leaves neither gaps nor doubles.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import structlog
from sqlalchemy import select

from hyperlane.agents.scraper.reading import Counts, Piece, Source
from hyperlane.chain.answers import Block as Header
from hyperlane.errors import ChainError
from hyperlane.metrics import Metrics
from hyperlane.store.database import Database
from hyperlane.store.scraper import progress, tables, writing
from hyperlane.store.scraper.progress import Mark, Range
from hyperlane.store.scraper.rows import Block

log = structlog.get_logger()

_FIRST_SPAN = 250
_FEW_LOGS, _MANY_LOGS = 500, 2000
"""Logs in a piece below which the next ones grow, above which they shrink."""
_FAR = 500
"""Final blocks that the tip leaves to history, so that new messages need not wait for them."""
_PAGE = 100
"""Stored blocks that are compared with the chain's at once, where a reorg is searched."""
_MOST_FINALISED = 1000
_DEEP = 10_000
"""Number of blocks that are compared again below a final block that was replaced."""
_LAG = 300.0
"""Seconds for which nodes may lag behind the tip. After that, its block counts as made up."""
_REREADS = 3
"""How often the newest blocks are read again when their logs are fewer than the contracts count."""

_KINDS: Mapping[str, str] = {
    "message": "dispatched_message",
    "delivered_message": "delivered_message",
    "merkle_tree_insertion": "merkle_tree_insertion",
    "gas_payment": "gas_payment",
    "token_transfer": "token_transfer",
    "validator_announcement": "validator_announcement",
    "staking_event": "staking_event",
}
"""Labels of metrics, by table."""


class LogsMissing(ChainError):
    """Failure of logs that are fewer than the contracts count; they are read again."""


@dataclass(slots=True)
class Span:
    """Number of blocks in the next piece: fewer where logs are dense, so that memory is bounded."""

    most: int
    now: int = 0

    def __post_init__(self) -> None:
        self.now = min(self.now or _FIRST_SPAN, self.most)

    def read(self, piece: Piece) -> None:
        """Adapt to a piece that was read."""
        if piece.logs > _MANY_LOGS:
            self.now = max(1, (piece.last - piece.first + 1) // 2)
        elif piece.logs < _FEW_LOGS:
            self.now = min(2 * self.now, self.most)


@dataclass(slots=True)
class Follower:
    """Copies one chain into the database. `tip` and `history` run side by side."""

    source: Source
    database: Database
    metrics: Metrics
    chunk: int
    """Most blocks in one piece."""
    clock: Callable[[], float] = time.monotonic
    resets: int = 0
    """How often stored blocks were taken back."""
    _tip_span: Span = field(init=False)
    _expected: Counts | None = None
    """Numbers of the next message and leaf after the tip, if they are known."""
    _rereads: int = 0
    _suspected: tuple[int, bytes] | None = None
    """A stored block that another one was given for."""
    _doubts_final: bool = False
    """True if the last look showed other blocks in the place of final ones."""
    _behind_since: float | None = None

    def __post_init__(self) -> None:
        self._tip_span = Span(self.chunk)

    @property
    def domain(self) -> int:
        """Domain of the chain."""
        return self.source.domain

    # Tip

    async def tip(self) -> None:
        """Bring the tip up to the newest block, and take back what the chain dropped."""
        final = await self.source.final()
        head = await self.source.head()
        final = min(final, head.number)
        self.metrics.block_height.labels(self.source.name).set(final)
        marks = await self._marks()
        if not marks:
            marks = await self._begin(final)
        tip = await self._on_chain(head, marks[Mark.TIP])
        if tip is None:
            return
        if final - tip > _FAR:
            tip = await self._jump(tip, final)
        while tip < head.number:
            tip = await self._advance(tip, head, final)
        await self._finalise(min(final, tip))

    async def _begin(self, final: int) -> Mapping[Mark, int]:
        """Leave all final blocks to history; the tip begins after them."""
        await self.source.hashes([final])  # which fails if an odd answer made it up
        first, _ = await self.source.first_block(final)
        start = max(first - 1, final)
        async with self.database.write() as connection:
            for mark, height in ((Mark.FIRST, first), (Mark.TIP, start), (Mark.FINAL, start)):
                await progress.move(self.database, connection, self.domain, mark, height)
            await progress.add_unread(connection, self.domain, first, start)
        return {Mark.FIRST: first, Mark.TIP: start, Mark.FINAL: start}

    async def _on_chain(self, head: Header, tip: int) -> int | None:
        """The tip, after stored blocks that the chain dropped are taken back; None to wait.

        A node that lags behind shows nothing, and a single look at another block neither.
        """
        height = -1
        for height, stored in (await self._stored(min(tip, head.number), 1)).items():
            at_head = height == head.number
            now = head.hash if at_head else (await self.source.hashes([height]))[height]
            if now != stored:
                return await self._dropped(height, now)
        self._suspected, self._doubts_final = None, False
        if tip <= head.number:
            self._behind_since = None
            return tip
        return await self._behind(head, height)

    async def _behind(self, head: Header, height: int) -> int | None:
        """Wait for a node that lags behind. If no node has the tip for long, its block was made up:
        blocks above `height`, which is on the chain, that are not final are read again."""
        now, final = self.clock(), (await self._marks())[Mark.FINAL]
        if self._behind_since is None:
            self._behind_since = now
        if now - self._behind_since < _LAG or final > head.number:
            return None
        self._behind_since = None
        kept = max(height, final)
        await self._take_back(kept)
        return kept

    async def _dropped(self, height: int, now: bytes) -> int | None:
        """The newest block that is kept, if a second look confirms that one is dropped.

        Final blocks are dropped after a third look only, as the URL may lead to another chain by
        now: before it, other URLs are asked first, and this one for its chain again.
        """
        if self._suspected != (height, now):
            self._suspected = (height, now)
            return None
        kept = await self._last_kept(height)
        if kept < (await self._marks())[Mark.FINAL] and not self._doubts_final:
            self._doubts_final = True
            self.source.distrust(f"it shows another final block than {height} that is stored")
            return None
        self._suspected, self._doubts_final = None, False
        await self._take_back(kept)
        return kept

    async def _stored(self, height: int, count: int) -> Mapping[int, bytes]:
        """Hashes of the newest stored blocks up to a height."""
        row = tables.block.c
        async with self.database.read() as connection:
            found = await connection.execute(
                select(row.height, row.hash)
                .where(row.domain == self.domain, row.height <= height)
                .order_by(row.height.desc())
                .limit(count)
            )
            return {item.height: item.hash for item in found}

    async def _last_kept(self, height: int) -> int:
        """The newest block below `height`, which is dropped, that is known to be kept.

        Final blocks without rows are, unless a final one with rows is dropped: then only stored
        ones that the chain still has.
        """
        marks = await self._marks()
        final, lowest = marks[Mark.FINAL], height
        while stored := await self._stored(lowest - 1, _PAGE):
            now = await self.source.hashes(list(stored))
            kept = next((item for item in stored if now[item] == stored[item]), None)
            dropped = [item for item in stored if kept is None or item > kept]
            lowest = min([lowest, *dropped])
            if kept is not None:
                return kept if lowest <= final else max(kept, final)
        return marks[Mark.FIRST] - 1 if lowest <= final else final

    async def _take_back(self, kept: int) -> None:
        async with self.database.write() as connection:
            dropped = await writing.drop_above(connection, self.domain, kept)
            await progress.cut_unread(connection, self.domain, kept)
            marks = await progress.marks(connection, self.domain)
            for mark in (Mark.TIP, Mark.FINAL):
                height = min(marks[mark], kept)
                await progress.move(self.database, connection, self.domain, mark, height)
        self._forget()
        log.warning("chain.reorganised", chain=self.source.name, kept=kept, blocks=dropped)

    def _forget(self) -> None:
        self._expected, self._rereads = None, 0
        self.resets += 1

    async def _jump(self, tip: int, final: int) -> int:
        """Leave many final blocks to history."""
        await self.source.hashes([final])  # as in `_begin`
        async with self.database.write() as connection:
            await progress.add_unread(connection, self.domain, tip + 1, final)
            await progress.move(self.database, connection, self.domain, Mark.TIP, final)
        self._expected = None
        return final

    async def _advance(self, tip: int, head: Header, final: int) -> int:
        """Store the next piece of blocks after the tip; returns the new one."""
        end = min(tip + self._tip_span.now, head.number)
        piece = await self.source.read(tip + 1, end, newest_first=False)
        self._tip_span.read(piece)
        blocks = list(piece.blocks)
        if all(block.height != piece.last for block in blocks):
            blocks.append(await self._anchor(piece.last, head))
        expected = await self._require_all(piece, head)
        async with self.database.write() as connection:
            added = await writing.store(self.database, connection, self.domain, blocks, final=final)
            await progress.move(self.database, connection, self.domain, Mark.TIP, piece.last)
        self._expected = expected
        self._show(added, piece.last)
        return piece.last

    async def _anchor(self, height: int, head: Header) -> Block:
        if height == head.number:
            return Block(height, head.hash, head.timestamp)
        return await self.source.anchor(height)

    async def _require_all(self, piece: Piece, head: Header) -> Counts | None:
        """The next numbers after a piece; LogsMissing when the contracts count others.

        They are asked at the newest block, which nodes know the state of. After some tries they are
        believed; the gap is found by its neighbours then.
        """
        expected = None if self._expected is None else _after(piece, self._expected)
        if piece.last != head.number:
            return expected
        counted = await self.source.counts(head.number)
        if counted is None or expected is None or counted == expected:
            self._rereads = 0
            return counted
        if self._rereads < _REREADS:
            self._rereads += 1
            problem = f"logs show {expected} up to block {head.number}, contracts {counted}"
            self.source.distrust(problem)
            raise LogsMissing(f"{self.source.name}: {problem}")
        self._rereads = 0
        return counted

    async def _finalise(self, final: int) -> None:
        """Mark blocks final, once the chain has confirmed those with rows by their hashes."""
        marks = await self._marks()
        first = marks[Mark.FINAL] + 1
        if final < first:
            return
        row = tables.block.c
        async with self.database.read() as connection:
            found = await connection.execute(
                select(row.height, row.hash)
                .where(row.domain == self.domain, row.height >= first, row.height <= final)
                .order_by(row.height)
                .limit(_MOST_FINALISED)
            )
            stored = {item.height: item.hash for item in found}
        if len(stored) == _MOST_FINALISED:
            final = max(stored)
        now = await self.source.hashes([*stored.keys() - {final}, final])  # final: as in `_begin`
        wrong = [height for height, hash_ in stored.items() if now[height] != hash_]
        async with self.database.write() as connection:
            if wrong:
                await writing.drop(connection, self.domain, wrong)
                for height in wrong:
                    await progress.add_unread(connection, self.domain, height, height)
            await writing.finalise(connection, self.domain, first, final, keep=marks[Mark.TIP])
            await progress.move(self.database, connection, self.domain, Mark.FINAL, final)
        if wrong:
            self._forget()
            log.warning("chain.reorganised", chain=self.source.name, blocks=len(wrong))

    # History

    async def history(self) -> None:
        """Read all ranges that are unread, from their newest blocks down."""
        span = Span(self.chunk)
        ahead: asyncio.Task[Piece] | None = None
        try:
            while (range_ := await self._next_range()) is not None:
                piece = await (ahead or self._read_end(range_, range_.last, span))
                ahead = None
                if piece.last != range_.last:  # another range is the next one by now
                    continue
                span.read(piece)
                if piece.first > range_.first:
                    rest = self._read_end(range_, piece.first - 1, span)
                    ahead = asyncio.create_task(rest)
                await self._store_history(range_, piece)
        finally:
            if ahead is not None:
                ahead.cancel()
                await asyncio.wait([ahead])

    async def _next_range(self) -> Range | None:
        async with self.database.read() as connection:
            ranges = await progress.unread_ranges(connection, self.domain)
        return ranges[0] if ranges else None

    async def _read_end(self, range_: Range, last: int, span: Span) -> Piece:
        first = max(range_.first, last - span.now + 1)
        return await self.source.read(first, last, newest_first=True)

    async def _store_history(self, range_: Range, piece: Piece) -> None:
        """Store a piece, unless its range was cut by a reorg meanwhile."""
        async with self.database.write() as connection:
            if not await progress.have_read(connection, range_, piece.first):
                return
            added = await writing.store(
                self.database, connection, self.domain, piece.blocks, final=piece.last
            )
            if added[writing.REPLACED]:
                # The chain dropped final blocks: those near them are compared once more.
                marks = await progress.marks(connection, self.domain)
                height = max(marks[Mark.FIRST] - 1, piece.first - _DEEP)
                height = min(marks[Mark.FINAL], height)
                await progress.move(self.database, connection, self.domain, Mark.FINAL, height)
        if added[writing.REPLACED]:
            self._forget()
        self._show(added)

    # Shared

    async def _marks(self) -> Mapping[Mark, int]:
        async with self.database.read() as connection:
            return await progress.marks(connection, self.domain)

    def _show(self, added: Counter[str], height: int | None = None) -> None:
        for table, kind in _KINDS.items():
            self.metrics.stored_events.labels(kind, self.source.name).inc(added[table])
            if height is not None:
                self.metrics.sync_height.labels(kind, self.source.name).set(height)


def _after(piece: Piece, before: Counts) -> Counts:
    """The next numbers after those of a piece."""
    transactions = [item for block in piece.blocks for item in block.transactions]
    return Counts(
        before.messages + sum(len(item.dispatches) for item in transactions),
        before.leaves + sum(len(item.insertions) for item in transactions),
    )
