"""Steps that run at once: all end, and the worst failure is told."""

import asyncio

import pytest

from hyperlane.agents.runtime.loops import all_ended
from hyperlane.errors import ChainError

pytestmark = pytest.mark.quick


async def fail(error: Exception) -> None:
    raise error


async def test_all_have_ended_before_one_failure_is_raised():
    ended = []

    async def slow() -> None:
        await asyncio.sleep(0.01)
        ended.append(True)

    with pytest.raises(ChainError):
        await all_ended(fail(ChainError("the node is down")), slow())
    assert ended == [True]


async def test_a_node_that_fails_hides_no_defect():
    with pytest.raises(ValueError, match="a defect"):
        await all_ended(fail(ChainError("the node is down")), fail(ValueError("a defect")))


async def test_a_cancelled_step_has_ended_too():
    ended = []

    async def write() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.01)
            ended.append(True)

    task = asyncio.create_task(all_ended(write(), write()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == [True, True]
