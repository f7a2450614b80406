"""The relayer process: connects the chains and runs their loops."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

from aiohttp.web import RouteDef
from sqlalchemy.ext.asyncio import AsyncConnection

from hyperlane.agents.relayer.api import Api
from hyperlane.agents.relayer.commitments import Book, serving
from hyperlane.agents.relayer.delivery.destination import Destination
from hyperlane.agents.relayer.delivery.revision import Revision
from hyperlane.agents.relayer.metadata import Lookups, MetadataBuilder, Multisigs
from hyperlane.agents.relayer.origin.follow import Origin
from hyperlane.agents.relayer.origin.payments import PaymentIndexer
from hyperlane.agents.relayer.origin.signatures import Signatures
from hyperlane.agents.relayer.policy.relay import RelayPolicy
from hyperlane.agents.relayer.reasons import UNPAID
from hyperlane.agents.runtime.chain import Chain, connect
from hyperlane.agents.runtime.loops import repeat
from hyperlane.agents.runtime.process import Runtime, sending_accounts, start
from hyperlane.agents.runtime.sender import Sender
from hyperlane.chain.signer import address_of
from hyperlane.errors import ConfigError
from hyperlane.protocol.message import Message
from hyperlane.settings import RelayerSettings
from hyperlane.store.committed_calls import CommittedCallsStore
from hyperlane.store.locks import exclusive
from hyperlane.store.lookups import messages_of
from hyperlane.store.operations import OperationStore
from hyperlane.store.payments import PaymentStore
from hyperlane.store.revisions import RevisionStore
from hyperlane.store.sequences import InsertionStore, MessageStore

_WATCH_INTERVAL = 5.0
_FUNDS_INTERVAL = 60.0
"""Seconds between two reads of what only gauges show: they cost calls."""
_REVISION_INTERVAL = 5.0


async def run(settings: RelayerSettings) -> None:
    """Relay until cancelled."""
    policy = RelayPolicy.of(settings)
    for name in settings.relay_chains:
        if settings.signer(name) is None:
            raise ConfigError(f"chains.{name}.signer: missing; set it or defaultSigner")
        sending_accounts(settings, name)

    def pages(runtime: Runtime) -> list[RouteDef]:
        served = {settings.chains[name].domain_id for name in settings.relay_chains}
        database = runtime.database
        lookup = partial(messages_of, database)
        return Api(OperationStore(database), lookup, settings.chain_name, served).routes()

    async with (
        start(settings, pages, settings.relay_chains) as runtime,
        exclusive(runtime.database, "a relayer"),
    ):
        relayer = Relayer(settings, runtime, policy)
        await relayer.operations.recover()
        async with relayer.commitments(), asyncio.TaskGroup() as tasks:
            for name in settings.relay_chains:
                tasks.create_task(relayer.serve(name))


class Relayer:
    """All chains of one relayer; each joins as soon as it can be reached."""

    def __init__(self, settings: RelayerSettings, runtime: Runtime, policy: RelayPolicy) -> None:
        self.settings = settings
        self.runtime = runtime
        self.policy = policy
        self.operations = OperationStore(runtime.database)
        self._started = time.time()
        self._origins: dict[int, Origin] = {}
        self._destinations: dict[int, Destination] = {}

    async def serve(self, name: str) -> None:
        """Connect one chain, then send from it and deliver to it, for ever."""
        async with connect(self.settings.chains[name], self.runtime.database) as chain:
            senders = self.runtime.senders(chain)
            origin = self._origin(chain)
            destination = self._destination(chain, senders)
            settled = RevisionStore(self.runtime.database, chain.domain, self._started)
            revision = Revision(chain, settled, destination.wake)
            interval = chain.settings.poll_interval

            async def index() -> None:
                await origin.look()
                self.runtime.waiting.discard(name)

            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(repeat(f"index {name}", interval, index))
                tasks.create_task(destination.prepare())
                tasks.create_task(destination.submit())
                tasks.create_task(repeat(f"confirm {name}", interval, destination.confirm))
                tasks.create_task(repeat(f"watch {name}", _WATCH_INTERVAL, destination.watch))
                tasks.create_task(repeat(f"funds {name}", _FUNDS_INTERVAL, destination.show_funds))
                tasks.create_task(repeat(f"revise {name}", _REVISION_INTERVAL, revision.step))

    @asynccontextmanager
    async def commitments(self) -> AsyncIterator[None]:
        """Serve calls that accounts are committed to, if the settings say so."""
        settings, database = self.settings, self.runtime.database
        if settings.commitments_port is None:
            yield
            return
        chains = settings.relay_chains
        book = Book(
            store=CommittedCallsStore(database),
            operations=self.operations,
            origins=self._origins,
            destinations=self._destinations,
            own={address_of(item) for name in chains for item in sending_accounts(settings, name)},
            most=settings.commitments_max_count,
            chain_name=settings.chain_name,
        )
        async with serving(settings, book, self.runtime.metrics):
            yield

    def _origin(self, chain: Chain) -> Origin:
        database = self.runtime.database

        async def make_operations(connection: AsyncConnection, messages: Sequence[Message]) -> None:
            await self.operations.create(connection, messages, time.time())
            highest = max(message.nonce for message in messages)
            self.runtime.metrics.last_nonce.labels("db_loader_loop", chain.name).set(highest)

        messages = MessageStore(database, chain.domain, make_operations)
        origin = Origin(
            chain=chain,
            dispatches=chain.dispatches(messages),
            insertions=chain.insertions(database),
            leaves=InsertionStore(database, chain.domain),
            messages=messages,
            signatures=Signatures(
                chain, self.settings.allow_local_checkpoint_syncers, self.runtime.web
            ),
            metrics=self.runtime.metrics,
            news=self._wake_all,
            payments=self._payments(chain),
        )
        self._origins[chain.domain] = origin
        return origin

    def _payments(self, chain: Chain) -> PaymentIndexer | None:
        paymaster = chain.settings.interchain_gas_paymaster
        if paymaster is None or not self.settings.igp_indexing_enabled:
            return None
        promote = partial(self.operations.promote, waiting_for=UNPAID)
        store = PaymentStore(self.runtime.database, chain.domain, promote)
        return PaymentIndexer(chain, paymaster, store)

    def _destination(self, chain: Chain, senders: Sequence[Sender]) -> Destination:
        destination = Destination(
            chain=chain,
            senders=senders,
            operations=self.operations,
            origins=self._origins,
            metrics=self.runtime.metrics,
            policy=self.policy,
            builder=MetadataBuilder(
                chain,
                senders[0].address,
                Lookups(senders[0].account, self.settings.allow_private_lookups),
                Multisigs(self.settings.ignore_reorg_reports),
            ),
            chain_name=self.settings.chain_name,
        )
        self._destinations[chain.domain] = destination
        return destination

    def _wake_all(self) -> None:
        for destination in self._destinations.values():
            destination.wake()
