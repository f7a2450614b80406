"""Processes that are killed while they migrate, and processes that migrate at the same moment."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.databases import catalogue, contents, dump, look
from tests.support.migrations import OLD_VERSIONS, assert_kept, make_old, opened

from hyperlane.store.migrations.schemas import AGENTS

pytestmark = pytest.mark.quick

FORKER = """
import asyncio, os, signal, sys
from sqlalchemy import event
from sqlalchemy.engine import Engine
from hyperlane.store.database import Database
import hyperlane.store.migrations.upgrading

WRITES = ("CREATE", "INSERT", "UPDATE", "DELETE", "DROP", "ALTER")

def fork(location, killed_after):
    child = os.fork()
    if child:
        return child
    os.close(go)
    os.read(waiting, 1)  # nothing, when all other ends are closed
    done = 0

    @event.listens_for(Engine, "after_cursor_execute")
    def count(_connection, _cursor, statement, *_):
        nonlocal done
        done += statement.strip().startswith(WRITES)
        if done == killed_after:
            os.kill(os.getpid(), signal.SIGKILL)

    asyncio.run(Database.open(location))
    os._exit(0)

for line in sys.stdin:
    location, processes, killed_after = line.split()
    waiting, go = os.pipe()
    children = [fork(location, int(killed_after)) for _ in range(int(processes))]
    os.close(go)
    ends = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    os.close(waiting)
    print("ended", *ends, flush=True)
"""
"""For each line, opens a database in so many processes at the same moment, each of which is killed
after so many statements that write."""


class Forker:
    """The process that runs `FORKER`: forks start at once, without imports."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    async def open(
        self, location: str, processes: int = 1, killed_after: int = -1
    ) -> tuple[list[int], list[str]]:
        """Exit statuses of the processes, and what they said."""
        return await asyncio.to_thread(self._open, f"{location} {processes} {killed_after}\n")

    def _open(self, line: str) -> tuple[list[int], list[str]]:
        self._process.stdin.write(line)
        self._process.stdin.flush()
        said = []
        for answer in self._process.stdout:
            if answer.startswith("ended "):
                return list(map(int, answer.split()[1:])), said
            said.append(answer)
        raise AssertionError("the process that forks has ended")


@pytest.fixture(scope="module")
def forker() -> Iterator[Forker]:
    command = [sys.executable, "-c", FORKER]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Forker(process)
        process.stdin.close()


@pytest.mark.parametrize("version", OLD_VERSIONS)
async def test_a_migration_that_is_killed_leaves_the_old_schema_whole(version, locate, forker):
    """At every fifth statement that writes; on PostgreSQL, where each takes longer, at fewer."""
    ends = []
    while 0 not in ends:
        location = locate(f"killed{len(ends)}")
        await make_old(version, location)
        rows, before = await rows_of(location), await everything(location)
        step = 15 if "://" in location else 5
        (end,), _ = await forker.open(location, killed_after=1 + len(ends) * step)
        ends.append(end)
        if end != 0:
            assert await everything(location) == before
            await opened(location)
        assert_kept(rows, await rows_of(location))
    assert set(ends) == {-signal.SIGKILL, 0}
    assert len(ends) > 2


async def test_what_was_read_while_another_process_migrated_is_read_again(locate, monkeypatch):
    """PostgreSQL may show one table as it was before the other's commit, the next as it is after:
    no revision, and the version that all migrated databases have."""
    location = locate("old")
    await make_old("3", location)
    await opened(location)
    monkeypatch.setattr("hyperlane.store.database.stored_revision", lambda _connection: "4")
    await opened(location)


@pytest.mark.parametrize("version", [*OLD_VERSIONS, "none"])
async def test_processes_that_migrate_at_the_same_moment_all_can(version, locate, forker):
    location = locate("old")
    before: dict[str, list[Any]] = {}
    if version != "none":
        await make_old(version, location)
        before = await rows_of(location)
    ends, said = await forker.open(location, processes=4)
    assert ends == [0, 0, 0, 0]
    told = [line for line in said if "database.migrating" in line]
    assert len(told) == (version != "none"), "one migrates, the others wait"
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
