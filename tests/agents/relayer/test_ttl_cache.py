"""Values that expire, and look-ups that are shared."""

import asyncio

import pytest

from hyperlane.agents.runtime.ttl_cache import SingleFlight, TtlCache

pytestmark = pytest.mark.quick


class Source:
    """Answers with the number of the question, when told to."""

    def __init__(self) -> None:
        self.asked = 0
        self.may_answer = asyncio.Event()

    async def find(self) -> int:
        self.asked += 1
        number = self.asked
        await self.may_answer.wait()
        return number


async def test_concurrent_look_ups_of_a_key_are_one():
    source, flights = Source(), SingleFlight[str, int]()
    tasks = [asyncio.create_task(flights.run(key, source.find)) for key in ("a", "a", "b")]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    source.may_answer.set()
    assert await asyncio.gather(*tasks) == [1, 1, 2]
    assert await flights.run("a", source.find) == 3, "nothing is kept"


async def test_a_caller_that_is_cancelled_does_not_take_the_answer_from_others():
    source, flights = Source(), SingleFlight[str, int]()
    first, second = (asyncio.create_task(flights.run("a", source.find)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    source.may_answer.set()
    assert await second == 1


async def test_a_value_is_found_again_once_it_expired():
    now, source = [0.0], Source()
    source.may_answer.set()
    cache = TtlCache[str, int](5.0, lambda: now[0])
    assert [await cache.get_or_find("a", source.find) for _ in range(2)] == [1, 1]
    now[0] = 4.9
    assert cache.get("a") == 1
    now[0] = 5.0
    assert cache.get("a") is None
    assert await cache.get_or_find("a", source.find) == 2


async def test_an_error_reaches_all_who_wait_and_is_not_kept():
    cache = TtlCache[str, int](5.0)

    async def fail() -> int:
        await asyncio.sleep(0)
        raise ValueError("no")

    waiting = (cache.get_or_find("a", fail) for _ in range(2))
    errors = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(item) for item in errors] == [ValueError, ValueError]
    source = Source()
    source.may_answer.set()
    assert await cache.get_or_find("a", source.find) == 1


@pytest.mark.parametrize("kept", [2, 3])
def test_a_full_cache_starts_anew(kept):
    cache = TtlCache[int, int](5.0, most=2)
    for number in range(kept):
        cache.put(number, number)
    assert [cache.get(number) for number in range(3)] == (
        [0, 1, None] if kept == 2 else [None, None, 2]
    )


async def test_an_expired_value_is_given_while_it_is_looked_up_anew():
    now, source = 0.0, Source()
    cache = TtlCache[str, int](10.0, clock=lambda: now, usable=100.0)
    source.may_answer.set()
    assert await cache.get_or_find("a", source.find) == 1
    now = 11.0
    source.may_answer.clear()
    assert [await cache.get_or_find("a", source.find) for _ in range(3)] == [1, 1, 1]
    source.may_answer.set()
    for _ in range(5):
        await asyncio.sleep(0)
    assert await cache.get_or_find("a", source.find) == 2
    now = 122.0
    assert await cache.get_or_find("a", source.find) == 3, "nothing is usable for ever"


async def test_an_expired_value_is_dropped_where_the_new_look_up_fails():
    now = 0.0
    cache = TtlCache[str, int](10.0, clock=lambda: now, usable=100.0)
    cache.put("a", 1)
    now, failed = 11.0, asyncio.Event()

    async def fail() -> int:
        failed.set()
        raise ValueError("gone")

    assert await cache.get_or_find("a", fail) == 1
    await failed.wait()
    await asyncio.sleep(0)
    assert cache.stale("a") is None
    with pytest.raises(ValueError, match="gone"):
        await cache.get_or_find("a", fail)
