"""A relayer that is told to stop does so, whatever happens in the same moment."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from hyperlane.agents.relayer.delivery.destination import Destination
from hyperlane.agents.relayer.delivery.submitting import Submitter
from hyperlane.agents.relayer.origin.follow import Origin
from hyperlane.errors import ChainError

pytestmark = pytest.mark.quick


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


class Writes:
    """Writes to a database that take some turns of the event loop to be given up."""

    def __init__(self) -> None:
        self.begun = self.given_up = 0
        self.both = asyncio.Event()

    async def write(self, *_: Any) -> int:
        self.begun += 1
        turns = 10 * self.begun
        if self.begun == 2:
            self.both.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            for _ in range(turns):
                await asyncio.sleep(0)
            self.given_up += 1
            raise
        return 0


async def stop(work: Any, writes: Writes) -> None:
    task = asyncio.create_task(work)
    await writes.both.wait()
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


async def test_no_submission_goes_on_after_it_stopped() -> None:
    writes = Writes()
    plan = SimpleNamespace(verdicts=(), drafts=(), alone=(), limits=None)

    async def nothing(*_: Any) -> Any:
        return set()

    async def planned(_: Any) -> Any:
        return plan

    key = SimpleNamespace(submission=SimpleNamespace(plan=planned))
    submitter: Any = SimpleNamespace(
        keys=SimpleNamespace(best=lambda: key, divide=lambda _: [(key, ()), (key, ())]),
        outcomes=SimpleNamespace(write=nothing),
        _send=nothing,
        _submit_alone=writes.write,
    )
    await stop(Submitter._submit_now(submitter, []), writes)
    assert writes.given_up == 2


async def test_no_indexing_goes_on_after_it_stopped() -> None:
    writes = Writes()
    origin: Any = SimpleNamespace(insertions=None, _sync=writes.write, _sync_payments=writes.write)
    await stop(Origin._sync_leaves_and_payments(origin, 7), writes)
    assert writes.given_up == 2


async def test_a_failure_to_index_payments_is_told_once_the_leaves_are_indexed() -> None:
    indexed = []

    async def leaves(*_: Any) -> int:
        await asyncio.sleep(0)
        indexed.append(1)
        return 1

    async def payments(_: int) -> int:
        raise ChainError("no logs")

    origin: Any = SimpleNamespace(insertions=None, _sync=leaves, _sync_payments=payments)
    with pytest.raises(ChainError, match="no logs"):
        await Origin._sync_leaves_and_payments(origin, 7)
    assert indexed == [1]
