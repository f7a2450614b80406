"""The plan of every statement of the agents' stores, and the work of the frequent ones at 1,000,000
messages: nothing that happens again and again reads a large table whole, or sorts one."""

import asyncio
import inspect
import re
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from typing import Any

import pytest
from sqlalchemy import event

from hyperlane.protocol.checkpoint import Checkpoint, SignedCheckpoint
from hyperlane.protocol.message import Message
from hyperlane.protocol.reorg import ReorgReport
from hyperlane.store.canaries import CanaryKey, CanaryStore, Outcome
from hyperlane.store.censorships import CensorshipStore, Stage
from hyperlane.store.commitments import CheckpointStore, ObservedTree
from hyperlane.store.committed_calls import CallsKey, CommittedCalls, CommittedCallsStore
from hyperlane.store.database import Database
from hyperlane.store.deliveries import Delivery, DeliveryStore, Stopped, Verdict
from hyperlane.store.deliveries import Outcome as StopOutcome
from hyperlane.store.dispatched import Sent, SentStore
from hyperlane.store.keys import Bound, KeyStore
from hyperlane.store.operations import Lane, Operation, OperationStore, State
from hyperlane.store.payments import GasPayment, PaymentStore
from hyperlane.store.revisions import RevisionStore
from hyperlane.store.sequences import Dispatched, Insertion, InsertionStore, MessageStore
from hyperlane.store.sightings import Sighting, SightingStore
from hyperlane.store.sizes import SizeStore
from hyperlane.store.subtrees import SubtreeStore
from hyperlane.store.transactions import Signed, TransactionStore

Call = Callable[[], Awaitable[Any]]
Statement = tuple[str, Any]

HERE, THERE = 1337, 7331
ADDRESS, HASH = bytes(20), bytes(32)
NEXT = 2_000_000
"""A block and number above all that is stored."""
MESSAGE = Message(
    version=3, nonce=5, origin=HERE, sender=HASH, destination=THERE, recipient=HASH, body=b""
)
OPERATION = Operation(
    MESSAGE, State.PENDING, Lane.FRESH, 0, 0.0, None, None, None, None, None, 0, 0, 0.0
)


def operations(database: Database) -> dict[str, Call]:
    store = OperationStore(database)

    async def create() -> None:
        async with database.write() as connection:
            await store.create(connection, [MESSAGE], 0.0)

    async def promote() -> None:
        async with database.write() as connection:
            await store.promote(connection, [(MESSAGE.id, THERE)], waiting_for=["unpaid"])

    return {
        "create": create,
        "promote": promote,
        "recover": store.recover,
        "take": lambda: store.take(THERE, 1.0, dict.fromkeys(Lane, 10)),
        "next_times": lambda: store.next_times(THERE),
        "batches": lambda: store.batches(THERE),
        "found_delivered": lambda: store.found_delivered(THERE),
        "carried_by": lambda: store.carried_by(THERE, ["batch"]),
        "get": lambda: store.get(MESSAGE.id),
        "listed": lambda: store.listed([State.PENDING], after=(HERE, 3)),
        "paid_for": lambda: store.paid_for([OPERATION]),
        "counts": lambda: store.counts(THERE),
        "change": lambda: store.change([MESSAGE.id], 0.0, state=State.SUBMITTED),
        "change_each": lambda: store.change_each(0.0, {MESSAGE.id: {"retries": 1}}),
        "charge": lambda: store.charge([(MESSAGE.id, 1)]),
    }


def revisions(database: Database) -> dict[str, Call]:
    store = RevisionStore(database, THERE, 1e12)
    return {
        "revive": lambda: store.revive(0.0),
        "due": lambda: store.due(0.0, 500),
        "confirm": lambda: store.confirm([MESSAGE.id], 0.0, 1.0, 2.0),
        "reopen": lambda: store.reopen([MESSAGE.id], 0.0, "reorged", ""),
    }


def transactions(database: Database) -> dict[str, Call]:
    store = TransactionStore(database, THERE, ADDRESS)

    async def replace() -> None:
        (item,) = await store.live()
        await store.replace(item, {"nonce": 1}, HASH, b"", 0.0)

    async def finish() -> None:
        await store.finish(*await store.add([Signed("another", {"nonce": 2}, HASH, b"")], 0.0))

    return {
        "add": lambda: store.add([Signed("purpose", {"nonce": 1}, HASH, b"")], 0.0),
        "live_for": lambda: store.live_for("purpose"),
        "live_by_purpose": lambda: store.live_by_purpose(["purpose"]),
        "nonces": store.nonces,
        "unmined_gas": lambda: store.unmined_gas(1),
        "next_nonce": store.next_nonce,
        "replace": replace,
        "live": store.live,
        "finish": finish,
    }


