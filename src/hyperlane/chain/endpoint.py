"""One JSON-RPC URL: posting calls to it, telling its answers apart, and how well it does.

An answer is a result or an `RpcError`; asking again would not change either. Everything else is a
`Fault`: no connection, a timeout, a rate limit, nonsense, a block the node does not have yet.

The transport is aiohttp alone: web3.py's async provider opens a connection per request, and a
request that is cancelled while it waits for the provider's global lock blocks all later ones.
"""

import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import aiohttp

from hyperlane.chain.reverts import revert_reason
from hyperlane.errors import ChainError, ConfigError

TIMEOUT = aiohttp.ClientTimeout(total=30, sock_connect=5)
_MAX_ANSWER = 8 * 2**20
"""Bytes. Longer lists of logs are asked for in parts."""
_MAX_BATCH = 100
_FIRST_REST = 0.5
_LONGEST_REST = 30.0
_LONGEST_LIMIT = 60.0
_LIMITED = (
    "rate limit", "rate-limit", "too many requests", "request limit", "per second", "capacity",
    "credits",
)  # fmt: skip
_HICCUPS = (
    "timed out", "timeout", "try again", "header not found", "temporarily",
    "unavailable", "unknown block", "block not found", "missing trie node", "blockoutofrange",
)  # fmt: skip
_WIDE = ("result", "range", "size", "large", "blocks", "logs")
"""Too wide a log query is often refused in the same words as too many requests."""


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


class Fault(Exception):
    """No answer that could be used; another URL or a later try may give one."""

    def __init__(self, problem: str, rest: float | None = None) -> None:
        super().__init__(problem)
        self.rest = rest
        """Seconds for which the URL asks to be left alone."""


class _BatchRefused(Exception):
    """The node takes no batch of this size."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request."""

    method: str
    params: Sequence[object]


Answer: TypeAlias = Any | RpcError


