"""JSON-RPC over several URLs of one chain: who is asked, who is believed, what is tried again.

`single` asks the first URL alone; `fallback` the first that is well, and the next when it fails or
falls behind; `quorum` asks all, and believes what more than half of all configured URLs say;
`majority` what two thirds of them say, rounded up.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import aiohttp
import structlog

from hyperlane.chain.answers import CHAIN_ID, Block, Receipt
from hyperlane.chain.endpoint import (
    TIMEOUT,
    Answer,
    Call,
    Endpoint,
    Fault,
    Reverted,
    RpcError,
    WrongChain,
)
from hyperlane.errors import ChainError, ConfigError

log = structlog.get_logger()

_ROUNDS = 5
_FIRST_PAUSE = 0.2
_STRAGGLERS = 2.0
"""Seconds that the slowest URLs get once the others agree on a head."""
_LAG = 5
"""Blocks; a URL that is further behind another one is stale."""
_STALL = 30.0
"""Seconds without a new head after which other URLs are asked for theirs."""
_AT_A_BLOCK = {
    "eth_call": 1,
    "eth_getBalance": 1,
    "eth_getCode": 1,
    "eth_getTransactionCount": 1,
    "eth_getStorageAt": 2,
}
"""Methods that read at a block, and which parameter names it."""
_AGREED = ("eth_blockNumber", "eth_getBlockByNumber", "eth_getLogs", "eth_getTransactionReceipt")


class Consensus(StrEnum):
    """How several URLs are used."""

    SINGLE = "single"
    FALLBACK = "fallback"
    QUORUM = "quorum"
    MAJORITY = "majority"

    def needed(self, urls: int) -> int:
        """URLs out of `urls` that must give the same answer."""
        if self is Consensus.MAJORITY:
            return -(-2 * urls // 3)
        return urls // 2 + 1 if self is Consensus.QUORUM else 1


class Unreachable(ChainError):
    """No URL of the chain, or too few of them, gave an answer, even after retries."""


class Disagreement(ChainError):
    """The URLs contradict each other, and none of their answers has a majority."""


@dataclass(slots=True)
class RpcPool:
    """All URLs of one chain."""

    name: str
    chain_id: int
    urls: Sequence[str] = field(repr=False)
    consensus: Consensus = Consensus.FALLBACK
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    clock: Callable[[], float] = time.monotonic
    endpoints: list[Endpoint] = field(init=False)
    _session: aiohttp.ClientSession | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        urls = self.urls[:1] if self.consensus is Consensus.SINGLE else self.urls
        self.endpoints = [Endpoint(self.name, self.chain_id, url) for url in urls]

    async def close(self) -> None:
        """Close connections."""
        if self._session is not None:
            await self._session.close()

    async def verify(self) -> None:
        """ConfigError if any URL that answers is of another chain; Unreachable if none does."""
        asked = [self._ask(endpoint, [Call(CHAIN_ID, ())]) for endpoint in self.endpoints]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        for answer in answers:
            if isinstance(answer, WrongChain):
                raise ConfigError(f"chains.{self.name}.rpcUrls: {answer}")
            if isinstance(answer, BaseException) and not isinstance(answer, Fault):
                raise answer
        for endpoint, answer in zip(self.endpoints, answers, strict=True):
            if isinstance(answer, Fault):
                log.warning("rpc.down", chain=self.name, host=endpoint.host, error=str(answer))
        if all(isinstance(answer, Fault) for answer in answers):
            raise self._unreachable("eth_chainId")

    async def exchange(self, calls: Sequence[Call]) -> list[Answer]:
        """Answers in order; Unreachable, Disagreement."""
        several = self.consensus in (Consensus.QUORUM, Consensus.MAJORITY)
        agree = several and all(map(_needs_agreement, calls))
        attempt = self._by_majority if agree else self._by_first
        pause = _FIRST_PAUSE
        for remaining in reversed(range(_ROUNDS)):
            await self._respect_limits()
            answers = await attempt(calls, last=not remaining)
            if answers is not None:
                return answers
            if remaining:
                await self.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311 - only jitter
                pause *= 2
        raise self._unreachable(calls[0].method)

    async def opinions(self, calls: Sequence[Call]) -> list[list[Answer]]:
        """What each URL says by itself, whatever the consensus; Unreachable when none answers.

        Those that rest are left out unless all do, and so are those that are slower than others.
        """
        now = self.clock()
        well = [item for item in self.endpoints if item.resting_until <= now] or self.endpoints
        given = await self._answers_of_many(well, calls, 1, all_count=True)
        return [said for _, said in given] or [await self.exchange(calls)]

    def distrust(self, problem: str) -> None:
        """What the URL in use said was wrong: others go first for a while."""
        self._by_health()[0].failed(Fault(problem), self.clock())

    async def _ask(self, endpoint: Endpoint, calls: Sequence[Call]) -> list[Answer]:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=TIMEOUT)
        try:
            answers = await endpoint.ask(self._session, calls)
        except Fault as fault:
            endpoint.failed(fault, self.clock())
            log.debug("rpc.failed", chain=self.name, host=endpoint.host, error=str(fault))
            raise
        endpoint.worked()
        return answers

    def _by_health(self) -> list[Endpoint]:
        """Those that are well, in the order configured, then those that rest."""
        now = self.clock()
        return sorted(self.endpoints, key=lambda item: max(0.0, item.resting_until - now))

    async def _respect_limits(self) -> None:
        """Wait while every URL asks to be left alone."""
        now = self.clock()
        waits = [item.resting_until - now if item.limited else 0.0 for item in self.endpoints]
        if min(waits) > 0:
            await self.sleep(min(waits))

    # One answer is enough

    async def _by_first(self, calls: Sequence[Call], *, last: bool) -> list[Answer] | None:
        stale: list[tuple[int, list[Answer]]] = []
        for endpoint in self._by_health():
            try:
                answers = await self._ask(endpoint, calls)
            except Fault:
                continue
            tag, number = _head(calls, answers)
            if tag is None or not await self._is_stale(endpoint, calls, tag, number):
                return answers
            stale.append((number, answers))
        # Behind what was seen before: all nodes may have been set back.
        return max(stale, key=lambda item: item[0])[1] if stale else None

    async def _is_stale(
        self, endpoint: Endpoint, calls: Sequence[Call], tag: str, number: int
    ) -> bool:
        """Whether another URL knows a much higher head."""
        others = [item for item in self.endpoints if item is not endpoint]
        if not others:
            return False
        now = self.clock()
        seen, since = endpoint.heads.get(tag, (number, now))
        if number != seen:
            since = now
        elif now - since > _STALL:
            since = now
            for other in others:
                await self._look(other, calls, tag)
        endpoint.heads[tag] = number, since
        highest = max(item.heads.get(tag, (0, 0.0))[0] for item in others)
        if highest <= number + _LAG:
            return False
        behind = highest - number
        endpoint.failed(Fault(f"{behind} blocks behind"), now)
        log.warning("rpc.stale", chain=self.name, host=endpoint.host, tag=tag, behind=behind)
        return True

    async def _look(self, endpoint: Endpoint, calls: Sequence[Call], tag: str) -> None:
        """Learn the head of a URL that is not in use."""
        try:
            _, number = _head(calls, await self._ask(endpoint, calls))
        except Fault:
            return
        endpoint.heads[tag] = number, self.clock()

    # More than half must say the same

    async def _by_majority(self, calls: Sequence[Call], *, last: bool) -> list[Answer] | None:
        needed = self.consensus.needed(len(self.endpoints))
        asked = [item for item in self.endpoints if item.resting_until <= self.clock()]
        if len(asked) < needed or last:
            asked = self.endpoints
        given = await self._answers_of_many(asked, calls, needed)
        if len(given) < needed:
            return None
        agreed: list[Answer] = []
        for number, call in enumerate(calls):
            said = [(endpoint, answers[number]) for endpoint, answers in given]
            found = _majority(call, said, needed)
            if found is None:
                if last:
                    raise Disagreement(f"{self.name}: {call.method}: {_opinions(call, said)}")
                return None
            answer, dissenters = found
            for endpoint in dissenters:
                endpoint.failed(Fault("contradicts the others"), self.clock())
                log.warning("rpc.outvoted", chain=self.name, host=endpoint.host, method=call.method)
            agreed.append(answer)
        return agreed

    async def _answers_of_many(
        self,
        endpoints: Sequence[Endpoint],
        calls: Sequence[Call],
        needed: int,
        *,
        all_count: bool = False,
    ) -> list[tuple[Endpoint, list[Answer]]]:
        """What they answer: all that do, or enough to decide; none is waited for in vain."""
        tasks = {asyncio.create_task(self._ask(item, calls)): item for item in endpoints}
        given: list[tuple[Endpoint, list[Answer]]] = []
        waiting: set[asyncio.Task[list[Answer]]] = set(tasks)
        patience: float | None = None
        try:
            while waiting:
                done, waiting = await asyncio.wait(
                    waiting, timeout=patience, return_when=asyncio.FIRST_COMPLETED
                )
                given += [
                    (tasks[task], task.result())
                    for task in done
                    if not isinstance(task.exception(), Fault)
                ]
                if not done:
                    for task in waiting:
                        tasks[task].failed(Fault("slower than the others"), self.clock())
                    break
                if len(given) >= needed:
                    settled = not all_count and _head_tag(calls[0]) is None
                    if settled and _all_agree(calls, given, needed):
                        break
                    patience = _STRAGGLERS
        finally:
            for task in waiting:
                task.cancel()
        return given

    def _unreachable(self, method: str) -> Unreachable:
        problems = "; ".join(f"{item.host}: {item.problem or 'well'}" for item in self.endpoints)
        return Unreachable(f"{self.name}: no RPC answers {method} ({problems})")


def _needs_agreement(call: Call) -> bool:
    """Whether wrong answers would do harm, and right ones are the same everywhere."""
    position = _AT_A_BLOCK.get(call.method)
    if position is None:
        return call.method in _AGREED
    return position < len(call.params) and str(call.params[position]).startswith("0x")


def _head_tag(call: Call) -> str | None:
    """The tag whose height a call asks for; None if it asks for something else."""
    if call.method == "eth_blockNumber":
        return "latest"
    if call.method == "eth_getBlockByNumber" and not str(call.params[0]).startswith("0x"):
        return str(call.params[0])
    return None


def _head(calls: Sequence[Call], answers: Sequence[Answer]) -> tuple[str | None, int]:
    """Tag and height that an answer tells, if it tells any."""
    tag = _head_tag(calls[0])
    number = None if tag is None else _height(answers[0])
    return (None, 0) if number is None else (tag, number)


def _height(answer: Answer) -> int | None:
    if isinstance(answer, Block):
        return answer.number
    return answer if isinstance(answer, int) else None


def _all_agree(
    calls: Sequence[Call], given: Sequence[tuple[Endpoint, list[Answer]]], needed: int
) -> bool:
    return all(
        _majority(call, [(item, answers[number]) for item, answers in given], needed)
        for number, call in enumerate(calls)
    )


def _majority(
    call: Call, said: Sequence[tuple[Endpoint, Answer]], needed: int
) -> tuple[Answer, list[Endpoint]] | None:
    """What enough of them say, and who says something else; None if nothing has a majority.

    The height of a head is the highest that enough of them have reached.
    """
    if _head_tag(call) is not None:
        heights = [
            (height, answer) for _, answer in said if (height := _height(answer)) is not None
        ]
        heights.sort(key=lambda item: -item[0])
        if len(heights) >= needed:
            return heights[needed - 1][1], []
    essences = [_essence(answer) for _, answer in said]
    essence, votes = Counter(essences).most_common(1)[0]
    if votes < needed:
        return None
    agreed = said[essences.index(essence)][1]
    others = [item for (item, _), other in zip(said, essences, strict=True) if other != essence]
    return agreed, others


def _essence(answer: Answer) -> Hashable:
    """What must be equal in two answers that say the same: nodes add fields of their own."""
    match answer:
        case Reverted():
            return "reverted", answer.data
        case RpcError():
            return "error"
        case Receipt():
            return answer.tx_hash, answer.block_hash, answer.succeeded
        case Block():
            return answer.hash
        case tuple() | list():
            return frozenset(answer)  # logs, in any order
        case _:
            return answer  # type: ignore[no-any-return]


def _opinions(call: Call, said: Sequence[tuple[Endpoint, Answer]]) -> str:
    """Who says what, for people."""
    groups: dict[Hashable, list[str]] = {}
    for endpoint, answer in said:
        groups.setdefault(_essence(answer), []).append(endpoint.host)
    return (
        " against ".join(", ".join(hosts) for hosts in groups.values()) + " contradict each other"
    )
