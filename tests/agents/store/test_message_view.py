"""Views: what those who query the scraper's database in SQL see of each message."""

from typing import Any

import pytest
from sqlalchemy import insert, text
from tests.support.databases import look

from hyperlane.store.database import Database
from hyperlane.store.migrations.schemas import SCRAPER
from hyperlane.store.scraper import tables

pytestmark = pytest.mark.quick

MOST = 2**256 - 1
SENDER, RECIPIENT = b"\xee" * 20, b"\xaa" * 32
"""An EVM address and one of another kind, as they are stored."""
DELIVERED, PENDING, FOREIGN = b"\1" * 32, b"\2" * 32, b"\3" * 32
GAS = {
    "gas_limit": 10**30,
    "max_priority_fee_per_gas": 1,
    "max_fee_per_gas": 2,
    "gas_price": 3,
    "effective_gas_price": 4,
    "gas_used": 5,
    "cumulative_gas_used": 6,
}


@pytest.fixture
async def location(locate) -> str:
    location = locate("scraper")
    database = await Database.open(location, SCRAPER)
    async with database.write() as connection:
        for table, rows in ROWS:
            for row in rows:
                values = row if table is tables.domain else {"time_created": 9, **row}
                await connection.execute(insert(table).values(**values))
    await database.close()
    return location


async def view(location: str, name: str = "message_view") -> dict[bytes, dict[str, Any]]:
    """Rows by message id."""
    query = text(f"SELECT * FROM {name}")

    def read(connection):
        return {row["msg_id"]: dict(row) for row in connection.execute(query).mappings()}

    return await look(location, SCRAPER.file_name, read)


async def test_a_delivered_message_has_both_transactions_and_blocks(location):
    row = (await view(location))[DELIVERED]
    assert {name: row[name] for name in ENDS} == ENDS
    for end in ("origin", "destination"):
        for name, value in GAS.items():
            assert int(row[f"{end}_tx_{name}"]) == value


async def test_a_message_under_way_and_one_to_an_unknown_chain_have_a_row_too(location):
    rows = await view(location)
    assert set(rows) == {DELIVERED, PENDING, FOREIGN}
    pending = rows[PENDING]
    assert not pending["is_delivered"]
    assert pending["destination_domain"] == "beta"
    for name in ("delivery_occurred_at", "delivery_latency", "destination_tx_hash"):
        assert pending[name] is None
    foreign = rows[FOREIGN]
    assert (foreign["destination_domain_id"], foreign["destination_domain"]) == (999, None)
    assert foreign["origin_tx_hash"] == b"origin tx"


async def test_payments_on_the_messages_origin_are_added_exactly(location):
    rows = await view(location)
    totals = {
        message: tuple(
            int(row[name]) for name in ("num_payments", "total_payment", "total_gas_amount")
        )
        for message, row in rows.items()
    }
    assert totals == {
        DELIVERED: (3, 2 * MOST + 1, MOST + 10**24),
        PENDING: (1, 10**12, 10**12 - 1),
        FOREIGN: (0, 0, 0),
    }


async def test_raw_dispatches_are_all_messages(location):
    rows = await view(location, "raw_message_dispatch")
    assert set(rows) == {DELIVERED, PENDING, FOREIGN}
    assert rows[PENDING] == {
        "id": 2,
        "time_created": 9,
        "msg_id": PENDING,
        "origin_tx_hash": b"origin tx",
        "origin_block_hash": b"origin block",
        "origin_block_height": 101,
        "nonce": 2,
        "origin_domain": 7,
        "destination_domain": 8,
        "sender": SENDER,
        "recipient": RECIPIENT,
        "origin_mailbox": b"mailbox 7",
        "msg_body": b"body",
    }


def chain(domain: int, name: str) -> dict[str, Any]:
    known = {"native_token": "ETH", "is_test_net": True, "is_deprecated": False}
    return {"id": domain, "time_created": 9, "name": name, "chain_id": domain + 1, **known}


