"""Comparison of expected values with those that views return."""

from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Any

from eth_utils.address import to_checksum_address

from ape_hyperlane.plans.steps import Contains, Subset


def agrees(actual: Any, expected: Any) -> bool:
    """True if a view's result is as expected. Both are `comparable`."""
    if isinstance(expected, Contains):
        return expected.value in actual
    if isinstance(expected, Subset):
        return all(member in expected.values for member in actual)
    return bool(actual == expected)


def comparable(value: Any) -> Any:
    """A value in the form in which values compare: lists for all sequences, checksummed
    addresses, plain integers."""
    if isinstance(value, Subset):
        return Subset(tuple(map(comparable, value.values)))
    if isinstance(value, Contains):
        return Contains(comparable(value.value))
    if is_dataclass(value):  # ape returns several values with a struct among them so
        value = [getattr(value, field.name) for field in fields(value)]
    if isinstance(value, tuple | list):
        return [comparable(item) for item in value]
    text = getattr(value, "address", value)
    if isinstance(text, str) and text.startswith("0x") and len(text) == 42:
        return to_checksum_address(text)
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else text


def display(value: Any) -> str:
    """A comparable value as text."""
    if isinstance(value, list):
        return f"[{', '.join(map(display, value))}]"
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)


def unix_time(seconds: int) -> str:
    """Unix seconds as date and time in UTC; as a number if they are beyond the calendar."""
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(sep=" ", timespec="seconds")
    except (OverflowError, OSError, ValueError):
        return f"{seconds}, Unix seconds"
