"""Alerts about faults: log, metric and, if configured, a webhook."""

from dataclasses import dataclass

from hyperlane.agents.runtime.alerting import Alerter
from hyperlane.metrics import Metrics
from hyperlane.protocol.typecasts import Address, to_checksum, to_hex
from hyperlane.store.sightings import Sighting


@dataclass(frozen=True, slots=True)
class Alerts:
    """Sender of a watchtower's alerts."""

    metrics: Metrics
    alerter: Alerter

    async def fault(self, chain: str, sighting: Sighting) -> None:
        """Alert to a false signature."""
        validator = to_checksum(sighting.validator)
        self.metrics.faults.labels(chain, validator, sighting.fault).inc()
        checkpoint = sighting.signed.checkpoint
        await self.alerter.tell(
            "checkpoint.fraudulent",
            chain=chain,
            validator=validator,
            fault=str(sighting.fault),
            index=checkpoint.index,
            root=to_hex(checkpoint.root),
            message_id=to_hex(checkpoint.message_id),
            signature=to_hex(sighting.signed.signature),
            location=sighting.location,
        )

    async def censorship(
        self, chain: str, operator: Address, key: Address, index: int, age: int
    ) -> None:
        """Alert to an operator that has not signed a leaf for `age` seconds, though others have."""
        self.metrics.censorships.labels(chain, to_checksum(operator)).inc()
        await self.alerter.tell(
            "operator.censoring",
            chain=chain,
            operator=to_checksum(operator),
            validator=to_checksum(key),
            index=index,
            age=age,
        )

    async def unanswered(
        self, chain: str, operator: Address, index: int, before: int, after: int
    ) -> None:
        """Alert to an operator that left a challenge unanswered; its stake before and after."""
        await self.alerter.tell(
            "censorship.punished",
            chain=chain,
            operator=to_checksum(operator),
            index=index,
            stake_before=str(before),
            stake_after=str(after),
        )