async def no_more(*_arguments: object) -> None:
    """Write nothing else."""


def sequence(store: Any, item: Any) -> dict[str, Call]:
    return {
        "progress": store.progress,
        "last": lambda: store.last(NEXT),
        "add": lambda: store.add([item], NEXT),
        "add_ahead": lambda: store.add_ahead([item]),
        "forget": lambda: store.forget(NEXT),
    }


def messages(database: Database) -> dict[str, Call]:
    store = MessageStore(database, HERE, no_more)
    return sequence(store, Dispatched(MESSAGE, 5, HASH)) | {"get": lambda: store.get(5)}


def insertions(database: Database) -> dict[str, Call]:
    store = InsertionStore(database, HERE)
    return sequence(store, Insertion(5, MESSAGE.id, 5)) | {
        "leaves": lambda: store.leaves(3, 10),
        "leaf_index": lambda: store.leaf_index(MESSAGE.id),
        "without_message": lambda: store.without_message(3),
    }


def subtrees(database: Database) -> dict[str, Call]:
    store = SubtreeStore(database, HERE)

    async def forget() -> None:
        async with database.write() as connection:
            await store.forget(connection, NEXT)

    return {"roots": store.roots, "complete": store.complete, "forget": forget}


def sent(database: Database) -> dict[str, Call]:
    store = SentStore(database, HERE)
    item = Sent(5, MESSAGE.id, 5, HASH)
    return sequence(store, item) | {
        "find": lambda: store.find(MESSAGE.id),
        "at": lambda: store.at(5),
        "see": lambda: store.see([item]),
        "seen": lambda: store.seen(MESSAGE.id),
        "forget_sights": store.forget_sights,
        "from_nonce": lambda: store.from_nonce(3),
    }


def payments(database: Database) -> dict[str, Call]:
    store = PaymentStore(database, HERE, no_more)
    return {
        "add": lambda: store.add([GasPayment(MESSAGE.id, THERE, 1, 1)], 9),
        "next_block": store.next_block,
    }


def committed_calls(database: Database) -> dict[str, Call]:
    store = CommittedCallsStore(database)
    key = CallsKey(HERE, HASH, HASH, HASH, HASH)

    async def sent_with() -> None:
        async def no_operations(_connection: Any, _messages: Any) -> None: ...

        await MessageStore(database, HERE, no_operations).add([Dispatched(MESSAGE, 1, HASH)], 9)
        await store.sent_with(MESSAGE.id)

    return {
        "add": lambda: store.add(CommittedCalls(key, HASH, b"", None), 0.0, 9),
        "get": lambda: store.get(key),
        "sent_with": sent_with,
        "forget": lambda: store.forget(9.0),
    }


def checkpoints(database: Database) -> dict[str, Call]:
    store = CheckpointStore(database, HERE, ADDRESS, ADDRESS)
    report = ReorgReport(HASH, HASH, 5, 1, 1)
    return {
        "commit": lambda: store.commit([Checkpoint(HERE, HASH, HASH, 5, HASH)]),
        "unpublished": lambda: store.unpublished(10),
        "mark_published": lambda: store.mark_published([5]),
        "published": lambda: store.published(NEXT, 10),
        "mark_unpublished": lambda: store.mark_unpublished([5]),
        "next_index": store.next_index,
        "observed": store.observed,
        "observe": lambda: store.observe(ObservedTree(5, HASH, 5)),
        "at": lambda: store.at(5),
        "remember_reorg": lambda: store.remember_reorg(report),
        "unflagged_reorg": store.unflagged_reorg,
        "reorg_flagged": store.reorg_flagged,
    }


def deliveries(database: Database) -> dict[str, Call]:
    store = DeliveryStore(database, THERE)
    item = Delivery(
        message_id=MESSAGE.id,
        origin=HERE,
        recipient=ADDRESS,
        block_number=5,
        block_hash=HASH,
        block_time=5,
        tx_hash=HASH,
    )
    return {
        "next_block": store.next_block,
        "add": lambda: store.add([item], 9, 0.0),
        "known": lambda: store.known([(MESSAGE.id, HASH)]),
        "find": lambda: store.find(MESSAGE.id),
        "to_judge": lambda: store.to_judge(HERE),
        "to_stop": store.to_stop,
        "to_convict": store.to_convict,
        "judge": lambda: store.judge(item, Verdict.GENUINE, {}, 0.0),
        "stopped": lambda: store.stopped(item),
        "convicted": lambda: store.convicted(item),
        "outcomes": lambda: store.outcomes(item),
        "note": lambda: store.note(item, "pause", Stopped(StopOutcome.SENT, "", 1)),
    }


