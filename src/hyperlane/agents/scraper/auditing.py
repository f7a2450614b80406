"""Noticing logs that nodes left out: messages and leaves are numbered without gaps."""

from dataclasses import dataclass, field

import structlog

from hyperlane.agents.scraper.following import Follower
from hyperlane.protocol.typecasts import Address
from hyperlane.store.database import Database
from hyperlane.store.scraper import progress
from hyperlane.store.scraper.gaps import LEAVES, MESSAGES, Gap, Numbers, gaps, highest
from hyperlane.store.scraper.progress import Mark

log = structlog.get_logger()


@dataclass(slots=True)
class Auditor:
    """Looks for missing numbers of one chain, and has the blocks between their neighbours read
    again."""

    follower: Follower
    database: Database
    mailbox: Address
    merkle_tree_hook: Address
    _partial: bool | None = None
    """Whether reading begins after the first message, so that the first numbers may be missing."""
    _whole: dict[str, int] = field(default_factory=dict)
    """Up to this number none is missing, by what is counted."""
    _resets: int = 0

    async def step(self) -> None:
        """Look once, unless there is history that was never read."""
        if self._resets != self.follower.resets:
            self._resets = self.follower.resets
            self._whole.clear()
        async with self.database.read() as connection:
            marks = await progress.marks(connection, self.follower.domain)
            unread = await progress.unread_ranges(connection, self.follower.domain)
        if not marks or unread:
            return
        if self._partial is None:
            _, self._partial = await self.follower.source.first_block(marks[Mark.FINAL])
        for numbers, contract in ((MESSAGES, self.mailbox), (LEAVES, self.merkle_tree_hook)):
            await self._look(numbers, contract, marks[Mark.FIRST], marks[Mark.FINAL])

    async def _look(self, numbers: Numbers, contract: Address, first: int, final: int) -> None:
        domain, above = self.follower.domain, self._whole.get(numbers.what, -1)
        async with self.database.read() as connection:
            top = await highest(connection, numbers, domain, contract)
            found = await gaps(connection, numbers, domain, contract, above)
        missing = [item for item in found if item.before is not None or not self._partial]
        for gap in missing:
            await self._reread(numbers, gap, first, final)
        whole = missing[0].before if missing else top
        self._whole[numbers.what] = -1 if whole is None else whole

    async def _reread(self, numbers: Numbers, gap: Gap, first: int, final: int) -> None:
        start = first if gap.first_block is None else gap.first_block
        end = min(gap.last_block, final)
        if start > end:
            return  # of blocks that may be dropped yet
        missing = f"{numbers.what} {gap.after - 1}"
        source = self.follower.source
        source.distrust(f"no log shows {missing}")
        log.warning(
            "logs.missing", chain=source.name, number=missing, first_block=start, last_block=end
        )
        async with self.database.write() as connection:
            await progress.add_unread(connection, source.domain, start, end, again=True)
