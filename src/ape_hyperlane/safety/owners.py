"""Warnings about owners: plain keys, and pausable contracts that nobody can pause."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from ape_hyperlane.safety.finding import Finding
from hyperlane.registry.hooks import PausableHook
from hyperlane.registry.isms import PausableIsm

_PRECOMPILES = 2**16
"""Number below which no address has a key, or a contract that could be an owner."""
_BURN = re.compile("0x(dead)+")
_SHOWN = 4
"""Keys of a config that a warning names; it counts the others."""


def owner_findings(config: object, single_key: Callable[[str], str | None]) -> Iterator[Finding]:
    """Warnings about the owners in a config with its defaults filled in.

    `single_key` describes an account that one key controls, and returns None for others.
    """
    for where, part in _parts(config, ""):
        owner = getattr(part, "owner", None)
        if isinstance(part, PausableIsm | PausableHook) and owner and _is_nobody(owner):
            remedy = "name an account that can act within minutes"
            yield Finding(f"{where}.owner", f"nobody can pause: {owner} has no key", remedy)
    for owner, keys in _owned(config).items():
        what = None if _is_nobody(owner) else single_key(owner)
        if what is None:
            continue
        others = f" and {len(keys) - _SHOWN} more" if len(keys) > _SHOWN else ""
        yield Finding(
            ", ".join(keys[:_SHOWN]) + others,
            f"{owner} is {what}: whoever steals the key owns all of this",
            "take a Safe of several keys, or a timelock",
        )


def _owned(config: object) -> dict[str, list[str]]:
    """Keys of a config whose value owns something, by owner."""
    found: dict[str, list[str]] = {}
    for where, part in _parts(config, ""):
        owner = getattr(part, "owner", None)
        if isinstance(owner, str):
            found.setdefault(owner, []).append(f"{where}.owner".removeprefix("."))
    return found


def _parts(value: object, where: str) -> Iterator[tuple[str, BaseModel]]:
    """All models in a config, with their keys."""
    items: Any = ()
    if isinstance(value, BaseModel):
        yield where, value
        fields = type(value).model_fields
        items = ((info.alias or name, getattr(value, name)) for name, info in fields.items())
    elif isinstance(value, Mapping):
        items = value.items()
    elif isinstance(value, tuple):
        items = enumerate(value)
    for key, item in items:
        yield from _parts(item, f"{where}.{key}".removeprefix("."))


def _is_nobody(address: str) -> bool:
    return int(address, 16) < _PRECOMPILES or _BURN.fullmatch(address.lower()) is not None