def sightings(database: Database) -> dict[str, Call]:
    store = SightingStore(database, HERE, ADDRESS)
    signed = SignedCheckpoint(Checkpoint(HERE, HASH, HASH, 5, HASH), bytes(65))
    item = Sighting(signed, ADDRESS, "file:///somewhere")
    return {
        "add": lambda: store.add([item], 0.0),
        "open_faults": store.open_faults,
        "of_index": lambda: store.of_index(ADDRESS, 5),
        "salt": lambda: store.salt(item, HASH),
        "mark_alerted": lambda: store.mark_alerted(item),
        "settle": lambda: store.settle(item),
        "reopen": lambda: store.reopen([ADDRESS]),
        "highest_index": lambda: store.highest_index(ADDRESS, "file:///somewhere"),
        "indexes": lambda: store.indexes([ADDRESS], 3, 10),
        "signed": lambda: store.signed([ADDRESS], 3, 10),
        "places": lambda: store.places(5, [ADDRESS]),
    }


def canaries(database: Database) -> dict[str, Call]:
    store = CanaryStore(database)
    key = CanaryKey(HERE, 1)
    return {
        "add": lambda: store.add(key, THERE, 0.0, 1),
        "change": lambda: store.change(key, alerts=1),
        "set_cost": lambda: store.set_cost(key, 1, settled=True),
        "undo_dispatch": lambda: store.undo_dispatch(key),
        "end": lambda: store.end(key, Outcome.DELIVERED, 1.0),
        "last": lambda: store.last(HERE),
        "unsettled": lambda: store.unsettled(HERE),
        "in_flight": lambda: store.in_flight(THERE),
        "count_in_flight": lambda: store.count_in_flight(HERE),
        "spent": lambda: store.spent(HERE, 0.0),
        "to_tell": store.to_tell,
        "last_deliveries": store.last_deliveries,
        "prune": lambda: store.prune(0.0),
        "remove": lambda: store.remove(key),
    }


def censorships(database: Database) -> dict[str, Call]:
    store = CensorshipStore(database, HERE)
    return {
        "is_alerted": lambda: store.is_alerted(ADDRESS, 5),
        "answered": lambda: store.answered(ADDRESS),
        "open": store.open,
        "at_risk": store.at_risk,
        "tell": lambda: store.tell(ADDRESS, 5),
        "begin": lambda: store.begin(ADDRESS, 5, 1),
        "close": lambda: store.close(ADDRESS, 5, Stage.RETURNED),
    }


def keys(database: Database) -> dict[str, Call]:
    store = KeyStore(database, HERE, ADDRESS)
    return {
        "next_block": store.next_block,
        "all": store.all,
        "add": lambda: store.add([Bound(ADDRESS, ADDRESS, 5, 1)], 9),
    }


def sizes(database: Database) -> dict[str, Call]:
    store = SizeStore(database, HERE)

    async def write() -> None:
        store.note("http://node", 10, 100)
        await store.write()

    async def keep_writing() -> None:
        store.note("http://node", 20, 100)
        with suppress(TimeoutError):  # it goes on for ever
            await asyncio.wait_for(store.keep_writing(), 0.5)

    return {"read": store.read, "write": write, "keep_writing": keep_writing}


STORES: dict[type, Callable[[Database], dict[str, Call]]] = {
    OperationStore: operations,
    RevisionStore: revisions,
    TransactionStore: transactions,
    MessageStore: messages,
    InsertionStore: insertions,
    SubtreeStore: subtrees,
    SentStore: sent,
    PaymentStore: payments,
    CommittedCallsStore: committed_calls,
    CheckpointStore: checkpoints,
    DeliveryStore: deliveries,
    SightingStore: sightings,
    CanaryStore: canaries,
    CensorshipStore: censorships,
    KeyStore: keys,
    SizeStore: sizes,
}

SMALL = {
    "committed_calls": "no more are stored than the settings allow",
    "canaries": "old ones are pruned",
    "request_sizes": "a row for each RPC",
}
"""Tables that may be read whole."""

