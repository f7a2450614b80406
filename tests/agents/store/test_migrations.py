"""Databases of older versions are brought up to date, and whatever happens, one schema is whole."""

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection
from structlog.testing import capture_logs
from tests.support.databases import catalogue, contents, execute, look
from tests.support.migrations import OLD_VERSIONS, assert_kept, extended, make_old, opened

from hyperlane.errors import DatabaseError
from hyperlane.store.migrations.schemas import AGENTS, REVISION_TABLE, SCRAPER, Schema
from hyperlane.store.migrations.upgrading import TABLES

pytestmark = pytest.mark.quick

VIEWS = {"agents": set(), "scraper": {"view message_view", "view raw_message_dispatch"}}


@pytest.mark.parametrize("schema", [AGENTS, SCRAPER], ids=lambda schema: schema.name)
async def test_a_new_database_has_the_tables(schema, locate):
    location = locate("new")
    with capture_logs() as logs:
        await opened(location, schema)
        await opened(location, schema)
    assert logs == []
    await assert_has_the_tables(location, schema, locate("created"))


@pytest.mark.parametrize("version", OLD_VERSIONS)
async def test_an_old_database_gets_the_tables_and_keeps_its_rows(version, locate):
    location = locate("old")
    await make_old(version, location)
    before = await look(location, AGENTS.file_name, contents)
    with capture_logs() as logs:
        await opened(location)
        await opened(location)
    (told,) = logs
    assert told["event"] == "database.migrating"
    assert (told["from_revision"], told["to_revision"]) == (version, AGENTS.newest)
    assert told["db"] in ("postgresql", f"{location}/{AGENTS.file_name}")
    await assert_has_the_tables(location, AGENTS, locate("created"))
    assert_kept(before, await look(location, AGENTS.file_name, contents))


async def test_a_program_from_before_alembic_refuses_what_was_migrated(locate):
    """It reads versions 2 and 3 of the table `schema`, and makes the table if there is none."""
    for location in (locate("new"), locate("old")):
        if location.endswith("old"):
            await make_old("3", location)
        await opened(location)
        assert (await look(location, AGENTS.file_name, contents))["schema"] == [{"version": 4}]


async def test_the_other_kind_of_database_is_refused(postgres):
    old, agents, scraper = postgres("old"), postgres("agents"), postgres("scraper")
    await make_old("3", old)
    await opened(agents, AGENTS)
    await opened(scraper, SCRAPER)
    for location in (old, agents):
        with pytest.raises(DatabaseError, match="is the database of an agent, not of the scraper"):
            await opened(location, SCRAPER)
    with pytest.raises(DatabaseError, match="is the database of the scraper, not of an agent"):
        await opened(scraper, AGENTS)
    await opened(agents, AGENTS)
    await opened(scraper, SCRAPER)


async def test_a_folder_holds_one_of_each_kind(tmp_path):
    await opened(str(tmp_path), AGENTS)
    await opened(str(tmp_path), SCRAPER)
    assert {path.name for path in tmp_path.glob("*.sqlite")} == {
        "hyperlane.sqlite",
        "scraper.sqlite",
    }


async def test_tables_of_another_program_are_named_and_left_alone(locate):
    location = locate("other")
    await execute(location, SCRAPER.file_name, "CREATE TABLE block (a int); CREATE TABLE x (a int)")
    before = await look(location, SCRAPER.file_name, catalogue)
    with pytest.raises(DatabaseError, match=r"tables of another program \(block\): use an empty"):
        await opened(location, SCRAPER)
    assert await look(location, SCRAPER.file_name, catalogue) == before


async def test_tables_of_another_program_beside_ours_are_no_matter(locate):
    location = locate("shared")
    await execute(
        location,
        AGENTS.file_name,
        "CREATE TABLE alembic_version (version_num varchar); CREATE TABLE block (a int);"
        "INSERT INTO alembic_version VALUES ('ae1027a6acf')",
    )
    await opened(location)
    await opened(location)
    assert (await look(location, AGENTS.file_name, contents))["alembic_version"] == [
        {"version_num": "ae1027a6acf"}
    ]


