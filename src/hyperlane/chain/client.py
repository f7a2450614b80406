"""A small typed JSON-RPC client: what an agent reads from a chain, and how errors are told apart.

Three kinds of failure: the node cannot be reached or hiccups (retried on the chain's URLs in turn,
then `Unreachable`); it answers with an error (`RpcError`, of which a revert is `Reverted`), which
asking again would not change; it is the wrong chain (`ConfigError`, for good).

The transport is aiohttp alone: web3.py's async provider opens a connection per request, and a
request that is cancelled while it waits for the provider's global lock blocks all later ones.
"""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import aiohttp
import structlog

from hyperlane.chain.abi import Event, Function
from hyperlane.chain.reverts import revert_reason
from hyperlane.errors import ChainError, ConfigError
from hyperlane.protocol.typecasts import Address, Bytes32, to_checksum, to_hex

log = structlog.get_logger()

BlockId: TypeAlias = int | str
"""A block number or a tag such as `latest`."""
ReorgPeriod: TypeAlias = int | str
"""Blocks behind the tip, or a tag such as `finalized`."""

_ATTEMPTS = 5
_FIRST_PAUSE = 0.2
_TIMEOUT = aiohttp.ClientTimeout(total=30)
_BATCH = 100
_HICCUPS = (
    "rate limit", "too many requests", "request limit", "timed out", "timeout", "try again",
    "header not found", "temporarily", "unavailable", "capacity",
)  # fmt: skip


class Unreachable(ChainError):
    """No URL of the chain gave an answer, even after retries."""


class RpcError(ChainError):
    """The node's own error answer."""

    def __init__(self, chain: str, method: str, message: str) -> None:
        super().__init__(f"{chain}: {method}: {message}")
        self.message = message


class Reverted(RpcError):
    """The contract refused; `data` is what it said."""

    def __init__(self, chain: str, method: str, data: bytes) -> None:
        super().__init__(chain, method, f"execution reverted: {revert_reason(data)}")
        self.data = data


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
    base_fee: int | None
    """Wei; None on chains without EIP-1559."""


@dataclass(slots=True)
class _Endpoint:
    url: str
    verified: bool = False

    @property
    def host(self) -> str:
        """For messages: the URL itself often carries an API key."""
        return urlsplit(self.url).netloc.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class _Call:
    method: str
    params: Sequence[object]


