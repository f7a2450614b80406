"""The guardian: all parts of the watch over deliveries, each in a loop of its own.

Chains are connected independently, so that one that is down delays no other. The guardian reads
chains through RPCs that have to agree, and decides nothing while they do not.
"""

import asyncio
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog

from hyperlane.agents.runtime.chain import Chain, connect
from hyperlane.agents.runtime.dependence import warn_of_dependence
from hyperlane.agents.runtime.loops import repeat
from hyperlane.agents.runtime.process import Runtime, make_urgent_sender
from hyperlane.agents.runtime.sender import Sender
from hyperlane.agents.watchtower.alerting import Alerts
from hyperlane.agents.watchtower.deliveries.convicting import Convictor, Court
from hyperlane.agents.watchtower.deliveries.origins import Origin
from hyperlane.agents.watchtower.deliveries.stopping import Stopper
from hyperlane.agents.watchtower.deliveries.stops import make_stop
from hyperlane.agents.watchtower.deliveries.watching import DeliveryWatch
from hyperlane.chain.client import Consensus
from hyperlane.chain.signer import address_of, open_account
from hyperlane.errors import ConfigError
from hyperlane.protocol.typecasts import Address, to_checksum
from hyperlane.settings import WatchtowerSettings
from hyperlane.settings.independence import require_independent_rpcs, shared_hosts
from hyperlane.store.deliveries import DeliveryStore
from hyperlane.wording import one_line

if TYPE_CHECKING:
    from eth_account.signers.base import BaseAccount

log = structlog.get_logger()

_LONGEST_PAUSE = 5.0
"""Seconds between two looks at a chain that fails."""
_STOP_INTERVAL = 1.0
_TRIAL_INTERVAL = 300.0


def require_own_rpcs(settings: WatchtowerSettings) -> None:
    """ConfigError unless the guardian's RPCs are independent of each other and of validators'."""
    for name in settings.guarded_chains:
        chain = settings.chains[name]
        require_independent_rpcs(chain, by_default=True)
        if chain.rpc_consensus_type in ("fallback", "single") and len(chain.urls) > 1:
            raise ConfigError(
                f"chains.{name}.rpcConsensusType: {chain.rpc_consensus_type!r} lets one RPC decide"
                " what was forged; expected 'quorum' or 'majority' on chains that deliveries are"
                " watched on: leave it out, and each agent takes what it needs"
            )
        shared = shared_hosts(chain.urls, settings.validator_rpc_hosts)
        if shared:
            raise ConfigError(
                f"{chain.urls_setting}: {one_line(shared[0])} is one of validatorRpcHosts;"
                " expected RPCs that no validator uses, as a node that lies to validators would"
                " confirm what they signed: take other providers or nodes of your own"
            )


