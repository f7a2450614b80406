"""Leaves that validators have had time to sign, by an origin's own count of them.

A validator that signed nothing new may be dead, or there may be nothing new. Which of both it is,
only a fresh count tells, and only leaves that have been final for a while.
"""

from collections import deque
from dataclasses import dataclass, field


@dataclass(slots=True)
class DueLeaves:
    """The counts of final leaves of one origin, as they were read over time."""

    bound: float
    """Seconds that a leaf is final before it has to be signed."""
    _read_at: float | None = None
    _counts: deque[tuple[float, int]] = field(default_factory=deque)
    """Times, and the count of leaves that was first read then; both rise."""

    def note(self, count: int, now: float) -> None:
        """Record that so many leaves were final at a time, not before those that are recorded.

        A lower count than before is of a node that lags, and changes nothing."""
        self._read_at = now
        if not self._counts or count > self._counts[-1][1]:
            self._counts.append((now, count))
        while len(self._counts) > 1 and self._counts[1][0] <= now - self.bound:
            self._counts.popleft()

    def newest(self, now: float) -> int | None:
        """Index of the newest leaf that is due; -1 if none is.

        None if that cannot be told: no count was read within the bound, or the first one was.
        """
        if self._read_at is None or self._read_at < now - self.bound:
            return None
        old = [count for time, count in self._counts if time <= now - self.bound]
        return old[-1] - 1 if old else None
