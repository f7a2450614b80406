"""Blocks as they are archived: full transactions, and receipts with their logs.

Agents that act on messages read logs of one event and receipts without logs (`answers`); whoever
stores what happened reads all events of several contracts at once, and then what they came with.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from hyperlane.chain.answers import (
    BLOCK_BY_NUMBER,
    IS_KNOWN,
    LOGS,
    RECEIPT,
    TRACE,
    Block,
    Malformed,
    Method,
    block,
    data,
    items,
    quantity,
    record,
    word,
)
from hyperlane.chain.client import ChainClient
from hyperlane.chain.rpc import TooWide
from hyperlane.protocol.typecasts import Address, Bytes32, to_hex

_STORED = 63
_REMEMBERED = 4096
"""Hashes and addresses that are kept as bytes: they stand many times in the same answers."""
_MOST_TOPICS = 4


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where a log is, without what it says."""

    block_number: int
    block_hash: Bytes32 | None
    """None where a client leaves it out."""
    tx_hash: Bytes32
    index: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A log in a receipt."""

    address: Address
    topics: tuple[Bytes32, ...]
    data: bytes
    index: int
    """Position in its block."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """An included transaction, as it was sent."""

    hash: Bytes32
    block_hash: Bytes32
    nonce: int
    sender: Address
    recipient: Address | None
    """None: it creates a contract."""
    gas_limit: int
    gas_price: int | None
    max_fee_per_gas: int | None
    max_priority_fee_per_gas: int | None
    input: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """A receipt with those of its logs that were asked for."""

    tx_hash: Bytes32
    block_hash: Bytes32
    gas_used: int
    cumulative_gas_used: int
    gas_price: int | None
    """Effective; None where a client leaves it out."""
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class FullBlock:
    """A block with all of its transactions."""

    block: Block
    transactions: tuple[Transaction, ...]


def sightings_of(
    addresses: Collection[bytes], topics: Collection[bytes], first: int, last: int
) -> Method[tuple[Sighting, ...]]:
    """`eth_getLogs` for several contracts and events in a range of blocks."""

    def read_one(value: object) -> Sighting:
        fields = record(value, "log")
        number = quantity(fields.get("blockNumber"), "log.blockNumber", _STORED)
        if not first <= number <= last:
            raise Malformed(f"log.blockNumber: {number} is not in {first} to {last}")
        if _address(fields.get("address"), "log.address") not in addresses:
            raise Malformed("log.address: another contract than was asked for")
        named = items(fields.get("topics"), "log.topics")
        if not named or _word(named[0], "log.topics") not in topics:
            raise Malformed("log.topics: a log of another event than was asked for")
        block_hash = fields.get("blockHash")
        return Sighting(
            number,
            None if block_hash is None else _word(block_hash, "log.blockHash"),
            _word(fields.get("transactionHash"), "log.transactionHash"),
            quantity(fields.get("logIndex"), "log.logIndex", _STORED),
        )

    def read(value: object) -> tuple[Sighting, ...]:
        return () if value is None else tuple(map(read_one, items(value, "logs")))

    return Method(LOGS.name, read)


def outcome_of(tx_hash: Bytes32, topics: Collection[bytes]) -> Method[Outcome | None]:
    """`eth_getTransactionReceipt` with the logs of some events; doubted if there is none."""

    def read(value: object) -> Outcome | None:
        if value is None or record(value, "receipt").get("blockNumber") is None:
            return None
        found = _outcome(value, topics)
        if found.tx_hash != tx_hash:
            raise Malformed("receipt.transactionHash: another transaction than was asked for")
        return found

    return Method(RECEIPT.name, read, doubtful=_missing)


def outcomes_of_block(topics: Collection[bytes]) -> Method[tuple[Outcome, ...] | None]:
    """`eth_getBlockReceipts` with the logs of some events; not all nodes know it."""

    def read(value: object) -> tuple[Outcome, ...] | None:
        if value is None:
            return None
        return tuple(_outcome(item, topics) for item in items(value, "receipts"))

    return Method("eth_getBlockReceipts", read, doubtful=_missing)


def transaction_of(tx_hash: Bytes32) -> Method[Transaction | None]:
    """`eth_getTransactionByHash`; doubted to be in no block."""

    def read(value: object) -> Transaction | None:
        if value is None or record(value, "transaction").get("blockHash") is None:
            return None
        found = _transaction(value)
        if found.hash != tx_hash:
            raise Malformed("transaction.hash: another transaction than was asked for")
        return found

    return Method(IS_KNOWN.name, read, doubtful=_missing)


def calls_of() -> Method[tuple[bytes, ...]]:
    """`debug_traceTransaction` with the call tracer: the data of all calls of a transaction, each
    once.

    Their number is bounded by the size of an answer only, so that no call can be hidden among many.
    """

    def read(value: object) -> tuple[bytes, ...]:
        found: dict[bytes, None] = {}
        left = [value]
        while left:
            fields = record(left.pop(), "trace")
            found[data(fields.get("input", "0x"), "trace.input")] = None
            left += items(fields.get("calls", []), "trace.calls")
        return tuple(found)

    return Method(TRACE, read)


def _full_block(value: object) -> FullBlock | None:
    if value is None:
        return None
    sent = items(record(value, "block").get("transactions"), "block.transactions")
    return FullBlock(block(value), tuple(map(_transaction, sent)))


FULL_BLOCK: Method[FullBlock | None] = Method(
    BLOCK_BY_NUMBER.name, _full_block, doubtful=lambda found: found is None
)
HEADER: Method[Block | None] = Method(
    BLOCK_BY_NUMBER.name, BLOCK_BY_NUMBER.read, doubtful=lambda found: found is None
)
"""A block that is known to be there."""


def _word(value: object, field: str) -> Bytes32:
    return _known_word(value, field) if isinstance(value, str) else word(value, field)


def _address(value: object, field: str) -> Address:
    return (
        _known_address(value, field) if isinstance(value, str) else Address(data(value, field, 20))
    )


@lru_cache(_REMEMBERED)
def _known_word(value: str, field: str) -> Bytes32:
    return word(value, field)


@lru_cache(_REMEMBERED)
def _known_address(value: str, field: str) -> Address:
    return Address(data(value, field, 20))


def _missing(found: object) -> bool:
    return found is None


def _transaction(value: object) -> Transaction:
    fields = record(value, "transaction")
    recipient = fields.get("to")
    return Transaction(
        hash=_word(fields.get("hash"), "transaction.hash"),
        block_hash=_word(fields.get("blockHash"), "transaction.blockHash"),
        nonce=quantity(fields.get("nonce"), "transaction.nonce", _STORED),
        sender=_address(fields.get("from"), "transaction.from"),
        recipient=None if recipient is None else _address(recipient, "transaction.to"),
        gas_limit=quantity(fields.get("gas"), "transaction.gas", _STORED),
        gas_price=_maybe(fields, "gasPrice"),
        max_fee_per_gas=_maybe(fields, "maxFeePerGas"),
        max_priority_fee_per_gas=_maybe(fields, "maxPriorityFeePerGas"),
        input=data(fields.get("input", "0x"), "transaction.input"),
    )


def _maybe(fields: dict[str, Any], name: str) -> int | None:
    value = fields.get(name)
    return None if value is None else quantity(value, f"transaction.{name}")


def _outcome(value: object, topics: Collection[bytes]) -> Outcome:
    fields = record(value, "receipt")
    price = fields.get("effectiveGasPrice")
    return Outcome(
        tx_hash=_word(fields.get("transactionHash"), "receipt.transactionHash"),
        block_hash=_word(fields.get("blockHash"), "receipt.blockHash"),
        gas_used=quantity(fields.get("gasUsed"), "receipt.gasUsed", _STORED),
        cumulative_gas_used=quantity(
            fields.get("cumulativeGasUsed"), "receipt.cumulativeGasUsed", _STORED
        ),
        gas_price=None if price is None else quantity(price, "receipt.effectiveGasPrice"),
        entries=_entries(items(fields.get("logs"), "receipt.logs"), topics),
    )


def _entries(values: Sequence[object], topics: Collection[bytes]) -> tuple[Entry, ...]:
    found = []
    for value in values:
        fields = record(value, "log")
        named = items(fields.get("topics"), "log.topics")
        if len(named) > _MOST_TOPICS:
            raise Malformed(f"log.topics: {len(named)} of them, expected at most {_MOST_TOPICS}")
        if not named or _word(named[0], "log.topics") not in topics:
            continue
        found.append(
            Entry(
                _address(fields.get("address"), "log.address"),
                tuple(_word(topic, "log.topics") for topic in named),
                data(fields.get("data"), "log.data"),
                quantity(fields.get("logIndex"), "log.logIndex", _STORED),
            )
        )
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Sought:
    """Which logs are sought: those of some events, by topic, of some contracts."""

    contracts: frozenset[bytes]
    topics: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a range of blocks, and the logs in it, in order."""

    first: int
    last: int
    sightings: Sequence[Sighting]