@dataclass(slots=True)
class Guardian:
    """Watch over the deliveries of all configured destinations."""

    settings: WatchtowerSettings
    runtime: Runtime
    alerts: Alerts
    courts: Mapping[int, Court]
    """By domain of the origin; an origin that is not connected yet has none."""
    origins: dict[int, Origin | None] = field(default_factory=dict)
    watches: dict[str, DeliveryWatch] = field(default_factory=dict)
    convictors: dict[str, Convictor] = field(default_factory=dict)
    stopper: Stopper = field(init=False)
    _forged: Sequence[asyncio.Event] = field(init=False)
    """By a stop's position in the settings; set when a forged delivery is found."""
    _accounts: Sequence["BaseAccount"] = field(init=False)
    """Keys of the stops, in the order of the settings."""
    _senders: dict[tuple[int, Address], Sender] = field(default_factory=dict)

    def __post_init__(self) -> None:
        settings, database = self.settings, self.runtime.database
        # Before any chain answers, so that a key that cannot be used fails the start.
        self._accounts = [
            open_account(f"stops.{at}.signer", stop.signer)
            for at, stop in enumerate(settings.stops)
        ]
        for at in range(len(settings.stops)):
            self._require_own_key(at)
            if not settings.stops[at].recipients:
                log.warning("stop.for_any_recipient", setting=f"stops.{at}.recipients")
        self._forged = [asyncio.Event() for _ in settings.stops]
        domains = {name: settings.chains[name].domain_id for name in settings.chains}
        self.origins = dict.fromkeys(domains[name] for name in settings.watch_chains)
        self.stopper = Stopper(
            settings.stops,
            {name: DeliveryStore(database, domains[name]) for name in settings.watch_deliveries},
            {domain: name for name, domain in domains.items()},
            self.alerts,
            self.runtime.metrics,
        )

    async def run(self) -> None:
        """Watch until cancelled."""
        for name in self.settings.guarded_chains:
            warn_of_dependence(name, self.settings.chains[name].urls)
        async with asyncio.TaskGroup() as tasks:
            for name in self.settings.guarded_chains:
                tasks.create_task(self._run_chain(name))
            tasks.create_task(repeat("settle stops", _STOP_INTERVAL, self.stopper.settle))

    async def _run_chain(self, name: str) -> None:
        settings = self.settings.chains[name]
        async with connect(settings, self.runtime.database, Consensus.QUORUM) as chain:
            self.add(chain)
            async with asyncio.TaskGroup() as tasks:
                for loop in self._loops(chain):
                    tasks.create_task(loop)

    def _loops(self, chain: Chain) -> Iterator[Coroutine[Any, Any, None]]:
        """The loops of a chain. Each waits for as few nodes as it can, so that a node that hangs
        delays only what needs it."""
        name = chain.name
        interval = self.settings.delivery_interval or chain.settings.poll_interval
        origin, watch = self.origins.get(chain.domain), self.watches.get(name)
        if origin is not None:
            yield repeat(f"read origin {name}", interval, origin.look, _LONGEST_PAUSE)
        if watch is not None:
            yield repeat(f"watch deliveries {name}", interval, watch.read, _LONGEST_PAUSE)
            for domain in self.origins:
                task = f"judge deliveries {domain} to {name}"
                step, wake = partial(watch.judge, domain), watch.new_from(domain)
                yield repeat(task, interval, step, _LONGEST_PAUSE, wake)
            convict = self.convictors[name].step
            yield repeat(f"convict signers {name}", interval, convict, _LONGEST_PAUSE)
        trial = partial(self.stopper.try_out, name)
        yield repeat(f"try out stops {name}", _TRIAL_INTERVAL, trial)
        for at, stop in self.stopper.stops.items():
            if stop.chain.name == name:
                step, wake = partial(self.stopper.enforce, at), self._forged[at]
                yield repeat(f"stop {stop.name}", _STOP_INTERVAL, step, _LONGEST_PAUSE, wake)

    def _tell_forged(self) -> None:
        for event in self._forged:
            event.set()

    def add(self, chain: Chain) -> None:
        """Take a chain into the watch, now that it is connected."""
        runtime, name = self.runtime, chain.name
        if name in self.settings.watch_chains:
            alerter = self.alerts.alerter
            self.origins[chain.domain] = Origin.of(chain, runtime.database, alerter)
        if name in self.settings.watch_deliveries:
            store = self.stopper.stores[name]
            self.stopper.chains[name] = chain
            self.watches[name] = DeliveryWatch(
                chain, store, self.origins, self.alerts, runtime.metrics, self._tell_forged
            )
            self.convictors[name] = Convictor(chain, store, self.courts, self.alerts)
        for at, stop in enumerate(self.settings.stops):
            if stop.chain == name:
                self.stopper.stops[at] = make_stop(stop, chain, self._sender(at, chain))

    def _sender(self, at: int, chain: Chain) -> Sender:
        """The sender for a stop's key; all stops of one key on a chain share it."""
        account = self._accounts[at]
        address = address_of(account)
        known = self._senders.get((chain.domain, address))
        if known is None:
            known = make_urgent_sender(chain, account, self.runtime.database)
            self._senders[chain.domain, address] = known
        return known

    def _require_own_key(self, at: int) -> None:
        """ConfigError if the agent sends other transactions with the key of a stop."""
        address = address_of(self._accounts[at])
        other = self.settings.signer(self.settings.stops[at].chain)
        if other is not None and address_of(open_account(*other)) == address:
            raise ConfigError(
                f"stops.{at}.signer: {to_checksum(address)} is the key of {other[0]}, too;"
                " expected a key of its own, as two senders would use the same nonces: name another"
            )
