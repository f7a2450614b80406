"""Time-outs of one URL, from what its answers usually take.

Before the deadline the next URL is asked beside it: whoever answers first is believed. Both times
grow with what a URL usually needs, so that a slow node is slow, and not dead.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hyperlane.chain import answers

_LARGE = (answers.LOGS.name, answers.simulation_of(0).name, answers.TRACE)
_FEW = 10
"""Batches of up to so many calls get the time-outs of a cheap call."""
_FIRST_PATIENCE = {False: 0.5, True: 2.0}
"""Seconds before the next URL is asked, too; by whether the call is a large one."""
_FIRST_DEADLINE = {False: 2.0, True: 5.0}
LONGEST = 30.0
_TIMES_PATIENT = 4
_TIMES_WAITED = 8
"""Multiples of the average duration."""
_WEIGHT = 0.25
"""Weight of the last answer in the average."""


@dataclass(slots=True)
class Pace:
    """Time-outs of one URL in seconds."""

    _usual: dict[bool, float] = field(default_factory=dict)
    """Average duration of an answer, by whether the call is a large one."""

    def patience(self, methods: Sequence[str]) -> float:
        """Seconds after which another URL is asked, too."""
        large = _is_large(methods)
        return max(_FIRST_PATIENCE[large], _TIMES_PATIENT * self._usual.get(large, 0.0))

    def deadline(self, methods: Sequence[str], round_: int = 0) -> float:
        """Seconds after which a request has failed; twice as long in each further round."""
        large = _is_large(methods)
        known = _TIMES_WAITED * self._usual.get(large, 0.0)
        return min(LONGEST, max(known, _FIRST_DEADLINE[large] * 2.0**round_))

    def took(self, methods: Sequence[str], seconds: float) -> None:
        """Record how long an answer took."""
        large = _is_large(methods)
        before = self._usual.get(large, 0.0)
        self._usual[large] = before + _WEIGHT * (seconds - before)


def _is_large(methods: Sequence[str]) -> bool:
    """Whether a node may need longer for the calls."""
    return len(methods) > _FEW or any(method in _LARGE for method in methods)
