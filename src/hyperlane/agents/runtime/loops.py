"""Loops that outlive failures of nodes and storages."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import structlog

from hyperlane.errors import ChainError, DecodeError, StorageError

if TYPE_CHECKING:
    pass

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


async def repeat(name: str, interval: float, step: Callable[[], Awaitable[None]]) -> None:
    """Do `step` for ever, every `interval` seconds, later and later while it fails."""
    pause = interval
    while True:
        try:
            await step()
            pause = interval
        except TRANSIENT as error:
            pause = min(2 * pause, max(interval, _LONGEST_PAUSE))
            log.warning("task.failed", task=name, error=str(error), retry_in=pause)
        await asyncio.sleep(pause)
