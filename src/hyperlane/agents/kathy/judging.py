"""Judging which canaries are late, and telling people once, and once more when one arrives."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import structlog

from hyperlane.agents.kathy.observations import Observations
from hyperlane.agents.runtime.alerting import Alerter
from hyperlane.metrics import Metrics
from hyperlane.protocol.typecasts import to_hex
from hyperlane.store.canaries import DAY, Canary, CanaryStore, Outcome
from hyperlane.wording import one_line

log = structlog.get_logger()

GIVEN_UP_AFTER = 7 * DAY
"""Seconds after which a dispatched canary makes room for the next one."""
_KEPT = 8 * DAY
_PRUNE_EVERY = 3600.0
_LONGEST_DETAIL = 1000


@dataclass(slots=True, kw_only=True)
class Judge:
    """Judge of all canaries between these chains."""

    canaries: CanaryStore
    chains: Mapping[int, str]
    """Names by domain."""
    late_after: float
    alerter: Alerter
    seen: Observations
    metrics: Metrics
    clock: Callable[[], float] = time.time
    _pruned_at: float = 0.0

    async def step(self) -> None:
        """Find canaries that are late, or that nobody waits for any more; set the gauges."""
        now = self.clock()
        flying = self._own(await self.canaries.in_flight())
        for canary in flying:
            if canary.late_at is None and now - canary.sent_at > self.late_after:
                await self._late(canary, now)
            if canary.message is not None and now - canary.sent_at > GIVEN_UP_AFTER:
                await self._give_up(canary, now)
        if now - self._pruned_at > _PRUNE_EVERY:
            self._pruned_at = now
            await self.canaries.prune(now - _KEPT)
        self._show(self._own(await self.canaries.in_flight()))

    async def tell(self) -> None:
        """Send the alerts that people did not get yet: that a canary is late, or has arrived."""
        for canary in self._own(await self.canaries.to_tell()):
            if canary.alerts == 0:
                await self.alerter.tell("canary.late", **self._late_facts(canary))
            else:
                assert canary.ended_at is not None
                seconds = round(canary.ended_at - canary.sent_at, 1)
                await self.alerter.tell_end(
                    "canary.recovered", **self._facts(canary), seconds=seconds
                )
            await self.canaries.change(canary.key, alerts=canary.alerts + 1)

    async def _late(self, canary: Canary, now: float) -> None:
        if not self.seen.may_judge(canary, now):
            return
        stage, detail = self.seen.hang(canary)
        self.metrics.canaries_late.labels(*self._pair(canary)).inc()
        await self.canaries.change(
            canary.key,
            late_at=now,
            late_stage=stage.value,
            late_detail=one_line(detail, _LONGEST_DETAIL),
        )

    async def _give_up(self, canary: Canary, now: float) -> None:
        log.warning("canary.given_up", **self._facts(canary))
        await self.canaries.end(canary.key, Outcome.GIVEN_UP, now)
        self.seen.forget(canary.key)

    def _show(self, flying: Iterable[Canary]) -> None:
        total = Counter(map(self._pair, flying))
        overdue = Counter(self._pair(canary) for canary in flying if canary.late_at is not None)
        for origin in self.chains.values():
            for remote in self.chains.values():
                if origin != remote:
                    pair = origin, remote
                    self.metrics.canaries_in_flight.labels(*pair).set(total[pair])
                    self.metrics.canaries_overdue.labels(*pair).set(overdue[pair])

    def _own(self, canaries: Iterable[Canary]) -> list[Canary]:
        """Canaries between chains that are still in the settings."""
        return [
            canary
            for canary in canaries
            if canary.origin in self.chains and canary.destination in self.chains
        ]

    def _pair(self, canary: Canary) -> tuple[str, str]:
        return self.chains[canary.origin], self.chains[canary.destination]

    def _late_facts(self, canary: Canary) -> dict[str, object]:
        assert canary.late_at is not None
        return {
            **self._facts(canary),
            "stage": canary.late_stage,
            "detail": canary.late_detail,
            "seconds": round(canary.late_at - canary.sent_at, 1),
        }

    def _facts(self, canary: Canary) -> dict[str, object]:
        origin, remote = self._pair(canary)
        return {
            "origin": origin,
            "destination": remote,
            "sequence": canary.sequence,
            "id": None if canary.message is None else to_hex(canary.message.id),
            "tx_hash": None if canary.tx_hash is None else to_hex(canary.tx_hash),
        }
