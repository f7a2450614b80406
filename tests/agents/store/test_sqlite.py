"""The driver for SQLite: what may wait or take long does not hold up the event loop."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import closing

import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hyperlane.errors import DatabaseError
from hyperlane.store import tables
from hyperlane.store.database import Database

pytestmark = pytest.mark.quick

LONG = 30.0


@pytest.fixture
async def database(tmp_path) -> AsyncIterator[Database]:
    opened = await Database.open(str(tmp_path))
    yield opened
    await opened.close()


async def add_stall(connection: AsyncConnection, go_on: threading.Event) -> None:
    """Give a connection an SQL function that returns whether somebody set the event."""
    raw = await connection.get_raw_connection()
    raw.driver_connection.create_function("stall", 0, lambda: go_on.wait(LONG))


async def test_only_commits_leave_the_event_loop(database, monkeypatch):
    loop, hops = asyncio.get_running_loop(), []
    run = loop.run_in_executor

    def count(threads, work, *arguments):
        hops.append(work)
        return run(threads, work, *arguments)

    monkeypatch.setattr(loop, "run_in_executor", count)
    async with database.read() as connection:
        await connection.execute(select(tables.cursors))
    assert hops == []
    async with database.write() as connection:
        for number in range(5):
            row = {"domain": number, "kind": "k", "next_block": 0}
            await connection.execute(insert(tables.cursors).values(row))
    assert len(hops) == 1


async def test_who_looks_through_many_rows_holds_nobody_up(database):
    go_on = threading.Event()
    async with database.look_through() as connection:
        await add_stall(connection, go_on)
        asyncio.get_running_loop().call_later(0.01, go_on.set)
        assert (await connection.exec_driver_sql("SELECT stall()")).scalar() == 1


async def test_who_is_cancelled_while_looking_through_leaves_no_statement_running(database):
    running = threading.Event()

    async def look() -> None:
        async with database.look_through() as connection:
            raw = await connection.get_raw_connection()
            raw.driver_connection.create_function("begin", 0, running.set)
            await connection.exec_driver_sql(
                "WITH RECURSIVE n(i) AS (SELECT begin() UNION ALL SELECT 1 FROM n)"
                " SELECT count(*) FROM n"  # for ever
            )

    looking = asyncio.create_task(look())
    await asyncio.to_thread(running.wait, LONG)
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
    async with database.read() as connection:
        assert (await connection.exec_driver_sql("SELECT 1")).scalar() == 1


async def test_one_read_after_another_gives_way_to_others(database):
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    for _ in range(1000):
        async with database.read() as connection:
            await connection.exec_driver_sql("SELECT 1")
    task.cancel()
    assert turns > 3


async def test_rows_that_were_read_hold_back_no_checkpoint_of_the_log(database):
    async with database.read() as connection:
        found = await connection.exec_driver_sql("SELECT 1 UNION ALL SELECT 2")
        with closing(sqlite3.connect(database.name)) as other:
            assert other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
        assert found.fetchone() == (1,)
        assert found.fetchmany(5) == [(2,)]


async def test_who_is_cancelled_before_a_thread_is_free_leaves_no_statement_running(database):
    go_on, stalled = threading.Event(), threading.Semaphore(0)

    def stall() -> bool:
        stalled.release()
        return go_on.wait(LONG)

    async def look(statement: str) -> None:
        async with database.look_through() as connection:
            raw = await connection.get_raw_connection()
            raw.driver_connection.create_function("stall", 0, stall)
            await connection.exec_driver_sql(statement)

    threads = [asyncio.create_task(look("SELECT stall()")) for _ in range(2)]
    for _ in threads:
        await asyncio.to_thread(stalled.acquire, timeout=LONG)
    waiting = asyncio.create_task(
        look("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT 1 FROM n) SELECT count(*) FROM n")
    )
    for _ in range(100):  # it asks for a thread
        await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.sleep(0)
    go_on.set()
    done, _ = await asyncio.wait([waiting, *threads], timeout=LONG)
    assert len(done) == 3


async def test_text_that_is_damaged_is_an_error_of_the_database(database):
    async with database.write() as connection:
        await connection.exec_driver_sql("INSERT INTO cursors VALUES (1, CAST(x'ff' AS TEXT), 0)")
    with pytest.raises(DatabaseError, match="UTF-8"):
        async with database.read() as connection:
            await connection.execute(select(tables.cursors))
