"""Alerts about faults: log, metric and, if configured, a webhook."""

import asyncio
from dataclasses import dataclass

import aiohttp
import structlog

from hyperlane.metrics import Metrics
from hyperlane.protocol.typecasts import Address, to_checksum, to_hex
from hyperlane.store.sightings import Sighting

log = structlog.get_logger()

_TRIES = 5
_TIMEOUT = aiohttp.ClientTimeout(total=10)


@dataclass(frozen=True, slots=True)
class Alerts:
    """Sender of alerts."""

    metrics: Metrics
    webhook: str | None
    pause: float = 2.0
    """Seconds before the second try at the webhook; doubles each time."""

    async def fault(self, chain: str, sighting: Sighting) -> None:
        """Alert to a false signature."""
        validator = to_checksum(sighting.validator)
        self.metrics.faults.labels(chain, validator, sighting.fault).inc()
        checkpoint = sighting.signed.checkpoint
        await self._tell(
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
        await self._tell(
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
        await self._tell(
            "censorship.punished",
            chain=chain,
            operator=to_checksum(operator),
            index=index,
            stake_before=str(before),
            stake_after=str(after),
        )

    async def _tell(self, event: str, **facts: object) -> None:
        log.error(event, **facts)
        if self.webhook is None:
            return
        pause = self.pause
        for left in reversed(range(_TRIES)):
            try:
                return await self._post({"event": event, **facts})
            except (aiohttp.ClientError, TimeoutError) as error:
                log.warning("webhook.failed", error=_problem(error), tries_left=left)
            await asyncio.sleep(pause)
            pause *= 2

    async def _post(self, document: dict[str, object]) -> None:
        assert self.webhook is not None
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT) as session,
            session.post(self.webhook, json=document) as response,
        ):
            response.raise_for_status()


def _problem(error: Exception) -> str:
    """Description of an error without the URL, which would let anybody send alerts."""
    if isinstance(error, aiohttp.ClientResponseError):
        return f"HTTP {error.status}"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"cannot connect: {error.os_error.strerror or 'refused'}"
    return "no answer in time" if isinstance(error, TimeoutError) else type(error).__name__
