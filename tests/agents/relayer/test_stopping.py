"""A relayer that is told to stop does so, whatever happens in the same moment."""

import asyncio
from types import SimpleNamespace

import pytest

from hyperlane.agents.relayer.delivery.destination import Destination


@pytest.mark.parametrize("turns", range(6))
async def test_news_do_not_keep_it_from_stopping(turns: int) -> None:
    destination = SimpleNamespace(_news=asyncio.Event())

    async def waiting() -> None:
        while True:
            await Destination._wait(destination, 60)
            destination._news.clear()

    task = asyncio.create_task(waiting())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    destination._news.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task], timeout=5)
    assert task.cancelled()
