"""Noticing logs that nodes left out: messages and leaves are numbered without gaps, and Mailboxes
remember what they delivered."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from hyperlane.agents.scraper.following import Follower
from hyperlane.agents.scraper.reading import Counts
from hyperlane.protocol.typecasts import Address, Bytes32, to_hex
from hyperlane.store.database import Database
from hyperlane.store.scraper import progress
from hyperlane.store.scraper.gaps import LEAVES, MESSAGES, Gap, Numbers, gaps, highest, undelivered
from hyperlane.store.scraper.progress import Mark

log = structlog.get_logger()

_MOST_ASKED = 200
_LOOKS = 3
_FIRST_PAUSE, _LONGEST_PAUSE = 60.0, 24 * 3600.0
"""Seconds between two readings for the same missing number. They grow, as a node without old logs
never has it, and all blocks before the first log that it has are read each time."""


@dataclass(slots=True)
class Auditor:
    """Looks for missing numbers of one chain, and has the blocks between their neighbours read
    again."""

    follower: Follower
    database: Database
    mailbox: Address
    merkle_tree_hook: Address
    clock: Callable[[], float] = time.monotonic
    _partial: bool | None = None
    """Whether reading begins after the first message, so that the first numbers may be missing."""
    _whole: dict[str, int] = field(default_factory=dict)
    """Up to this number none is missing, by what is counted."""
    _resets: int = 0
    _waits: dict[tuple[str, int | None], tuple[float, float]] = field(default_factory=dict)
    """Time of the next reading for a missing number, and the pause after that; by what is counted,
    and the stored number below the missing one."""
    _asked_to: tuple[int, int] = (0, 0)
    """Time and row of the undelivered message that was asked about last."""
    _looked_for: Counter[Bytes32] = field(default_factory=Counter)
    """How often a message's delivery was looked for in the block that the Mailbox told."""

    async def step(self) -> None:
        """Look once, unless there is history that was never read."""
        if self._resets != self.follower.resets:
            self._resets = self.follower.resets
            self._whole.clear()
            self._waits.clear()
        async with self.database.read() as connection:
            marks = await progress.marks(connection, self.follower.domain)
            unread = await progress.unread_ranges(connection, self.follower.domain)
        if not marks or unread:
            return
        if self._partial is None:
            _, self._partial = await self.follower.source.first_block(marks[Mark.FINAL])
        first, final = marks[Mark.FIRST], marks[Mark.FINAL]
        counts = await self.follower.source.counts(final) or Counts(0, 0)
        await self._look(MESSAGES, self.mailbox, counts.messages, first, final)
        await self._look(LEAVES, self.merkle_tree_hook, counts.leaves, first, final)
        await self._look_for_deliveries(first, final)

    async def _look(
        self, numbers: Numbers, contract: Address, counted: int, first: int, final: int
    ) -> None:
        """Look for numbers that are missing below `counted`, the contract's count at `final`."""
        domain, above = self.follower.domain, self._whole.get(numbers.what, -1)
        async with self.database.read() as connection:
            top, block = await highest(connection, numbers, domain, contract)
            found = await gaps(connection, numbers, domain, contract, above)
        missing = [item for item in found if item.before is not None or not self._partial]
        if counted > top + 1:
            missing.append(Gap(top if top >= 0 else None, counted, block, final))
        for gap in missing:
            await self._reread(numbers, gap, first, final)
        whole = missing[0].before if missing else top
        self._whole[numbers.what] = -1 if whole is None else whole

    async def _reread(self, numbers: Numbers, gap: Gap, first: int, final: int) -> None:
        start = first if gap.first_block is None else gap.first_block
        end, key, now = min(gap.last_block, final), (numbers.what, gap.before), self.clock()
        due, pause = self._waits.get(key, (now, _FIRST_PAUSE))
        if start <= end and due <= now:  # later ones may be dropped yet
            self._waits[key] = now + pause, min(2 * pause, _LONGEST_PAUSE)
            await self._read_again(f"{numbers.what} {gap.after - 1}", start, end)

    async def _look_for_deliveries(self, first: int, final: int) -> None:
        """Ask the Mailbox about the next messages whose delivery is not stored.

        Each is looked for some times only: on chains whose contracts see another chain's block
        numbers, the Mailbox tells a wrong block.
        """
        source = self.follower.source
        async with self.database.read() as connection:
            waiting = await undelivered(connection, source.domain, self._asked_to, _MOST_ASKED)
        self._asked_to = waiting[-1][1] if len(waiting) == _MOST_ASKED else (0, 0)
        ids = [id_ for id_, _ in waiting if self._looked_for[id_] < _LOOKS]
        blocks = await source.processed_at(ids, final)
        for id_, block in zip(ids, blocks, strict=True):
            if block and first <= block <= final:
                self._looked_for[id_] += 1
                await self._read_again(f"delivery of {to_hex(id_)}", block, block)

    async def _read_again(self, missing: str, start: int, end: int) -> None:
        source = self.follower.source
        source.distrust(f"no log shows {missing}")
        log.warning(
            "logs.missing", chain=source.name, missing=missing, first_block=start, last_block=end
        )
        async with self.database.write() as connection:
            await progress.add_unread(connection, source.domain, start, end, again=True)
