"""The form above the list of messages."""

from urllib.parse import parse_qs

import pytest

from hyperlane.explorer.pages.filters import read_filters
from hyperlane.explorer.queries.messages import Wanted
from hyperlane.explorer.queries.paging import Place, encode_place

pytestmark = pytest.mark.quick

ADDRESS = "0x" + "Ab" * 20


def test_empty_fields_ask_for_everything():
    filters = read_filters({"origin": "", "sender": " ", "status": "", "since": ""})
    assert (filters.wanted, dict(filters.given), filters.problems) == (Wanted(), {}, ())


def test_all_fields_are_read():
    filters = read_filters(
        {
            "origin": "1",
            "destination": "84532",
            "status": "waiting",
            "sender": ADDRESS,
            "recipient": "0x" + "cd" * 32,
            "since": "2026-11-30T05:20",
            "until": "2026-11-30T06:20+01:00",
        }
    )
    assert filters.problems == ()
    assert filters.wanted == Wanted(
        origin=1,
        destination=84532,
        delivered=False,
        sender=bytes(12) + b"\xab" * 20,
        recipient=b"\xcd" * 32,
        since=1_796_016_000,
        until=1_796_016_000,
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("origin", "x"),
        ("origin", "-1"),
        ("origin", str(2**32)),
        ("origin", "٣"),
        ("destination", "9" * 5000),
        ("status", "lost"),
        ("sender", "0x12"),
        ("recipient", "' OR 1=1 --"),
        ("since", "yesterday"),
        ("until", "99999-01-01T00:00"),
        ("after", "nonsense"),
    ],
)
def test_what_cannot_be_understood_is_named(field, value):
    (problem,) = read_filters({field: value}).problems
    assert problem.startswith("cursor" if field == "after" else field)
    assert len(problem) < 300


def test_the_next_page_keeps_the_filters():
    place = Place(5, 7)
    filters = read_filters({"origin": "1", "sender": ADDRESS, "after": encode_place(Place(9, 9))})
    assert filters.after == Place(9, 9)
    query = parse_qs(filters.older(place)[1:])
    assert query == {"origin": ["1"], "sender": [ADDRESS], "after": [encode_place(place)]}
    assert parse_qs(filters.newest[1:]) == {"origin": ["1"], "sender": [ADDRESS]}
