"""Alerts for people: the log and, if configured, a webhook."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import aiohttp
import structlog

log = structlog.get_logger()

_TRIES = 5
_AT_ONCE = 8
_MOST_WAITING = 1000
"""Most calls to the webhook at once, and most that run or wait. Strangers can cause any number of
alerts: connections for all of them would leave none for the chains' nodes."""
_TIMEOUT = aiohttp.ClientTimeout(total=10)


@dataclass(frozen=True, slots=True)
class Alerter:
    """Sender of alerts."""

    webhook: str | None = field(repr=False)
    pause: float = 2.0
    """Seconds before the second try at the webhook; doubles each time."""
    _calls: set[asyncio.Task[None]] = field(default_factory=set, repr=False)
    """Calls to the webhook that run on their own; asyncio may drop a task without a reference."""
    _slots: asyncio.Semaphore = field(
        default_factory=lambda: asyncio.Semaphore(_AT_ONCE), repr=False
    )

    async def tell(self, event: str, **facts: object) -> None:
        """Alert to trouble. The log has it, also if the webhook does not take it."""
        log.error(event, **facts)
        await self._call(event, facts)

    def tell_soon(self, event: str, **facts: object) -> None:
        """Alert to trouble without waiting for the webhook, so that urgent work is not delayed."""
        log.error(event, **facts)
        if len(self._calls) >= _MOST_WAITING:
            log.warning("webhook.skipped", waiting=len(self._calls))
            return
        call = asyncio.create_task(self._call(event, facts))
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)

    async def tell_end(self, event: str, **facts: object) -> None:
        """Alert to the end of trouble that people were alerted to."""
        log.info(event, **facts)
        await self._call(event, facts)

    async def _call(self, event: str, facts: Mapping[str, object]) -> None:
        """Call the webhook until it takes the alert, at most five times."""
        if self.webhook is None:
            return
        pause = self.pause
        for left in reversed(range(_TRIES)):
            try:
                async with self._slots:
                    return await self._post(self.webhook, {"event": event, **facts})
            except (aiohttp.ClientError, TimeoutError) as error:
                log.warning("webhook.failed", error=_problem(error), tries_left=left)
            await asyncio.sleep(pause)
            pause *= 2

    async def _post(self, webhook: str, document: dict[str, object]) -> None:
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT) as session,
            session.post(webhook, json=document) as response,
        ):
            response.raise_for_status()


def _problem(error: Exception) -> str:
    """Description of an error without the URL, which would let anybody send alerts."""
    if isinstance(error, aiohttp.ClientResponseError):
        return f"HTTP {error.status}"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"cannot connect: {error.os_error.strerror or 'refused'}"
    return "no answer in time" if isinstance(error, TimeoutError) else type(error).__name__
