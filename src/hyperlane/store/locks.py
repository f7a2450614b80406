"""Locks between processes: only one at a time runs as an agent of a given name."""

import asyncio
import fcntl
import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from hyperlane.errors import DatabaseError
from hyperlane.store.database import Database

_CHECKED_EVERY = 10.0
"""Seconds between two looks whether the server still holds a lock for this process."""


@asynccontextmanager
async def exclusive(database: Database, what: str) -> AsyncIterator[None]:
    """Hold the lock of that name in a database; DatabaseError if another process holds it.

    The operating system or the database server releases it when the process ends, however it ends.
    A server releases it when its connection is lost, too: then the block ends with DatabaseError.
    """
    key = hashlib.sha256(what.encode()).digest()[:8]
    taken = DatabaseError(
        f"db: {database.name}: {what} is running already, with this database: end it, or use"
        " another db"
    )
    if database.engine.dialect.name == "sqlite":
        file = os.open(f"{database.name}.{key.hex()}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise taken from None
        finally:
            os.close(file)
        return
    number = int.from_bytes(key, signed=True)
    async with database.read() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        query = text("SELECT pg_try_advisory_lock(:key)")
        if not (await connection.execute(query, {"key": number})).scalar():
            raise taken
        lost = DatabaseError(
            f"db: {database.name}: the connection that kept others from running as {what} was lost:"
            " start it again"
        )
        async with _while_alive(connection, lost):
            yield


@asynccontextmanager
async def _while_alive(connection: AsyncConnection, lost: DatabaseError) -> AsyncIterator[None]:
    """Run the block as long as a connection is alive, else cancel it and raise `lost`."""
    owner = asyncio.current_task()
    assert owner is not None

    async def watch() -> bool:
        try:
            while True:
                await asyncio.sleep(_CHECKED_EVERY)
                async with asyncio.timeout(_CHECKED_EVERY):
                    await connection.execute(text("SELECT 1"))
        except (DBAPIError, OSError):
            owner.cancel()
            return True
        except asyncio.CancelledError:
            return False

    watching = asyncio.create_task(watch())
    try:
        yield
    except asyncio.CancelledError:
        if watching.done() and owner.uncancel() == 0:
            raise lost from None
        raise
    finally:
        watching.cancel()
        await asyncio.wait([watching])
