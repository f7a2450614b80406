"""Leaves that validators have had time to sign, by an origin's own count of them.

A validator that signed nothing new may be dead, or there may be nothing new. Which of both it is,
only a fresh count tells, and only leaves that have been final for a while.
"""

from collections import deque
from dataclasses import dataclass, field

SIGNED_WITHIN = 120.0
"""Seconds after which a final leaf is due: validators look for new ones every few seconds."""
EPOCHS = 900.0
"""Most seconds for which leaves wait to become final where finality comes in epochs: then all
leaves of an epoch become final at once."""


@dataclass(slots=True)
class DueLeaves:
    """The counts of final leaves of one origin, as they were read over time."""

    bound: float
    """Seconds that a leaf is final before it has to be signed."""
    _read_at: float | None = None
    _counts: deque[tuple[float, int, int]] = field(default_factory=deque)
    """Times, and the count of leaves and the block that were first read then; all rise."""

    def note(self, count: int, block: int, now: float) -> None:
        """Record that so many leaves were final in a block at a time, not before those that are
        recorded.

        A lower count than before changes nothing if it is of an earlier block, as a node lags. If
        it is of the same or a later block, the higher count was wrong and is forgotten.
        """
        self._read_at = now
        while self._counts and self._counts[-1][1] > count and self._counts[-1][2] <= block:
            self._counts.pop()
        if not self._counts or count > self._counts[-1][1]:
            self._counts.append((now, count, block))
        while len(self._counts) > 1 and self._counts[1][0] <= now - self.bound:
            self._counts.popleft()

    def newest(self, now: float) -> int | None:
        """Index of the newest leaf that is due; -1 if none is.

        None if that is unknown: no count was read within the bound, or none that is left is older
        than the bound, as after the start, or after older ones were found to be wrong.
        """
        if self._read_at is None or self._read_at < now - self.bound:
            return None
        old = [count for time, count, _ in self._counts if time <= now - self.bound]
        return old[-1] - 1 if old else None
