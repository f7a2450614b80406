"""Opening databases: of other versions of the program, and of other chains."""

import asyncio

import pytest
from sqlalchemy import text

from hyperlane.errors import DatabaseError
from hyperlane.store.canaries import CanaryKey, CanaryStore
from hyperlane.store.database import Anchor, Database, Deployment

pytestmark = pytest.mark.quick

DEPLOYMENT = Deployment(7, 77, b"\1" * 20, b"\2" * 20)


async def as_of_version_2(database: Database) -> None:
    """Turn the schema into the one that was bound to block 0."""
    async with database.write() as connection:
        for statement in (
            "DROP TABLE deployments",
            "CREATE TABLE chains (domain BIGINT PRIMARY KEY, chain_id BIGINT NOT NULL,"
            " genesis_hash BLOB NOT NULL, mailbox BLOB NOT NULL, merkle_tree_hook BLOB NOT NULL)",
            "UPDATE schema SET version = 2",
        ):
            await connection.execute(text(statement))
        await connection.execute(
            text("INSERT INTO chains VALUES (7, 77, :genesis, :mailbox, :hook)"),
            {"genesis": bytes(32), "mailbox": b"\1" * 20, "hook": b"\2" * 20},
        )


async def test_programs_that_open_a_new_database_at_the_same_moment_all_can(tmp_path):
    for number in range(40):
        folder = tmp_path / str(number)
        folder.mkdir()
        for database in await asyncio.gather(*(Database.open(str(folder)) for _ in range(4))):
            await database.close()


async def test_a_database_bound_to_block_0_is_migrated_and_keeps_what_it_knows(tmp_path):
    database = await Database.open(str(tmp_path))
    await as_of_version_2(database)
    await database.close()

    database = await Database.open(str(tmp_path))
    assert await database.bind(DEPLOYMENT) is None, "no node has been asked for the anchor yet"
    with pytest.raises(DatabaseError, match="domain 7: mailbox was 0x0101"):
        await database.bind(Deployment(7, 77, b"\3" * 20, b"\2" * 20))
    await database.close()
    await (await Database.open(str(tmp_path))).close()


async def test_an_anchor_is_remembered(tmp_path):
    database = await Database.open(str(tmp_path))
    assert await database.bind(DEPLOYMENT) is None
    await database.set_anchor(DEPLOYMENT, Anchor(12, b"\5" * 32))
    assert await database.bind(DEPLOYMENT) == Anchor(12, b"\5" * 32)
    await database.close()


async def test_a_database_from_before_canaries_takes_them(tmp_path):
    database = await Database.open(str(tmp_path))
    async with database.write() as connection:
        await connection.execute(text("DROP TABLE canaries"))
    await database.close()

    database = await Database.open(str(tmp_path))
    canaries = CanaryStore(database)
    await canaries.add(CanaryKey(7, 1), 8, 1000.0, 5)
    assert await canaries.count_in_flight(7) == {8: 1}
    await database.close()


@pytest.mark.parametrize("version", [1, 99])
async def test_a_version_that_cannot_be_read_is_named(version, tmp_path):
    database = await Database.open(str(tmp_path))
    async with database.write() as connection:
        await connection.execute(text(f"UPDATE schema SET version = {version}"))
    await database.close()
    with pytest.raises(DatabaseError, match=f"has schema version {version}; this program reads"):
        await Database.open(str(tmp_path))