@dataclass(slots=True)
class ChainClient:
    """One chain behind one or more URLs; the first that works is used until it fails."""

    name: str
    chain_id: int
    urls: Sequence[str]
    reorg_period: ReorgPeriod = 1
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _endpoints: list[_Endpoint] = field(init=False)
    _current: int = field(init=False, default=0)
    _session: aiohttp.ClientSession | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._endpoints = [_Endpoint(url) for url in self.urls]

    async def close(self) -> None:
        """Close connections."""
        if self._session is not None:
            await self._session.close()

    async def verify_chain_id(self) -> None:
        """ConfigError if the node in use is of another chain; Unreachable if there is none."""
        await self.request("eth_chainId")

    async def request(self, method: str, *params: object) -> Any:
        """The result of one JSON-RPC method."""
        (result,) = await self._exchange([_Call(method, params)])
        if isinstance(result, RpcError):
            raise result
        return result

    async def request_many(
        self, method: str, params: Sequence[Sequence[object]]
    ) -> list[Any | RpcError]:
        """Results of one method with many parameters, in batches; errors stand in their place."""
        results: list[Any | RpcError] = []
        for start in range(0, len(params), _BATCH):
            batch = [_Call(method, item) for item in params[start : start + _BATCH]]
            results += await self._exchange(batch)
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

    async def has_code(self, address: Address) -> bool:
        """Whether a contract is there now."""
        return bool(_data(await self.request("eth_getCode", to_hex(address), "latest")))

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
            base_fee=None if base_fee is None else _quantity(base_fee),
        )

    async def final_block(self) -> int:
        """The highest block that counts as final: all that is acted on is read there."""
        if isinstance(self.reorg_period, str):
            return (await self.block(self.reorg_period)).number
        return max(0, _quantity(await self.request("eth_blockNumber")) - self.reorg_period)

    async def logs(self, address: Address, event: Event, first: int, last: int) -> list[Log]:
        """One contract's logs of an event in blocks `first` .. `last`, in order, each once.

        A range that the node refuses (too many results, too many blocks) is asked for in halves.
        """
        query = {
            "address": to_hex(address),
            "topics": [to_hex(event.topic)],
            "fromBlock": hex(first),
            "toBlock": hex(last),
        }
        try:
            answer = await self.request("eth_getLogs", query)
        except RpcError as error:
            if first == last:
                raise
            log.debug("rpc.range_split", chain=self.name, first=first, last=last, error=str(error))
            middle = (first + last) // 2
            lower = await self.logs(address, event, first, middle)
            return lower + await self.logs(address, event, middle + 1, last)
        unique = {(item.block_number, item.index): item for item in map(_log, answer)}
        return [unique[key] for key in sorted(unique)]

    async def receipts(self, hashes: Sequence[Bytes32]) -> list[Receipt | None]:
        """Receipts in order; None for what is in no block."""
        answers = await self.request_many(
            "eth_getTransactionReceipt", [[to_hex(item)] for item in hashes]
        )
        return [_receipt(answer) for answer in answers]

    async def _exchange(self, calls: Sequence[_Call]) -> list[Any | RpcError]:
        pause = _FIRST_PAUSE
        failure = ""
        for attempt in range(_ATTEMPTS * len(self._endpoints)):
            endpoint = self._endpoints[self._current]
            try:
                if not endpoint.verified:
                    await self._verify(endpoint)
                return await self._post(endpoint, calls)
            except (aiohttp.ClientError, TimeoutError, ValueError, _HiccupError) as error:
                failure = f"{endpoint.host}: {_short(error)}"
                log.debug("rpc.failed", chain=self.name, host=endpoint.host, error=_short(error))
            self._current = (self._current + 1) % len(self._endpoints)
            if (attempt + 1) % len(self._endpoints) == 0:
                await self.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311 - only jitter
                pause *= 2
        raise Unreachable(f"{self.name}: no RPC answers {calls[0].method} ({failure})")

    async def _verify(self, endpoint: _Endpoint) -> None:
        (answer,) = await self._post(endpoint, [_Call("eth_chainId", ())])
        if isinstance(answer, RpcError):
            raise answer
        if _quantity(answer) != self.chain_id:
            raise ConfigError(
                f"chains.{self.name}.rpcUrls: {endpoint.host} answers with chain id"
                f" {_quantity(answer)}, expected {self.chain_id}"
            )
        endpoint.verified = True

    async def _post(self, endpoint: _Endpoint, calls: Sequence[_Call]) -> list[Any | RpcError]:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=_TIMEOUT, raise_for_status=True)
        batch = [
            {"jsonrpc": "2.0", "id": number, "method": call.method, "params": call.params}
            for number, call in enumerate(calls)
        ]
        single = len(calls) == 1
        async with self._session.post(endpoint.url, json=batch[0] if single else batch) as response:
            answer = json.loads(await response.read())
        answers = [answer] if single else answer
        if not isinstance(answers, list) or not all(isinstance(item, dict) for item in answers):
            raise ValueError(f"not a JSON-RPC answer: {str(answer)[:100]}")
        by_id = {item.get("id"): item for item in answers}
        if by_id.keys() != set(range(len(calls))):
            raise ValueError("not the answers to this JSON-RPC batch")
        return [self._result(call, by_id[number]) for number, call in enumerate(calls)]

    def _result(self, call: _Call, response: dict[str, Any]) -> Any | RpcError:
        if "error" not in response:
            return response.get("result")
        error = response["error"] if isinstance(response["error"], dict) else {}
        message = str(error.get("message", response["error"]))
        data = error.get("data")
        if isinstance(data, str) and data.startswith("0x"):
            return Reverted(self.name, call.method, _data(data))
        if error.get("code") == 3 or "revert" in message.lower():
            return Reverted(self.name, call.method, b"")
        # Too wide a log range is often refused in the same words as too many requests.
        if call.method != "eth_getLogs" and any(word in message.lower() for word in _HICCUPS):
            raise _HiccupError(message)
        return RpcError(self.name, call.method, message)


class _HiccupError(Exception):
    """An error answer that asking again may change."""


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


def _short(error: Exception) -> str:
    """An error without the URL that aiohttp likes to put into it."""
    if isinstance(error, aiohttp.ClientResponseError):
        return f"HTTP {error.status}"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"cannot connect: {error.os_error.strerror or 'refused'}"
    if isinstance(error, aiohttp.ClientError | TimeoutError):
        return type(error).__name__
    return str(error)
