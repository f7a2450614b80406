"""JSON-RPC over several URLs of one chain: which are asked, which are believed, what is retried.

`single` asks the first URL alone; `fallback` the first healthy one, and the next when it fails, is
slow or falls behind; `quorum` asks all, and believes an answer that more than half of all
configured URLs give; `majority` one that two thirds of them give, rounded up.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import structlog

from hyperlane.chain.agreement import (
    Consensus,
    majority,
    opposed,
    reads_at_a_block,
)
from hyperlane.chain.answers import CHAIN_ID
from hyperlane.chain.asking import Asker, may_hedge, methods
from hyperlane.chain.doubt import Said, is_doubtful, is_internal
from hyperlane.chain.endpoint import Answer, Call, Endpoint, Fault, RpcError, WrongChain
from hyperlane.chain.heads import head
from hyperlane.chain.pace import LONGEST
from hyperlane.chain.sizes import SizeMemory
from hyperlane.errors import ChainError, ConfigError

log = structlog.get_logger()

_ROUNDS = 5
_FIRST_PAUSE = 0.1
_LAG = 5
"""Blocks that a URL may be behind another one before it is stale."""
_STALL = 30.0
"""Seconds without a new head after which other URLs are asked for theirs."""


class Unreachable(ChainError):
    """Failure to get an answer: no URL, or too few of them, gave one, even after retries."""


class TooWide(ChainError):
    """Failure of a log query for more blocks than the URLs of the chain take."""

    def __init__(self, chain: str, blocks: int) -> None:
        super().__init__(f"{chain}: logs of {blocks} blocks at once, not more")
        self.blocks = blocks
        """Blocks that one of them takes, as far as is known."""


class Disagreement(ChainError):
    """Failure to agree: the URLs contradict each other, and no answer has a majority."""


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
    """Store for the request sizes that URLs take; None: they are learned anew."""
    _asker: Asker = field(init=False)
    _believed: dict[str, Endpoint] = field(init=False, default_factory=dict)
    """The URL whose answer was believed last, by method."""
    _head_source: Endpoint | None = field(init=False, default=None)
    """The URL whose head was believed last."""

    def __post_init__(self) -> None:
        urls = self.urls[:1] if self.consensus is Consensus.SINGLE else self.urls
        self.endpoints = [Endpoint(self.name, self.chain_id, url, self.sizes) for url in urls]
        self._asker = Asker(self.name, lambda: self.clock())

    async def close(self) -> None:
        """Close connections."""
        await self._asker.close()

    async def verify(self) -> None:
        """ConfigError if any URL that answers is of another chain; Unreachable if none does."""
        asked = [
            self._asker.ask(endpoint, [Call(CHAIN_ID, ())], LONGEST) for endpoint in self.endpoints
        ]
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
        """Get the answers to `calls`, in order, after several rounds if need be.

        Unreachable, Disagreement; TooWide for logs of too many blocks.
        """
        agree, said = len(self.endpoints) > 1 and self.consensus.applies_to(calls), Said()
        pause = _FIRST_PAUSE
        for round_ in range(_ROUNDS):
            await self._respect_limits()
            answers = await (
                self._by_majority(calls, round_, said)
                if agree
                else self._by_first(calls, round_, said)
            )
            if answers is not None:
                return answers
            self._require_width(max(call.blocks for call in calls))
            if round_ < _ROUNDS - 1:
                await self.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311 - only jitter
                pause *= 2
        # No round settled it: a doubtful answer is better than none, as it may be true.
        if said.doubted:
            return said.best(calls)
        # Nobody has a state at a block whose number some URL gave: it may have made it up.
        if self._head_source is not None and reads_at_a_block(calls[0]):
            self._asker.distrust(self._head_source, "no RPC has the block that it told of")
            self._head_source = None
        if agree:
            raise self._too_few(calls[0].method, len(said.given))
        raise self._unreachable(calls[0].method)

    async def opinions(self, calls: Sequence[Call]) -> list[list[Answer]]:
        """Get the answers of each URL, whatever the consensus; Unreachable when none answers.

        URLs that rest are left out unless all do, and so are those that are slower than others.
        """
        well = [item for item in self.endpoints if self._is_well(item)]
        given = await self._asker.ask_many(well or self.endpoints, calls, 1, all_count=True)
        return [said for _, said in given] or [await self.exchange(calls)]

    def distrust(self, problem: str, method: str) -> None:
        """Distrust the URL whose answer to a method was believed last, as it was wrong."""
        self._asker.distrust(self._believed.get(method, self._by_health()[0]), problem)

    @property
    def log_span(self) -> int:
        """Number of blocks that the URLs asked next take in one log query."""
        order = self._by_health()
        if self.consensus in (Consensus.QUORUM, Consensus.MAJORITY):
            now = self.clock()
            well = [item for item in order if item.health.resting_until <= now]
            return min(item.sizes.span.now for item in well or order)
        return order[0].sizes.span.now

    def _require_width(self, blocks: int) -> None:
        """TooWide if some URL takes fewer blocks than were asked for, so that all may answer."""
        least = min(item.sizes.span.now for item in self.endpoints)
        if blocks > least:
            raise TooWide(self.name, least)

    def _by_health(self) -> list[Endpoint]:
        """Healthy URLs in the order configured, then those that rest."""
        now = self.clock()
        return sorted(self.endpoints, key=lambda item: max(0.0, item.health.resting_until - now))

    async def _respect_limits(self) -> None:
        """Wait while every URL asks to be left alone."""
        now = self.clock()
        waits = [item.health.limited_until - now for item in self.endpoints]
        if min(waits) > 0:
            await self.sleep(min(waits))

    # Single and fallback: one answer is enough

    async def _by_first(
        self, calls: Sequence[Call], round_: int, said: Said
    ) -> list[Answer] | None:
        """The first answer beyond doubt; the next URL is asked when one fails, or is slow."""
        waiting, order = self._by_health(), list[Endpoint]()
        alone = not (len(waiting) > 1 and self._is_well(waiting[1]))
        running: dict[asyncio.Task[list[Answer]], Endpoint] = {}
        try:
            while waiting or running:
                if waiting and (not running or self._may_follow(calls, waiting[0])):
                    order.append(waiting.pop(0))
                    task = self._asker.start(order[-1], calls, round_, alone=alone)
                    running[task] = order[-1]
                hedges = bool(waiting) and self._may_follow(calls, waiting[0])
                patience = order[-1].pace.patience(methods(calls)) if hedges else None
                done, _ = await asyncio.wait(
                    running, timeout=patience, return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    endpoint = running.pop(task)
                    answers = await self._believe(endpoint, calls, task, said)
                    if answers is not None:
                        for earlier in order[: order.index(endpoint)]:
                            if earlier in running.values():
                                self._asker.slower(earlier, calls)
                        return answers
        finally:
            for task in running:
                task.cancel()
        return said.stand(calls)

    def _is_well(self, endpoint: Endpoint) -> bool:
        return endpoint.health.resting_until <= self.clock()

    def _may_follow(self, calls: Sequence[Call], endpoint: Endpoint) -> bool:
        """Whether a URL may be asked beside one that is slow."""
        return may_hedge(calls) and self._is_well(endpoint)

    async def _believe(
        self,
        endpoint: Endpoint,
        calls: Sequence[Call],
        task: asyncio.Task[list[Answer]],
        said: Said,
    ) -> list[Answer] | None:
        """The answer of a URL, if it is beyond doubt; otherwise it is kept in `said`."""
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
        # This answer shows that the doubtful ones before it were wrong.
        for other, doubted in said.doubted:
            if other is not endpoint:
                self._contradicted(other, calls, doubted, endpoint)
        self._believed.update((call.method, endpoint) for call in calls)
        if tag is not None:
            self._head_source = endpoint
        return answers

    def _contradicted(
        self, endpoint: Endpoint, calls: Sequence[Call], doubted: list[Answer], by: Endpoint
    ) -> None:
        """Record that a URL's doubtful answer was wrong, as another URL had a better one."""
        call, answer = next(item for item in zip(calls, doubted, strict=True) if is_doubtful(*item))
        if isinstance(answer, RpcError):
            endpoint.health.failed(answer.message, call.method, self.clock())
        else:
            self._asker.distrust(endpoint, f"{call.method}: nothing, but {by.host} has an answer")

    async def _is_stale(
        self, endpoint: Endpoint, calls: Sequence[Call], tag: str, number: int
    ) -> bool:
        """Whether another URL has a much higher head; then this one is distrusted.

        A head that stands still is no lag by itself: the chain may stand still. So after a while
        the other URLs are asked, and then any higher head counts.
        """
        others = [item for item in self.endpoints if item is not endpoint]
        if not others:
            return False
        now, allowed = self.clock(), _LAG
        seen, since = endpoint.heads.get(tag, (number, now))
        if number != seen:
            since = now
        elif now - since > _STALL:
            since, allowed = now, 0
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
        """Ask a URL that is not in use for its head."""
        seconds = endpoint.pace.deadline(methods(calls))
        try:
            _, number = head(calls, await self._asker.ask(endpoint, calls, seconds))
        except Fault:
            return
        endpoint.heads[tag] = number, self.clock()

    # Quorum and majority: enough URLs must give the same answer

    async def _by_majority(
        self, calls: Sequence[Call], round_: int, said: Said
    ) -> list[Answer] | None:
        """The answers that enough URLs give, or None for another round.

        Answers are kept between rounds, so that only URLs that failed are asked again; when the
        answers contradict each other, all are asked anew: one may have been a block behind.
        """
        needed, last = self.consensus.needed(len(self.endpoints)), round_ == _ROUNDS - 1
        answered = [endpoint for endpoint, _ in said.given]
        left = [item for item in self.endpoints if not any(item is other for other in answered)]
        asked = [item for item in left if self._is_well(item)]
        # URLs that rest are left out as long as the others are enough.
        if len(answered) + len(asked) < needed or round_:
            asked = left
        said.given = given = await self._asker.ask_many(
            asked, calls, needed, round_, given=said.given
        )
        # An internal error may pass. Only in the last round it is a vote like any other answer.
        if not last:
            said.given = given = [item for item in given if not any(map(is_internal, item[1]))]
        if len(given) < needed:
            return None
        agreed: list[Answer] = []
        for number, call in enumerate(calls):
            opinions = [(endpoint, answers[number]) for endpoint, answers in given]
            found = majority(call, opinions, needed)
            if found is None:
                if last:
                    raise Disagreement(f"{self.name}: {call.method}: {opposed(opinions)}")
                said.given = []
                return None
            answer, dissenters = found
            for endpoint in dissenters:
                endpoint.health.distrusted("contradicts the others", self.clock())
                log.warning("rpc.outvoted", chain=self.name, host=endpoint.host, method=call.method)
            agreed.append(answer)
        return agreed

    def _unreachable(self, method: str) -> Unreachable:
        return Unreachable(f"{self.name}: no RPC answers {method} ({self._problems})")

    def _too_few(self, method: str, answers: int) -> Unreachable:
        """Error of a quorum that too few RPCs answer. The needed number follows from all URLs,
        failing ones included."""
        urls = len(self.endpoints)
        return Unreachable(
            f"{self.name}: {answers} of {urls} RPCs answer {method}, and"
            f" {self.consensus.needed(urls)} have to agree ({self._problems})"
        )

    @property
    def _problems(self) -> str:
        """Problem of each URL, by host."""
        return "; ".join(f"{item.host}: {item.health.problem or 'well'}" for item in self.endpoints)
