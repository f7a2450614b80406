"""Health of one URL: for how long others are asked first.

After a failure a URL rests, and twice as long after each further failure of the same method; an
answer to that method ends it. A URL that gave a wrong answer is distrusted: that rest is longer,
and right answers to other questions do not end it, for a node that has lost its logs still knows
the height of the chain.
"""

import random
from dataclasses import dataclass, field

_FIRST_REST = 0.5
_LONGEST_REST = 30.0
_LONGEST_LIMIT = 60.0
_FIRST_DISTRUST = 10.0
_LONGEST_DISTRUST = 1800.0
_FORGOTTEN_AFTER = 2 * _LONGEST_DISTRUST
"""Seconds without a complaint after which the next one counts as the first."""
_MOST_DOUBLINGS = 10


@dataclass(slots=True)
class Health:
    """Health of one URL. Times are those of a monotonic clock."""

    problem: str = ""
    """The last failure; empty after an answer."""
    limited_until: float = 0.0
    """End of the time for which the URL asked to be left alone."""
    _rests: dict[str, float] = field(default_factory=dict)
    """End of the rest, by method that failed."""
    _failures: dict[str, int] = field(default_factory=dict)
    """Failures in a row, by method."""
    _distrusted_until: float = 0.0
    _complaints: int = 0

    @property
    def resting_until(self) -> float:
        """The time until which other URLs are asked first."""
        return max(self._distrusted_until, max(self._rests.values(), default=0.0))

    def worked(self, method: str) -> None:
        """Record an answer to a method."""
        self._rests.pop(method, None)
        self._failures.pop(method, None)
        if not self._rests:
            self.problem = ""

    def failed(self, problem: str, method: str, now: float, rest: float | None = None) -> bool:
        """Record a failure; `rest` if it asks to be left alone. True if it begins a new outage."""
        self.problem = problem
        if rest is not None:  # also while it rests for another reason
            self.limited_until = max(self.limited_until, now + min(rest, _LONGEST_LIMIT))
        if now < self.resting_until:
            return False
        failures = self._failures[method] = self._failures.get(method, 0) + 1
        pause = _doubled(_FIRST_REST, failures, _LONGEST_REST)
        if rest is not None:
            pause = min(_LONGEST_LIMIT, max(pause, rest))
            self.limited_until = now + pause
        self._rests[method] = now + pause
        return True

    def is_distrusted(self, now: float) -> bool:
        """Whether it rests because it gave a wrong answer."""
        return now < self._distrusted_until

    def distrusted(self, problem: str, now: float) -> float:
        """Record a wrong answer; returns for how many seconds others are asked first."""
        self.problem = problem
        if now < self._distrusted_until:
            return self._distrusted_until - now
        if now - self._distrusted_until > _FORGOTTEN_AFTER:
            self._complaints = 0
        self._complaints += 1
        pause = _doubled(_FIRST_DISTRUST, self._complaints, _LONGEST_DISTRUST)
        self._distrusted_until = now + pause
        return pause


def _doubled(first: float, times: int, longest: float) -> float:
    pause = min(longest, first * 2.0 ** min(times - 1, _MOST_DOUBLINGS))
    return pause * random.uniform(0.8, 1.2)  # noqa: S311 - only jitter
