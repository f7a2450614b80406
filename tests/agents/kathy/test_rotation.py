"""Whose turn it is, with a driven clock."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperlane.agents.kathy.rotation import Rotation, Turn, day_of

pytestmark = pytest.mark.quick

A, B, C = 1, 2, 3
ROTATION = Rotation((A, B, C), 10.0, 2)


@pytest.mark.parametrize(
    ("now", "last", "in_flight", "turn"),
    [
        (0, None, {}, A),
        (9.9, Turn(0, A), {}, None),
        (10, Turn(0, A), {}, B),
        (10, Turn(0, C), {}, A),
        (10, Turn(0, A), {B: 1}, B),
        (10, Turn(0, A), {B: 2}, C),
        (10, Turn(0, A), {B: 2, C: 2}, A),
        (10, Turn(0, A), {A: 2, B: 3, C: 2}, None),
        (10, Turn(0, 99), {}, A),
        (0, Turn(5, A), {}, B),
        (10**6, Turn(0, A), {}, B),
    ],
    ids=[
        "the first of all",
        "too early",
        "the next one",
        "the first again",
        "one has room for another",
        "one without room is passed over",
        "back to the last one",
        "none has room",
        "the last one is not in the settings any more",
        "a clock that was set back",
        "long after",
    ],
)
def test_whose_turn_it_is(now, last, in_flight, turn):
    assert ROTATION.next(now, last, in_flight) == turn


@given(
    destinations=st.integers(1, 5),
    most=st.integers(1, 3),
    steps=st.lists(
        st.tuples(st.floats(0.1, 50), st.sets(st.integers(0, 4))), min_size=1, max_size=80
    ),
)
def test_neither_rate_nor_room_is_ever_exceeded(destinations, most, steps):
    """Each step, some time passes, and some destinations deliver all that is on its way to them."""
    rotation = Rotation(tuple(range(destinations)), 10.0, most)
    now, last, flying, sent = 0.0, None, Counter(), []
    for seconds, delivering in steps:
        now += seconds
        for destination in delivering:
            flying[destination] = 0
        turn = rotation.next(now, last, flying)
        due = last is None or now - last.time >= 10
        full = all(flying[item] >= most for item in range(destinations))
        assert (turn is not None) == (due and not full)
        if turn is not None:
            flying[turn] += 1
            assert flying[turn] <= most
            last = Turn(now, turn)
            sent.append(last)
    assert all(later.time - earlier.time >= 10 for earlier, later in pairwise(sent))


@given(st.integers(1, 6), st.integers(1, 40))
def test_destinations_that_deliver_have_equal_shares(destinations, count):
    rotation = Rotation(tuple(range(destinations)), 1.0, 1)
    last, shares = None, Counter()
    for now in range(count):
        turn = rotation.next(now, last, {})
        shares[turn] += 1
        last = Turn(now, turn)
    assert max(shares.values()) - min(shares[item] for item in range(destinations)) <= 1


@given(st.floats(0, 4e9))
def test_a_day_begins_at_midnight_utc(time):
    assert day_of(time) % 86400 == 0
    assert 0 <= time - day_of(time) < 86400
