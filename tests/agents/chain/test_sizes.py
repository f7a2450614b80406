"""How much is asked for at once: found by trying, and remembered."""

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.migrations import make_old

from hyperlane.chain.sizes import MOST_BLOCKS, MOST_CALLS, Size, Sizes
from hyperlane.store.database import Database
from hyperlane.store.migrations.schemas import AGENTS
from hyperlane.store.sizes import SizeStore, remembered_sizes

pytestmark = pytest.mark.quick

URL = "https://me:pass-word@rpc.example/v3/secret-key?token=secret-token"


@pytest.fixture
async def database(tmp_path):
    made = await Database.open(str(tmp_path))
    yield made
    await made.close()


def ask(size: Size, wanted: int, limit: int, *, certain: bool = True) -> int:
    """Ask for so much as often as it takes; how often it was too much."""
    refused = 0
    while (amount := min(size.now, wanted)) > limit:
        refused += 1
        size.refused(amount, certain=certain)
    size.taken(amount)
    return refused


@given(st.integers(1, 2000), st.integers(1, 5000), st.booleans())
def test_any_limit_is_found_in_few_steps_and_seldom_tried_again(limit, wanted, certain):
    size = Size(MOST_BLOCKS)
    assert ask(size, wanted, limit, certain=certain) <= 13
    for _ in range(2000):
        ask(size, wanted, limit, certain=certain)
    again = sum(ask(size, wanted, limit, certain=certain) for _ in range(2000))
    assert again <= 2000 // 512 + 1
    assert min(size.now, wanted) > min(limit, wanted) // 4


@given(st.integers(1, 500), st.integers(1, 500))
def test_a_limit_that_is_raised_is_found_again(low, high):
    size = Size(MOST_BLOCKS)
    for limit in (low, max(low, high)):
        for _ in range(5000):
            ask(size, 2000, limit)
    assert size.now > max(low, high) // 4


def test_a_size_shrinks_at_once_and_grows_after_eight_answers():
    size = Size(100)
    size.refused(100, certain=True)
    assert size.now == 50
    for _ in range(7):
        size.taken(50)
    assert size.now == 50
    size.taken(50)
    assert size.now == 100


def test_a_growth_that_was_refused_makes_the_next_one_wait_longer():
    size, waits = Size(1000, 10), []
    for _ in range(4):
        answered = 0
        while size.now == 10:
            size.taken(10)
            answered += 1
        waits.append(answered)
        size.refused(20, certain=True)
    assert waits == [8, 16, 32, 64]


def test_smaller_requests_tell_nothing_about_larger_ones():
    size = Size(1000, 10)
    for _ in range(1000):
        size.taken(9)
    assert size.now == 10


@given(st.integers(2, 5000))
def test_an_outage_leaves_no_trace(before):
    """Even the smallest request fails: its size was not the reason."""
    size = Size(MOST_BLOCKS, before)
    for _ in range(20):
        size.refused(size.now, certain=False)
        if size.now == before:
            break
    assert size.now == before


def test_what_the_node_says_counts_even_if_less_is_not_answered_either():
    size = Size(1000, 4)
    for amount in (4, 2, 1):
        size.refused(amount, certain=True)
    assert size.now == 1


def test_log_queries_and_batches_have_sizes_of_their_own():
    sizes = Sizes("https://one")
    sizes.refused(100, 0, certain=True)
    assert (sizes.batch.now, sizes.span.now) == (50, MOST_BLOCKS)
    sizes.refused(1, 250, certain=False)
    assert (sizes.batch.now, sizes.span.now) == (50, 62)


async def test_sizes_outlive_the_program(database):
    async with remembered_sizes(database, 1) as store:
        sizes = Sizes(URL, store)
        sizes.refused(100, 0, certain=True)
        sizes.refused(1, 250, certain=True)
    async with remembered_sizes(database, 1) as store:
        again = Sizes(URL, store)
        assert (again.batch.now, again.span.now) == (50, 125)
        assert Sizes(URL.replace("pass-word", "changed"), store).span.now == 125
        assert Sizes(URL.replace("secret-key", "other"), store).batch.now == MOST_CALLS
    async with remembered_sizes(database, 2) as store:
        assert Sizes(URL, store).batch.now == MOST_CALLS


async def test_no_url_is_stored_in_plain_form(database, tmp_path):
    async with remembered_sizes(database, 1) as store:
        Sizes(URL, store).refused(100, 0, certain=True)
    await database.close()
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for secret in (b"secret-key", b"secret-token", b"pass-word", b"rpc.example"):
        assert secret not in content


async def test_a_database_from_before_learns_sizes(tmp_path):
    await make_old("2", str(tmp_path))
    database = await Database.open(str(tmp_path))
    async with remembered_sizes(database, 1) as store:
        Sizes(URL, store).refused(100, 0, certain=True)
    store = SizeStore(database, 1)
    await store.read()
    assert store.recall(URL) == (50, MOST_BLOCKS)
    await database.close()


async def test_a_locked_database_does_not_hold_up_or_end_what_asks(tmp_path, monkeypatch):
    monkeypatch.setattr("hyperlane.store.sqlite.LOCK_TIMEOUT", 0.1)
    database = await Database.open(str(tmp_path))
    other = sqlite3.connect(tmp_path / AGENTS.file_name, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    async with remembered_sizes(database, 1) as store:
        Sizes(URL, store).refused(100, 0, certain=True)
        assert store.recall(URL) == (50, MOST_BLOCKS)
    other.execute("ROLLBACK")
    await database.close()
