"""SQLite files: how they are opened, and a driver whose statements run on the event loop's thread.

A statement of the agents takes some microseconds, a way to another thread and back many times that.
So only what waits for the disk or for other programs leaves the loop: docs/decisions/0016.
"""

import asyncio
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool
from sqlalchemy.util import await_only

LOCK_TIMEOUT = 10.0
"""Seconds to wait for another program that has the database locked, before giving up."""
_PAUSE = 0.01
"""Seconds between two attempts to get a lock."""
_COMMITTING = ThreadPoolExecutor(2, "commit")
"""Threads of their own: whatever else runs in threads delays no commit."""
_LOOKING_THROUGH = ThreadPoolExecutor(2, "look-through")


def sqlite_engine(path: Path, *, threads: bool) -> AsyncEngine:
    """Make an engine for a file; its statements run in threads, or on the event loop's."""
    if threads:
        driver, timeout = "aiosqlite", LOCK_TIMEOUT
    else:
        driver, timeout = "inline", 0.0  # it waits by itself, or the loop would wait with it
    engine = create_async_engine(
        f"sqlite+{driver}:///{path}",
        connect_args={"timeout": timeout, "factory": _Connection if threads else InlineConnection},
    )

    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        # Leaves BEGIN to the listener below; the driver would begin too late.
        connection.isolation_level = None
        _set_journal(connection)
        run(connection, "PRAGMA synchronous=FULL")
        enforce_keys(connection)

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Any) -> None:
        # A transaction that will write takes the lock at once: upgrading later fails under WAL
        # when another process wrote in between. Those that read do without one.
        if connection.get_execution_options().get("writes"):
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def run(connection: Any, statement: str) -> None:
    """Run a statement on a new connection, of whatever driver."""
    cursor = connection.cursor()
    cursor.execute(statement)
    cursor.close()


def enforce_keys(connection: Any) -> None:
    """Have SQLite enforce foreign keys, and delete what refers to a row along with it."""
    run(connection, "PRAGMA foreign_keys=ON")


def _set_journal(connection: Any) -> None:
    """Set a durable write-ahead log; wait for others that open a new file at the same moment.

    SQLite does not: its own timeout is not applied to a change of the journal.
    """
    deadline = time.monotonic() + LOCK_TIMEOUT
    while True:
        try:
            return run(connection, "PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if not _locked(error) or time.monotonic() > deadline:
                raise
        await_only(asyncio.sleep(_PAUSE))


def _locked(error: sqlite3.OperationalError) -> bool:
    """Tell whether another program has a lock for which it makes sense to wait."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK)  # none if it is Python's own
    return code & 0xFF == sqlite3.SQLITE_BUSY and code != sqlite3.SQLITE_BUSY_SNAPSHOT


class _Connection(sqlite3.Connection):
    """A connection whose transaction ends when it is closed.

    SQLite lets a closed connection live on, with its lock, while any of its statements does: that
    of a read which was cancelled lives as long as somebody holds the exception.
    """

    def close(self) -> None:
        with suppress(sqlite3.Error):
            self.rollback()
        super().close()


class InlineConnection(_Connection):
    """A connection of the driver `inline`."""

    in_thread = False
    """True while statements may take long, see `Database.look_through`."""

    def cursor(self, factory: Any = None) -> Any:
        return super().cursor(factory or _Cursor)

    def commit(self) -> None:
        """Commit in a thread: it waits for the disk."""
        if self.in_transaction:
            await_only(_to_its_end(_COMMITTING, super().commit))

    async def run(self, work: Callable[[], object]) -> None:
        """Run a statement where it belongs."""
        if self.in_thread:
            return await _to_its_end(_LOOKING_THROUGH, work, self.interrupt)
        work()


class _Cursor(sqlite3.Cursor):
    """A cursor that reads all rows at once, so that no statement is left open."""

    connection: InlineConnection

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection)
        self._rows: deque[Any] = deque()

    def execute(self, statement: str, parameters: Any = ()) -> "_Cursor":
        await_only(self._attempt(partial(self._execute, statement, parameters)))
        return self

    def executemany(self, statement: str, parameters: Any) -> "_Cursor":
        await_only(self._attempt(partial(super().executemany, statement, list(parameters))))
        return self

    def _execute(self, statement: str, parameters: Any) -> None:
        super().execute(statement, parameters)
        self._rows = deque(super().fetchall())

    async def _attempt(self, work: Callable[[], object]) -> None:
        """Try until no other program has the lock; the loop goes on meanwhile."""
        deadline = time.monotonic() + LOCK_TIMEOUT
        while True:
            try:
                return await self.connection.run(work)
            except sqlite3.OperationalError as error:
                if not _locked(error) or time.monotonic() > deadline:
                    raise
            await asyncio.sleep(_PAUSE)

    def fetchone(self) -> Any:
        return self._rows.popleft() if self._rows else None

    def fetchmany(self, size: int | None = None) -> list[Any]:
        count = min(size or self.arraysize, len(self._rows))
        return [self._rows.popleft() for _ in range(count)]

    def fetchall(self) -> list[Any]:
        rows, self._rows = list(self._rows), deque()
        return rows

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]
        while self._rows:
            yield self._rows.popleft()

    async def _async_soft_close(self) -> None:
        """Leave the rows to be fetched; SQLAlchemy asks cursors of asynchronous drivers for it."""


class InlineDialect(SQLiteDialect_pysqlite):
    """SQLAlchemy's SQLite over this driver."""

    driver = "inline"
    is_async = True
    supports_statement_cache = True

    @classmethod
    def get_pool_class(cls, _url: Any) -> Any:
        return AsyncAdaptedQueuePool


registry.register("sqlite.inline", __name__, "InlineDialect")


async def _to_its_end(
    threads: ThreadPoolExecutor, work: Callable[[], object], hurry: Callable[[], None] | None = None
) -> None:
    """Run something in a thread; whoever is cancelled hurries it and waits for its end.

    The connection would be used by two threads otherwise.
    """
    running = asyncio.get_running_loop().run_in_executor(threads, work)
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        while not running.done():
            if hurry is not None:
                hurry()
            with suppress(asyncio.CancelledError):
                # Again and again: what has not begun cannot be hurried.
                await asyncio.wait([running], timeout=_PAUSE)
        raise
