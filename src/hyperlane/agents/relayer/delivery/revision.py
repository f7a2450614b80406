"""Checking settled deliveries again: a reorg deeper than finality can undo them.

No event announces that. So the mailbox is asked about delivered messages at growing intervals, many
messages in one call.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from hyperlane.agents.relayer.delivery.mailbox_queries import delivered
from hyperlane.agents.relayer.reasons import FIRST_PAUSE, Reason
from hyperlane.agents.runtime.chain import Chain
from hyperlane.protocol.typecasts import to_hex
from hyperlane.store.revisions import RevisionStore

log = structlog.get_logger()

_LONGEST_PAUSE = 7 * 24 * 3600.0
_MESSAGES_PER_CALL = 500
"""Messages in one step, which takes one call."""


@dataclass(frozen=True, slots=True)
class Revision:
    """Checks deliveries to one chain again, and reopens those that are lost."""

    chain: Chain
    store: RevisionStore
    wake: Callable[[], None]
    """Called when there is something to attempt."""
    clock: Callable[[], float] = time.time

    async def step(self) -> None:
        """Check once what is due."""
        await self.store.revive(self.clock())
        ids = await self.store.due(self.clock(), _MESSAGES_PER_CALL)
        if not ids:
            return
        known = await delivered(self.chain, ids, await self.chain.client.final_block())
        now = self.clock()
        kept = [item for item in ids if item in known]
        lost = [item for item in ids if item not in known]
        await self.store.confirm(kept, now, FIRST_PAUSE, _LONGEST_PAUSE)
        await self.store.reopen(
            lost,
            now,
            Reason.REVERTED_OR_REORGED,
            "it was delivered, and the chain does not know that any more",
        )
        for item in lost:
            log.warning("message.delivery_lost", id=to_hex(item), destination=self.chain.name)
        if lost:
            self.wake()
