"""For how long a URL rests, and what ends that."""

import pytest

from hyperlane.chain.health import Health
from hyperlane.chain.pace import Pace

pytestmark = pytest.mark.quick


@pytest.fixture
def health(monkeypatch):
    monkeypatch.setattr("random.uniform", lambda low, high: (low + high) / 2)
    return Health()


def rest_of(health, method, now):
    health.failed("down", method, now)
    return health.resting_until - now


def test_failures_of_one_moment_are_one_outage(health):
    assert health.failed("down", "a", 100.0)
    assert not health.failed("down", "a", 100.0)
    assert not health.failed("down", "b", 100.4)
    assert health.resting_until == 100.5


def test_each_rest_is_twice_as_long_until_an_answer(health):
    now, rests = 100.0, []
    for _ in range(9):
        rests.append(rest_of(health, "a", now))
        now = health.resting_until
    assert rests == pytest.approx([0.5, 1, 2, 4, 8, 16, 30, 30, 30])
    health.worked("a")
    assert health.resting_until == 0
    assert health.problem == ""
    assert rest_of(health, "a", now) == pytest.approx(0.5)


def test_a_method_that_works_says_nothing_about_one_that_does_not(health):
    assert rest_of(health, "logs", 100.0) == 0.5
    health.worked("balance")
    assert health.resting_until == 100.5
    assert rest_of(health, "logs", 101.0) == 1.0


def test_who_asks_to_be_left_alone_is(health):
    health.failed("limit", "a", 100.0, 20.0)
    assert health.limited_until == health.resting_until == 120.0
    health.failed("limit", "a", 120.0, 9999.0)
    assert health.limited_until == 180.0, "but not for ever"
    health.distrusted("wrong", 180.0)
    health.failed("down", "a", 300.0)
    assert health.limited_until == 180.0, "other rests are none of its wishes"


def test_who_asks_to_be_left_alone_is_while_it_rests_for_another_reason(health):
    health.distrusted("wrong", 100.0)
    health.failed("limit", "a", 101.0, 20.0)
    assert health.limited_until == 121.0
    health.failed("limit", "a", 102.0, 0.0)
    assert health.limited_until == 121.0
    health.failed("limit", "a", 103.0, 86_400.0)
    assert health.limited_until == 163.0, "but not for a day"


def test_distrust_grows_and_right_answers_do_not_end_it(health):
    now, rests = 100.0, []
    for _ in range(10):
        rests.append(health.distrusted("wrong", now))
        health.worked("eth_blockNumber")
        assert health.resting_until == now + rests[-1]
        now = health.resting_until + 1
    assert rests == pytest.approx([10, 20, 40, 80, 160, 320, 640, 1280, 1800, 1800])


def test_a_second_complaint_of_one_lie_does_not_prolong(health):
    assert health.distrusted("wrong", 100.0) == 10
    assert health.distrusted("wrong", 104.0) == 6
    assert health.resting_until == 110


def test_distrust_is_forgotten_after_an_hour(health):
    health.distrusted("wrong", 100.0)
    assert health.distrusted("wrong", 110.0 + 3600) == 20
    until = health.resting_until
    assert health.distrusted("wrong", until + 3601) == 10


def test_cheap_calls_are_waited_for_shortly_and_large_ones_longer():
    pace = Pace()
    assert (pace.patience(["eth_call"]), pace.deadline(["eth_call"])) == (0.5, 2.0)
    for large in (["eth_getLogs"], ["eth_simulateV1"], ["eth_call"] * 11):
        assert (pace.patience(large), pace.deadline(large)) == (2.0, 5.0)
    assert [pace.deadline(["eth_call"], round_) for round_ in range(5)] == [2, 4, 8, 16, 30]


def test_a_node_that_is_always_slow_gets_the_time_that_it_needs():
    pace = Pace()
    for _ in range(30):
        pace.took(["eth_call"], 1.0)
    assert pace.patience(["eth_call"]) == pytest.approx(4.0, abs=0.1)
    assert pace.deadline(["eth_call"]) == pytest.approx(8.0, abs=0.1)
    assert pace.deadline(["eth_getLogs"]) == 5.0, "of another kind nothing is known"
