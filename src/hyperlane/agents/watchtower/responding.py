"""Responses to faults: alerts and punishment."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field

import structlog

from hyperlane.agents.watchtower.alerting import Alerts
from hyperlane.agents.watchtower.judging import FaultKind
from hyperlane.agents.watchtower.slashing import Slasher
from hyperlane.errors import ChainError
from hyperlane.protocol.typecasts import Address, to_checksum
from hyperlane.store.sightings import Sighting, SightingStore

log = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class Responder:
    """Responds to the faults of one chain's validators."""

    chain: str
    sightings: SightingStore
    alerts: Alerts
    slasher: Slasher | None
    """None: only alert, as nothing is at stake."""
    is_staked: Callable[[Address], Awaitable[bool]]
    """Whether an operator can be punished for what a key signed."""
    staked_keys: Callable[[], Awaitable[Collection[Address]]]
    """All keys that were ever an operator's, if only between two looks."""
    _staked: set[Address] = field(default_factory=set)
    """Those keys whose earlier faults were reopened."""

    async def step(self) -> None:
        """Respond to all open faults. A response that fails is retried, and delays no other."""
        failed = None
        try:
            await self._reopen()
        except ChainError as error:
            failed = error
        for sighting in await self.sightings.open_faults():
            try:
                await self._respond(sighting)
            except ChainError as error:
                failed = error
        if failed is not None:
            raise failed

    async def _reopen(self) -> None:
        """Reopen faults of keys that have stake only now: they can be punished from now on.

        Otherwise a fault that was published before the stake would go unpunished. After a restart,
        all of them are reopened once more.
        """
        new = set(await self.staked_keys()) - self._staked
        if new:
            await self.sightings.reopen(new)
            self._staked |= new

    async def _respond(self, sighting: Sighting) -> None:
        if sighting.fault == FaultKind.WRONG_TREE and not await self.is_staked(sighting.validator):
            # Perhaps of an earlier tree of the chain: a key without stake may have signed for it.
            validator, index = to_checksum(sighting.validator), sighting.signed.checkpoint.index
            log.warning("checkpoint.foreign", chain=self.chain, validator=validator, index=index)
            return await self.sightings.settle(sighting)
        if not sighting.told:
            await self.alerts.fault(self.chain, sighting)
            await self.sightings.mark_alerted(sighting)
        if self.slasher is not None:
            await self.slasher.punish(sighting)
        await self.sightings.settle(sighting)
