"""Brackets outside of strings are counted, whatever is in the strings."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hyperlane.bounded_json import MAX_DEPTH, _brackets, parse_json

pytestmark = pytest.mark.quick


def plainly(text):
    """The brackets outside of strings, found byte by byte."""
    found, within, escaped = bytearray(), False, False
    for byte in text:
        if within:
            within = escaped or byte != ord('"')
            escaped = byte == ord("\\") and not escaped
        elif byte == ord('"'):
            within, escaped = True, False
        elif byte in b"[]{}":
            found.append(byte)
    return bytes(found)


@given(st.lists(st.sampled_from(list(b'[]{}"\\a')), max_size=24).map(bytes))
@example(b'["]"]["["]')
@example(b'"["""]"')
def test_only_brackets_outside_of_strings_count(text):
    assert _brackets(text) == plainly(text)


@pytest.mark.parametrize("filling", ["", '"]"', '"\\"]"', '""'])
def test_depth_is_bounded_whatever_is_in_strings(filling):
    def nested(depth):
        inner = f"[{filling}]" if filling else "[]"
        for _ in range(depth - 1):
            inner = f"[{filling},{inner}]" if filling else f"[{inner}]"
        return inner

    assert parse_json(nested(MAX_DEPTH))
    with pytest.raises(ValueError, match="within each other"):
        parse_json(nested(MAX_DEPTH + 2))
