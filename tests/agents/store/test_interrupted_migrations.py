"""Processes that are killed while they migrate, and processes that migrate at the same moment."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests.support.databases import catalogue, contents, dump, look
from tests.support.migrations import OLD_VERSIONS, assert_kept, make_old, opened

from hyperlane.store.migrations.schemas import AGENTS

pytestmark = pytest.mark.quick

KILLED = """
import asyncio, os, signal, sys
from sqlalchemy import event
from sqlalchemy.engine import Engine
from hyperlane.store.database import Database
import hyperlane.store.migrations.upgrading

WRITES = ("CREATE", "INSERT", "UPDATE", "DELETE", "DROP", "ALTER")

def migrate(location, last):
    done = 0

    @event.listens_for(Engine, "after_cursor_execute")
    def count(_connection, _cursor, statement, *_):
        nonlocal done
        done += statement.strip().startswith(WRITES)
        if done == last:
            os.kill(os.getpid(), signal.SIGKILL)

    asyncio.run(Database.open(location))
    os._exit(0)

for line in sys.stdin:
    location, last = line.split()
    child = os.fork() or migrate(location, int(last))
    print("ended", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""Opens the database at a location, killed after so many statements that write; for each line."""


TOGETHER = """
import asyncio, os, sys
from hyperlane.store.database import Database
import hyperlane.store.migrations.upgrading

waiting, go = os.pipe()

def migrate(location):
    os.close(go)
    os.read(waiting, 1)  # nothing, when all other ends are closed
    asyncio.run(Database.open(location))
    os._exit(0)

children = [os.fork() or migrate(sys.argv[1]) for _ in range(4)]
os.close(go)
print([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children])
"""
"""Four processes that open the database at a location at the same moment."""


@pytest.mark.parametrize("version", OLD_VERSIONS)
async def test_a_migration_that_is_killed_leaves_the_old_schema_whole(version, locate):
    """At every third statement that writes; on PostgreSQL, where each takes longer, at fewer."""
    with killer() as kill:
        for number in range(1, 1000):
            location = locate(f"killed{number}")
            await make_old(version, location)
            rows, before = await rows_of(location), await everything(location)
            step = 11 if "://" in location else 3
            status = await asyncio.to_thread(kill, location, number * step)
            if status == 0:
                break
            assert status == -signal.SIGKILL
            assert await everything(location) == before
            await opened(location)
            assert_kept(rows, await rows_of(location))
    assert number * step > 20, "statements were interrupted"


async def test_what_was_read_while_another_process_migrated_is_read_again(locate, monkeypatch):
    """PostgreSQL may show one table as it was before the other's commit, the next as it is after:
    no revision, and the version that all migrated databases have."""
    location = locate("old")
    await make_old("3", location)
    await opened(location)
    monkeypatch.setattr("hyperlane.store.database.stored_revision", lambda _connection: "4")
    await opened(location)


@pytest.mark.parametrize("version", [*OLD_VERSIONS, "none"])
async def test_processes_that_migrate_at_the_same_moment_all_can(version, locate):
    location = locate("old")
    before: dict[str, list[Any]] = {}
    if version != "none":
        await make_old(version, location)
        before = await rows_of(location)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", TOGETHER, location, stdout=subprocess.PIPE
    )
    said = (await process.communicate())[0].decode()
    assert said.splitlines()[-1] == "[0, 0, 0, 0]"
    assert said.count("database.migrating") == (version != "none"), "one migrates, others wait"
    rows = await rows_of(location)
    if before:
        assert_kept(before, rows)


async def rows_of(location: str) -> dict[str, list[Any]]:
    return await look(location, AGENTS.file_name, contents)


async def everything(location: str) -> Any:
    """Rows and schema."""
    if "://" not in location:
        return await asyncio.to_thread(dump, location, AGENTS.file_name)
    return await rows_of(location), await look(location, AGENTS.file_name, catalogue)


@contextmanager
def killer() -> Iterator[Callable[[str, int], int]]:
    command = [sys.executable, "-c", KILLED]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:

        def kill(location: str, last: int) -> int:
            process.stdin.write(f"{location} {last}\n")
            process.stdin.flush()
            for line in process.stdout:
                if line.startswith("ended "):
                    return int(line.split()[1])
            raise AssertionError("the process that forks has ended")

        yield kill
        process.stdin.close()
