"""What is done about the faults that were found."""

from dataclasses import dataclass

from hyperlane.agents.watchtower.alerting import Alerts
from hyperlane.agents.watchtower.slashing import Slasher
from hyperlane.errors import ChainError
from hyperlane.store.sightings import Sighting, SightingStore


@dataclass(slots=True)
class Responder:
    """Answers the faults of one chain's validators."""

    chain: str
    sightings: SightingStore
    alerts: Alerts
    slasher: Slasher | None
    """None where nothing is at stake: then faults are told, no more."""

    async def step(self) -> None:
        """Everything that is open. What fails is tried again, and keeps nothing else waiting."""
        failed = None
        for sighting in await self.sightings.open_faults():
            try:
                await self._respond(sighting)
            except ChainError as error:
                failed = error
        if failed is not None:
            raise failed

    async def _respond(self, sighting: Sighting) -> None:
        if not sighting.told:
            await self.alerts.fault(self.chain, sighting)
            await self.sightings.mark_told(sighting)
        if self.slasher is not None:
            await self.slasher.punish(sighting)
        await self.sightings.settle(sighting)
