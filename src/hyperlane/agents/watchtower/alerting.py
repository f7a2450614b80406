"""Alerts about faults: log, metric and, if configured, a webhook."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from hyperlane.agents.runtime.alerting import Alerter
from hyperlane.metrics import Metrics
from hyperlane.protocol.typecasts import Address, to_checksum, to_hex
from hyperlane.store.deliveries import Delivery, Outcome
from hyperlane.store.sightings import Sighting

log = structlog.get_logger()


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

    async def delivery(self, chain: str, delivery: Delivery) -> None:
        """Alert to a delivery that was forged, or whose message the origin dropped."""
        await self.alerter.tell(
            f"delivery.{delivery.verdict}",
            chain=chain,
            **_facts(delivery),
            recipient=to_checksum(delivery.recipient),
            block=delivery.block_number,
            evidence=dict(delivery.evidence),
        )

    async def stop(self, delivery: Delivery, stop: str, outcome: Outcome, detail: str) -> None:
        """Alert to the outcome of a stop."""
        if outcome is Outcome.FAILED:
            await self.alerter.tell(
                "route.unstopped",
                stop=stop,
                **_facts(delivery),
                problem=detail,
                remedy="it is tried again; let the owner pause now",
            )
        elif outcome is Outcome.STOPPED:
            await self.alerter.tell(
                "route.stopped",
                stop=stop,
                **_facts(delivery),
                remedy="a guardian's pause ends by itself: let the owner confirm or end it; see"
                " docs/operate/guardian.md",
            )
        else:
            log.warning("route.stop", stop=stop, outcome=outcome.value, **_facts(delivery))

    async def unusable_stop(self, stop: str, problem: str) -> None:
        """Alert to a stop that would fail if it were needed."""
        await self.alerter.tell("stop.unusable", stop=stop, problem=problem)

    async def conviction(
        self, chain: str, delivery: Delivery, sightings: Sequence[Sighting]
    ) -> None:
        """Alert to who signed a forged delivery."""
        await self.alerter.tell(
            "delivery.convicted",
            chain=chain,
            **_facts(delivery),
            validators=[to_checksum(item.validator) for item in sightings],
        )

    async def unattributed(self, chain: str, delivery: Delivery, reason: str) -> None:
        """Alert to a forged delivery whose signatures could not be read."""
        await self.alerter.tell(
            "delivery.unattributed", chain=chain, **_facts(delivery), reason=reason
        )


def _facts(delivery: Delivery) -> dict[str, object]:
    return {
        "message_id": to_hex(delivery.message_id),
        "origin": delivery.origin,
        "tx_hash": to_hex(delivery.tx_hash),
    }
