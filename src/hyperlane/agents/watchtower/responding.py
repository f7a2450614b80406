"""What is done about the faults that were found."""

from dataclasses import dataclass

from hyperlane.agents.watchtower.alerting import Alerts
from hyperlane.store.sightings import Sighting, SightingStore


@dataclass(slots=True)
class Responder:
    """Answers the faults of one chain's validators."""

    chain: str
    sightings: SightingStore
    alerts: Alerts

    async def step(self) -> None:
        """Everything that is open."""
        for sighting in await self.sightings.open_faults():
            await self._respond(sighting)

    async def _respond(self, sighting: Sighting) -> None:
        if not sighting.told:
            await self.alerts.fault(self.chain, sighting)
            await self.sightings.mark_told(sighting)
        await self.sightings.settle(sighting)
