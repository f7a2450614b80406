"""Which leaf has to be signed by now."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperlane.agents.runtime.due_leaves import DueLeaves

pytestmark = pytest.mark.quick

BOUND = 100.0


def noted(*reads):
    due = DueLeaves(BOUND)
    for count, now in reads:
        due.note(count, int(now), now)
    return due


def test_a_leaf_is_due_once_it_was_final_for_the_bound():
    due = noted((3, 0), (5, 50), (5, 100), (5, 149))
    assert due.newest(149) == 2
    due.note(5, 150, 150)
    assert due.newest(150) == 4


def test_before_the_bound_has_passed_nothing_can_be_told():
    assert DueLeaves(BOUND).newest(10**6) is None
    assert noted((3, 0), (3, 99)).newest(99) is None


def test_a_stale_count_tells_nothing():
    due = noted((3, 0), (3, 150))
    assert due.newest(250) == 2
    assert due.newest(251) is None


def test_without_leaves_nothing_is_due():
    assert noted((0, 0), (0, 100)).newest(100) == -1
    assert noted((0, 0), (1, 100)).newest(100) == -1


def test_a_node_that_lags_takes_nothing_back():
    due = noted((7, 10))
    due.note(2, 9, 60)
    due.note(7, 110, 110)
    assert due.newest(110) == 6


def test_a_count_that_was_wrong_is_forgotten():
    due = noted((3, 0), (1000, 50), (4, 60), (4, 150))
    assert due.newest(150) == 2
    assert due.newest(160) == 3


@given(st.lists(st.tuples(st.integers(0, 20), st.floats(0, 80)), min_size=1))
def test_it_is_the_highest_true_count_read_long_enough_ago(steps):
    due, now, true, wrong = DueLeaves(BOUND), 0.0, [], False
    for block, (count, pause) in enumerate(steps):
        now += pause
        due.note(count, block, now)
        wrong |= any(known > count for _, known in true)
        true = [(time, known) for time, known in true if known <= count] + [(now, count)]
        old = [known for time, known in true if time <= now - BOUND]
        found = due.newest(now)
        assert found == (max(old) - 1 if old else None) or (found is None and wrong)
