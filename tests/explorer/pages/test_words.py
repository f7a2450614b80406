"""Facts in words: nothing is rounded unseen, and no value of a stranger breaks a page."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperlane.explorer.api import network_models as models
from hyperlane.explorer.pages import words
from hyperlane.protocol.typecasts import address_from_hex, address_to_bytes32

pytestmark = pytest.mark.quick

ADDRESS = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"


@given(st.integers(0, 2**256 - 1), st.integers(0, 77))
def test_an_amount_keeps_all_its_digits(units, decimals):
    shown = words.amount(units, decimals).replace(",", "")
    assert Fraction(shown) == Fraction(units, 10**decimals)


@pytest.mark.parametrize("decimals", [None, -1, 78, 10**9])
def test_without_usable_decimals_an_amount_is_in_units(decimals):
    assert words.amount(1_234_567, decimals) == "1,234,567 units"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (-3, "0 s"),
        (2.34, "2.3 s"),
        (4, "4 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (310, "5 min 10 s"),
        (3600, "1 h"),
        (90_061, "1 d 1 h"),
    ],
)
def test_a_duration_has_its_two_largest_units(seconds, text):
    assert words.lasting(seconds) == text


def test_an_address_has_its_checksum_in_either_size():
    address = address_from_hex(ADDRESS)
    assert words.hexed(address) == ADDRESS
    assert words.hexed(address_to_bytes32(address)) == ADDRESS
    assert words.hexed(b"\1" + bytes(31)) == "0x01" + "00" * 31


def test_a_time_is_relative_and_exact_at_once():
    markup = words.since(1_700_000_000, 1_700_000_125)
    assert '<time datetime="2023-11-14T22:13:20Z"' in markup
    assert ">2 min 5 s ago</time>" in markup


@given(st.one_of(st.integers(-(2**63), 2**63 - 1), st.floats(-1e18, 1e18)))
def test_any_time_that_a_chain_claims_can_be_shown(timestamp):
    assert words.stamp(timestamp)
    assert words.since(timestamp, 1_700_000_000)


@pytest.mark.parametrize(
    ("value", "text"),
    [(Fraction(40), "40"), (Fraction(12345678, 10), "1,234,567.8"), (Fraction(1, 3), "0.333333")],
)
def test_whole_tokens_are_short(value, text):
    assert words.tokens(value) == text


@given(st.fractions(min_value=0, max_value=2**256))
def test_whole_tokens_are_cut_and_never_become_none(value):
    shown = words.tokens(value)
    if shown == "less than 0.000001":
        assert 0 < value < Fraction(1, 10**6)
    else:
        assert 0 <= value - Fraction(shown.replace(",", "")) < Fraction(1, 10**6)


def test_a_third_of_a_token_ends():
    third = models._tokens(Fraction(1, 3))
    assert third == "0." + "3" * 96
