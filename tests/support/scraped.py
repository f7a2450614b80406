"""Rows of the scraper's database by hand: what was announced, sent, delivered, paid and moved."""

from collections.abc import Sequence
from itertools import count
from typing import Any

from hyperlane.protocol.hashing import keccak
from hyperlane.protocol.message import VERSION, Message
from hyperlane.store.database import Database
from hyperlane.store.migrations.schemas import SCRAPER
from hyperlane.store.scraper import rows, writing
from hyperlane.store.scraper.writing import ChainName, name_chain

MAILBOX, HOOK, PAYMASTER = (bytes([number]) * 20 for number in (0xA1, 0xA2, 0xA3))
_HASHES = count(1)


async def open_scraped(location: Any, *domains: int) -> Database:
    """A scraper's database that knows these chains."""
    database = await Database.open(str(location), SCRAPER)
    for domain in domains:
        await name_chain(database, ChainName(domain, f"chain{domain}", "ETH", domain, True))
    return database


def word(address: bytes) -> bytes:
    return address.rjust(32, b"\0")


def message(nonce: int, origin: int, destination: int, **changes: Any) -> Message:
    values = {"sender": word(b"\1" * 20), "recipient": word(b"\2" * 20), "body": b""}
    return Message(VERSION, nonce, origin, destination=destination, **(values | changes))


def transaction(**contents: Sequence[Any]) -> rows.Transaction:
    """A transaction with a hash of its own, and some rows."""
    return rows.Transaction(
        hash=keccak(next(_HASHES).to_bytes(8)),
        nonce=0,
        sender=b"\5" * 20,
        recipient=MAILBOX,
        gas_limit=21_000,
        gas_price=None,
        max_fee_per_gas=None,
        max_priority_fee_per_gas=None,
        effective_gas_price=None,
        gas_used=21_000,
        cumulative_gas_used=21_000,
        input=b"",
        **contents,
    )


def dispatched(sent: Message, log_index: int = 0) -> rows.Dispatch:
    return rows.Dispatch(sent, MAILBOX, log_index)


def delivered(sent: Message, log_index: int = 0) -> rows.Delivery:
    return rows.Delivery(sent.id, MAILBOX, log_index)


def paid(sent: Message, payment: int, log_index: int = 1) -> rows.Payment:
    return rows.Payment(sent.id, PAYMASTER, sent.destination, payment, 100_000, log_index)


async def write(
    database: Database,
    domain: int,
    height: int,
    timestamp: int,
    *transactions: rows.Transaction,
    final: int = 10**9,
) -> None:
    """Store one block."""
    block = rows.Block(height, keccak(f"{domain}/{height}".encode()), timestamp, transactions)
    async with database.write() as connection:
        await writing.store(database, connection, domain, [block], final=final)