NEXT = """
def upgrade(op):
    op.add_column("domain", sa.Column("added", sa.Integer()))
"""


async def test_a_newer_database_is_refused_and_an_older_one_migrated(locate, tmp_path):
    location = locate("newer")
    newer = extended(SCRAPER, NEXT, tmp_path)
    await opened(location, SCRAPER)
    await execute(location, SCRAPER.file_name, A_CHAIN)
    with capture_logs() as logs:
        await opened(location, newer)
    assert [(log["from_revision"], log["to_revision"]) for log in logs] == [
        (SCRAPER.newest, newer.newest)
    ]
    (row,) = (await look(location, SCRAPER.file_name, contents))["domain"]
    assert (row["name"], row["added"]) == ("alpha", None)
    with pytest.raises(DatabaseError) as error:
        await opened(location, SCRAPER)
    assert (
        f"has schema version {newer.newest}; this program reads scraper_0001 to {SCRAPER.newest}:"
        " use the version of the program that made it, or another db"
    ) in str(error.value)


A_CHAIN = (
    "INSERT INTO domain (id, time_created, name, native_token, is_test_net, is_deprecated)"
    " VALUES (7, 1, 'alpha', 'ETH', true, false);"
)
A_TRANSACTION = (
    "INSERT INTO block (id, time_created, domain, hash, height, timestamp, final)"
    " VALUES (1, 1, 7, '', 5, 1, true);"
    'INSERT INTO "transaction" (id, time_created, hash, block_id, gas_limit, nonce, sender,'
    " gas_used, cumulative_gas_used) VALUES (1, 1, '', 1, '1', 1, '', '1', '1');"
)
REBUILD = """
def upgrade(op):
    op.execute("DROP VIEW message_view")
    op.execute("DROP VIEW raw_message_dispatch")
    with op.batch_alter_table("block", recreate="always") as batch:
        batch.alter_column("final", nullable=True)
"""


async def test_rows_outlive_a_table_that_they_refer_to_and_that_is_made_anew(tmp_path):
    """SQLite drops it, and deletes of a dropped table what refers to it, if it enforces keys."""
    location = str(tmp_path / "db")
    await opened(location, SCRAPER)
    await execute(location, SCRAPER.file_name, A_TRANSACTION)
    before = await look(location, SCRAPER.file_name, contents)
    await opened(location, extended(SCRAPER, REBUILD, tmp_path))
    after = await look(location, SCRAPER.file_name, contents)
    assert after["block"] == before["block"]
    assert after["transaction"] == before["transaction"] != []


LOSE = """
def upgrade(op):
    op.execute("DELETE FROM block")
"""


async def test_a_migration_that_leaves_rows_dangling_is_taken_back(tmp_path):
    location = str(tmp_path / "db")
    await opened(location, SCRAPER)
    await execute(location, SCRAPER.file_name, A_TRANSACTION)
    before = await look(location, SCRAPER.file_name, contents)
    with pytest.raises(DatabaseError, match="a row of transaction would refer to a row of block"):
        await opened(location, extended(SCRAPER, LOSE, tmp_path))
    assert await look(location, SCRAPER.file_name, contents) == before


async def assert_has_the_tables(location: str, schema: Schema, empty: str) -> None:
    """The schema is that of tables.py, by Alembic's comparison and by the catalogue."""
    metadata = TABLES[schema.name]

    def differences(connection: Connection) -> list[Any]:
        options = {"compare_server_default": True, "include_name": not_alembics}
        return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)

    def create(connection: Connection) -> dict[str, Any]:
        metadata.create_all(connection)
        return catalogue(connection)

    found = await look(location, schema.file_name, differences)
    assert found == [], f"tables.py changed: toolchain/new_migration {schema.name} …"
    migrated = await look(location, schema.file_name, catalogue)
    created = await look(empty, schema.file_name, create)
    assert {name: migrated.get(name) for name in created} == created
    assert set(migrated) - set(created) == VIEWS[schema.name] | {REVISION_TABLE}


def not_alembics(name: str | None, kind: str, _parents: Any) -> bool:
    return (kind, name) != ("table", REVISION_TABLE)
