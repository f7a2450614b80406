"""Writers share commits: durable when a write ends, and none is failed by another one's failure."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing

import pytest
from sqlalchemy import event, insert

from hyperlane.errors import DatabaseError
from hyperlane.store import tables
from hyperlane.store.database import Database
from hyperlane.store.sqlite import InlineConnection

pytestmark = pytest.mark.quick


@pytest.fixture
async def database(tmp_path) -> AsyncIterator[Database]:
    opened = await Database.open(str(tmp_path))
    yield opened
    await opened.close()


async def write(database: Database, *numbers: int) -> None:
    async with database.write() as connection:
        for number in numbers:
            await connection.execute(
                insert(tables.cursors).values(domain=number, kind="k", next_block=0)
            )


def stored(database: Database) -> set[int]:
    """What another program sees."""
    with closing(sqlite3.connect(database.name)) as other:
        return {domain for (domain,) in other.execute("SELECT domain FROM cursors")}


@pytest.fixture
def commits(database) -> list[None]:
    counted: list[None] = []
    event.listen(database.engine.sync_engine, "commit", lambda _connection: counted.append(None))
    return counted


async def test_writers_that_wait_share_a_commit(database, commits):
    seen = []

    async def one(number: int) -> None:
        await write(database, number)
        seen.append(number in stored(database))

    await asyncio.gather(*map(one, range(50)))
    assert seen == [True] * 50
    assert len(commits) <= 2


async def test_a_writer_on_its_own_does_not_wait_for_others(database, commits):
    for number in range(3):
        await write(database, number)
    assert stored(database) == {0, 1, 2}
    assert len(commits) == 3


async def test_a_failed_writer_takes_back_its_own_writes_alone(database, commits):
    writers = [write(database, 1), write(database, 2, 1), write(database, 3)]
    first, second, third = await asyncio.gather(*writers, return_exceptions=True)
    assert (first, third) == (None, None)
    assert isinstance(second, DatabaseError)
    assert stored(database) == {1, 3}
    assert len(commits) == 1


async def test_a_failed_commit_fails_all_whose_writes_it_had(database, monkeypatch):
    def fail(_connection) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patched:
        patched.setattr(InlineConnection, "commit", fail)
        found = await asyncio.gather(*(write(database, n) for n in (1, 2)), return_exceptions=True)
    assert [type(error) for error in found] == [DatabaseError, DatabaseError]
    assert stored(database) == set()
    await write(database, 3)
    assert stored(database) == {3}


async def test_a_transaction_that_sqlite_rolled_back_fails_those_who_wrote_in_it(database):
    async def lose() -> None:
        async with database.write() as connection:
            await connection.exec_driver_sql("ROLLBACK")
            raise DatabaseError("the disk is full")

    writers = [write(database, 1), lose(), write(database, 3)]
    first, second, third = await asyncio.gather(*writers, return_exceptions=True)
    assert isinstance(first, DatabaseError)
    assert str(second) == "the disk is full"
    assert third is None
    assert stored(database) == {3}


async def test_a_connection_that_was_closed_fails_those_who_wrote_over_it(database):
    async def close() -> None:
        async with database.write() as connection:
            await connection.invalidate()
            raise DatabaseError("closed")

    writers = [write(database, 1), close(), write(database, 3)]
    first, second, third = await asyncio.gather(*writers, return_exceptions=True)
    assert isinstance(first, DatabaseError)
    assert str(second) == "closed"
    assert third is None
    assert stored(database) == {3}


async def test_a_cancelled_writer_stops_no_other(database):
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def stall(number: int) -> None:
        async with database.write() as connection:
            await connection.execute(
                insert(tables.cursors).values(domain=number, kind="k", next_block=0)
            )
            inside.set()
            await go_on.wait()

    stalled = asyncio.create_task(stall(1))
    await inside.wait()
    waiting = [asyncio.create_task(write(database, number)) for number in (2, 3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    stalled.cancel()
    found = await asyncio.gather(stalled, *waiting, return_exceptions=True)
    assert [type(item) for item in found[:2]] == [asyncio.CancelledError] * 2
    assert found[2] is None
    assert stored(database) == {3}


async def test_no_statement_of_a_cancelled_writer_takes_the_connection_from_others(database):
    first = asyncio.create_task(write(database, 1))
    second = asyncio.create_task(write(database, *range(100, 1000)))
    third = asyncio.create_task(write(database, 3))
    asyncio.get_running_loop().call_later(0.001, second.cancel)
    await asyncio.wait([first, second, third])
    assert (first.result(), third.result()) == (None, None)
    assert {1, 3} <= stored(database)


async def test_what_was_cancelled_while_it_is_committed_is_whole(database):
    for number in range(10):
        task = asyncio.create_task(write(database, number, number + 1000))
        for _ in range(number):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
    await database.close()
    found = stored(database)
    assert {number + 1000 for number in found if number < 1000} == {n for n in found if n >= 1000}


async def test_a_lock_of_another_program_is_waited_for_beside_other_work(database):
    with closing(sqlite3.connect(database.name, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        writing = asyncio.create_task(write(database, 1))
        async with database.read() as connection:
            assert (await connection.exec_driver_sql("SELECT 1")).scalar() == 1
        assert not writing.done()
        other.execute("ROLLBACK")
        await writing
    assert stored(database) == {1}
