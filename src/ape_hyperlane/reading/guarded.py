"""Reads hooks and modules that can be paused: by their owner alone, or by guardians, too."""

from typing import Any

from ape_hyperlane.plans.values import unix_time
from ape_hyperlane.plans.views import ask
from ape_hyperlane.reading.source import Source


def read_pausable(source: Source, address: str, kind: str, paused: bool | None) -> dict[str, Any]:
    """Config of a pausable contract; `kind` is `Ism` or `Hook`. A guardian's pause is no part of
    the config: it is noted instead."""
    owner = source.owner(address)
    guardians = ask(address, "guardians()", "address[]")
    duration = ask(address, "guardianPause()", "uint32")
    for_good = ask(address, "pausedForGood()", "bool")
    if guardians is None or duration is None or for_good is None:
        return {"type": f"pausable{kind}", **owner, "paused": paused}
    if paused and not for_good:
        until = ask(address, "pausedUntil()", "uint48")
        source.note(f"{address}: paused by a guardian until {unix_time(until or 0)}")
    content = {"paused": for_good, "guardians": guardians, "guardianPause": duration}
    return {"type": f"guardedPausable{kind}", **owner, **content}
