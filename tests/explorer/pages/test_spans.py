"""Hours and days of the statistics page, against counting by hand."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperlane.agents.scraper.statistics import BUCKETS, percentiles
from hyperlane.explorer.pages.statistics import spans
from hyperlane.explorer.queries.statistics import Hour, Statistics

pytestmark = pytest.mark.quick

HOUR, DAY = 3600, 86_400
SINCE, UNTIL = 100 * DAY, 103 * DAY
HOURS = st.lists(
    st.builds(
        Hour,
        start=st.integers(0, 3 * 24 - 1).map(lambda number: SINCE + number * HOUR),
        sent=st.integers(0, 9),
        delivered=st.integers(0, 9),
        payments=st.dictionaries(st.integers(1, 3), st.integers(1, 2**200)),
        delays=st.dictionaries(st.sampled_from(BUCKETS), st.integers(1, 5)),
    ),
    unique_by=lambda hour: hour.start,
)


@given(HOURS, st.sampled_from([HOUR, DAY]))
def test_each_hour_is_counted_once_in_its_own_coin_and_quiet_ones_are_zero(hours, size):
    found = spans(
        Statistics(tuple(sorted(hours, key=lambda hour: hour.start)), ()), SINCE, UNTIL, size
    )
    assert [span.start for span in found] == list(range(SINCE, UNTIL, size))
    for span in found:
        inside = [hour for hour in hours if hour.start // size == span.start // size]
        assert span.sent == sum(hour.sent for hour in inside)
        assert span.delivered == sum(hour.delivered for hour in inside)
        assert span.payments == {
            origin: sum(hour.payments.get(origin, 0) for hour in inside)
            for origin in sorted({origin for hour in inside for origin in hour.payments})
        }
        delays = sum((Counter(hour.delays) for hour in inside), Counter())
        assert [span.half, span.most] == percentiles(delays, (0.5, 0.95))
