"""Databases of older versions, and schemas with one revision more."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.support.databases import execute

from hyperlane.store.database import Database
from hyperlane.store.migrations.schemas import AGENTS, REVISION_TABLE, Schema

OLD = Path(__file__).parents[1] / "agents" / "store" / "old"
"""Databases as programs of those versions made them, with two rows in each table."""
OLD_VERSIONS = ("2", "3")


async def make_old(version: str, location: str) -> None:
    """Make the agents' database of an old version."""
    engine = "postgresql" if "://" in location else "sqlite"
    statements = (OLD / f"version_{version}.{engine}.sql").read_text()
    await execute(location, AGENTS.file_name, statements)


def assert_kept(before: dict[str, list[Any]], after: dict[str, list[Any]]) -> None:
    """All rows of an old agents' database are in the migrated one."""
    assert after[REVISION_TABLE] == [{"version_num": AGENTS.newest}]
    before = dict(before)
    del before["schema"]
    bound = before.pop("chains", None)
    if bound is not None:
        before["deployments"] = [
            {name: value for name, value in row.items() if name != "genesis_hash"} for row in bound
        ]
    assert before
    for table, rows in before.items():
        assert len(rows) == 2
        found = [{name: row[name] for name in rows[0]} for row in after[table]]
        assert sorted(found, key=repr) == sorted(rows, key=repr)


async def opened(location: str, schema: Schema = AGENTS) -> None:
    """Open a database, and close it."""
    await (await Database.open(location, schema)).close()


def extended(schema: Schema, upgrade: str, folder: Path) -> Schema:
    """The schema of a program that has one more migration."""
    copy = folder / "migrations"
    shutil.copytree(schema.folder, copy)
    revision = f"{schema.name}_{len(schema.revisions) + 1:04}"
    (copy / f"{revision}.py").write_text(
        "import sqlalchemy as sa\n"
        f"revision, down_revision = {revision!r}, {schema.newest!r}\n{upgrade}"
    )
    return replace(schema, folder=copy)
