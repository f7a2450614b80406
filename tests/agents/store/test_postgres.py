"""The agents on PostgreSQL: the same tables, the same effects, one server for all."""

import asyncio
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.agents.store.test_backup import commands, do
from tests.support.agents import eventually, relaying, validating
from tests.support.devnet import key

from hyperlane.errors import DatabaseError
from hyperlane.store.canaries import CanaryKey, CanaryStore, Outcome
from hyperlane.store.database import Database
from hyperlane.store.locks import exclusive


async def test_a_message_is_signed_and_delivered_and_both_agents_resume(
    origin, target, validator_config, relayer_config, postgres, tmp_path: Path
):
    validator = validator_config(origin, db=postgres("validator"))
    relayer = relayer_config(origin, target, db=postgres("relayer"))
    ism = target.merkle_root_multisig([key(1).address], 1)
    recipient = target.recipient(ism)

    for round in range(2):
        messages = [origin.dispatch(7331, recipient.address, bytes([round])) for _ in range(3)]
        async with validating(validator) as signing, relaying(relayer) as delivering:
            for message in messages:
                await eventually(lambda m=message: target.delivered(m), delivering)
            assert not signing.done()
        assert [target.deliveries(message) for message in messages] == [1, 1, 1]
    assert not _sqlite_files(tmp_path)


async def test_canaries_are_counted_charged_and_deleted(postgres):
    database = await Database.open(postgres("kathy"))
    canaries = CanaryStore(database)
    for number in (1, 2, 3):
        await canaries.add(CanaryKey(7, number), 8, 1000.0 * number, 10**20)
    await canaries.set_cost(CanaryKey(7, 1), 5, settled=True)
    await canaries.end(CanaryKey(7, 1), Outcome.DELIVERED, 1500.0)
    await canaries.change(CanaryKey(7, 1), late_at=1400.0)
    assert await canaries.spent(7, 0) == 2 * 10**20 + 5
    assert await canaries.count_in_flight(7) == {8: 2}
    assert [canary.sequence for canary in await canaries.to_tell()] == [1]
    assert await canaries.last_deliveries() == {(7, 8): 1500.0}
    await canaries.prune(5000.0)
    assert [canary.sequence for canary in await canaries.unsettled(7)] == [2, 3]
    assert await canaries.spent(7, 0) == 2 * 10**20
    await database.close()


async def test_a_validator_goes_on_from_a_restored_backup(
    origin, validator_config, postgres, server, tmp_path: Path, monkeypatch
):
    location, latest = postgres("alpha"), tmp_path / "v1" / "index.json"
    config = validator_config(origin, db=location)
    (host,) = parse_qs(urlsplit(location).query)["host"]
    environment = {"DATABASE_URL": location, "PGHOST": host, "PGUSER": "postgres"}
    monkeypatch.setenv("PATH", str(server.bin_path), prepend=":")

    async with validating(config) as task:
        origin.dispatch(7331, key(3).address)
        await eventually(latest.exists, task)
        await asyncio.to_thread(do, commands("Back up")[1], tmp_path, **environment)
    server.psql("DROP DATABASE alpha;")
    do(commands("Restore")[1], tmp_path, **environment)
    async with validating(config) as task:
        origin.dispatch(7331, key(3).address)
        await eventually(lambda: latest.read_text() == "1", task)


async def test_who_lost_the_lock_ends(postgres, server, monkeypatch):
    monkeypatch.setattr("hyperlane.store.locks._CHECKED_EVERY", 0.5)
    database = await Database.open(postgres("locked"))

    async def run():
        async with exclusive(database, "a relayer"):
            holders = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory';"
            await asyncio.to_thread(server.psql, holders)
            await asyncio.Event().wait()

    with pytest.raises(DatabaseError, match="kept others from running as a relayer was lost"):
        await run()
    async with exclusive(database, "a relayer"):
        pass
    await database.close()


def _sqlite_files(folder: Path) -> list[Path]:
    return list(folder.glob("**/*.sqlite"))


async def test_a_database_that_is_not_there_is_named_in_one_line(server):
    location = server.get_uri("missing")
    with pytest.raises(DatabaseError) as error:
        await Database.open(location)
    assert str(error.value).startswith("db: postgresql")
    assert '"missing" does not exist' in str(error.value)


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("postgresql://me:secret@127.0.0.1:1/db", "Connect call failed"),
        ("mysql://me:secret@host/db", "cannot be used"),
    ],
)
async def test_a_server_that_cannot_be_used_is_one_line_without_the_password(location, said):
    with pytest.raises(DatabaseError) as error:
        await Database.open(location)
    assert said in str(error.value)
    assert "secret" not in str(error.value)
