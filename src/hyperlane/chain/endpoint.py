"""One JSON-RPC URL: posting calls to it, and telling results, errors and faults apart.

An answer is a result or an `RpcError`; asking again would not change either. Everything else is a
`Fault`: no connection, a timeout, a rate limit, a block the node does not have yet, and whatever
does not pass `hyperlane.chain.answers`. Nothing that a node sends raises anything else.

The transport is aiohttp alone: web3.py's async provider opens a connection per request, and a
request that is cancelled while it waits for the provider's global lock blocks all later ones.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import aiohttp

from hyperlane.bounded_json import parse_json
from hyperlane.chain import answers
from hyperlane.chain.answers import Malformed, Method
from hyperlane.chain.health import Health
from hyperlane.chain.pace import LONGEST, Pace
from hyperlane.chain.reverts import LONGEST_REASON, is_revert, read_revert, revert_reason
from hyperlane.chain.sizes import SizeMemory, Sizes
from hyperlane.errors import ChainError
from hyperlane.wording import LONGEST_TEXT, one_line, shown

_MAX_ANSWER = 8 * 2**20
"""Bytes. Longer lists of logs are asked for in parts."""
_MOST_READ = 1000
"""Characters of an error's text in which its meaning is looked for."""
_MOST_CONNECTING = 5.0
"""Seconds."""
_INTERNAL = -32603
"""The JSON-RPC code of internal errors."""
_LIMITED = (
    "rate limit", "rate-limit", "too many requests", "request limit", "per second", "capacity",
    "credits", "request count",
)  # fmt: skip
_BEHIND = (
    "header not found", "unknown block", "block not found", "missing trie node", "blockoutofrange",
)  # fmt: skip
_HICCUPS = ("timed out", "timeout", "try again", "temporarily", "unavailable", *_BEHIND)
_WIDE = ("result", "range", "size", "large", "blocks", "logs")
"""Too wide a log query is often refused in the same words as too many requests."""
_HEAVY = (
    "timed out", "timeout", "deadline", "exceed", "too many", "too much", "too wide", "too big",
    "limited to", "heavy", "expensive", "cancel", "memory",
)  # fmt: skip
"""Words of an error about a log query that was too much work."""
_BULKY = ("batch", "response too large", "response size")
"""Words of an error about too many calls in one request, given in place of each answer."""
_OTHER_REASONS = (401, 403, 404, 503)
"""HTTP statuses that are not about the size of a request."""


class RpcError(ChainError):
    """An error that the node answered."""

    def __init__(
        self,
        chain: str,
        method: str,
        message: str,
        code: object = None,
        limit: int = LONGEST_TEXT,
    ) -> None:
        self.message = one_line(message, limit)
        self.is_internal = code == _INTERNAL
        """Whether the node calls it internal."""
        super().__init__(f"{chain}: {method}: {self.message}")


class Reverted(RpcError):
    """A revert: `data` is what the contract returned, `said` the reason in the node's words."""

    def __init__(self, chain: str, method: str, data: bytes, said: str = "") -> None:
        reason = f"execution reverted: {revert_reason(data, said)}"
        super().__init__(chain, method, reason, limit=LONGEST_REASON)
        self.data = data


class Fault(Exception):
    """Failure to get a usable answer; another URL or a later try may give one."""

    def __init__(self, problem: str, rest: float | None = None) -> None:
        super().__init__(one_line(problem))
        self.rest = rest
        """Seconds for which the URL asks to be left alone; 0 if it does not say how long."""


class TooMuch(Fault):
    """Failure of a request that may be too large: fewer calls or blocks may be answered."""

    def __init__(
        self, problem: str, *, certain: bool = False, slow: bool = False, blocks: int = 0
    ) -> None:
        super().__init__(problem)
        self.certain = certain
        """Whether the node says that it is too large; the URL is healthy then."""
        self.slow = slow
        """Whether the request timed out."""
        self.blocks = blocks
        """Blocks of the log query that the node refused; 0 if it refused the whole request."""


class BadAnswer(Fault):
    """Failure of a URL whose answer is malformed."""


class WrongChain(BadAnswer):
    """Failure of a URL that serves another chain."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a JSON-RPC method."""

    how: Method[Any]
    params: Sequence[object]

    @property
    def method(self) -> str:
        """The method's name."""
        return self.how.name

    @property
    def blocks(self) -> int:
        """Number of blocks of a log query; 0 for other methods."""
        if self.method != answers.LOGS.name:
            return 0
        query: Any = self.params[0]
        return int(query["toBlock"], 16) - int(query["fromBlock"], 16) + 1


