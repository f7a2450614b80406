"""The database: SQLite in a folder by default, anything that SQLAlchemy reaches by URL."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Any

from sqlalchemy import Table, event, insert, make_url, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from hyperlane.errors import DatabaseError
from hyperlane.files import make_private
from hyperlane.protocol.layout import preview
from hyperlane.protocol.typecasts import Address, Bytes32
from hyperlane.store import tables
from hyperlane.store.group_commit import GroupCommit
from hyperlane.store.migrations.schemas import AGENTS, SCRAPER, Schema, stored_revision
from hyperlane.store.sqlite import InlineConnection, enforce_keys, run, sqlite_engine
from hyperlane.wording import one_line

_DAMAGE = ("file is not a database", "disk image is malformed")
_DAMAGED = ": restore a backup of it, or use another db"
"""As docs/operate/backup.md says: a relayer may start anew, a validator finds what it signed."""
_TURN = 0.005
"""Seconds of reading after which other tasks have their turn."""
_MIGRATION_LOCK = int.from_bytes(b"migrates")
"""Number of PostgreSQL's lock that a migration holds; others that want to migrate wait for it."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """A chain and the contracts on it that a database is bound to."""

    domain: int
    chain_id: int
    mailbox: Address
    merkle_tree_hook: Address


@dataclass(frozen=True, slots=True)
class Anchor:
    """A block that only this history of a chain has."""

    block: int
    hash: Bytes32


