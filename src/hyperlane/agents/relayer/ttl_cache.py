"""What was found out a moment ago."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")

_LIMIT = 1000


@dataclass(slots=True)
class Memory(Generic[Key, Value]):
    """Values that are good for some seconds. Forgets all when there are too many.

    Hundreds of deliveries begin in the same moment and want to know the same: whoever asks while a
    value is being found gets that one, or the same error.
    """

    seconds: float
    clock: Callable[[], float] = time.monotonic
    _values: dict[Key, tuple[float, Value]] = field(default_factory=dict)
    _searches: dict[Key, asyncio.Task[Value]] = field(default_factory=dict)

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

    async def recall(self, key: Key, find: Callable[[], Awaitable[Value]]) -> Value:
        """A value that is still good, or else the one that is found now."""
        known = self.get(key)
        if known is not None:
            return known
        if key not in self._searches:
            self._searches[key] = asyncio.create_task(self._find(key, find))
        return await asyncio.shield(self._searches[key])

    async def _find(self, key: Key, find: Callable[[], Awaitable[Value]]) -> Value:
        try:
            return self.put(key, await find())
        finally:
            del self._searches[key]
