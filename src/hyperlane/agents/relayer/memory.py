"""What was found out a moment ago."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")

_LIMIT = 1000


@dataclass(slots=True)
class Memory(Generic[Key, Value]):
    """Values that are good for some seconds. Forgets all when there are too many."""

    seconds: float
    clock: Callable[[], float] = time.monotonic
    _values: dict[Key, tuple[float, Value]] = field(default_factory=dict)

    def get(self, key: Key) -> Value | None:
        """A value, if it is there and still good."""
        kept_at, value = self._values.get(key, (float("-inf"), None))
        return value if self.clock() - kept_at < self.seconds else None

    def put(self, key: Key, value: Value) -> Value:
        """Keep a value; returns it."""
        if len(self._values) >= _LIMIT:
            self._values.clear()
        self._values[key] = (self.clock(), value)
        return value