Answer: TypeAlias = Any | RpcError


@dataclass(slots=True)
class Endpoint:
    """One URL of one chain. Times are those of a monotonic clock."""

    chain: str
    chain_id: int
    url: str = field(repr=False)
    memory: SizeMemory | None = None
    sizes: Sizes = field(init=False)
    health: Health = field(default_factory=Health)
    pace: Pace = field(default_factory=Pace)
    heads: dict[str, tuple[int, float]] = field(default_factory=dict)
    """Highest block that it gave, by tag, and since when."""
    asked: Counter[str] = field(default_factory=Counter)
    """Calls so far, by method."""
    _verified: bool = False

    def __post_init__(self) -> None:
        self.sizes = Sizes(self.url, self.memory)

    @property
    def host(self) -> str:
        """The host, for logs: the whole URL often has an API key in it."""
        return urlsplit(self.url).netloc.rpartition("@")[2]

    def suspect(self) -> None:
        """Check its chain id again before the next request, and forget its heads."""
        self._verified = False
        self.heads.clear()

    async def ask(
        self, session: aiohttp.ClientSession, calls: Sequence[Call], seconds: float = LONGEST
    ) -> list[Answer]:
        """Get the answers, in order; Fault, and its kinds WrongChain and TooMuch.

        Each request may take `seconds`. A batch that was too large is split into smaller ones.
        """
        if not self._verified:
            await self._verify(session, seconds)
        given: list[Answer] = []
        while len(given) < len(calls):
            batch = calls[len(given) : len(given) + self.sizes.batch.now]
            size = len(batch), batch[0].blocks
            try:
                given += await self._post(session, batch, seconds)
            except TooMuch as fault:
                refused = (1, fault.blocks) if fault.blocks else size
                self.sizes.refused(*refused, certain=fault.certain)
                if len(batch) == 1 and batch[0].blocks <= 1:
                    raise Fault(str(fault)) from None  # less cannot be asked for
                if len(batch) == 1 or fault.blocks or (fault.slow and not given):
                    raise
            else:
                self.sizes.taken(*size)
        return given

    async def _verify(self, session: aiohttp.ClientSession, seconds: float) -> None:
        (answer,) = await self._post(session, [Call(answers.CHAIN_ID, ())], seconds)
        if isinstance(answer, RpcError):
            raise Fault(f"eth_chainId answered {answer.message}")
        if answer != self.chain_id:
            raise WrongChain(
                f"{self.host} answers with chain id {shown(answer)}, expected {self.chain_id}"
            )
        self._verified = True

    async def _post(
        self, session: aiohttp.ClientSession, calls: Sequence[Call], seconds: float
    ) -> list[Answer]:
        batch = [
            {"jsonrpc": "2.0", "id": number, "method": call.method, "params": call.params}
            for number, call in enumerate(calls)
        ]
        self.asked.update(call.method for call in calls)
        single = len(calls) == 1
        timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=min(seconds, _MOST_CONNECTING))
        body = batch[0] if single else batch
        try:
            async with session.post(
                self.url, json=body, allow_redirects=False, timeout=timeout
            ) as response:
                content = await _read(response)
                if response.status == 429:
                    raise Fault("HTTP 429", _seconds(response.headers.get("Retry-After")))
                answer = _parse(content, response.status)
        except BadAnswer as error:
            if single:
                raise
            raise TooMuch(str(error)) from None
        except aiohttp.ConnectionTimeoutError:
            raise Fault("cannot connect in time") from None
        except TimeoutError:
            raise TooMuch("no answer in time", slow=True) from None
        except aiohttp.ClientConnectorError as error:
            raise Fault(f"cannot connect: {error.os_error.strerror or 'refused'}") from None
        except aiohttp.ClientError as error:
            raise TooMuch(type(error).__name__) from None
        if single:
            if answer is None:
                return [self._too_large(calls[0])]
            return [self._result(calls[0], _by_id([answer], 1)[0])]
        return self._answers_of(calls, answer)

    def _answers_of(self, calls: Sequence[Call], answer: Any) -> list[Answer]:
        """The answers in a response to a batch; TooMuch unless there is one for each call."""
        if answer is None:
            raise TooMuch(f"the answers are larger than {_MAX_ANSWER} bytes", certain=True)
        if isinstance(answer, dict) and answer.get("error") is not None:
            message = _message(answer["error"])
            if _has(message, _LIMITED) and not _has(message, _BULKY):
                raise Fault(message, 0.0)
            raise TooMuch(message, certain=True)
        try:
            by_id = _by_id(answer, len(calls))
        except BadAnswer as error:
            raise TooMuch(str(error)) from None
        if len(by_id) < len(calls):
            raise TooMuch("not the answers to this JSON-RPC batch")
        for number, item in by_id.items():
            message = _message(item.get("error"))
            if _has(message, _BULKY) and not calls[number].blocks:
                raise TooMuch(message, certain=True)
        return [self._result(call, by_id[number]) for number, call in enumerate(calls)]

    def _too_large(self, call: Call) -> Answer:
        """The outcome of a lone call with too large a response: only log queries can be split."""
        message = f"the answer is larger than {_MAX_ANSWER} bytes"
        if call.blocks > 1:
            raise TooMuch(message, certain=True)
        if not call.blocks:
            raise Fault(message)
        return RpcError(self.chain, call.method, message)

    def _result(self, call: Call, response: dict[str, Any]) -> Answer:
        if response.get("error") is not None:
            return self._error(call, response["error"])
        if "result" not in response:
            raise BadAnswer(f"{call.method}: neither result nor error")
        try:
            result = call.how.read(response["result"])
        except Malformed as error:
            if call.how.dispensable:
                return RpcError(self.chain, call.method, str(error))
            raise BadAnswer(f"{call.method}: {error}") from None
        if isinstance(result, bytes) and call.method == answers.CALL.name and is_revert(result):
            return Reverted(self.chain, call.method, result)
        return result

    def _error(self, call: Call, said: object) -> RpcError:
        fields = said if isinstance(said, dict) else {}
        message = _message(said)
        try:
            revert = read_revert(said)
        except Malformed as error:
            raise BadAnswer(str(error)) from None
        if revert is not None:
            return Reverted(self.chain, call.method, revert.data, revert.said)
        wide = call.blocks > 0 and _has(message, _WIDE) and not _has(message, _BEHIND)
        if not wide and _has(message, _LIMITED):
            raise Fault(message, 0.0)
        heavy = wide or (call.blocks > 0 and _has(message, _HEAVY))
        # A tag without a block is an answer: the chain may not have that tag.
        of_tag = call.method == "eth_getBlockByNumber" and not str(call.params[0]).startswith("0x")
        if not heavy and not of_tag and _has(message, _HICCUPS):
            raise Fault(message)
        if call.blocks > 1:
            raise TooMuch(message, certain=heavy, blocks=call.blocks)
        refusal = RpcError(self.chain, call.method, message, fields.get("code"))
        if refusal.is_internal and call.method == answers.SEND_RAW.name:
            raise Fault(message)  # it may have taken the transaction all the same
        return refusal


