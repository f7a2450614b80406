"""Locks between processes: only one at a time runs as an agent of a given name."""

import fcntl
import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text

from hyperlane.errors import DatabaseError
from hyperlane.store.database import Database


@asynccontextmanager
async def exclusive(database: Database, what: str) -> AsyncIterator[None]:
    """Hold the lock of that name in a database; DatabaseError if another process holds it.

    The operating system or the database server releases it when the process ends, however it ends.
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
        yield