SORTED = {
    (OperationStore, "batches"): "those in flight alone",
    (DeliveryStore, "to_judge"): "those without a verdict alone",
    (DeliveryStore, "to_stop"): "forged ones alone",
    (DeliveryStore, "to_convict"): "forged ones alone",
    (SightingStore, "open_faults"): "those that are not settled alone",
    (SightingStore, "of_index"): "of one validator and leaf",
    (SightingStore, "places"): "of one leaf",
    (CanaryStore, "in_flight"): SMALL["canaries"],
    (CanaryStore, "last_deliveries"): SMALL["canaries"],
    (KeyStore, "all"): "a few keys for each operator",
}
"""Methods that may sort what an index found, and why it is little."""


async def statements_of(database: Database, call: Call) -> list[Statement]:
    statements: list[Statement] = []

    def note(_connection, _cursor, statement, parameters, _context, many):
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            statements.append((statement, parameters[0] if many else parameters))

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    try:
        await call()
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", note)
    return statements


@pytest.mark.parametrize("store", STORES, ids=lambda store: store.__name__)
async def test_no_statement_reads_or_sorts_a_large_table(store, tmp_path):
    """SQLite plans without a look at the rows: an empty database has the plans of a large one."""
    database = await Database.open(str(tmp_path))
    calls = STORES[store](database)
    methods = inspect.getmembers(store, inspect.iscoroutinefunction)
    assert set(calls) == {name for name, _ in methods if not name.startswith("_")}
    found = {name: await statements_of(database, call) for name, call in calls.items()}
    await database.close()
    with closing(sqlite3.connect(database.name)) as other:
        for name, statements in found.items():
            for statement, parameters in statements:
                for *_, step in other.execute(f"EXPLAIN QUERY PLAN {statement}", parameters):
                    scanned = re.match(r"SCAN (?!CONSTANT ROW)(\w+)", step)
                    assert scanned is None or scanned[1] in SMALL, (name, step, statement)
                    if "TEMP B-TREE" in step:
                        assert (store, name) in SORTED, (name, step, statement)


ROWS, PENDING = 1_000_000, 100_000
FILL = f"""
CREATE TEMP TABLE numbered AS
  WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS - 1})
  SELECT i, CAST(printf('%032d', i) AS BLOB) AS id, i >= {ROWS - PENDING} AS waits FROM n;
INSERT INTO messages (origin, nonce, id, raw, block_number, tx_hash)
  SELECT {HERE}, i, id, x'{MESSAGE.encode().hex()}', i, x'00' FROM numbered;
INSERT INTO operations (message_id, origin, nonce, destination, state, lane, retries, next_attempt,
    gas_estimate, gas_used, created_at, updated_at)
  SELECT id, {HERE}, i, {THERE}, iif(waits, 'pending', 'delivered'), waits, 0,
    iif(waits, 0, 1e9), 0, 0, i, i FROM numbered;
INSERT INTO transactions (domain, sender, nonce, purpose, live, hash, replaced_hashes, fields, raw,
    sent_at)
  SELECT {THERE}, zeroblob(20), i, i, false, x'00', x'', '{{}}', x'', i FROM numbered;
INSERT INTO checkpoints (domain, merkle_tree_hook, validator, "index", root, message_id, published)
  SELECT {HERE}, zeroblob(20), zeroblob(20), i, zeroblob(32), id, true FROM numbered;
"""
FREQUENT = {
    OperationStore: ("create", "take", "next_times", "batches", "carried_by", "change"),
    RevisionStore: ("revive", "due"),
    TransactionStore: ("add", "live", "live_for", "next_nonce", "replace", "finish"),
    MessageStore: ("progress", "last", "add"),
    CheckpointStore: ("commit", "unpublished", "published", "mark_published", "next_index"),
}
"""Methods that run with every message or block."""
MOST_STEPS = 20_000
"""Of SQLite's virtual machine, in one method: a read of a whole table takes millions."""


async def test_the_work_does_not_grow_with_what_is_stored(tmp_path):
    database = await Database.open(str(tmp_path))
    with closing(sqlite3.connect(database.name)) as other:
        other.executescript(f"PRAGMA synchronous=OFF; BEGIN; {FILL} COMMIT;")
        for store, names in FREQUENT.items():
            calls = STORES[store](database)
            for name in names:
                statements = await statements_of(database, calls[name])
                assert steps(other, statements) < MOST_STEPS, (store, name)
    await database.close()


def steps(connection: sqlite3.Connection, statements: list[Statement]) -> int:
    """Steps of SQLite's virtual machine that statements take, rounded down to hundreds."""
    taken = 0

    def count() -> None:
        nonlocal taken
        taken += 100

    connection.set_progress_handler(count, 100)
    for statement, parameters in statements:
        connection.execute(statement, parameters).fetchall()
    connection.rollback()
    connection.set_progress_handler(None, 0)
    return taken
