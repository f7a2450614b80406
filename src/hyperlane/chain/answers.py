"""The boundary between a node's JSON and what the agents believe: values in, types out.

Each JSON-RPC method is a `Method` with the function that reads its result. What a result cannot
mean is `Malformed`, which counts as a failure of that URL like a time-out, so that another one is
asked. What clients are known to mean is understood: null for no logs, no block number for a
transaction in no block, no `effectiveGasPrice` from old clients.

Numbers of blocks, positions and gas fit into 63 bits, because databases hold no larger ones; times
into 37, because calendars end with the year 9999.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Generic, TypeVar

from hyperlane.chain.abi import Event, Function
from hyperlane.errors import ChainError
from hyperlane.protocol.typecasts import Address, Bytes32
from hyperlane.wording import shown

_QUANTITY = re.compile(r"0[xX][0-9a-fA-F]{1,64}")
_STORED = 63
_TIME = 37
_WORD = 256
_WORD_TEXT = 66
"""Characters of a word in hex."""
_MOST_TOPICS = 4

Result = TypeVar("Result")


class Malformed(ValueError):
    """Failure to read a result; the text names the field, the value and the rule."""


def _never(_result: object) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Method(Generic[Result]):
    """One JSON-RPC method and how its result is read."""

    name: str
    read: Callable[[Any], Result]
    """Raises Malformed and nothing else, whatever JSON it is given."""
    doubtful: Callable[[Result], bool] = _never
    """Whether a node that lags behind or has pruned states would give the same result."""
    dispensable: bool = False
    """Whether agents can do without the result: a malformed one is an `RpcError` then, and no
    fault that makes the other answers of the same request unusable."""


@dataclass(frozen=True, slots=True)
class Log:
    """One event log."""

    topics: tuple[Bytes32, ...]
    data: bytes
    block_number: int
    tx_hash: Bytes32
    index: int
    """Position in its block."""
    block_hash: bytes = b""
    """Empty where a client leaves it out."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The outcome of an included transaction."""

    tx_hash: Bytes32
    block_number: int
    succeeded: bool
    gas_used: int
    gas_price: int
    """Effective gas price in wei; 0 where a client leaves it out."""
    block_hash: bytes = b""
    data_fee: int = 0
    """Wei that a rollup took in addition to the gas, for the data on its parent chain."""
    note: bytes = b""
    """Data of the log without topics of the contract that it created, if it created one."""

    @property
    def cost(self) -> int:
        """Total cost in wei."""
        return self.gas_used * self.gas_price + self.data_fee

    @property
    def gas_paid(self) -> int:
        """The cost in units of gas."""
        return self.gas_used + (self.data_fee // self.gas_price if self.gas_price else 0)


@dataclass(frozen=True, slots=True)
class FeeHistory:
    """Fees of recent blocks, wei per gas."""

    base_fees: Sequence[int]
    tips: Sequence[int]
    """Median of each block that took a tip."""


@dataclass(frozen=True, slots=True)
class Counters:
    """Counters of contracts, as of one block."""

    block: int
    """Number of the block by the EVM: on some rollups that of their parent chain."""
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """The fields of a block that agents use."""

    number: int
    hash: Bytes32
    gas_limit: int
    timestamp: int
    """Unix seconds."""
    base_fee: int | None
    """Wei; None on chains without EIP-1559."""


def quantity(value: object, field: str = "result", bits: int = _WORD) -> int:
    """A number in hex, of at most `bits` bits."""
    if not isinstance(value, str) or not _QUANTITY.fullmatch(value):
        raise Malformed(f"{field}: {shown(value)} is not a hex number")
    number = int(value, 16)
    if number.bit_length() > bits:
        raise Malformed(f"{field}: {shown(value)} has more than {bits} bits")
    return number


def data(value: object, field: str = "result", size: int | None = None) -> bytes:
    """Bytes in hex, `size` of them if given."""
    content = _from_hex(value)
    if content is None:
        raise Malformed(f"{field}: {shown(value)} is not hex of whole bytes")
    if size is not None and len(content) != size:
        raise Malformed(f"{field}: {shown(value)} has {len(content)} bytes, expected {size}")
    return content


def _from_hex(value: object) -> bytes | None:
    """The bytes; None for anything else. Spaces, which Python passes over, make it too short."""
    if not isinstance(value, str) or value[:2] not in ("0x", "0X"):
        return None
    try:
        content = bytes.fromhex(value[2:])
    except ValueError:
        return None
    return content if 2 * len(content) + 2 == len(value) else None


def word(value: object, field: str = "result") -> Bytes32:
    """A hash or topic."""
    known = _word(value) if type(value) is str and len(value) == _WORD_TEXT else None
    return Bytes32(data(value, field, 32)) if known is None else known


@lru_cache(maxsize=4096)
def _word(text: str) -> Bytes32 | None:
    """The word; None if it is none. Logs of a block share most of theirs."""
    content = _from_hex(text)
    return None if content is None or len(content) != 32 else Bytes32(content)


def optional(read: Callable[[Any], Result], value: object) -> Result | None:
    """None for null."""
    return None if value is None else read(value)


def block(value: object) -> Block:
    """A block that is part of the chain."""
    fields = record(value, "block")
    base_fee = fields.get("baseFeePerGas")
    return Block(
        number=quantity(fields.get("number"), "block.number", _STORED),
        hash=word(fields.get("hash"), "block.hash"),
        gas_limit=quantity(fields.get("gasLimit"), "block.gasLimit", _STORED),
        timestamp=quantity(fields.get("timestamp"), "block.timestamp", _TIME),
        base_fee=None if base_fee is None else quantity(base_fee, "block.baseFeePerGas"),
    )


def log(value: object) -> Log:
    """One log of an included transaction."""
    fields = record(value, "log")
    topics = fields.get("topics")
    if not isinstance(topics, list) or len(topics) > _MOST_TOPICS:
        raise Malformed(f"log.topics: {shown(topics)} is not a list of at most {_MOST_TOPICS}")
    block_hash = fields.get("blockHash")
    return Log(
        topics=tuple(word(topic, "log.topics") for topic in topics),
        data=data(fields.get("data"), "log.data"),
        block_number=quantity(fields.get("blockNumber"), "log.blockNumber", _STORED),
        tx_hash=word(fields.get("transactionHash"), "log.transactionHash"),
        index=quantity(fields.get("logIndex"), "log.logIndex", _STORED),
        block_hash=b"" if block_hash is None else word(block_hash, "log.blockHash"),
    )


def logs(
    value: object, address: bytes = b"", topic: bytes = b"", first: int = 0, last: int = 2**63
) -> tuple[Log, ...]:
    """Logs of one contract and event in a range of blocks; none for null."""
    if value is None:
        return ()
    if not isinstance(value, list):
        raise Malformed(f"logs: {shown(value)} is not a list")
    read = tuple(map(log, value))
    for item, raw in zip(read, value, strict=True):
        if topic and item.topics[:1] != (topic,):
            raise Malformed("log.topics: a log of another event than was asked for")
        if not first <= item.block_number <= last:
            raise Malformed(f"log.blockNumber: {item.block_number} is not in {first} to {last}")
        source = raw.get("address")
        if address and source is not None and data(source, "log.address") != address:
            raise Malformed(f"log.address: {shown(source)} is another contract than was asked for")
    return read


def receipt(value: object, tx_hash: bytes = b"") -> Receipt | None:
    """The receipt of a transaction; None while it is in no block."""
    if value is None:
        return None
    fields = record(value, "receipt")
    if fields.get("blockNumber") is None:
        return None
    found = word(fields.get("transactionHash"), "receipt.transactionHash")
    if tx_hash and found != tx_hash:
        raise Malformed(f"receipt.transactionHash: 0x{found.hex()}, asked for 0x{tx_hash.hex()}")
    status = quantity(fields.get("status"), "receipt.status")
    if status > 1:
        raise Malformed(f"receipt.status: {status} is neither 0 nor 1")
    price, block_hash = fields.get("effectiveGasPrice"), fields.get("blockHash")
    data_fee = fields.get("l1Fee")
    return Receipt(
        tx_hash=found,
        block_number=quantity(fields["blockNumber"], "receipt.blockNumber", _STORED),
        succeeded=status == 1,
        gas_used=quantity(fields.get("gasUsed"), "receipt.gasUsed", _STORED),
        gas_price=0 if price is None else quantity(price, "receipt.effectiveGasPrice"),
        block_hash=b"" if block_hash is None else word(block_hash, "receipt.blockHash"),
        data_fee=0 if data_fee is None else quantity(data_fee, "receipt.l1Fee"),
        note=_note(fields),
    )


def _note(fields: dict[str, Any]) -> bytes:
    """Data of the created contract's log without topics; other logs are skipped unread."""
    created, found = fields.get("contractAddress"), fields.get("logs")
    if not isinstance(created, str) or not isinstance(found, list):
        return b""
    return b"".join(
        data(item.get("data"), "receipt.logs.data")
        for item in found
        if isinstance(item, dict)
        and item.get("topics") == []
        and str(item.get("address")).lower() == created.lower()
    )


def fee_history(value: object) -> FeeHistory | None:
    """Fees of recent blocks; None for another shape, as agents can do without the method."""
    try:
        fields = record(value, "feeHistory")
        base_fees, rewards = fields.get("baseFeePerGas"), fields.get("reward")
        if not isinstance(base_fees, list) or not base_fees:
            return None
        firsts = [
            quantity(item[0], "feeHistory.reward")
            for item in (rewards if isinstance(rewards, list) else ())
            if isinstance(item, list) and item
        ]
        return FeeHistory(
            [quantity(item, "feeHistory.baseFeePerGas") for item in base_fees],
            [item for item in firsts if item],
        )
    except Malformed:
        return None


def counters(value: object) -> Counters:
    """A block's number and counters, a word each."""
    words = data(value)
    if not words or len(words) % 32:
        raise Malformed(f"counters: {len(words)} bytes are no words")
    block, *values = (int.from_bytes(words[at : at + 32]) for at in range(0, len(words), 32))
    if block.bit_length() > _STORED:
        raise Malformed(f"counters: block {block} has more than {_STORED} bits")
    return Counters(block, tuple(values))


def simulated(value: object, calls: int) -> list[int | None] | None:
    """Gas of each call of one simulated block, None for one that failed.

    None instead of a list when it has another shape: the method is young, and can be done without.
    """
    if not isinstance(value, list) or len(value) != 1:
        return None
    try:
        found = record(value[0], "simulation").get("calls")
        if not isinstance(found, list) or len(found) != calls:
            return None
        return [_simulated_call(record(item, "simulation.calls")) for item in found]
    except Malformed:
        return None


def _simulated_call(fields: dict[str, Any]) -> int | None:
    gas = quantity(fields.get("gasUsed"), "simulation.calls.gasUsed", _STORED)
    return gas if quantity(fields.get("status"), "simulation.calls.status") else None


def _send_count(value: object) -> int | None:
    """Only nodes of Arbitrum chains say it."""
    count = record(value, "block").get("sendCount")
    return None if count is None else quantity(count, "block.sendCount")


def _known(value: object) -> bool:
    return value is not None and bool(record(value, "transaction"))


def record(value: object, field: str) -> dict[str, Any]:
    """An object."""
    if not isinstance(value, dict):
        raise Malformed(f"{field}: {shown(value)} is not an object")
    return value


def items(value: object, field: str) -> list[Any]:
    """A list."""
    if not isinstance(value, list):
        raise Malformed(f"{field}: {shown(value)} is not a list")
    return value


CHAIN_ID = Method("eth_chainId", quantity)
BLOCK_NUMBER = Method("eth_blockNumber", partial(quantity, bits=_STORED))
GAS_PRICE = Method("eth_gasPrice", quantity, dispensable=True)
PRIORITY_FEE = Method("eth_maxPriorityFeePerGas", quantity, dispensable=True)
FEE_HISTORY: Method[FeeHistory | None] = Method("eth_feeHistory", fee_history)
ESTIMATE_GAS = Method("eth_estimateGas", partial(quantity, bits=_STORED))
BALANCE = Method("eth_getBalance", quantity)
TRANSACTION_COUNT = Method("eth_getTransactionCount", partial(quantity, bits=_STORED))
CALL = Method("eth_call", data)
COUNTERS = Method("eth_call", counters, dispensable=True)
CODE = Method("eth_getCode", data)
CODE_NOW = Method("eth_getCode", data, doubtful=lambda code: not code)
BLOCK_BY_NUMBER: Method[Block | None] = Method("eth_getBlockByNumber", partial(optional, block))
SEND_COUNT: Method[int | None] = Method("eth_getBlockByHash", partial(optional, _send_count))
IS_KNOWN = Method("eth_getTransactionByHash", _known, doubtful=lambda known: not known)
SEND_RAW = Method("eth_sendRawTransaction", word)
LOGS = Method("eth_getLogs", logs)
RECEIPT = Method("eth_getTransactionReceipt", receipt)
TRACE = "debug_traceTransaction"
"""Method whose result `hyperlane.chain.ledger.calls_of` reads."""


def logs_of(address: Address, event: Event, first: int, last: int) -> Method[tuple[Log, ...]]:
    """`eth_getLogs` for one contract, event and range of blocks."""

    def read(value: object) -> tuple[Log, ...]:
        found = logs(value, address=address, topic=event.topic, first=first, last=last)
        for item in found:
            try:
                event.decode(item.data)
            except ChainError as error:
                raise Malformed(f"log.data: {error}") from None
        return found

    return Method(LOGS.name, read)


def returned_by(function: Function, most: int | None = None) -> Method[bytes]:
    """`eth_call` of a function that returns something. More than `most` bytes are not doubted, as
    finding out what they mean could take seconds."""

    def undecodable(returned: bytes) -> bool:
        if most is not None and len(returned) > most:
            return False
        try:
            function.decode(returned)
        except ChainError:
            return True
        return False

    return Method(CALL.name, data, doubtful=undecodable if function.outputs else _never)


def receipt_of(tx_hash: Bytes32, *, expected: bool = False) -> Method[Receipt | None]:
    """`eth_getTransactionReceipt` for one transaction, which is doubted to be in no block."""

    def missing(found: Receipt | None) -> bool:
        return expected and found is None

    return Method(RECEIPT.name, lambda value: receipt(value, tx_hash), doubtful=missing)


def simulation_of(calls: int) -> Method[list[int | None] | None]:
    """`eth_simulateV1` for so many calls in one block."""
    return Method("eth_simulateV1", lambda value: simulated(value, calls))


METHODS: Sequence[Method[Any]] = (
    CHAIN_ID, BLOCK_NUMBER, GAS_PRICE, PRIORITY_FEE, FEE_HISTORY, ESTIMATE_GAS, BALANCE,
    TRANSACTION_COUNT, CALL, COUNTERS, CODE, BLOCK_BY_NUMBER, SEND_COUNT, IS_KNOWN, SEND_RAW, LOGS,
    RECEIPT, simulation_of(1),
)  # fmt: skip
"""All methods that the agents use."""
