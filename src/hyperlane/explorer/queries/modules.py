"""Security modules as they are stored: JSON that another version may have written.

What is not as `store/scraper/redundancy.py` documents it is left out.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

_ADDRESS = re.compile("0x[0-9a-fA-F]{40}")
_DEEPEST, _MOST = 16, 200
"""Levels, and members of each list, that are read."""


def stored_module(value: object) -> Mapping[str, Any] | None:
    """A module as documented; None if it is none."""
    found = _module(value, 0)
    if found is None or not isinstance(value, dict):
        return None
    return found | {
        "due": _of(int, value.get("due")),
        "delivers": _of(bool, value.get("delivers")),
        "critical": _all(_key, keys) if isinstance(keys := value.get("critical"), list) else None,
        "alone": _all(_key, value.get("alone")),
        "open": value.get("open") is True,
    }


def _module(value: object, depth: int) -> dict[str, Any] | None:
    if not isinstance(value, dict) or depth > _DEEPEST:
        return None
    address = _key(value.get("address"))
    if address is None:
        return None
    return {
        "address": address,
        "type": _of(str, value.get("type")) or "unknown",
        "threshold": _of(int, value.get("threshold")),
        "validators": _all(_signer, value.get("validators")),
        "relayer": _key(value.get("relayer")),
        "problem": _of(str, value.get("problem")),
        "modules": _all(lambda each: _module(each, depth + 1), value.get("modules")),
    }


def _signer(value: object) -> dict[str, Any] | None:
    address = _key(value.get("address")) if isinstance(value, dict) else None
    if address is None or not isinstance(value, dict):
        return None
    weight = _of(int, value.get("weight"))
    return {
        "address": address,
        "weight": 1 if weight is None else weight,
        "live": value.get("live") is True,
        "latestLeaf": _of(int, value.get("latestLeaf")),
        "latestTime": _of(int, value.get("latestTime")),
        "problem": _of(str, value.get("problem")),
    }


def _all(read: Callable[[Any], Any], value: object) -> list[Any]:
    listed = value[:_MOST] if isinstance(value, list) else []
    return [each for each in map(read, listed) if each is not None]


def _of(kind: type, value: object) -> Any:
    return value if type(value) is kind else None


def _key(value: object) -> str | None:
    return value if isinstance(value, str) and _ADDRESS.fullmatch(value) else None
