"""Asking again about what was settled: nothing that a node said once is for good."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from hyperlane.store.revisions import RevisionStore


@dataclass(frozen=True, slots=True)
class Revision:
    """Of the deliveries to one chain."""

    store: RevisionStore
    clock: Callable[[], float] = time.time

    async def step(self) -> None:
        """Look once at what is due."""
        await self.store.revive(self.clock())
