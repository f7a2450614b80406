"""Group commit: writers that come while the disk is busy with a commit share the next one.

Each has a savepoint in one transaction of SQLite, and goes on when that is durable. One that fails
takes back its own writes; a commit that fails is the failure of all whose writes it had.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hyperlane.errors import DatabaseError


@dataclass(eq=False, slots=True)
class _Transaction:
    """A transaction of several writers."""

    connection: AsyncConnection
    driver: sqlite3.Connection
    ended: asyncio.Task[Exception | None] = field(init=False)
    """Ends when all is durable; its result is the error of a failed commit."""

    @property
    def alive(self) -> bool:
        """False if SQLite rolled it back, as it does when a disk is full, or was closed."""
        try:
            return self.driver.in_transaction
        except sqlite3.ProgrammingError:
            return False

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Take back what the block writes if it fails."""
        run = sqlite3.Cursor(self.driver).execute
        run("SAVEPOINT writer")
        try:
            yield
        except BaseException:
            if self.alive:
                run("ROLLBACK TO writer")
                run("RELEASE writer")
            raise
        run("RELEASE writer")


@dataclass(eq=False, slots=True)
class GroupCommit:
    """The writers to one SQLite file in this process."""

    engine: AsyncEngine
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held by the one who writes, and by the one who commits."""
    _open: _Transaction | None = None

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Run the block when it is its turn; its writes are durable when it ends."""
        async with self._turn:
            transaction = self._open
            if transaction is None or not transaction.alive:
                transaction = await self._begin()
            with transaction.savepoint():
                yield transaction.connection
        # Shielded: the commit is that of others, too.
        error = await asyncio.shield(transaction.ended)
        if error is not None:
            raise error

    async def finish(self) -> None:
        """Wait until nothing is left to be committed."""
        while self._open is not None:
            await asyncio.wait([self._open.ended])

    async def _begin(self) -> _Transaction:
        connection = await self.engine.connect()
        try:
            await connection.execution_options(writes=True)
            await connection.begin()
            driver = (await connection.get_raw_connection()).driver_connection
            assert isinstance(driver, sqlite3.Connection)
        except BaseException:
            await connection.close()
            raise
        self._open = transaction = _Transaction(connection, driver)
        transaction.ended = asyncio.create_task(self._end(transaction))
        return transaction

    async def _end(self, transaction: _Transaction) -> Exception | None:
        """Commit, after all who waited for their turn when the transaction began."""
        try:
            async with self._turn:
                if not transaction.alive:
                    return DatabaseError(f"db: {self.engine.url.database}: a write failed")
                await transaction.connection.commit()
        except (DBAPIError, OSError) as error:
            if transaction.alive:
                transaction.driver.rollback()
            return error
        finally:
            if self._open is transaction:
                self._open = None
            await transaction.connection.close()
        return None