def block(number: int, domain: int, name: bytes) -> dict[str, Any]:
    place = {"height": 100 + number, "timestamp": 1000 + 30 * number, "final": True}
    return {"id": number, "domain": domain, "hash": name, **place}


def transaction(number: int, name: bytes) -> dict[str, Any]:
    parties = {"sender": b"from", "recipient": b"to", "nonce": 40 + number}
    return {"id": number, "block_id": number, "hash": name, **parties, **GAS}


def message(number: int, message_id: bytes, destination: int) -> dict[str, Any]:
    return {
        "id": number,
        "msg_id": message_id,
        "origin": 7,
        "destination": destination,
        "nonce": number,
        "sender": bytes(12) + SENDER,
        "recipient": RECIPIENT,
        "msg_body": b"body",
        "origin_mailbox": b"mailbox 7",
        "origin_tx_id": 1,
        "log_index": number,
        "sent_at": 1030,
    }


def delivery(message_id: bytes, domain: int) -> dict[str, Any]:
    return {
        "msg_id": message_id,
        "domain": domain,
        "destination_mailbox": b"mailbox %d" % domain,
        "destination_tx_id": domain - 6,
        "log_index": 0,
        "delivered_at": 1060,
    }


def payment(number: int, message_id: bytes, wei: int, gas: int, domain: int = 7) -> dict[str, Any]:
    return {
        "msg_id": message_id,
        "domain": domain,
        "origin": domain,
        "destination": 8,
        "payment": wei,
        "gas_amount": gas,
        "tx_id": 1,
        "log_index": number,
        "interchain_gas_paymaster": b"paymaster",
    }


ROWS = (
    (tables.domain, [chain(7, "alpha"), chain(8, "beta")]),
    (tables.block, [block(1, 7, b"origin block"), block(2, 8, b"destination block")]),
    (tables.transaction, [transaction(1, b"origin tx"), transaction(2, b"destination tx")]),
    (
        tables.message,
        [message(1, DELIVERED, 8), message(2, PENDING, 8), message(3, FOREIGN, 999)],
    ),
    (
        tables.delivered_message,
        [
            delivery(DELIVERED, 8),
            delivery(DELIVERED, 7),  # of a node that lies
            delivery(PENDING, 7),
        ],
    ),
    (
        tables.gas_payment,
        [
            payment(1, DELIVERED, MOST, 10**24),
            payment(2, DELIVERED, MOST, 0),
            payment(3, DELIVERED, 1, MOST),
            payment(4, DELIVERED, 5, 5, domain=8),
            payment(5, PENDING, 10**12, 10**12 - 1),
        ],
    ),
)
ENDS = {
    "id": 1,
    "nonce": 1,
    "sender": SENDER,
    "recipient": RECIPIENT,
    "message_body": b"body",
    "is_delivered": True,
    "send_scraped_at": 9,
    "delivery_scraped_at": 9,
    "send_occurred_at": 1030,
    "delivery_occurred_at": 1060,
    "delivery_latency": 30,
    "origin_domain_id": 7,
    "origin_domain": "alpha",
    "origin_chain_id": 8,
    "origin_mailbox": b"mailbox 7",
    "origin_tx_id": 1,
    "origin_tx_hash": b"origin tx",
    "origin_tx_sender": b"from",
    "origin_tx_recipient": b"to",
    "origin_tx_nonce": 41,
    "origin_block_id": 1,
    "origin_block_hash": b"origin block",
    "origin_block_height": 101,
    "destination_domain_id": 8,
    "destination_domain": "beta",
    "destination_chain_id": 9,
    "destination_mailbox": b"mailbox 8",
    "destination_tx_id": 2,
    "destination_tx_hash": b"destination tx",
    "destination_tx_sender": b"from",
    "destination_tx_recipient": b"to",
    "destination_tx_nonce": 42,
    "destination_block_id": 2,
    "destination_block_hash": b"destination block",
    "destination_block_height": 102,
}
