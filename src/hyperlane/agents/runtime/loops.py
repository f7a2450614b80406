"""Loops that outlive failures of nodes and storages."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any

import structlog

from hyperlane.errors import ChainError, DecodeError, StorageError

log = structlog.get_logger()

TRANSIENT = (ChainError, DecodeError, StorageError)
"""Failures that a loop outlives: it tries again later. All others end the agent."""

_LONGEST_PAUSE = 60.0


async def until_done(name: str, step: Callable[[], Awaitable[None]]) -> None:
    """Do `step` until it succeeds, pausing longer and longer after transient failures."""
    pause = 1.0
    while True:
        try:
            return await step()
        except TRANSIENT as error:
            log.warning("task.failed", task=name, error=str(error), retry_in=pause)
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


async def repeat(
    name: str,
    interval: float,
    step: Callable[[], Awaitable[None]],
    longest: float = _LONGEST_PAUSE,
    wake: asyncio.Event | None = None,
) -> None:
    """Do `step` for ever, every `interval` seconds, later and later while it fails.

    `longest` is the longest pause in seconds. A pause ends at once when `wake` is set.
    """
    pause = interval
    while True:
        try:
            await step()
            pause = interval
        except TRANSIENT as error:
            pause = min(2 * pause, max(interval, longest))
            log.warning("task.failed", task=name, error=str(error), retry_in=pause)
        await _pause(pause, wake)


async def _pause(seconds: float, wake: asyncio.Event | None) -> None:
    if wake is None:
        return await asyncio.sleep(seconds)
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await wake.wait()
    wake.clear()


async def all_ended(*steps: Coroutine[Any, Any, Any]) -> list[Any]:
    """The results of steps that run at once, when all have ended.

    Raises the first failure that no loop outlives, else the first of all.

    `gather` returns when the first of them is cancelled or fails. A write to the database that goes
    on without anybody waiting for it is cancelled a second time when the agent stops, and then its
    connection hangs.
    """
    results = await asyncio.gather(*steps, return_exceptions=True)
    failures = [item for item in results if isinstance(item, BaseException)]
    if failures:
        raise next((item for item in failures if not isinstance(item, TRANSIENT)), failures[0])
    return results
