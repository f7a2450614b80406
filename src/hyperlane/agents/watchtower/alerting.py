"""Telling people about faults: log, metric and, if configured, a webhook."""

import asyncio
from dataclasses import dataclass

import aiohttp
import structlog

from hyperlane.metrics import Metrics
from hyperlane.protocol.typecasts import to_checksum, to_hex
from hyperlane.store.sightings import Sighting

log = structlog.get_logger()

_TRIES = 5
_TIMEOUT = aiohttp.ClientTimeout(total=10)


@dataclass(frozen=True, slots=True)
class Alerts:
    """Where alerts go."""

    metrics: Metrics
    webhook: str | None
    pause: float = 2.0
    """Seconds before the second try at the webhook; doubles each time."""

    async def fault(self, chain: str, sighting: Sighting) -> None:
        """A signature that must not exist was found."""
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

    async def _tell(self, event: str, **facts: object) -> None:
        log.error(event, **facts)
        if self.webhook is None:
            return
        pause = self.pause
        for left in reversed(range(_TRIES)):
            try:
                return await self._post({"event": event, **facts})
            except (aiohttp.ClientError, TimeoutError) as error:
                log.warning("webhook.failed", error=str(error), tries_left=left)
            await asyncio.sleep(pause)
            pause *= 2

    async def _post(self, document: dict[str, object]) -> None:
        assert self.webhook is not None
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT) as session,
            session.post(self.webhook, json=document) as response,
        ):
            response.raise_for_status()
