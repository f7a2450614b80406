"""Alerts about faults: log, metric and, if configured, a webhook."""

from collections.abc import Sequence
from dataclasses import dataclass

from hyperlane.agents.runtime.alerting import Alerter
from hyperlane.metrics import Metrics
from hyperlane.protocol.typecasts import Address, to_checksum, to_hex
from hyperlane.store.deliveries import Delivery
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

    def delivery(self, chain: str, delivery: Delivery) -> None:
        """Alert to a delivery that was forged, or whose message the origin dropped."""
        self.alerter.tell_soon(
            f"delivery.{delivery.verdict}",
            chain=chain,
            **_facts(delivery),
            recipient=to_checksum(delivery.recipient),
            block=delivery.block_number,
            evidence=dict(delivery.evidence),
        )

    def stopped(self, delivery: Delivery, stop: str) -> None:
        """Alert to a stop that is in force."""
        self.alerter.tell_soon(
            "route.stopped",
            stop=stop,
            **_facts(delivery),
            remedy="a guardian's pause ends by itself: let the owner confirm or end it; see"
            " docs/operate/guardian.md",
        )

    def unstopped(self, delivery: Delivery, stop: str, problem: str) -> None:
        """Alert to a stop that failed."""
        self.alerter.tell_soon(
            "route.unstopped",
            stop=stop,
            **_facts(delivery),
            problem=problem,
            remedy="it is tried again; let the owner pause now",
        )

    def unusable_stop(self, stop: str, problem: str) -> None:
        """Alert to a stop that would fail if it were needed."""
        self.alerter.tell_soon("stop.unusable", stop=stop, problem=problem)

    def conviction(self, chain: str, delivery: Delivery, sightings: Sequence[Sighting]) -> None:
        """Alert to the validators that signed a forged delivery."""
        self.alerter.tell_soon(
            "delivery.convicted",
            chain=chain,
            **_facts(delivery),
            validators=[to_checksum(item.validator) for item in sightings],
        )

    def unattributed(self, chain: str, delivery: Delivery, reason: str) -> None:
        """Alert to a forged delivery whose signatures could not be read."""
        self.alerter.tell_soon(
            "delivery.unattributed", chain=chain, **_facts(delivery), reason=reason
        )


def _facts(delivery: Delivery) -> dict[str, object]:
    return {
        "message_id": to_hex(delivery.message_id),
        "origin": delivery.origin,
        "tx_hash": to_hex(delivery.tx_hash),
    }
