"""One announced location under watch, and the indexes of it that one look reads.

A look has a bounded number of reads. Unseen indexes are searched a piece at a time: each look goes
on where the last one ended, and after the end from the start again. So every index is read sooner
or later, and an empty storage costs as little as a complete one.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from hyperlane.checkpoints.announced import AnnouncedLocation
from hyperlane.protocol.typecasts import Address

PIECE = 20
"""Indexes that are read together."""
MOST_READS = 500
"""Reads of unseen checkpoints in one look at a storage that has them."""
_READS_AT_ONCE = 10
_AHEAD = 3
"""Indexes beyond the tree that are read in addition to the one claimed as latest."""
_FIRST_REST = 5.0
_LONGEST_REST = 600.0


@dataclass(slots=True)
class Watched:
    """A location of one validator."""

    validator: Address
    announced: AnnouncedLocation
    next_index: int
    """Index below which all were seen."""
    searched: int = 0
    """Index at which the search for unseen ones goes on."""
    again: int = 0
    """Index at which the next reading of seen ones begins."""
    claimed: int | None = None
    """The latest index that the validator claims."""
    flagged: bool = False
    """Whether the storage has a reorg flag."""
    rests_until: float = 0.0
    """Time until which a silent storage is not read."""
    problems: list[str] = field(default_factory=list)
    """Problems in this look."""
    reads: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_READS_AT_ONCE))
    """Concurrent reads of this location alone: a slow storage delays no other."""
    _silences: int = 0
    """Looks in a row that got no answer."""

    @property
    def location(self) -> str:
        """Location as announced."""
        return self.announced.location

    def always(self, leaves: int) -> list[int]:
        """Indexes that every look reads, for a tree with so many final leaves."""
        fresh = range(max(self.next_index, leaves - PIECE), leaves)
        ahead = range(leaves, leaves + _AHEAD)
        claimed = [] if self.claimed is None else [self.claimed]
        seen = min(self.next_index, leaves)
        old = [(self.again + step) % seen for step in range(min(PIECE, seen))]
        self.again = (self.again + PIECE) % max(1, seen)
        return sorted({*fresh, *ahead, *claimed, *old})

    def search(self, leaves: int) -> range:
        """The next few unseen indexes; empty if all were seen."""
        inside = self.next_index <= self.searched < leaves
        start = self.searched if inside else min(self.next_index, leaves)
        piece = range(start, min(leaves, start + PIECE))
        self.searched = piece.stop
        return piece

    def saw(self, indexes: Iterable[int], leaves: int) -> None:
        """Record indexes that were there."""
        found = set(indexes)
        while self.next_index in found and self.next_index < leaves:
            self.next_index += 1

    def answered(self) -> None:
        """Record that the storage answered."""
        self._silences = 0

    def was_silent(self, now: float) -> None:
        """Record that it did not answer: it rests, longer each time."""
        self.rests_until = now + min(_LONGEST_REST, _FIRST_REST * 2 ** min(self._silences, 10))
        self._silences += 1
