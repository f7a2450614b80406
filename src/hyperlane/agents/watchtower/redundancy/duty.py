"""The watch over redundancy as a duty of the watchtower, over all its chains.

Chains are connected independently, so that one that is down delays no other; what is watched there
counts as unknown.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from hyperlane.agents.relayer.origin.signatures import Signatures
from hyperlane.agents.runtime.chain import connect
from hyperlane.agents.runtime.loops import repeat
from hyperlane.agents.runtime.process import Runtime
from hyperlane.agents.watchtower.deliveries.convicting import Court
from hyperlane.agents.watchtower.redundancy.report import Findings, Report, Subject, unknown
from hyperlane.agents.watchtower.redundancy.shared_rpcs import SharedRpcs
from hyperlane.agents.watchtower.redundancy.signers import LiveSigners
from hyperlane.agents.watchtower.redundancy.watching import ModuleWatch
from hyperlane.settings import WatchtowerSettings

_INTERVAL = 10.0
"""Seconds between two looks at modules, and between two counts of leaves."""


@dataclass(slots=True)
class RedundancyDuty:
    """Watch over the redundancy of all watched modules."""

    settings: WatchtowerSettings
    runtime: Runtime
    courts: Mapping[int, Court]
    """By domain of the origin; an origin that is not connected yet has none."""
    findings: Findings
    _report: Report = field(init=False)
    _signers: dict[int, LiveSigners] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._report = Report(self.findings, self.settings.chain_name, self.runtime.metrics)

    async def run(self) -> None:
        """Watch until cancelled."""
        interval = min(_INTERVAL, self.settings.interval)
        async with asyncio.TaskGroup() as tasks:
            for name in self.settings.watch_chains:
                domain = self.settings.chains[name].domain_id
                tasks.create_task(self._count(name, domain, interval))
                tasks.create_task(self._compare(name, domain, interval))
            for name in self.settings.watched_destinations:
                tasks.create_task(self._watch(name, interval))

    async def _count(self, name: str, domain: int, interval: float) -> None:
        async def step() -> None:
            signers = self._of(domain)
            if signers is not None:
                await signers.step()

        await repeat(f"count leaves {name}", interval, step)

    async def _compare(self, name: str, domain: int, interval: float) -> None:
        shared = SharedRpcs(self.runtime.metrics)

        async def step() -> None:
            signers = self._of(domain)
            if signers is not None:
                await shared.step(signers)

        await repeat(f"compare RPCs {name}", interval, step)

    async def _watch(self, name: str, interval: float) -> None:
        settings = self.settings.chains[name]
        origins = {
            self.settings.chains[other].domain_id: other
            for other in self.settings.watch_chains
            if other != name
        }
        recipients = settings.watched_recipients
        for origin in origins:
            for recipient in (None, *recipients):
                subject = Subject(origin, settings.domain_id, recipient)
                self._report.add(subject, unknown(f"{name} is not connected yet", time.time()))
        async with connect(settings, self.runtime.database) as chain:
            watch = ModuleWatch(
                chain=chain,
                recipients=recipients,
                origins=origins,
                signers=self._of,
                report=self._report,
            )
            await repeat(f"watch modules {name}", interval, watch.step)

    def _of(self, origin: int) -> LiveSigners | None:
        """Validators of an origin; None before it is connected."""
        court = self.courts.get(origin)
        if court is not None and origin not in self._signers:
            tree, settings, runtime = court.tree, self.settings, self.runtime
            read = Signatures(tree.chain, settings.allow_local_checkpoint_syncers, runtime.web)
            self._signers[origin] = LiveSigners(tree, read, runtime.metrics)
        return self._signers.get(origin)
