"""Entry point of kathy."""

import asyncio
import time
from dataclasses import dataclass, field
from functools import partial
from itertools import permutations

from hyperlane.agents.kathy.judging import Judge
from hyperlane.agents.kathy.looking import Lookout
from hyperlane.agents.kathy.observations import Observations, Side
from hyperlane.agents.kathy.rotation import Rotation
from hyperlane.agents.kathy.sending import CanarySender
from hyperlane.agents.relayer.origin.signatures import Signatures
from hyperlane.agents.runtime.alerting import Alerter
from hyperlane.agents.runtime.chain import Chain, connect
from hyperlane.agents.runtime.loops import repeat, until_done
from hyperlane.agents.runtime.process import Runtime, sending_account, start
from hyperlane.errors import ConfigError
from hyperlane.protocol.typecasts import Address, to_checksum
from hyperlane.settings import KathySettings
from hyperlane.store.canaries import CanaryStore
from hyperlane.store.locks import exclusive

_JUDGE_INTERVAL = 1.0
_STAGES = ("dispatched", "signed", "delivered")


async def run(settings: KathySettings) -> None:
    """Send canaries until cancelled."""
    for name in settings.kathy_chains:
        if sending_account(settings, name) is None:
            raise ConfigError(f"chains.{name}.signer: missing; set it or defaultSigner")
    async with (
        start(settings, waiting=settings.kathy_chains) as runtime,
        exclusive(runtime.database, "kathy"),
    ):
        kathy = Kathy(settings, runtime, CanaryStore(runtime.database))
        await kathy.prepare()
        judge = kathy.judge()
        async with asyncio.TaskGroup() as tasks:
            for name in settings.kathy_chains:
                tasks.create_task(kathy.serve(name))
            tasks.create_task(repeat("judge", _JUDGE_INTERVAL, judge.step))
            tasks.create_task(repeat("tell", _JUDGE_INTERVAL, judge.tell))


@dataclass(slots=True)
class Kathy:
    """All chains between which canaries are sent; each joins as soon as it can be reached."""

    settings: KathySettings
    runtime: Runtime
    canaries: CanaryStore
    seen: Observations = field(default_factory=lambda: Observations(time.time()))
    _recipients: dict[int, Address] = field(default_factory=dict)
    """Recipients by domain, of the chains that are connected."""
    _signatures: dict[int, Signatures] = field(default_factory=dict)

    async def prepare(self) -> None:
        """Show all metrics from the beginning, and what is known from earlier runs."""
        metrics, names = self.runtime.metrics, self.settings.kathy_chains
        for pair in permutations(names, 2):
            for gauge in (
                metrics.canaries_sent,
                metrics.canaries_delivered,
                metrics.canaries_late,
                metrics.canaries_unsent,
            ):
                gauge.labels(*pair).set(0)
            # Counted from the start where nothing is known, so that silence can be noticed.
            metrics.canary_success.labels(*pair).set(self.seen.started)
            for stage in _STAGES:
                metrics.canary_seconds.labels(*pair, stage)
        for (origin, remote), when in (await self.canaries.last_deliveries()).items():
            pair = self.settings.chain_name(origin), self.settings.chain_name(remote)
            if set(pair) <= set(names):
                metrics.canary_success.labels(*pair).set(when)
        for name in names:
            metrics.canary_budget.labels(name).set(self._budget(name))
            metrics.budget_exhausted.labels(name).set(0)

    def judge(self) -> Judge:
        """The judge of all canaries."""
        return Judge(
            canaries=self.canaries,
            chains={
                self.settings.chains[name].domain_id: name for name in self.settings.kathy_chains
            },
            late_after=self.settings.late_after,
            alerter=Alerter(self.settings.alert_webhook),
            seen=self.seen,
            metrics=self.runtime.metrics,
        )

    async def serve(self, name: str) -> None:
        """Connect one chain, then send canaries from it and look for those sent to it, for ever."""
        async with connect(self.settings.chains[name], self.runtime.database) as chain:
            recipient = self._recipient(chain)
            await until_done(f"find recipient on {name}", partial(_require_code, chain, recipient))
            sending, looking = self._sender(chain), self._lookout(chain, recipient)
            self._signatures[chain.domain] = Signatures(
                chain, self.settings.allow_local_checkpoint_syncers, self.runtime.web
            )
            self._recipients[chain.domain] = recipient
            self.runtime.waiting.discard(name)
            send = partial(self.seen.noted, Side.ORIGIN, chain.domain, sending.step)
            look = partial(self.seen.noted, Side.DESTINATION, chain.domain, looking.step)
            pause = min(chain.settings.poll_interval, self.settings.interval)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(repeat(f"send from {name}", pause, send))
                tasks.create_task(repeat(f"look at {name}", pause, look))

    def _recipient(self, chain: Chain) -> Address:
        recipient = chain.settings.test_recipient
        assert recipient is not None
        return recipient

    def _sender(self, chain: Chain) -> CanarySender:
        sender = self.runtime.sender(chain)
        assert sender is not None
        domains = [self.settings.chains[name].domain_id for name in self.settings.kathy_chains]
        return CanarySender(
            chain=chain,
            sender=sender,
            database=self.runtime.database,
            canaries=self.canaries,
            rotation=Rotation(
                tuple(domain for domain in domains if domain != chain.domain),
                self.settings.interval,
                self.settings.max_in_flight,
            ),
            recipients=self._recipients,
            budget=self._budget(chain.name),
            seen=self.seen,
            metrics=self.runtime.metrics,
            chain_name=self.settings.chain_name,
        )

    def _lookout(self, chain: Chain, recipient: Address) -> Lookout:
        return Lookout(
            chain=chain,
            recipient=recipient,
            canaries=self.canaries,
            signatures=self._signatures,
            seen=self.seen,
            metrics=self.runtime.metrics,
            chain_name=self.settings.chain_name,
        )

    def _budget(self, name: str) -> int:
        budget = self.settings.chains[name].daily_budget
        assert budget is not None
        return budget


async def _require_code(chain: Chain, recipient: Address) -> None:
    """ConfigError if the recipient of canaries is no contract."""
    if not await chain.client.has_code(recipient):
        raise ConfigError(
            f"chains.{chain.name}.testRecipient: no contract at {to_checksum(recipient)}; expected"
            " one that takes canaries, such as a TestRecipient"
        )
