"""One announced location under watch, and what of it is read in one look.

A look costs a bounded number of reads, most of all where nothing is found: what was not seen is
searched for a piece at a time, further on in each look, and from the start again after the end. So
no index stays unread, and a storage that is empty takes as little as one that is complete.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from hyperlane.checkpoints.announced import AnnouncedLocation
from hyperlane.protocol.typecasts import Address

PIECE = 20
"""Indexes that are read together."""
MOST_READS = 500
"""Of what was not seen before, in one look at a storage that has it."""
_READS_AT_ONCE = 10
_AHEAD = 3
"""Indexes beyond the tree that are looked at besides the one claimed as latest."""
_FIRST_REST = 5.0
_LONGEST_REST = 600.0


@dataclass(slots=True)
class Watched:
    """A location of one validator."""

    validator: Address
    announced: AnnouncedLocation
    next_index: int
    """All below were seen once."""
    searched: int = 0
    """Where the search for what was not seen goes on."""
    again: int = 0
    """Where the next look at old ones begins."""
    claimed: int | None = None
    """The latest index, as the validator says."""
    flagged: bool = False
    """Whether it left a reorg flag."""
    rests_until: float = 0.0
    """It gave no answer: it is left alone until then."""
    problems: list[str] = field(default_factory=list)
    """What went wrong in this look."""
    reads: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_READS_AT_ONCE))
    """Its own: a storage that answers slowly does not take the turns of others."""
    _silences: int = 0
    """Looks in a row that got no answer."""

    @property
    def location(self) -> str:
        """As announced."""
        return self.announced.location

    def always(self, leaves: int) -> list[int]:
        """The indexes that every look reads, when the tree has so many final leaves."""
        fresh = range(max(self.next_index, leaves - PIECE), leaves)
        ahead = range(leaves, leaves + _AHEAD)
        claimed = [] if self.claimed is None else [self.claimed]
        seen = min(self.next_index, leaves)
        old = [(self.again + step) % seen for step in range(min(PIECE, seen))]
        self.again = (self.again + PIECE) % max(1, seen)
        return sorted({*fresh, *ahead, *claimed, *old})

    def search(self, leaves: int) -> range:
        """The next few of those that were not seen yet; empty if all were."""
        inside = self.next_index <= self.searched < leaves
        start = self.searched if inside else min(self.next_index, leaves)
        piece = range(start, min(leaves, start + PIECE))
        self.searched = piece.stop
        return piece

    def saw(self, indexes: Iterable[int], leaves: int) -> None:
        """These were there."""
        found = set(indexes)
        while self.next_index in found and self.next_index < leaves:
            self.next_index += 1

    def answered(self) -> None:
        """It can be reached."""
        self._silences = 0

    def was_silent(self, now: float) -> None:
        """It cannot: it rests, longer and longer."""
        self.rests_until = now + min(_LONGEST_REST, _FIRST_REST * 2 ** min(self._silences, 10))
        self._silences += 1
