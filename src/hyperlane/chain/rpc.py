"""JSON-RPC over several URLs of one chain: who is asked, who is believed, what is tried again.

`single` asks the first URL alone; `fallback` the first that is well, and the next when it fails,
is slow or falls behind; `quorum` asks all, and believes what more than half of all configured URLs
say; `majority` what two thirds of them say, rounded up.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import aiohttp
import structlog

from hyperlane.chain.agreement import (
    Consensus,
    all_agree,
    majority,
    opposed,
    reads_at_a_block,
)
from hyperlane.chain.answers import CHAIN_ID, SEND_RAW
from hyperlane.chain.doubt import Said, is_doubtful
from hyperlane.chain.endpoint import (
    Answer,
    BadAnswer,
    Call,
    Endpoint,
    Fault,
    RpcError,
    TooMuch,
    WrongChain,
)
from hyperlane.chain.heads import head, head_tag
from hyperlane.chain.pace import LONGEST
from hyperlane.chain.sizes import SizeMemory
from hyperlane.errors import ChainError, ConfigError

log = structlog.get_logger()

_ROUNDS = 5
_FIRST_PAUSE = 0.2
_LAG = 5
"""Blocks; a URL that is further behind another one is stale."""
_STALL = 30.0
"""Seconds without a new head after which other URLs are asked for theirs."""


class Unreachable(ChainError):
    """No URL of the chain, or too few of them, gave an answer, even after retries."""


class TooWide(ChainError):
    """Logs of so many blocks are too much for the URLs of the chain."""

    def __init__(self, chain: str, blocks: int) -> None:
        super().__init__(f"{chain}: logs of {blocks} blocks at once, not more")
        self.blocks = blocks
        """What one of them takes, as far as is known."""


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
    sizes: SizeMemory | None = None
    """Where what a URL takes in one request outlives the program."""
    _session: aiohttp.ClientSession | None = field(init=False, default=None)
    _believed: dict[str, Endpoint] = field(init=False, default_factory=dict)
    """Per method, whose answer was believed last."""
    _told_head: Endpoint | None = field(init=False, default=None)
    """Whose head was believed last."""

    def __post_init__(self) -> None:
        urls = self.urls[:1] if self.consensus is Consensus.SINGLE else self.urls
        self.endpoints = [Endpoint(self.name, self.chain_id, url, self.sizes) for url in urls]

    async def close(self) -> None:
        """Close connections."""
        if self._session is not None:
            await self._session.close()

    async def verify(self) -> None:
        """ConfigError if any URL that answers is of another chain; Unreachable if none does."""
        asked = [self._ask(endpoint, [Call(CHAIN_ID, ())], LONGEST) for endpoint in self.endpoints]
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
        """Answers in order; Unreachable, Disagreement; TooWide for logs of too many blocks."""
        agree, said = self.consensus.applies_to(calls), Said()
        pause = _FIRST_PAUSE
        for round_ in range(_ROUNDS):
            await self._respect_limits()
            answers = await (
                self._by_majority(calls, round_) if agree else self._by_first(calls, round_, said)
            )
            if answers is not None:
                return answers
            self._require_width(calls[0].blocks)
            if round_ < _ROUNDS - 1:
                await self.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311 - only jitter
                pause *= 2
        if said.doubted:
            return said.best(calls)
        if self._told_head is not None and reads_at_a_block(calls[0]):
            self._distrust(self._told_head, "no RPC has the block that it told of")
            self._told_head = None
        raise self._unreachable(calls[0].method)

    async def opinions(self, calls: Sequence[Call]) -> list[list[Answer]]:
        """What each URL says by itself, whatever the consensus; Unreachable when none answers.

        Those that rest are left out unless all do, and so are those that are slower than others.
        """
        now = self.clock()
        well = [item for item in self.endpoints if item.health.resting_until <= now]
        given = await self._answers_of_many(well or self.endpoints, calls, 1, all_count=True)
        return [said for _, said in given] or [await self.exchange(calls)]

    def distrust(self, problem: str, method: str) -> None:
        """What was believed of a method's last answer was wrong: others go first for a while."""
        self._distrust(self._believed.get(method, self._by_health()[0]), problem)

    def _distrust(self, endpoint: Endpoint, problem: str) -> None:
        endpoint.suspect()
        rest = endpoint.health.distrusted(problem, self.clock())
        log.warning(
            "rpc.distrusted",
            chain=self.name,
            host=endpoint.host,
            error=problem,
            rests=round(rest, 1),
        )

    async def _ask(self, endpoint: Endpoint, calls: Sequence[Call], seconds: float) -> list[Answer]:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        began = self.clock()
        try:
            answers = await endpoint.ask(self._session, calls, seconds)
        except Fault as fault:
            self._failed(endpoint, calls, fault)
            raise
        endpoint.health.worked(calls[0].method)
        endpoint.pace.took([call.method for call in calls], self.clock() - began)
        return answers

    def _failed(self, endpoint: Endpoint, calls: Sequence[Call], fault: Fault) -> None:
        """The URL rests, unless it only takes less at once.

        What is no answer at all is told to people, once for each rest.
        """
        method = calls[0].method
        if isinstance(fault, TooMuch) and fault.certain:
            return
        if isinstance(fault, WrongChain):
            self._distrust(endpoint, str(fault))
            return
        new = endpoint.health.failed(str(fault), method, self.clock(), fault.rest)
        tell = log.warning if new and isinstance(fault, BadAnswer) else log.debug
        event = "rpc.malformed" if isinstance(fault, BadAnswer) else "rpc.failed"
        tell(event, chain=self.name, host=endpoint.host, method=method, error=str(fault))

    @property
    def log_span(self) -> int:
        """Blocks that those who are asked next take in one log query."""
        order = self._by_health()
        if self.consensus in (Consensus.QUORUM, Consensus.MAJORITY):
            now = self.clock()
            well = [item for item in order if item.health.resting_until <= now]
            return min(item.sizes.span.now for item in well or order)
        return order[0].sizes.span.now

    def _require_width(self, blocks: int) -> None:
        """Nobody answered: the next try is for fewer blocks if anybody takes fewer only."""
        least = min(item.sizes.span.now for item in self.endpoints)
        if blocks > least:
            raise TooWide(self.name, least)

    def _by_health(self) -> list[Endpoint]:
        """Those that are well, in the order configured, then those that rest."""
        now = self.clock()
        return sorted(self.endpoints, key=lambda item: max(0.0, item.health.resting_until - now))

    async def _respect_limits(self) -> None:
        """Wait while every URL asks to be left alone."""
        now = self.clock()
        waits = [
            item.health.resting_until - now if item.health.limited else 0.0
            for item in self.endpoints
        ]
        if min(waits) > 0:
            await self.sleep(min(waits))

    # One answer is enough

    async def _by_first(
        self, calls: Sequence[Call], round_: int, said: Said
    ) -> list[Answer] | None:
        """The first answer without doubt; the next URL is asked when one fails, or is slow."""
        methods = [call.method for call in calls]
        waiting, order = self._by_health(), list[Endpoint]()
        running: dict[asyncio.Task[list[Answer]], Endpoint] = {}
        try:
            while waiting or running:
                if waiting and (not running or self._may_hedge(calls, waiting[0])):
                    order.append(waiting.pop(0))
                    running[self._start(order[-1], calls, round_)] = order[-1]
                hedges = bool(waiting) and self._may_hedge(calls, waiting[0])
                patience = order[-1].pace.patience(methods) if hedges else None
                done, _ = await asyncio.wait(
                    running, timeout=patience, return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    endpoint = running.pop(task)
                    answers = await self._believe(endpoint, calls, task, said)
                    if answers is not None:
                        for earlier in order[: order.index(endpoint)]:
                            if earlier in running.values():
                                self._slower(earlier, methods[0])
                        return answers
        finally:
            for task in running:
                task.cancel()
        return said.stand(calls)

    def _start(
        self, endpoint: Endpoint, calls: Sequence[Call], round_: int
    ) -> asyncio.Task[list[Answer]]:
        seconds = endpoint.pace.deadline([call.method for call in calls], round_)
        task = asyncio.create_task(self._ask(endpoint, calls, seconds))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())  # known to _ask
        return task

    def _may_hedge(self, calls: Sequence[Call], endpoint: Endpoint) -> bool:
        """Whether a URL may be asked beside another one.

        Not to take a transaction: of two refusals nobody could tell which is about the other.
        """
        return calls[0].method != SEND_RAW.name and endpoint.health.resting_until <= self.clock()

    def _slower(self, endpoint: Endpoint, method: str) -> None:
        endpoint.health.failed("slower than the others", method, self.clock())

    async def _believe(
        self,
        endpoint: Endpoint,
        calls: Sequence[Call],
        task: asyncio.Task[list[Answer]],
        said: Said,
    ) -> list[Answer] | None:
        """What a URL answered, if that is beyond doubt; else it is kept in `said`."""
        try:
            answers = task.result()
        except Fault as fault:
            if isinstance(fault, WrongChain):
                said.forget(endpoint)
            return None
        tag, number = head(calls, answers)
        if tag is not None and await self._is_stale(endpoint, calls, tag, number):
            said.stale.append((number, answers))
            return None
        if any(map(is_doubtful, calls, answers)):
            endpoint.suspect()
            said.doubted.append((endpoint, answers))
            return None
        for other, doubted in said.doubted:
            if other is not endpoint:
                self._contradicted(other, calls, doubted, endpoint)
        self._believed[calls[0].method] = endpoint
        if tag is not None:
            self._told_head = endpoint
        return answers

    def _contradicted(
        self, endpoint: Endpoint, calls: Sequence[Call], doubted: list[Answer], by: Endpoint
    ) -> None:
        """Another URL had a better answer."""
        call, answer = next(item for item in zip(calls, doubted, strict=True) if is_doubtful(*item))
        if isinstance(answer, RpcError):
            endpoint.health.failed(answer.message, call.method, self.clock())
        else:
            self._distrust(endpoint, f"{call.method}: nothing, but {by.host} has an answer")

    async def _is_stale(
        self, endpoint: Endpoint, calls: Sequence[Call], tag: str, number: int
    ) -> bool:
        """Whether another URL knows a much higher head."""
        others = [item for item in self.endpoints if item is not endpoint]
        if not others:
            return False
        now, allowed = self.clock(), _LAG
        seen, since = endpoint.heads.get(tag, (number, now))
        if number != seen:
            since = now
        elif now - since > _STALL:
            since, allowed = now, 0  # it stands still: no lag, if another one goes on
            trusted = [item for item in others if not item.health.is_distrusted(now)]
            await asyncio.gather(*(self._look(item, calls, tag) for item in trusted))
        endpoint.heads[tag] = number, since
        highest = max(item.heads.get(tag, (0, 0.0))[0] for item in others)
        if highest <= number + allowed:
            return False
        behind = highest - number
        rest = endpoint.health.distrusted(f"{behind} blocks behind", now)
        log.warning(
            "rpc.stale",
            chain=self.name,
            host=endpoint.host,
            tag=tag,
            behind=behind,
            rests=round(rest, 1),
        )
        return True

    async def _look(self, endpoint: Endpoint, calls: Sequence[Call], tag: str) -> None:
        """Learn the head of a URL that is not in use."""
        methods = [call.method for call in calls]
        try:
            _, number = head(
                calls, await self._ask(endpoint, calls, endpoint.pace.deadline(methods))
            )
        except Fault:
            return
        endpoint.heads[tag] = number, self.clock()

    # More than half must say the same

    async def _by_majority(self, calls: Sequence[Call], round_: int) -> list[Answer] | None:
        needed, last = self.consensus.needed(len(self.endpoints)), round_ == _ROUNDS - 1
        asked = [item for item in self.endpoints if item.health.resting_until <= self.clock()]
        if len(asked) < needed or round_:
            asked = self.endpoints
        given = await self._answers_of_many(asked, calls, needed, round_)
        if len(given) < needed:
            return None
        agreed: list[Answer] = []
        for number, call in enumerate(calls):
            said = [(endpoint, answers[number]) for endpoint, answers in given]
            found = majority(call, said, needed)
            if found is None:
                if last:
                    raise Disagreement(f"{self.name}: {call.method}: {opposed(said)}")
                return None
            answer, dissenters = found
            for endpoint in dissenters:
                endpoint.health.distrusted("contradicts the others", self.clock())
                log.warning("rpc.outvoted", chain=self.name, host=endpoint.host, method=call.method)
            agreed.append(answer)
        return agreed

    async def _answers_of_many(
        self,
        endpoints: Sequence[Endpoint],
        calls: Sequence[Call],
        needed: int,
        round_: int = 0,
        *,
        all_count: bool = False,
    ) -> list[tuple[Endpoint, list[Answer]]]:
        """What they answer: all that do, or enough to decide; none is waited for in vain."""
        methods = [call.method for call in calls]
        tasks = {self._start(item, calls, round_): item for item in endpoints}
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
                        self._slower(tasks[task], methods[0])
                    break
                if len(given) >= needed:
                    settled = not all_count and head_tag(calls[0]) is None
                    if settled and all_agree(calls, given, needed):
                        break
                    patience = max(
                        (tasks[task].pace.patience(methods) for task in waiting), default=None
                    )
        finally:
            for task in waiting:
                task.cancel()
        return given

    def _unreachable(self, method: str) -> Unreachable:
        problems = "; ".join(
            f"{item.host}: {item.health.problem or 'well'}" for item in self.endpoints
        )
        return Unreachable(f"{self.name}: no RPC answers {method} ({problems})")
