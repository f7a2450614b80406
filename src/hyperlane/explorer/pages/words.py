"""Facts as people read them: ids, addresses, amounts, times. Results are text or safe markup."""

import time
from datetime import UTC, datetime
from fractions import Fraction
from math import floor

from markupsafe import Markup

from hyperlane.protocol.typecasts import Address, to_checksum, to_hex
from hyperlane.store.scraper.tokens import Token
from hyperlane.tracking.words import ago, coins

_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
_HEAD, _TAIL = 8, 6
_MOST_DECIMALS = 77
"""Digits of a uint256 after the point; contracts may claim any number of decimals."""
_LAST_YEAR = 253402300799


def hexed(data: bytes) -> str:
    """Bytes as hex; addresses, also in words of 32 bytes, with their checksum."""
    if len(data) == 32 and not any(data[:12]):
        data = data[12:]
    return to_checksum(Address(data)) if len(data) == 20 else to_hex(data)


def short(text: str) -> str:
    """Hex by its beginning and end."""
    return text if len(text) <= _HEAD + _TAIL + 1 else f"{text[:_HEAD]}…{text[-_TAIL:]}"


def grouped(number: int) -> str:
    """An integer with separators."""
    return f"{number:,}"


def amount(units: int, decimals: int | None, counted: str = "token") -> str:
    """Whole tokens with all digits; of a token whose decimals are unknown, its smallest units."""
    if decimals is None or not 0 <= decimals <= _MOST_DECIMALS:
        return f"{units:,} {'shares' if counted == 'share' else 'units'}"
    whole, part = divmod(units, 10**decimals)
    digits = f"{part:0{decimals}}".rstrip("0") if decimals else ""
    return f"{whole:,}" + (f".{digits}" if digits else "")


def own_amount(units: int, token: Token | None) -> str:
    """An amount of a router's token; its smallest units while nothing is known of it."""
    return amount(units, None) if token is None else amount(units, token.places, token.counted)


def tokens(value: Fraction) -> str:
    """Whole tokens, to six digits after the point, rounded down."""
    millionths = floor(value * 10**6)
    return "less than 0.000001" if value and not millionths else amount(millionths, 6)


def ether(wei: int) -> str:
    """Wei as whole coins, with all digits."""
    return coins(wei)


def lasting(seconds: float) -> str:
    """A duration: `4 s`, `2.3 s` below ten seconds, `5 min 10 s`."""
    if seconds < 10 and seconds != int(seconds):
        return f"{max(seconds, 0):.1f} s"
    left = max(0, int(seconds))
    parts: list[tuple[int, str]] = []
    for size, unit in _UNITS:
        number, left = divmod(left, size)
        if number or parts:
            parts.append((number, unit))
    shown = [f"{number} {unit}" for number, unit in parts[:2] if number]
    return " ".join(shown) or "0 s"


def moment(timestamp: float) -> str:
    """A time in UTC, for people."""
    return _utc(timestamp).strftime("%-d %b %Y, %H:%M:%S UTC")


def since(timestamp: float, now: float | None = None) -> Markup:
    """A time relative to now, which scripts keep up to date; the full time as its title."""
    words = ago((time.time() if now is None else now) - timestamp)
    return Markup('<time datetime="{}" title="{}" data-ago="{}">{}</time>').format(
        _iso(timestamp), moment(timestamp), int(timestamp), words
    )


def stamp(timestamp: float) -> Markup:
    """A time in full."""
    return Markup('<time datetime="{}">{}</time>').format(_iso(timestamp), moment(timestamp))


def day_and_hour(timestamp: float) -> Markup:
    """The hour of a table's row."""
    words = _utc(timestamp).strftime("%-d %b, %H:%M")
    return Markup('<time datetime="{}">{}</time>').format(_iso(timestamp), words)


def for_input(timestamp: int | None) -> str:
    """A time as `<input type="datetime-local">` has it."""
    return "" if timestamp is None else _utc(timestamp).strftime("%Y-%m-%dT%H:%M")


def _iso(timestamp: float) -> str:
    return _utc(timestamp).isoformat(timespec="seconds").replace("+00:00", "Z")


def _utc(timestamp: float) -> datetime:
    return datetime.fromtimestamp(min(max(timestamp, 0), _LAST_YEAR), UTC)
