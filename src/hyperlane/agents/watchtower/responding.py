"""What is done about the faults that were found."""

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
    """Answers the faults of one chain's validators."""

    chain: str
    sightings: SightingStore
    alerts: Alerts
    slasher: Slasher | None
    """None where nothing is at stake: then faults are told, no more."""
    is_staked: Callable[[Address], Awaitable[bool]]
    """Whether somebody can be punished for what a key signed."""
    staked_keys: Callable[[], Awaitable[Collection[Address]]]
    """What operators ever signed with, if only between two looks."""
    _staked: set[Address] = field(default_factory=set)
    """The keys among them whose earlier faults were taken up again."""

    async def step(self) -> None:
        """Everything that is open. What fails is tried again, and keeps nothing else waiting."""
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
        """Take up what keys signed before there was stake behind them: now it can be punished.

        A fault that was written off would protect whoever told it early. After a restart, all of
        them are looked at once more.
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
            await self.sightings.mark_told(sighting)
        if self.slasher is not None:
            await self.slasher.punish(sighting)
        await self.sightings.settle(sighting)