async def sight(
    client: ChainClient, sought: Sought, first: int, last: int, *, newest_first: bool, most: int
) -> Part:
    """Find logs in blocks `first` to `last`, or in the first part of them.

    It ends at the query after which more than `most` logs are found. `newest_first`: it begins at
    the last block, and the part is the end of the range.
    """
    contracts = [to_hex(item) for item in sorted(sought.contracts)]
    topics = [[to_hex(item) for item in sorted(sought.topics)]]
    found: dict[tuple[int, int], Sighting] = {}
    low, high, span = first, last, client.log_span
    while low <= high and len(found) <= most:
        start = max(low, high - span + 1) if newest_first else low
        end = high if newest_first else min(high, low + span - 1)
        query = {
            "address": contracts, "topics": topics, "fromBlock": hex(start), "toBlock": hex(end)
        }  # fmt: skip
        method = sightings_of(sought.contracts, sought.topics, start, end)
        try:
            seen = await client.request(method, query)
        except TooWide as error:
            span = error.blocks
            continue
        found |= {(item.block_number, item.index): item for item in seen}
        low, high = (low, start - 1) if newest_first else (end + 1, high)
        span = client.log_span
    order = [found[key] for key in sorted(found)]
    return Part(high + 1, last, order) if newest_first else Part(first, low - 1, order)
