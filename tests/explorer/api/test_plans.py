"""Each query of the explorer walks an index: on a database of any size it reads few rows."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import contextmanager

import pytest
from sqlalchemy import event, text
from tests.support.explorer_rows import ALPHA, BETA, OPERATOR, RELAYER, ROUTERS, VALIDATORS, busy

from hyperlane.explorer.queries import (
    accounts,
    chains,
    changes,
    life,
    messages,
    redundancy,
    routes,
    search,
    stakes,
    tokens,
    validators,
)
from hyperlane.explorer.queries.messages import Wanted
from hyperlane.explorer.queries.paging import Place
from hyperlane.store.database import Database
from hyperlane.store.migrations.schemas import SCRAPER

NOW = 1_796_000_000
ID, WORD = b"\x11" * 32, b"\x22" * 32
FILTERS = (
    Wanted(),
    Wanted(sender=WORD),
    Wanted(recipient=WORD),
    Wanted(origin=1),
    Wanted(destination=2),
    Wanted(origin=1, destination=2),
    Wanted(delivered=False),
    Wanted(delivered=True),
    Wanted(since=5),
    Wanted(until=NOW),
    Wanted(sender=WORD, recipient=WORD, origin=1, destination=2, delivered=True, since=5, until=9),
    Wanted(sender=WORD, delivered=False),
    Wanted(origin=1, delivered=False, since=5),
    Wanted(recipient=WORD, origin=1),
    Wanted(destination=2, delivered=True, until=NOW),
)
SMALL = ("domain", "cursor", "CONSTANT")
"""Tables of a row or a few for each chain, which may be read whole."""


def queries() -> dict[str, Callable[[Database], Awaitable[object]]]:
    found = {
        f"messages {number} {'from a place' if after else ''}": (
            lambda database, wanted=wanted, after=after: messages.messages(database, wanted, after)
        )
        for number, wanted in enumerate(FILTERS)
        for after in (None, Place(NOW, 7))
    }
    return found | {
        "message": lambda database: messages.message(database, ID),
        "traffic": lambda database: messages.traffic(database, ID),
        "transfers": lambda database: tokens.transfers(database, [ID, WORD]),
        "lives": lambda database: life.lives(database, [ID, WORD]),
        "chains": lambda database: chains.chains(database),
        "chain": lambda database: chains.chain(database, ALPHA),
        "names": lambda database: chains.names(database),
        "validators": lambda database: validators.validators(database, ALPHA),
        "validator": lambda database: validators.validator(database, VALIDATORS[ALPHA][0]),
        "coverage": lambda database: validators.coverage(database, ALPHA, VALIDATORS[ALPHA][0]),
        "staking events": lambda database: validators.staking_events(database, OPERATOR),
        "stakes": lambda database: stakes.stakes(database, VALIDATORS[ALPHA], ALPHA),
        "routes": lambda database: routes.routes(database),
        "route": lambda database: routes.route(database, routes.router_key(ALPHA, ROUTERS[ALPHA])),
        "route by name": lambda database: routes.route(database, "USDC/one-two"),
        "redundancy": lambda database: redundancy.redundancy(database),
        "redundancy of a domain": lambda database: redundancy.redundancy(
            database, BETA, (BETA, b"", 1)
        ),
        "scarcest": lambda database: redundancy.scarcest(database),
        "module of a message": lambda database: redundancy.of_message(database, 1, 2, WORD),
        "changes": lambda database: changes.changes(database, 5),
        "newest change": lambda database: changes.newest(database),
        "search for a word": lambda database: search.search(database, ID.hex()),
        "search for an address": lambda database: search.search(
            database, VALIDATORS[ALPHA][0].hex()
        ),
        "search for a beginning": lambda database: search.search(database, "0x" + ID.hex()[:10]),
        "search for a number": lambda database: search.search(database, "block 12"),
        "account": lambda database: accounts.account(database, RELAYER, 5),
        "search for text": lambda database: search.search(database, "usdc/One-two"),
    }


@contextmanager
def recorded(database: Database):
    """The statements that run meanwhile, with their parameters."""
    statements = []

    def note(_connection, _cursor, statement, parameters, _context, _many):
        statements.append((statement, parameters))

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", note)


async def statements_of(database: Database, query) -> list[tuple[str, object]]:
    with recorded(database) as statements:
        await query(database)
    assert statements
    return list(statements)


async def explained(database: Database, statement: str, parameters: object) -> list[str]:
    async with database.read() as connection:
        explain = "EXPLAIN (COSTS OFF)" if "postgres" in database.name else "EXPLAIN QUERY PLAN"
        rows = await connection.exec_driver_sql(f"{explain} {statement}", parameters)
        return [str(row[-1]) for row in rows.all()]


@pytest.fixture
async def filled(database: Database) -> Database:
    async with database.together():
        await busy(database, NOW, 12)
    return database


async def life_of_a_message(database: Database) -> object:
    page = await messages.messages(database)
    return await life.life(database, page.items[0].id)


async def test_sqlite_searches_indexes(filled):
    for name, query in {**queries(), "life": life_of_a_message}.items():
        for statement, parameters in await statements_of(filled, query):
            for step in await explained(filled, statement, parameters):
                scanned = re.match(r"SCAN (\w+)", step)
                assert scanned is None or scanned[1] in SMALL, (name, step, statement)
                assert "TEMP B-TREE" not in step, (name, step, statement)


@pytest.fixture
async def on_postgres(postgres) -> AsyncIterator[Database]:
    database = await Database.open(postgres("plans"), SCRAPER)
    async with database.together():
        await busy(database, NOW, 12)
    yield database
    await database.close()


async def test_postgres_can_search_indexes(on_postgres):
    """Of a small table it reads all; told not to, it says whether it could do otherwise."""
    everything = {**queries(), "life": life_of_a_message}
    for name, query in everything.items():
        for statement, parameters in await statements_of(on_postgres, query):
            async with on_postgres.read() as connection:
                for setting in ("enable_seqscan", "enable_sort"):
                    await connection.execute(text(f"SET LOCAL {setting} = off"))
                rows = await connection.exec_driver_sql(
                    f"EXPLAIN (COSTS OFF) {statement}", parameters
                )
                plan = "\n".join(row[0] for row in rows.all())
            for table in re.findall(r"Seq Scan on (\w+)", plan):
                assert table in SMALL, (name, statement, plan)
