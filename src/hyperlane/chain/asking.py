"""Requests to URLs: to one, to one that may hang, or to many at once; failures are recorded."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import structlog

from hyperlane.chain.agreement import all_agree
from hyperlane.chain.answers import SEND_RAW
from hyperlane.chain.endpoint import Answer, BadAnswer, Call, Endpoint, Fault, TooMuch, WrongChain
from hyperlane.chain.heads import head_tag

log = structlog.get_logger()


@dataclass(slots=True)
class Asker:
    """Sends requests to the URLs of one chain, and records how healthy each is."""

    chain: str
    clock: Callable[[], float]
    _session: aiohttp.ClientSession | None = field(init=False, default=None)

    async def close(self) -> None:
        """Close connections."""
        if self._session is not None:
            await self._session.close()

    def start(
        self, endpoint: Endpoint, calls: Sequence[Call], round_: int, *, alone: bool
    ) -> asyncio.Task[list[Answer]]:
        """Start a request to one URL; `alone` if no other URL is asked when this one is slow."""
        seconds = endpoint.pace.deadline(methods(calls), round_)
        how = self._insist if alone and may_hedge(calls) else self.ask
        return _task(how(endpoint, calls, seconds))

    async def ask(self, endpoint: Endpoint, calls: Sequence[Call], seconds: float) -> list[Answer]:
        """Get the answers of one URL; Fault if it gives none."""
        if self._session is None:
            self._session = aiohttp.ClientSession()
        began = self.clock()
        try:
            answers = await endpoint.ask(self._session, calls, seconds)
        except Fault as fault:
            self._failed(endpoint, calls, fault)
            raise
        endpoint.health.worked(calls[0].method)
        endpoint.pace.took(methods(calls), self.clock() - began)
        return answers

    async def _insist(
        self, endpoint: Endpoint, calls: Sequence[Call], seconds: float
    ) -> list[Answer]:
        """Ask one URL, and once more when it is slow: perhaps only the first request hangs."""
        tasks = [_task(self.ask(endpoint, calls, seconds))]
        try:
            await asyncio.wait(tasks, timeout=endpoint.pace.patience(methods(calls)))
            if not tasks[0].done():
                tasks.append(_task(self.ask(endpoint, calls, seconds)))
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            return done.pop().result()
        finally:
            for task in tasks:
                task.cancel()

    async def ask_many(
        self,
        endpoints: Sequence[Endpoint],
        calls: Sequence[Call],
        needed: int,
        round_: int = 0,
        *,
        all_count: bool = False,
        given: Sequence[tuple[Endpoint, list[Answer]]] = (),
    ) -> list[tuple[Endpoint, list[Answer]]]:
        """Ask several URLs at once; the answers of all, or of enough of them to decide.

        Waits for the rest for a while only, once `needed` have answered or too few are left to
        reach that. `all_count`: wait for more than `needed`. `given`: answers that were collected
        before and count, too.
        """
        tasks = {self.start(item, calls, round_, alone=True): item for item in endpoints}
        gathered = list(given)
        waiting: set[asyncio.Task[list[Answer]]] = set(tasks)
        patience: float | None = None
        try:
            while waiting:
                done, waiting = await asyncio.wait(
                    waiting, timeout=patience, return_when=asyncio.FIRST_COMPLETED
                )
                gathered += [
                    (tasks[task], task.result())
                    for task in done
                    if not isinstance(task.exception(), Fault)
                ]
                if not done:
                    for task in waiting:
                        self.slower(tasks[task], calls)
                    break
                enough = len(gathered) >= needed
                settled = enough and not all_count and head_tag(calls[0]) is None
                if settled and all_agree(calls, gathered, needed):
                    break
                if waiting and (enough or len(gathered) + len(waiting) < needed):
                    patience = 2 * max(
                        tasks[task].pace.patience(methods(calls)) for task in waiting
                    )
        finally:
            for task in waiting:
                task.cancel()
        return gathered

    def slower(self, endpoint: Endpoint, calls: Sequence[Call]) -> None:
        """Record that others answered while this URL did not."""
        endpoint.health.failed("slower than the others", calls[0].method, self.clock())

    def distrust(self, endpoint: Endpoint, problem: str) -> None:
        """Record that a URL gave a wrong answer: others are asked first for a while."""
        endpoint.suspect()
        rest = endpoint.health.distrusted(problem, self.clock())
        log.warning(
            "rpc.distrusted",
            chain=self.chain,
            host=endpoint.host,
            error=problem,
            rests=round(rest, 1),
        )

    def _failed(self, endpoint: Endpoint, calls: Sequence[Call], fault: Fault) -> None:
        """Record a failure: the URL rests, unless the request was only too large for it.

        An answer that is malformed is logged as a warning, once per rest.
        """
        method = calls[0].method
        if isinstance(fault, TooMuch) and fault.certain:
            return
        if isinstance(fault, WrongChain):
            self.distrust(endpoint, str(fault))
            return
        new = endpoint.health.failed(str(fault), method, self.clock(), fault.rest)
        tell = log.warning if new and isinstance(fault, BadAnswer) else log.debug
        event = "rpc.malformed" if isinstance(fault, BadAnswer) else "rpc.failed"
        tell(event, chain=self.chain, host=endpoint.host, method=method, error=str(fault))


def methods(calls: Sequence[Call]) -> list[str]:
    """Names of the methods that are called."""
    return [call.method for call in calls]


def may_hedge(calls: Sequence[Call]) -> bool:
    """Whether the same calls may be sent to two URLs at a time (hedging).

    A transaction may not: one URL would refuse it because it knows it from the other.
    """
    return calls[0].method != SEND_RAW.name


def _task(answers: Coroutine[Any, Any, list[Answer]]) -> asyncio.Task[list[Answer]]:
    task = asyncio.create_task(answers)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())  # counted already
    return task
