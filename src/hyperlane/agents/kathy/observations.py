"""Observations of the canaries in flight that this process keeps without storing them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from hyperlane.agents.runtime.loops import TRANSIENT
from hyperlane.store.canaries import Canary, CanaryKey

_PATIENCE = 60.0
"""Seconds after the start until a chain that was not looked at yet counts as silent."""


class Stage(StrEnum):
    """Stage of delivery at which a canary hangs."""

    NOT_MINED = "not mined"
    NOT_SIGNED = "not signed"
    NOT_DELIVERED = "not delivered"


class Side(StrEnum):
    """Side of a lane that a chain is looked at as."""

    ORIGIN = "origin"
    DESTINATION = "destination"


class Hang(NamedTuple):
    """Stage at which a canary hangs, and the reason as far as it is known."""

    stage: Stage
    detail: str


@dataclass(slots=True)
class Observations:
    """Observations of all loops."""

    started: float
    fresh: set[CanaryKey] = field(default_factory=set)
    """Canaries that this process sent. Only their delays are known: no other canary was watched
    from the start."""
    unsigned: dict[CanaryKey, str] = field(default_factory=dict)
    """Validators that have not signed, in words, by canary; only canaries that had too few
    signatures at the last look."""
    _problems: dict[tuple[Side, int], str] = field(default_factory=dict)
    _looked: set[tuple[Side, int]] = field(default_factory=set)

    async def noted(self, side: Side, domain: int, step: Callable[[], Awaitable[None]]) -> None:
        """Do a step, and keep the problem that it failed with."""
        try:
            await step()
            self._problems.pop((side, domain), None)
        except TRANSIENT as error:
            self._problems[side, domain] = str(error)
            raise
        finally:
            self._looked.add((side, domain))

    def may_judge(self, canary: Canary, now: float) -> bool:
        """True if both chains were looked at since the start, or had time enough to answer."""
        sides = {(Side.ORIGIN, canary.origin), (Side.DESTINATION, canary.destination)}
        return sides <= self._looked or now - self.started > _PATIENCE

    def hang(self, canary: Canary) -> Hang:
        """Tell at which stage a canary in flight hangs, and why."""
        if canary.message is None:
            return Hang(Stage.NOT_MINED, self._problem(Side.ORIGIN, canary.origin))
        missing = self.unsigned.get(canary.key)
        if missing is not None and canary.signed_at is None:
            return Hang(Stage.NOT_SIGNED, missing)
        return Hang(Stage.NOT_DELIVERED, self._problem(Side.DESTINATION, canary.destination))

    def forget(self, key: CanaryKey) -> None:
        """Drop what was kept of a canary that is not in flight any more."""
        self.fresh.discard(key)
        self.unsigned.pop(key, None)

    def _problem(self, side: Side, domain: int) -> str:
        return self._problems.get((side, domain), "")