@dataclass(slots=True)
class Endpoint:
    """One URL of one chain. Times are those of a monotonic clock."""

    chain: str
    chain_id: int
    url: str = field(repr=False)
    problem: str = ""
    """What went wrong last, empty if nothing did since."""
    resting_until: float = 0.0
    """Others are asked first until then."""
    limited: bool = False
    """Whether it rests because it asked for that."""
    heads: dict[str, tuple[int, float]] = field(default_factory=dict)
    """Per tag, the highest block it knew and since when."""
    asked: Counter[str] = field(default_factory=Counter)
    """Calls so far, by method."""
    _failures: int = 0
    _verified: bool = False
    _max_batch: int = _MAX_BATCH

    @property
    def host(self) -> str:
        """For messages: the URL itself often carries an API key."""
        return urlsplit(self.url).netloc.rpartition("@")[2]

    def worked(self) -> None:
        """It gave an answer."""
        self.problem, self.resting_until, self.limited, self._failures = "", 0.0, False, 0

    def failed(self, fault: Fault, now: float) -> None:
        """It gave none: it rests, longer with each failure in a row."""
        self.problem = str(fault)
        if now < self.resting_until:
            return  # of the same outage
        self._failures += 1
        pause = min(_LONGEST_REST, _FIRST_REST * 2 ** min(self._failures - 1, 10))
        if fault.rest is not None:
            pause = min(_LONGEST_LIMIT, max(pause, fault.rest))
        self.limited = fault.rest is not None
        self.resting_until = now + pause * random.uniform(0.8, 1.2)  # noqa: S311 - only jitter

    async def ask(self, session: aiohttp.ClientSession, calls: Sequence[Call]) -> list[Answer]:
        """Answers in order; Fault. ConfigError if the URL is of another chain."""
        if not self._verified:
            await self._verify(session)
        answers: list[Answer] = []
        while len(answers) < len(calls):
            batch = calls[len(answers) : len(answers) + self._max_batch]
            try:
                answers += await self._post(session, batch)
            except _BatchRefused:
                self._max_batch = max(1, len(batch) // 2)
        return answers

    async def _verify(self, session: aiohttp.ClientSession) -> None:
        (answer,) = await self._post(session, [Call("eth_chainId", ())])
        try:
            chain_id = int(str(answer), 16)
        except ValueError:
            raise Fault(f"eth_chainId answered {str(answer)[:80]}") from None
        if chain_id != self.chain_id:
            raise ConfigError(
                f"chains.{self.chain}.rpcUrls: {self.host} answers with chain id {chain_id},"
                f" expected {self.chain_id}"
            )
        self._verified = True

    async def _post(self, session: aiohttp.ClientSession, calls: Sequence[Call]) -> list[Answer]:
        batch = [
            {"jsonrpc": "2.0", "id": number, "method": call.method, "params": call.params}
            for number, call in enumerate(calls)
        ]
        self.asked.update(call.method for call in calls)
        single = len(calls) == 1
        try:
            async with session.post(self.url, json=batch[0] if single else batch) as response:
                body = await _read(response)
                if response.status == 429:
                    raise Fault("HTTP 429", _seconds(response.headers.get("Retry-After")))
                if response.status == 413 and not single:
                    raise _BatchRefused
                answer = _parse(body, response.status)
        except TimeoutError:
            raise Fault("no answer in time") from None
        except aiohttp.ClientConnectorError as error:
            raise Fault(f"cannot connect: {error.os_error.strerror or 'refused'}") from None
        except aiohttp.ClientError as error:
            raise Fault(type(error).__name__) from None
        if answer is None:
            message = f"the answer is larger than {_MAX_ANSWER} bytes"
            if not single:
                raise _BatchRefused
            return [RpcError(self.chain, calls[0].method, message)]
        if not single and isinstance(answer, dict) and "error" in answer:
            self._result(calls[0], answer)
            raise _BatchRefused
        answers = [answer] if single else answer
        if not isinstance(answers, list) or not all(isinstance(item, dict) for item in answers):
            raise Fault(f"not a JSON-RPC answer: {str(answer)[:100]}")
        by_id = {item.get("id"): item for item in answers}
        if single and by_id.keys() == {None}:
            by_id = {0: answer}  # some refuse so early that they do not know the id
        if by_id.keys() != set(range(len(calls))):
            raise Fault("not the answers to this JSON-RPC batch")
        return [self._result(call, by_id[number]) for number, call in enumerate(calls)]

    def _result(self, call: Call, response: dict[str, Any]) -> Answer:
        if "error" not in response:
            return response.get("result")
        error = response["error"] if isinstance(response["error"], dict) else {}
        message = str(error.get("message", response["error"]))
        data = error.get("data")
        if isinstance(data, str) and data.startswith("0x"):
            try:
                return Reverted(self.chain, call.method, bytes.fromhex(data[2:]))
            except ValueError:
                raise Fault(f"revert data that is no hex: {data[:40]}") from None
        said = message.lower()
        if error.get("code") == 3 or "revert" in said:
            return Reverted(self.chain, call.method, b"")
        too_wide = call.method == "eth_getLogs" and any(word in said for word in _WIDE)
        if not too_wide and any(word in said for word in _LIMITED):
            raise Fault(message[:200], 1.0)
        # A tag without a block is an answer: the chain may not have that tag.
        of_tag = call.method == "eth_getBlockByNumber" and not str(call.params[0]).startswith("0x")
        if not too_wide and not of_tag and any(word in said for word in _HICCUPS):
            raise Fault(message[:200])
        return RpcError(self.chain, call.method, message)


async def _read(response: aiohttp.ClientResponse) -> bytes | None:
    """The body; None if it is too large."""
    body = bytearray()
    async for part in response.content.iter_any():
        body += part
        if len(body) > _MAX_ANSWER:
            return None
    return bytes(body)


def _parse(body: bytes | None, status: int) -> Any:
    """Some nodes send errors with a status of their own: what is JSON-RPC counts."""
    if body is None:
        return None
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    is_answer = isinstance(answer, list | dict) and bool(answer)
    if status != 200 and not (is_answer and (isinstance(answer, list) or "error" in answer)):
        raise Fault(f"HTTP {status}")
    if not is_answer:
        raise Fault(f"not a JSON-RPC answer: {body[:100]!r}")
    return answer


def _seconds(header: str | None) -> float:
    return float(header) if header is not None and header.isdecimal() else 1.0
