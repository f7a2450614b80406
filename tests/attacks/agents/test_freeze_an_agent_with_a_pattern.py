"""A pattern that takes for ever stops the relayer: its pages, its loops, and its end by SIGTERM."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperlane.errors import ConfigError
from hyperlane.protocol.message import Message
from hyperlane.settings.gas_payments import parse_gas_payments
from hyperlane.settings.matching import matches, parse_rules

SLOW = ["([0-9a-f]+)+x", "(a|a)*x", "(.*)*x", "^(([a-f0-9])+.)+[A-Z]$", "(.*?,){30}x", ".*.*.*.*x"]


def message(body):
    return Message(3, 0, 1, bytes(32), 2, bytes(32), body)


def means(pattern, body):
    return matches(parse_rules("whitelist", [{"bodyRegex": pattern}]), message(body))


@pytest.mark.parametrize("pattern", SLOW)
def test_no_pattern_takes_longer_than_its_text(pattern):
    """In a process of its own: nothing but SIGKILL would end a search that does not."""
    code = (
        "import sys\n"
        "from hyperlane.settings.matching import matches, parse_rules\n"
        "from hyperlane.protocol.message import Message\n"
        "rules = parse_rules('whitelist', [{'bodyRegex': sys.argv[1]}])\n"
        "message = Message(3, 0, 1, bytes(32), 2, bytes(32), b'\\xab' * 2_000)\n"
        "print(matches(rules, message))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, pattern], capture_output=True, text=True, timeout=600
    )
    assert done.stdout == "False\n", done.stderr


def test_patterns_of_payment_policies_are_bounded_as_well():
    (rule,) = parse_gas_payments([{"matchingList": [{"bodyRegex": SLOW[0]}]}])
    assert not matches(rule.matching_list, message(b"\xab" * 20_000))


@pytest.mark.parametrize(
    ("pattern", "body", "expected"),
    [
        ("", "", True),
        ("ab", "00ab00", True),
        ("AB", "00ab00", False),
        ("(?i)AB", "00ab00", True),
        ("^00ab", "00ab00", True),
        ("^ab", "00ab00", False),
        ("00$", "00ab00", True),
        ("^.{6}$", "00ab00", True),
        ("^(00|ab)+$", "00ab00", True),
        ("[[:digit:]]{4}", "00ab00", False),
        ("[^0a]b?", "00aa0b", True),
        (r"\d{2}\w", "00ab00", True),
        (r"\x61b", "00ab00", True),
        (r"(?P<word>ab)|zz", "00ab00", True),
        (r"\p{L}{2}", "00ab00", True),
    ],
)
def test_a_pattern_means_what_it_means_in_the_reference(pattern, body, expected):
    """Found anywhere in the body's lower-case hex."""
    assert means(pattern, bytes.fromhex(body)) is expected


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(?=a)", r"invalid perl operator: \(\?=; look-around and back-references"),
        (r"(a)\1", r"invalid escape sequence: \\1; look-around and back-references"),
        ("a{1001}", r"at most 1000 repetitions"),
        ("[a&&b]", "&& in a class: sets"),
        ("[[a]b]", r"\[ in a class: sets"),
        ("[a--b]", "-- in a class: sets"),
        (r"\Qa\E", r"invalid escape sequence: \\Q"),
        (r"\b{start}a", r"invalid escape sequence: \\b"),
        ("a{,3}", "begins with a number"),
        ("(", "missing"),
        ("a" * 4097, "4097 characters, at most 4096"),
        ("\ud800", "half a character"),
        (["a"], "not a regular expression in text"),
    ],
)
def test_what_is_read_differently_there_is_refused_by_name(pattern, why):
    with pytest.raises(ConfigError, match=rf"whitelist\[0\]\.bodyRegex: .*{why}") as caught:
        parse_rules("whitelist", [{"bodyRegex": pattern}])
    assert len(str(caught.value)) < 400


@given(
    st.text(st.sampled_from(r"ab01[]^-&~{},.*+?()|\QEdwp$:<>x"), max_size=12), st.binary(max_size=8)
)
def test_any_pattern_is_searched_for_or_refused(pattern, body):
    try:
        rules = parse_rules("whitelist", [{"bodyRegex": pattern}])
    except ConfigError:
        return
    assert matches(rules, message(body)) in (True, False)
