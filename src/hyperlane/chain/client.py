"""A typed JSON-RPC client: what an agent reads from a chain, and how errors are told apart.

Three kinds of failure: no URL gives an answer (`Unreachable`, after retries; `Disagreement` when a
quorum is wanted and there is none); the node answers with an error (`RpcError`, of which a revert
is `Reverted`), which asking again would not change; it is the wrong chain (`ConfigError`).
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import structlog

from hyperlane.chain.abi import Event, Function
from hyperlane.chain.endpoint import Call, Reverted, RpcError
from hyperlane.chain.rpc import Consensus, Disagreement, RpcPool, Unreachable
from hyperlane.errors import ChainError
from hyperlane.protocol.typecasts import Address, Bytes32, to_checksum, to_hex

__all__ = [
    "Block",
    "BlockId",
    "ChainClient",
    "Consensus",
    "Disagreement",
    "Log",
    "NoAnswer",
    "Receipt",
    "ReorgPeriod",
    "Reverted",
    "RpcError",
    "Unreachable",
]

log = structlog.get_logger()

BlockId: TypeAlias = int | str
"""A block number or a tag such as `latest`."""
ReorgPeriod: TypeAlias = int | str
"""Blocks behind the tip, or a tag such as `finalized`."""

_BATCH = 100
_TAGS = ("safe", "finalized")
_WIDEST = 2**32
_TRY_WIDER = 8
"""Log queries that the node must take before it is asked for wider ranges again."""


class NoAnswer(ChainError):
    """A call that must return something returned nothing: there is no such function or code."""


@dataclass(frozen=True, slots=True)
class Log:
    """One event log."""

    topics: tuple[Bytes32, ...]
    data: bytes
    block_number: int
    tx_hash: Bytes32
    index: int
    """Position in its block."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The outcome of an included transaction."""

    tx_hash: Bytes32
    block_number: int
    succeeded: bool
    gas_used: int
    gas_price: int
    """Effective, in wei."""


@dataclass(frozen=True, slots=True)
class Block:
    """What agents want to know of a block."""

    number: int
    hash: Bytes32
    gas_limit: int
    timestamp: int
    """Unix seconds."""
    base_fee: int | None
    """Wei; None on chains without EIP-1559."""


