"""Opening databases: of other versions of the program, and of other chains."""

import asyncio
import sqlite3
import subprocess
import sys
import threading
from contextlib import AsyncExitStack, closing

import pytest
from sqlalchemy import delete, insert, select
from tests.support.databases import contents, execute, look
from tests.support.migrations import make_old, opened

from hyperlane.errors import DatabaseError
from hyperlane.store.canaries import CanaryKey, CanaryStore
from hyperlane.store.database import Anchor, Database, Deployment
from hyperlane.store.migrations.schemas import AGENTS, SCRAPER
from hyperlane.store.scraper import tables as scraper

pytestmark = pytest.mark.quick

DEPLOYMENT = Deployment(7, 77, b"\1" * 20, b"\2" * 20)


async def test_programs_that_open_a_new_database_at_the_same_moment_all_can(tmp_path):
    for number in range(40):
        folder = tmp_path / str(number)
        folder.mkdir()
        for database in await asyncio.gather(*(Database.open(str(folder)) for _ in range(4))):
            await database.close()


async def test_a_read_that_is_cancelled_leaves_no_lock(tmp_path):
    database = await Database.open(str(tmp_path), SCRAPER)
    loop, reading, go_on = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def stall():
        loop.call_soon_threadsafe(reading.set)
        go_on.wait()

    async def read():
        async with database.write() as connection:
            raw = await connection.get_raw_connection()
            await raw.driver_connection.create_function("stall", 0, stall)
            await connection.exec_driver_sql("SELECT stall() UNION ALL SELECT 2")

    task = asyncio.create_task(read())
    await reading.wait()
    task.cancel()
    go_on.set()
    with pytest.raises(asyncio.CancelledError) as held:  # and so is the statement
        await task
    await database.close()
    with closing(sqlite3.connect(database.name, timeout=0)) as other:
        other.execute("BEGIN IMMEDIATE")
    assert held


async def test_a_database_bound_to_block_0_is_migrated_and_keeps_what_it_knows(tmp_path):
    location = str(tmp_path)
    await make_old("2", location)
    known, _ = (await look(location, AGENTS.file_name, contents))["chains"]
    del known["genesis_hash"]

    database = await Database.open(location)
    assert await database.bind(Deployment(**known)) is None, "no node has been asked for the anchor"
    with pytest.raises(DatabaseError, match=f"domain {known['domain']}: mailbox was 0x"):
        await database.bind(Deployment(**known | {"mailbox": b"\3" * 20}))
    await database.close()


async def test_an_anchor_is_remembered(tmp_path):
    database = await Database.open(str(tmp_path))
    assert await database.bind(DEPLOYMENT) is None
    await database.set_anchor(DEPLOYMENT, Anchor(12, b"\5" * 32))
    assert await database.bind(DEPLOYMENT) == Anchor(12, b"\5" * 32)
    await database.close()


async def test_a_database_from_before_canaries_takes_them(tmp_path):
    await make_old("2", str(tmp_path))
    database = await Database.open(str(tmp_path))
    canaries = CanaryStore(database)
    await canaries.add(CanaryKey(7, 1), 8, 1000.0, 5)
    assert await canaries.count_in_flight(7) == {8: 1}
    await database.close()


@pytest.mark.parametrize("version", [1, 99])
async def test_a_version_that_cannot_be_read_is_named(version, tmp_path):
    location = str(tmp_path)
    await make_old("3", location)
    await execute(location, AGENTS.file_name, f"UPDATE schema SET version = {version}")
    before = await look(location, AGENTS.file_name, contents)
    with pytest.raises(
        DatabaseError, match=f"has schema version {version}; this program reads 2 to agents_0"
    ):
        await opened(location)
    assert await look(location, AGENTS.file_name, contents) == before


async def test_alembic_is_imported_only_by_those_who_need_it(tmp_path):
    """It takes as long as half of what an agent imports."""
    script = (
        "import asyncio, sys\n"
        "from hyperlane.store.database import Database\n"
        "asyncio.run(Database.open(sys.argv[1]))\n"
        "print('alembic' in sys.modules)\n"
    )
    said = []
    for _ in range(2):
        command = [sys.executable, "-c", script, str(tmp_path)]
        process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
        said.append((await process.communicate())[0].strip())
    assert said == [b"True", b"False"]


@pytest.mark.parametrize("where", ["folder", "file", "memory", "postgresql"])
async def test_what_refers_to_a_row_goes_with_it(where, tmp_path, request):
    location = {
        "folder": lambda: str(tmp_path),
        "file": lambda: f"sqlite+aiosqlite:///{tmp_path}/scraper.sqlite",
        "memory": lambda: "sqlite+aiosqlite://",
        "postgresql": lambda: request.getfixturevalue("postgres")("scraper"),
    }[where]()
    database = await Database.open(location, SCRAPER)
    block = {"domain": 7, "hash": b"h", "height": 5, "timestamp": 1, "final": False}
    transaction = {"hash": b"t", "nonce": 1, "sender": b"s"}
    gas = dict.fromkeys(("gas_limit", "gas_used", "cumulative_gas_used"), 2**256 - 1)
    async with database.write() as connection:
        await connection.execute(insert(scraper.block).values(id=1, time_created=1, **block))
        await connection.execute(
            insert(scraper.transaction).values(time_created=1, block_id=1, **transaction, **gas)
        )
    async with database.write() as connection:
        await connection.execute(delete(scraper.block))
    async with database.read() as connection:
        assert (await connection.execute(select(scraper.transaction))).all() == []
    await database.close()


async def test_visitors_neither_write_nor_take_the_connections_of_the_program(locate, monkeypatch):
    database = await Database.open(locate("visited"), SCRAPER)
    visitors = database.for_visitors()
    row = {"id": 1, "time_created": 1, "name": "one", "native_token": "ETH"}
    row |= {"is_test_net": False, "is_deprecated": False}
    with pytest.raises(DatabaseError, match=r"read-?only"):
        async with visitors.write() as connection:
            await connection.execute(insert(scraper.domain).values(row))
    monkeypatch.setattr(visitors.engine.pool, "_timeout", 0.01)
    async with AsyncExitStack() as taken:
        for _ in range(15):
            await taken.enter_async_context(visitors.read())
        with pytest.raises(DatabaseError, match="all connections are in use"):
            await taken.enter_async_context(visitors.read())
        async with database.write() as connection:
            await connection.execute(insert(scraper.domain).values(row))
        async with database.read() as connection:
            assert (await connection.execute(select(scraper.domain.c.name))).scalar() == "one"
    await visitors.close()
    await database.close()
