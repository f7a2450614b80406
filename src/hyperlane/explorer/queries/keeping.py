"""Results that take long to read: kept for some seconds, and shared by all who ask."""

from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy.ext.asyncio import AsyncEngine

from hyperlane.agents.runtime.ttl_cache import TtlCache
from hyperlane.store.database import Database

_MOST = 32
"""Most results of a kind: visitors choose what they ask for; a month of traffic has megabytes."""
Found = TypeVar("Found")


class Keeper:
    """Results of one kind, by database and by what was asked for."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._kept: WeakKeyDictionary[AsyncEngine, TtlCache[Hashable, Any]] = WeakKeyDictionary()

    async def get(
        self, database: Database, wanted: Hashable, find: Callable[[], Awaitable[Found]]
    ) -> Found:
        """Result that was found for the same a moment ago, or else what `find` returns."""
        cache = self._kept.setdefault(database.engine, TtlCache(self._seconds, most=_MOST))
        found: Found = await cache.get_or_find(wanted, find)
        return found