@dataclass(slots=True)
class Database:
    """One database; reads run concurrently, writes one after the other."""

    name: str
    engine: AsyncEngine
    location: str
    """The folder as given; for a URL its kind alone, since it may hold a password."""
    group: GroupCommit | None = None
    """Commits the writes to an SQLite file; None where each is a transaction of its own."""
    _writing: asyncio.Lock = field(default_factory=asyncio.Lock)
    _way_given: float = 0.0
    _joined: ContextVar[AsyncConnection | None] = field(
        default_factory=lambda: ContextVar("joined", default=None)
    )

    @classmethod
    async def open(cls, location: str, schema: Schema = AGENTS) -> "Database":
        """Open, migrate or create; `location` is a folder, or a URL such as `postgresql://…`.

        DatabaseError when it cannot be used, is of another kind than `schema`, or of a version that
        this program does not know.
        """
        if "://" in location:
            kind = location.split("://")[0]
            database = cls(kind, _engine(location), f"{kind}://…")
        else:
            path = Path(location) / schema.file_name
            try:
                # SQLite gives its journals the permissions of the file itself.
                for file in (path, *(item for item in _journals(path) if item.exists())):
                    make_private(file)
            except OSError as error:
                raise DatabaseError(
                    f"db: cannot create {error.filename or path}: {error.strerror}"
                ) from None
            # Statistics of a scraper read many rows; agents' statements are short.
            threads = schema.name == SCRAPER.name
            engine = sqlite_engine(path, threads=threads)
            database = cls(str(path), engine, location, None if threads else GroupCommit(engine))
        try:
            await database._prepare(schema)
        except BaseException:
            await database.close()
            raise
        return database

    def for_visitors(self) -> "Database":
        """The same database over connections of its own, which cannot write: however much strangers
        ask for, they take none from the program itself. To be closed, too."""
        if self.engine.dialect.name == "sqlite":
            engine = sqlite_engine(Path(str(self.engine.url.database)), threads=True)

            @event.listens_for(engine.sync_engine, "connect")
            def configure(connection: Any, _record: object) -> None:
                run(connection, "PRAGMA query_only=ON")

        else:
            limits = {"default_transaction_read_only": "on", "statement_timeout": "10000"}
            engine = create_async_engine(self.engine.url, connect_args={"server_settings": limits})
        return Database(self.name, engine, self.location)

    async def close(self) -> None:
        """Close all connections."""
        if self.group is not None:
            await self.group.finish()
        await self.engine.dispose()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Open a connection for reading; each statement sees a consistent state."""
        await self._give_way()
        with self._named_errors():
            async with self.engine.connect() as connection:
                yield connection

    async def _give_way(self) -> None:
        """Let other tasks run: those that read in a loop wait for nothing on their own.

        Not within a statement: SQLAlchemy drops a connection that is cancelled in one.
        """
        now = time.monotonic()
        if now > self._way_given + _TURN:
            self._way_given = now
            await asyncio.sleep(0)

    @asynccontextmanager
    async def look_through(self) -> AsyncIterator[AsyncConnection]:
        """Open a connection to read many rows with one statement, which holds nobody up."""
        async with self.read() as connection:
            driver = (await connection.get_raw_connection()).driver_connection
            if not isinstance(driver, InlineConnection):
                yield connection
                return
            driver.in_thread = True
            try:
                yield connection
            finally:
                driver.in_thread = False

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Begin a transaction: committed, durably, when the block ends; rolled back when it fails.

        Within `together`, it is part of the transaction begun there.
        """
        joined = self._joined.get()
        if joined is not None:
            yield joined
            return
        write = self._write_alone if self.group is None else self.group.write
        with self._named_errors():
            async with write() as connection:
                yield connection

    @asynccontextmanager
    async def _write_alone(self) -> AsyncIterator[AsyncConnection]:
        async with self._writing, self.engine.connect() as connection:
            await connection.execution_options(writes=True)
            async with connection.begin():
                yield connection

    @asynccontextmanager
    async def together(self) -> AsyncIterator[None]:
        """Run all that this task writes in the block in one transaction.

        No other task can write meanwhile: wait for nothing but the database in it.
        """
        async with self.write() as connection:
            before = self._joined.set(connection)
            try:
                yield
            finally:
                self._joined.reset(before)

    def insert(self, table: Table) -> Any:
        """An insert statement of the engine's dialect, which has `on_conflict_do_nothing`."""
        if self.engine.dialect.name == "postgresql":
            return postgresql.insert(table)
        return sqlite.insert(table)

    async def insert_many(
        self, connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]]
    ) -> None:
        """Insert rows with the same columns; existing rows stay as they are.

        Values go to the driver unconverted, which is several times as fast: plain integers, floats,
        strings and bytes only.
        """
        await self.execute_many(connection, self.insert(table).on_conflict_do_nothing(), rows)

    async def execute_many(
        self, connection: AsyncConnection, statement: Any, rows: Sequence[Mapping[str, Any]]
    ) -> None:
        """Run a statement for many rows of the same values, which go to the driver unconverted."""
        compiled = statement.compile(dialect=self.engine.dialect, column_keys=list(rows[0]))
        pick = itemgetter(*compiled.positiontup)
        await connection.exec_driver_sql(str(compiled), list(map(pick, rows)))

    async def bind(self, deployment: Deployment) -> Anchor | None:
        """Bind a domain to a deployment, and return its anchor if one is stored.

        DatabaseError if the domain was another deployment before.
        """
        row = tables.deployments
        values = asdict(deployment)
        async with self.write() as connection:
            known = (
                await connection.execute(select(row).where(row.c.domain == deployment.domain))
            ).one_or_none()
            if known is None:
                await connection.execute(insert(row).values(values))
                return None
        for name, value in values.items():
            if known._mapping[name] != value:
                raise self.of_another(deployment, name, known._mapping[name], value)
        if known.anchor_block is None:
            return None
        return Anchor(known.anchor_block, known.anchor_hash)

    async def set_anchor(self, deployment: Deployment, anchor: Anchor) -> None:
        """Store the block that tells the deployment's chain from others."""
        row = tables.deployments
        async with self.write() as connection:
            await connection.execute(
                update(row)
                .where(row.c.domain == deployment.domain)
                .values(anchor_block=anchor.block, anchor_hash=anchor.hash)
            )

    def of_another(
        self, deployment: Deployment, name: str, was: object, now: object
    ) -> DatabaseError:
        """The error for a database of another deployment."""
        return DatabaseError(
            f"db: {self.name} was made for another deployment on domain {deployment.domain}:"
            f" {name} was {_show(was)}, now it is {_show(now)}; use another db, and for a validator"
            " another key: a key signs for one tree. For a development chain that was started anew:"
            f" hyperlane-agent forget {deployment.domain} --db {self.location}"
        )

    async def _prepare(self, schema: Schema) -> None:
        async with self.write() as connection:
            stored = await connection.run_sync(stored_revision)
        # Anything else may be half of what another program just commits: it is read again, locked.
        if stored != schema.newest:
            await self._migrate(schema)

    async def _migrate(self, schema: Schema) -> None:
        """Bring the schema up to date, in one transaction: killed, it leaves the old one whole."""
        from hyperlane.store.migrations.upgrading import upgrade  # Alembic is slow to import

        postgres = self.engine.dialect.name == "postgresql"
        with self._named_errors():
            async with self.engine.connect() as connection:
                if not postgres:
                    # A table that is made anew is dropped, which would delete what refers to it.
                    await _enforce_keys(connection, False)
                await connection.execution_options(writes=True)
                async with connection.begin():
                    if postgres:  # SQLite's transaction has the lock
                        lock = text("SELECT pg_advisory_xact_lock(:number)")
                        await connection.execute(lock, {"number": _MIGRATION_LOCK})
                    await connection.run_sync(upgrade, schema, self.name)
                if not postgres:
                    await _enforce_keys(connection, True)

    def _named_errors(self) -> "_NamedErrors":
        return _NamedErrors(self.name)