@dataclass(slots=True)
class ChainClient:
    """One chain behind one or more URLs."""

    name: str
    chain_id: int
    urls: Sequence[str]
    reorg_period: ReorgPeriod = 1
    consensus: Consensus = Consensus.FALLBACK
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    rpc: RpcPool = field(init=False)
    _log_span: int = field(init=False, default=_WIDEST)
    """Blocks per log query."""
    _logs_taken: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.rpc = RpcPool(self.name, self.chain_id, self.urls, self.consensus, self.sleep)

    async def close(self) -> None:
        """Close connections."""
        await self.rpc.close()

    async def verify_chain_id(self) -> None:
        """ConfigError if a URL that answers is of another chain; Unreachable if none does."""
        await self.rpc.verify()

    async def finality_tags(self) -> list[str]:
        """Which of the tags `safe` and `finalized` the node knows a block for."""
        answers = await self.request_many("eth_getBlockByNumber", [(tag, False) for tag in _TAGS])
        return [tag for tag, answer in zip(_TAGS, answers, strict=True) if isinstance(answer, dict)]

    async def request(self, method: str, *params: object) -> Any:
        """The result of one JSON-RPC method."""
        (result,) = await self.rpc.exchange([Call(method, params)])
        if isinstance(result, RpcError):
            raise result
        return result

    async def request_many(
        self, method: str, params: Sequence[Sequence[object]]
    ) -> list[Any | RpcError]:
        """Results of one method with many parameters, in batches; errors stand in their place."""
        results: list[Any | RpcError] = []
        for start in range(0, len(params), _BATCH):
            batch = [Call(method, item) for item in params[start : start + _BATCH]]
            results += await self.rpc.exchange(batch)
        return results

    async def call(
        self,
        to: Address,
        function: Function,
        *arguments: object,
        block: BlockId = "latest",
        sender: Address | None = None,
    ) -> Any:
        """A contract function's return value at a block; Reverted, NoAnswer."""
        transaction = _transaction(to, function.encode(*arguments), sender=sender)
        answer = _data(await self.request("eth_call", transaction, _block_id(block)))
        if function.outputs and not answer:
            raise NoAnswer(
                f"{self.name}: {function.signature} of {to_checksum(to)} at block {block} returned"
                " nothing: no contract with that function is there"
            )
        return function.decode(answer)

    async def call_each(
        self, to: Address, function: Function, arguments: Sequence[object], block: BlockId
    ) -> list[Any]:
        """Return values of a function of one parameter for each argument, at one block."""
        calls = [
            (_transaction(to, function.encode(argument), sender=None), _block_id(block))
            for argument in arguments
        ]
        values = []
        for answer in await self.request_many("eth_call", calls):
            if isinstance(answer, RpcError):
                raise answer
            values.append(function.decode(_data(answer)))
        return values

    async def estimate_gas(self, to: Address, data: bytes, sender: Address) -> int:
        """Gas that a transaction would need now; Reverted if it would fail."""
        return _quantity(
            await self.request("eth_estimateGas", _transaction(to, data, sender=sender))
        )

    async def has_code(self, address: Address, block: BlockId = "latest") -> bool:
        """True if a contract is there at a block."""
        return bool(_data(await self.request("eth_getCode", to_hex(address), _block_id(block))))

    async def balance(self, address: Address) -> int:
        """Wei now."""
        return _quantity(await self.request("eth_getBalance", to_hex(address), "latest"))

    async def transaction_count(self, address: Address, block: BlockId) -> int:
        """The next nonce as of a block."""
        return _quantity(
            await self.request("eth_getTransactionCount", to_hex(address), _block_id(block))
        )

    async def block(self, block: BlockId = "latest") -> Block:
        """A block; ChainError when the node does not have it."""
        answer = await self.request("eth_getBlockByNumber", _block_id(block), False)
        if not isinstance(answer, dict):
            raise ChainError(f"{self.name}: the node has no block {block!r}")
        base_fee = answer.get("baseFeePerGas")
        return Block(
            number=_quantity(answer.get("number")),
            hash=_data(answer.get("hash")),
            gas_limit=_quantity(answer.get("gasLimit")),
            timestamp=_quantity(answer.get("timestamp")),
            base_fee=None if base_fee is None else _quantity(base_fee),
        )

    async def final_block(self) -> int:
        """The highest block that counts as final: all that is acted on is read there."""
        if isinstance(self.reorg_period, str):
            return (await self.block(self.reorg_period)).number
        return max(0, _quantity(await self.request("eth_blockNumber")) - self.reorg_period)

    async def logs(self, address: Address, event: Event, first: int, last: int) -> list[Log]:
        """One contract's logs of an event in blocks `first` .. `last`, in order, each once.

        A range that the node refuses (too many results, too many blocks) is asked for in smaller
        parts, and so are the next ones for a while.
        """
        unique: dict[tuple[int, int], Log] = {}
        start = first
        while start <= last:
            end = min(last, start + self._log_span - 1)
            query = {
                "address": to_hex(address),
                "topics": [to_hex(event.topic)],
                "fromBlock": hex(start),
                "toBlock": hex(end),
            }
            try:
                answer = await self.request("eth_getLogs", query)
            except RpcError as error:
                if start == end:
                    raise
                self._log_span, self._logs_taken = (end - start + 1) // 2, 0
                log.debug(
                    "rpc.range_split", chain=self.name, blocks=self._log_span, error=str(error)
                )
                continue
            unique |= {(item.block_number, item.index): item for item in map(_log, answer)}
            start = end + 1
            self._logs_taken += 1
            if self._logs_taken % _TRY_WIDER == 0:
                self._log_span = min(2 * self._log_span, _WIDEST)
        return [unique[key] for key in sorted(unique)]

    def distrust(self, problem: str) -> None:
        """What the node said was wrong: another URL, if there is one, is asked next."""
        self.rpc.distrust(problem)

    async def receipts(self, hashes: Sequence[Bytes32]) -> list[Receipt | None]:
        """Receipts in order; None for what is in no block."""
        answers = await self.request_many(
            "eth_getTransactionReceipt", [[to_hex(item)] for item in hashes]
        )
        return [_receipt(answer) for answer in answers]


def _transaction(to: Address, data: bytes, sender: Address | None) -> dict[str, str]:
    transaction = {"to": to_hex(to), "data": to_hex(data)}
    if sender is not None:
        transaction["from"] = to_hex(sender)
    return transaction


def _block_id(block: BlockId) -> str:
    return hex(block) if isinstance(block, int) else block


def _quantity(value: object) -> int:
    try:
        return int(value, 16)  # type: ignore[call-overload, no-any-return]
    except (TypeError, ValueError):
        raise ChainError(f"the node answered {value!r} where a hex number belongs") from None


def _data(value: object) -> bytes:
    try:
        return bytes.fromhex(value.removeprefix("0x"))  # type: ignore[attr-defined]
    except (AttributeError, ValueError):
        raise ChainError(f"the node answered {value!r} where hex bytes belong") from None


def _log(item: dict[str, Any]) -> Log:
    return Log(
        topics=tuple(_data(topic) for topic in item["topics"]),
        data=_data(item["data"]),
        block_number=_quantity(item["blockNumber"]),
        tx_hash=_data(item["transactionHash"]),
        index=_quantity(item["logIndex"]),
    )


def _receipt(item: Any | RpcError) -> Receipt | None:
    if isinstance(item, RpcError):
        raise item
    if item is None:
        return None
    return Receipt(
        tx_hash=_data(item["transactionHash"]),
        block_number=_quantity(item["blockNumber"]),
        succeeded=_quantity(item["status"]) == 1,
        gas_used=_quantity(item["gasUsed"]),
        gas_price=_quantity(item.get("effectiveGasPrice", "0x0")),
    )
