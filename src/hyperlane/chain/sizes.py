"""Request sizes that one URL takes: calls in a batch, blocks in a log query.

Nodes differ by a factor of a thousand, and few say what they take. So a size shrinks at once when
it was too much, and grows slowly while requests of that size are answered; a growth that was
refused makes the next one wait twice as long. Where even the smallest request fails in the same
way, the size was not the reason, and it is what it was before.
"""

from dataclasses import dataclass, field
from typing import Protocol

MOST_CALLS = 100
MOST_BLOCKS = 2**32
_POLITE, _RUDE = 2, 4
"""Divisors of a size that was refused: where the node says why, and where it only fails."""
_PATIENCE = 8
"""Requests of full size that have to be answered before a larger one."""
_MOST_PATIENT = 512


class SizeMemory(Protocol):
    """A store of sizes that outlives the process."""

    def recall(self, url: str) -> tuple[int, int] | None:
        """Calls and blocks that a URL took the last time; None if it is new."""

    def note(self, url: str, calls: int, blocks: int) -> None:
        """Store the calls and blocks that a URL takes."""


@dataclass(slots=True)
class Size:
    """One limit of a URL, found by trial."""

    most: int
    now: int = 0
    """The size to ask for now."""
    _taken: int = 0
    _patience: int = _PATIENCE
    _proven: int = 0
    """The size before the last growth; 0 once the present size was answered, too."""
    _before: int = 0
    """The size before failures that may have another reason; 0 if there were none."""

    def __post_init__(self) -> None:
        self.now = min(self.now or self.most, self.most)

    def refused(self, amount: int, *, certain: bool) -> None:
        """Record that a request of this size failed; `certain` if the node called it too large."""
        if amount <= 1:
            if self._before and not certain:
                self.now = self._before
            self._before = 0
            return
        if not certain:
            self._before = self._before or self.now
        smaller = max(1, amount // (_POLITE if certain else _RUDE))
        if self._proven and amount > self._proven:
            smaller = self._proven
            self._patience = min(2 * self._patience, _MOST_PATIENT)
        if smaller < self.now:
            self.now, self._taken, self._proven = smaller, 0, 0

    def taken(self, amount: int) -> None:
        """Record that a request of this size was answered."""
        self._before = 0
        if amount < self.now or self.now >= self.most:
            return
        if self._proven:
            self._patience, self._proven = max(_PATIENCE, self._patience // 2), 0
        self._taken += 1
        if self._taken >= self._patience:
            self._proven, self._taken = self.now, 0
            self.now = min(2 * self.now, self.most)


@dataclass(slots=True)
class Sizes:
    """Sizes of the requests to one URL."""

    url: str = field(repr=False)
    memory: SizeMemory | None = None
    batch: Size = field(init=False)
    """Calls in one request."""
    span: Size = field(init=False)
    """Blocks in one log query."""

    def __post_init__(self) -> None:
        calls, blocks = (self.memory and self.memory.recall(self.url)) or (0, 0)
        self.batch, self.span = Size(MOST_CALLS, calls), Size(MOST_BLOCKS, blocks)

    def refused(self, calls: int, blocks: int, *, certain: bool) -> None:
        """Record that a request of so many calls, or for logs of so many blocks, was not answered.

        `blocks` is 0 if it did not ask for logs.
        """
        before = self.batch.now, self.span.now
        if calls > 1 or not certain:
            self.batch.refused(calls, certain=certain)
        if calls == 1 and blocks:
            self.span.refused(blocks, certain=certain)
        self._note(before)

    def taken(self, calls: int, blocks: int) -> None:
        """Record that such a request was answered."""
        before = self.batch.now, self.span.now
        self.batch.taken(calls)
        if calls == 1 and blocks:
            self.span.taken(blocks)
        self._note(before)

    def _note(self, before: tuple[int, int]) -> None:
        now = self.batch.now, self.span.now
        if self.memory is not None and now != before:
            self.memory.note(self.url, *now)