@dataclass(slots=True)
class _NamedErrors:
    """Turns driver errors into one line that names the database."""

    name: str

    def __enter__(self) -> None:
        return None

    def __exit__(self, _type: object, error: object, _trace: object) -> None:
        if isinstance(error, DBAPIError):
            remedy = _DAMAGED if any(sign in str(error.orig) for sign in _DAMAGE) else ""
            raise DatabaseError(f"db: {self.name}: {error.orig}{remedy}") from error
        if isinstance(error, PoolTimeout):
            raise DatabaseError(f"db: {self.name}: all connections are in use") from error
        if isinstance(error, OSError):  # the server cannot be reached
            raise DatabaseError(f"db: {self.name}: {error}") from error


def _journals(path: Path) -> list[Path]:
    return [path.with_name(f"{path.name}{suffix}") for suffix in ("-wal", "-shm", "-journal")]


def _engine(location: str) -> AsyncEngine:
    try:
        url = make_url(location)
        if url.drivername == "postgresql":
            url = url.set(drivername="postgresql+asyncpg")
        engine = create_async_engine(url)
    except (ArgumentError, ModuleNotFoundError, ValueError) as error:
        # The URL may hold a password: only its kind is shown.
        raise DatabaseError(
            f"db: {one_line(location.split('://')[0], 20)}: cannot be used: {_without_url(error)}"
        ) from None
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine.sync_engine, "connect")
        def configure(connection: Any, _record: object) -> None:
            enforce_keys(connection)

    return engine


async def _enforce_keys(connection: AsyncConnection, wanted: bool) -> None:
    """Switch foreign keys; SQLite passes over it within a transaction."""
    await connection.execution_options(writes=False)  # which would begin one
    await connection.exec_driver_sql(f"PRAGMA foreign_keys={'ON' if wanted else 'OFF'}")
    await connection.commit()


def _without_url(error: Exception) -> str:
    """Parsers quote what they cannot read; a driver that is missing is named."""
    return one_line(str(error)) if isinstance(error, ModuleNotFoundError) else "not a database URL"


def _show(value: object) -> str:
    return preview(value) if isinstance(value, bytes) else str(value)