def _message(error: object) -> str:
    given = error.get("message", error) if isinstance(error, dict) else error
    return given[:_MOST_READ] if isinstance(given, str) else shown(given)


def _has(message: str, words: Sequence[str]) -> bool:
    return any(word in message.lower() for word in words)


def _by_id(answer: object, calls: int) -> dict[int, dict[str, Any]]:
    """Answers by the number of their call; BadAnswer unless they are numbers below `calls`."""
    if not isinstance(answer, list):
        raise BadAnswer(f"not a JSON-RPC answer: {shown(answer)}")
    found: dict[int, dict[str, Any]] = {}
    for item in answer:
        if not isinstance(item, dict):
            raise BadAnswer(f"not a JSON-RPC answer: {shown(item)}")
        number = item.get("id")
        if calls == 1 and number is None:
            number = 0  # some refuse so early that they do not know the id
        if type(number) is not int or not 0 <= number < calls or number in found:
            raise BadAnswer(f"id: {shown(number)} is not that of one call")
        found[number] = item
    return found


async def _read(response: aiohttp.ClientResponse) -> bytes | None:
    """Read the body; None if it is too large."""
    body = bytearray()
    async for part in response.content.iter_any():
        body += part
        if len(body) > _MAX_ANSWER:
            return None
    return bytes(body)


def _parse(body: bytes | None, status: int) -> Any:
    """Parse the body. Some nodes send errors with HTTP statuses: JSON-RPC in the body counts."""
    if body is None:
        return None
    try:
        answer = parse_json(body)
    except ValueError:
        answer = None
    is_answer = isinstance(answer, list | dict) and bool(answer)
    if status != 200 and not (is_answer and (isinstance(answer, list) or "error" in answer)):
        if status in _OTHER_REASONS:
            raise Fault(f"HTTP {status}")
        raise TooMuch(f"HTTP {status}", certain=status == 413)
    if not is_answer:
        raise BadAnswer(f"not a JSON-RPC answer: {shown(body)}")
    return answer


def _seconds(header: str | None) -> float:
    return float(header) if header is not None and header.isdecimal() else 0.0
