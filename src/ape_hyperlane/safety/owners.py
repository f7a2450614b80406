"""Warnings about owners and guardians: plain keys, and pausable contracts that nobody can pause, or
whose guardians are of no use."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from ape_hyperlane.safety.finding import Finding
from hyperlane.registry.fields import DAY, HOUR, GuardedPausable
from hyperlane.registry.hooks import PausableHook
from hyperlane.registry.isms import BlacklistIsm, PausableIsm

_PRECOMPILES = 2**16
"""Number below which no address has a key, or a contract that could be an owner."""
_BURN = re.compile("0x(dead)+")
_SHORTEST_PAUSE, _LONGEST_PAUSE = HOUR, 7 * DAY
"""Bounds of a guardian's pause, in seconds: long enough for an owner to act, and so short that a
stolen key costs little."""
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
        if isinstance(part, GuardedPausable):
            yield from _guardian_findings(where, part)
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


def _guardian_findings(where: str, part: GuardedPausable) -> Iterator[Finding]:
    if part.owner and _is_nobody(part.owner):
        remedy = "name an account that can act within hours"
        danger = f"no pause lasts, and each guardian has one: {part.owner} has no key"
        yield Finding(f"{where}.owner", danger, remedy)
    if not part.guardians:
        remedy = "name the addresses of guardians' keys, or take a pausable type without guardians"
        yield Finding(f"{where}.guardians", "nobody can pause but the owner", remedy)
    for index, guardian in enumerate(part.guardians):
        key = f"{where}.guardians.{index}"
        if guardian == part.owner:
            danger = f"{guardian} is the owner: whoever steals the key can unpause as well"
            yield Finding(key, danger, "name a key that can do nothing else")
        if _is_nobody(guardian):
            yield Finding(key, f"{guardian} has no key", "name an account that can act at once")
    if not _SHORTEST_PAUSE <= part.guardian_pause <= _LONGEST_PAUSE:
        short = part.guardian_pause < _SHORTEST_PAUSE
        danger = "too short for an owner to act" if short else "a stolen key stops messages so long"
        remedy = f"take {_SHORTEST_PAUSE} to {_LONGEST_PAUSE} seconds"
        yield Finding(f"{where}.guardianPause", f"{part.guardian_pause} s: {danger}", remedy)


def _owned(config: object) -> dict[str, list[str]]:
    """Keys of a config whose value owns something, by owner. A blacklist that a guardian owns is
    left out: its key is hot on purpose, and the route's owner can replace the blacklist."""
    found: dict[str, list[str]] = {}
    parts = list(_parts(config, ""))
    guarded = [part for _, part in parts if isinstance(part, GuardedPausable)]
    guardians = {each for part in guarded for each in part.guardians}
    for where, part in parts:
        owner = getattr(part, "owner", None)
        if isinstance(part, BlacklistIsm) and owner in guardians:
            continue
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
