"""Caches whose entries expire, and look-ups that concurrent callers share.

Hundreds of deliveries begin at the same moment and ask the same questions.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")

_LIMIT = 1000
"""Entries of a cache; strangers choose many of the keys, so there must be a bound."""


@dataclass(slots=True)
class SingleFlight(Generic[Key, Value]):
    """Merges concurrent look-ups of the same key into one; keeps nothing afterwards."""

    _running: dict[Key, asyncio.Task[Value]] = field(default_factory=dict)

    async def run(self, key: Key, find: Callable[[], Awaitable[Value]]) -> Value:
        """The result, or the error, of the look-up that is running for `key`, or of a new one.

        Cancelling one caller does not cancel the look-up, which others may wait for.
        """
        return await asyncio.shield(self.begin(key, find))

    def begin(self, key: Key, find: Callable[[], Awaitable[Value]]) -> asyncio.Task[Value]:
        """The look-up that is running for `key`, or a new one; nobody has to wait for it."""
        if key not in self._running:
            self._running[key] = asyncio.create_task(self._run(key, find))
            self._running[key].add_done_callback(lambda done: done.cancelled() or done.exception())
        return self._running[key]

    async def _run(self, key: Key, find: Callable[[], Awaitable[Value]]) -> Value:
        try:
            return await find()
        finally:
            del self._running[key]


@dataclass(slots=True)
class TtlCache(Generic[Key, Value]):
    """Values that expire after `seconds`. Drops all of them when there are too many."""

    seconds: float
    clock: Callable[[], float] = time.monotonic
    most: int = _LIMIT
    usable: float = 0.0
    """Seconds for which an expired value is still given, while it is looked up anew."""
    _values: dict[Key, tuple[float, Value]] = field(default_factory=dict)
    _flights: SingleFlight[Key, Value] = field(default_factory=SingleFlight)

    def get(self, key: Key) -> Value | None:
        """The value for `key`, or None if there is none or it has expired."""
        return self._get(key, self.seconds)

    def stale(self, key: Key) -> Value | None:
        """The value for `key`, though it has expired, while it is usable."""
        return self._get(key, self.seconds + self.usable)

    def forget_expired(self, key: Key) -> None:
        """Drop the value for `key` if it has expired, so that it is not given any more."""
        if self.get(key) is None:
            self._values.pop(key, None)

    def put(self, key: Key, value: Value) -> Value:
        """Keep a value; returns it."""
        if len(self._values) >= self.most:
            self._values.clear()
        self._values[key] = (self.clock(), value)
        return value

    async def get_or_find(self, key: Key, find: Callable[[], Awaitable[Value]]) -> Value:
        """The value for `key`, or the one that `find` returns; errors are not kept."""

        async def keep() -> Value:
            try:
                return self.put(key, await find())
            except BaseException:
                self._values.pop(key, None)  # an expired one is not worth more than the error
                raise

        known = self.get(key)
        if known is not None:
            return known
        stale = self.stale(key)
        if stale is None:
            return await self._flights.run(key, keep)
        self._flights.begin(key, keep)
        return stale

    def _get(self, key: Key, seconds: float) -> Value | None:
        kept_at, value = self._values.get(key, (float("-inf"), None))
        return value if self.clock() - kept_at < seconds else None
