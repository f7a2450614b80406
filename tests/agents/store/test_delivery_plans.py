"""Queries that a guardian repeats with every look: none reads all deliveries of the past."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from sqlalchemy import event, text

from hyperlane.protocol.typecasts import Address, Bytes32
from hyperlane.store.database import Database
from hyperlane.store.deliveries import Delivery, DeliveryStore, Verdict
from hyperlane.store.dispatched import Sent, SentStore

SMALL = ("cursors", "tip_dispatches")
"""Tables with few rows, which may be read whole."""


def delivery(number: int) -> Delivery:
    return Delivery(
        message_id=Bytes32(number.to_bytes(32)),
        origin=1337,
        recipient=Address(bytes(20)),
        block_number=number,
        block_hash=bytes(32),
        block_time=number,
        tx_hash=Bytes32(bytes(32)),
    )


@pytest.fixture
async def database(locate: Callable[[str], str]) -> AsyncIterator[Database]:
    opened = await Database.open(locate("plans"))
    store = DeliveryStore(opened, 7331)
    deliveries = [delivery(number) for number in range(1, 300)]
    await store.add(deliveries, 300, 0)
    for item in deliveries[:-1]:
        await store.judge(item, Verdict.GENUINE, {}, 0)
    sent = [Sent(item.block_number - 1, item.message_id, 1, bytes(32)) for item in deliveries]
    await SentStore(opened, 1337).add(sent, 300)
    yield opened
    await opened.close()


def queries(database: Database) -> dict[str, Callable[[], Awaitable[object]]]:
    deliveries, sent = DeliveryStore(database, 7331), SentStore(database, 1337)
    item = delivery(5)
    return {
        "known": lambda: deliveries.known([(item.message_id, item.block_hash)]),
        "to_judge": deliveries.to_judge,
        "to_judge from": lambda: deliveries.to_judge(1337),
        "to_stop": deliveries.to_stop,
        "to_convict": deliveries.to_convict,
        "judge": lambda: deliveries.judge(item, Verdict.GENUINE, {}, 0),
        "outcomes": lambda: deliveries.outcomes(item),
        "progress": sent.progress,
        "sent": lambda: sent.find(item.message_id),
        "at": lambda: sent.at(5),
        "seen": lambda: sent.seen(item.message_id),
        "forget_sights": sent.forget_sights,
    }


async def test_no_look_reads_all_deliveries(database):
    statements: list[tuple[str, str, object]] = []
    engine = database.engine.sync_engine
    for name, query in queries(database).items():

        def note(_connection, _cursor, statement, parameters, _context, _many, name=name):
            statements.append((name, statement, parameters))

        event.listen(engine, "before_cursor_execute", note)
        await query()
        event.remove(engine, "before_cursor_execute", note)
    asked = [item for item in statements if item[1].startswith(("SELECT", "UPDATE", "DELETE"))]
    assert {name for name, *_ in asked} == set(queries(database))
    for name, statement, parameters in asked:
        for table in await scanned(database, statement, parameters):
            assert table in SMALL, (name, statement)


async def scanned(database: Database, statement: str, parameters: object) -> list[str]:
    """Tables that a statement reads whole. PostgreSQL reads small ones so: it is told not to."""
    async with database.read() as connection:
        if "postgres" not in database.name:
            rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            steps = [str(row[-1]) for row in rows.all()]
            return [found[1] for step in steps if (found := re.match(r"SCAN (\w+)", step))]
        await connection.execute(text("SET LOCAL enable_seqscan = off"))
        rows = await connection.exec_driver_sql(f"EXPLAIN (COSTS OFF) {statement}", parameters)
        return re.findall(r"Seq Scan on (\w+)", "\n".join(row[0] for row in rows.all()))
