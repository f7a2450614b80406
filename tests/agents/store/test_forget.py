"""A development chain that was started anew: a relayer goes on with the others where it was."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update
from tests.support.agents import eventually, relaying, validating
from tests.support.devnet import ANOTHER_GENESIS, devnet, key

from hyperlane.errors import DatabaseError
from hyperlane.store import tables
from hyperlane.store.database import Database
from hyperlane.store.locks import exclusive

AGENT = Path(sys.executable).with_name("hyperlane-agent")
REFUSED = "another deployment on domain 7331"


async def forget(db, domain):
    """The command, as it is typed: exit status, output and errors."""
    process = await asyncio.create_subprocess_exec(
        *(AGENT, "forget", str(domain), "--db", str(db)), stdout=PIPE, stderr=PIPE
    )
    said, complained = await process.communicate()
    return process.returncode, said.decode(), complained.decode()


async def rows(db, table):
    database = await Database.open(str(db))
    async with database.read() as connection:
        found = [dict(row._mapping) for row in await connection.execute(select(table))]
    await database.close()
    return found


async def test_a_relayer_goes_on_with_the_other_chains(origin, tmp_path, relayer_config):
    with devnet("beta", 7331) as first:
        config = relayer_config(origin, first)
        recipient = first.recipient()
        async with relaying(config) as task:
            old = origin.dispatch(7331, recipient.address, b"old")
            await eventually(lambda: first.delivered(old), task)
            back = first.dispatch(1337, origin.recipient().address, b"back")
            await eventually(lambda: origin.delivered(back), task)
    db = config["db"]
    database = await Database.open(db)
    async with database.write() as connection:  # as if a delivery had failed on the chain
        await connection.execute(update(tables.operations).values(gas_used=9))
    await database.close()
    assert old.id in {row["message_id"] for row in await rows(db, tables.delivery_costs)}
    before = {row["origin"]: row["id"] for row in await rows(db, tables.messages)}
    assert set(before) == {1337, 7331}
    cursors = [row for row in await rows(db, tables.cursors) if row["domain"] == 1337]
    with devnet("beta", 7331, *ANOTHER_GENESIS) as second:
        config = relayer_config(origin, second)
        async with relaying(config) as task:
            with pytest.raises(ExceptionGroup) as refused:
                await task
        told = rf"{REFUSED}: block .*: hyperlane-agent forget 7331 --db {db}"
        assert refused.group_contains(DatabaseError, match=told)

        status, said, complained = await forget(db, 7331)
        assert status == 0, complained
        assert said.startswith("forgot the chain with domain 7331: ")
        assert [row["origin"] for row in await rows(db, tables.messages)] == [1337]
        assert await rows(db, tables.cursors) == cursors
        assert old.id not in {row["message_id"] for row in await rows(db, tables.delivery_costs)}
        (begun,) = await rows(db, tables.operations)
        assert (begun["message_id"], begun["state"], begun["gas_used"]) == (old.id, "pending", 0)
        assert [row["domain"] for row in await rows(db, tables.deployments)] == [1337]

        again = second.recipient()
        assert again.address == recipient.address
        async with relaying(config) as task:
            await eventually(lambda: second.delivered(old), task)  # not delivered on this chain
            new = second.dispatch(1337, origin.recipient().address, b"new")
            await eventually(lambda: origin.delivered(new), task)


async def test_a_validators_chain_is_not_forgotten(origin, validator_config, tmp_path):
    config = validator_config(origin)
    origin.dispatch(7331, key(3).address)
    async with validating(config) as task:
        await eventually((tmp_path / "v1" / "0_with_id.json").exists, task)
    status, _, complained = await forget(config["db"], 1337)
    assert status == 1
    assert "a validator signed for domain 1337" in complained
    assert await rows(config["db"], tables.checkpoints)


@pytest.mark.parametrize(
    ("domain", "said"),
    [
        ("7", "no chain has domain 7; expected one of none: the database is empty"),
        ("0", "0 is not in the range 1<=x<=4294967295"),
        ("alpha", "'alpha' is not a valid integer range"),
    ],
)
async def test_bad_input_is_named(tmp_path, domain, said):
    status, _, complained = await forget(tmp_path, domain)
    assert status
    assert said in complained


async def test_a_database_in_use_is_left_alone(origin, target, relayer_config):
    config = relayer_config(origin, target)
    async with relaying(config) as task:
        message = origin.dispatch(7331, target.recipient().address)
        await eventually(lambda: target.delivered(message), task)
        status, _, complained = await forget(config["db"], 7331)
    assert status == 1
    assert "a relayer is running already" in complained


async def test_a_database_that_kathy_uses_is_left_alone(tmp_path):
    database = await Database.open(str(tmp_path))
    async with exclusive(database, "kathy"):
        status, _, complained = await forget(tmp_path, 7331)
    await database.close()
    assert status == 1
    assert "kathy is running already" in complained


async def test_what_was_watched_of_a_chain_is_forgotten_and_nothing_else(tmp_path):
    """Deliveries that claimed to be from it, too, with the stops that were tried for them."""
    delivery = {
        "recipient": bytes(20),
        "block_number": 1,
        "block_hash": bytes(32),
        "block_time": 1,
        "tx_hash": bytes(32),
        "verdict": "forged",
        "evidence": {},
        "seen_at": 0.0,
        "judged_at": 0.0,
        "judging": False,
        "stopping": True,
        "convicting": False,
    }
    stop = {"stop": "beta 0x", "outcome": "final", "detail": "", "since": 1}
    sent = {"nonce": 0, "block_number": 1, "block_hash": bytes(32)}
    ways = [(7331, 1337), (1337, 7331), (7331, 10), (10, 7331), (10, 11)]
    database = await Database.open(str(tmp_path))
    async with database.write() as connection:
        await connection.execute(
            insert(tables.deployments).values(
                domain=1337, chain_id=1337, mailbox=bytes(20), merkle_tree_hook=bytes(20)
            )
        )
        for number, (domain, origin) in enumerate(ways):
            own = {"domain": domain, "message_id": bytes([number]) * 32}
            await connection.execute(
                insert(tables.watched_deliveries).values(origin=origin, **own, **delivery)
            )
            await connection.execute(insert(tables.delivery_stops).values(**own, **stop))
        for origin in (1337, 10):
            for table in (tables.dispatched_ids, tables.tip_dispatches):
                await connection.execute(insert(table).values(origin=origin, id=bytes(32), **sent))
    await database.close()
    status, _, complained = await forget(tmp_path, 1337)
    assert status == 0, complained
    left = [bytes([number]) * 32 for number in (2, 3, 4)]
    for table in (tables.watched_deliveries, tables.delivery_stops):
        assert sorted(row["message_id"] for row in await rows(tmp_path, table)) == left
    for table in (tables.dispatched_ids, tables.tip_dispatches):
        assert [row["origin"] for row in await rows(tmp_path, table)] == [10]
