"""What every agent stands on: database, metrics page, connected chains, loops that go on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog
from aiohttp.web import RouteDef

from hyperlane.chain.abi import Mailbox, MerkleTreeHook
from hyperlane.chain.client import ChainClient, Consensus, Log, ReorgPeriod
from hyperlane.chain.contracts import require_kinds
from hyperlane.chain.deployment import deployment_block
from hyperlane.chain.fees import FeeCeiling
from hyperlane.chain.indexer import IndexRange, SequenceIndexer
from hyperlane.chain.overrides import Overrides
from hyperlane.chain.sender import Sender
from hyperlane.chain.signer import address_of
from hyperlane.checkpoints.web import Web
from hyperlane.errors import ChainError, ConfigError, DecodeError, StorageError
from hyperlane.logging import configure_logging
from hyperlane.metrics import Metrics, serve
from hyperlane.protocol.message import Message
from hyperlane.protocol.typecasts import to_checksum
from hyperlane.settings import AgentSettings, ChainSettings
from hyperlane.store.database import Anchor, Database, Deployment
from hyperlane.store.sequences import Dispatched, Insertion, InsertionStore, MessageStore
from hyperlane.store.sizes import remembered_sizes
from hyperlane.store.transactions import TransactionStore

if TYPE_CHECKING:
    from eth_account.signers.base import BaseAccount

log = structlog.get_logger()

TRANSIENT = (ChainError, DecodeError, StorageError)
"""Failures that a loop outlives: it tries again later. All others end the agent."""

_LONGEST_PAUSE = 60.0
_ASSUMED_PERIOD = 1
"""The reference's default."""


@dataclass(frozen=True, slots=True)
class Chain:
    """A connected chain: its settings and the client that reads it."""

    settings: ChainSettings
    client: ChainClient

    @property
    def name(self) -> str:
        """As configured."""
        return self.settings.name

    @property
    def domain(self) -> int:
        """Its domain in messages."""
        return self.settings.domain_id

    def insertions(self, database: Database) -> SequenceIndexer[Insertion]:
        """Copies the leaves of its merkle tree."""

        def parse(entry: Log) -> Insertion:
            message_id, index = MerkleTreeHook.INSERTED.decode(entry.data)
            return Insertion(index, message_id, entry.block_number)

        return SequenceIndexer(
            self.client,
            self.settings.merkle_tree_hook,
            MerkleTreeHook.INSERTED,
            MerkleTreeHook.count,
            MerkleTreeHook.deployed_block,
            parse,
            InsertionStore(database, self.domain),
            self._index_range,
            needs_all=True,
        )

    def dispatches(self, store: MessageStore) -> SequenceIndexer[Dispatched]:
        """Copies the messages it sends."""

        def parse(entry: Log) -> Dispatched:
            (raw,) = Mailbox.DISPATCH.decode(entry.data)
            return Dispatched(Message.decode(raw), entry.block_number, entry.tx_hash)

        return SequenceIndexer(
            self.client,
            self.settings.mailbox,
            Mailbox.DISPATCH,
            Mailbox.nonce,
            Mailbox.deployed_block,
            parse,
            store,
            self._index_range,
        )

    @property
    def _index_range(self) -> IndexRange:
        return IndexRange(self.settings.index.first_block, self.settings.index.chunk)


@dataclass(frozen=True, slots=True)
class Runtime:
    """An agent's surroundings."""

    settings: AgentSettings
    database: Database
    metrics: Metrics
    waiting: set[str] = field(default_factory=set)
    """What the agent is not ready without, in words."""
    web: Web = field(default_factory=Web)
    """For reading validators' storages."""

    def sender(self, chain: Chain) -> Sender | None:
        """The sender of the chain's configured key; None if it has none."""
        account = self.settings.signer(chain.name)
        if account is None:
            return None
        return make_sender(chain, account, self.database)


def make_sender(chain: Chain, account: "BaseAccount", database: Database) -> Sender:
    """The sender of a key on a chain, within the bounds that the chain's settings have."""
    return Sender(
        chain.client,
        account,
        TransactionStore(database, chain.domain, address_of(account)),
        FeeCeiling(chain.settings.max_transaction_cost),
        Overrides(**chain.settings.transaction_overrides.model_dump()),
    )


@asynccontextmanager
async def start(
    settings: AgentSettings,
    pages: Callable[[Runtime], Iterable[RouteDef]] = lambda _: (),
    waiting: Iterable[str] = (),
) -> AsyncIterator[Runtime]:
    """Set up logging, database and web pages; tear them down afterwards.

    The agent is not ready before it has taken everything out of `waiting`.
    """
    configure_logging(settings.log)
    async with AsyncExitStack() as stack:
        database = await Database.open(settings.db)
        stack.push_async_callback(database.close)
        for note in settings.ineffective:
            log.warning("setting.ineffective", setting=note)
        runtime = Runtime(settings, database, Metrics(), set(waiting))
        runner, port = await serve(
            runtime.metrics,
            runtime.waiting,
            pages(runtime),
            settings.metrics_host,
            settings.metrics_port,
            settings.metrics_allowed_hosts,
        )
        stack.push_async_callback(runner.cleanup)
        log.info("agent.started", db=database.name, metrics_port=port)
        stack.push_async_callback(runtime.web.close)
        yield runtime


@asynccontextmanager
async def connect(
    settings: ChainSettings, database: Database, consensus: Consensus = Consensus.FALLBACK
) -> AsyncIterator[Chain]:
    """A chain, once it answers and is what the settings say.

    `consensus` is how its URLs are used if the settings do not say it. Waits for a node that is
    down, or does not know the tag that stands for finality. ConfigError for the wrong chain, or
    contracts that are not there; DatabaseError when the database knows another deployment.
    """
    async with remembered_sizes(database, settings.chain_id) as sizes:
        client = ChainClient(
            settings.name,
            settings.chain_id,
            settings.urls,
            consensus=Consensus(settings.rpc_consensus_type or consensus),
            sizes=sizes,
        )
        try:
            await until_done(f"connect {settings.name}", lambda: _check(client, settings, database))
            yield Chain(settings, client)
        finally:
            await client.close()


async def _check(client: ChainClient, settings: ChainSettings, database: Database) -> None:
    await client.verify_chain_id()
    await require_kinds(client, settings.contracts)
    domain = await client.call(settings.mailbox, Mailbox.local_domain)
    if domain != settings.domain_id:
        raise ConfigError(
            f"chains.{settings.name}.domainId: {settings.domain_id}, but the mailbox"
            f" {to_checksum(settings.mailbox)} is of domain {domain}"
        )
    await _settle_finality(client, settings.blocks.reorg_period)
    await _bind(client, settings, database)


async def _bind(client: ChainClient, settings: ChainSettings, database: Database) -> None:
    """Bind the database to the deployment; DatabaseError if the chain has another history.

    The block of the Mailbox's deployment tells histories apart. Block 0 does not: some chains give
    their latest block for it, others have none. A node that has forgotten the block says nothing.
    """
    deployment = Deployment(
        settings.domain_id, settings.chain_id, settings.mailbox, settings.merkle_tree_hook
    )
    known = await database.bind(deployment)
    head = await client.final_block()
    number = (
        known.block
        if known
        else await deployment_block(client, settings.mailbox, Mailbox.deployed_block, head)
    )
    if number > head:
        return  # may be reorganised away
    try:
        block = await client.block(number)
    except ChainError:
        return
    if block.number != number:
        return
    found = Anchor(number, block.hash)
    if known is None:
        await database.set_anchor(deployment, found)
    elif found != known:
        raise database.of_another(deployment, f"block {number}", known.hash, found.hash)


async def _settle_finality(client: ChainClient, wanted: ReorgPeriod | None) -> None:
    """Decide and say what counts as final; ChainError if it is wanted and the node has it not."""
    tags = await client.finality_tags()
    client.reorg_period = period = (
        wanted if wanted is not None else await _offered_finality(client, tags)
    )
    if period in ("safe", "finalized") and period not in tags:
        raise ChainError(
            f"chains.{client.name}.blocks.reorgPeriod: the node knows no block {period!r}, only"
            f" {', '.join([*tags, 'latest'])}: wait for it, or give a number of blocks"
        )
    log.info(
        "chain.connected",
        chain=client.name,
        final=await client.final_block(),
        reorg_period=period,
        finality_of="node" if wanted is None else "settings",
        tags=tags,
        rpcs=[item.host for item in client.rpc.endpoints],
        consensus=client.consensus.value,
    )


async def _offered_finality(client: ChainClient, tags: Sequence[str]) -> ReorgPeriod:
    """The safest that the node has: some know a tag, but no block except 0 for it."""
    for tag in ("finalized", "safe"):
        if tag in tags and (await client.block(tag)).number:
            return tag
    log.warning(
        "finality.assumed",
        chain=client.name,
        reorg_period=_ASSUMED_PERIOD,
        remedy=f"the node offers no finality: set chains.{client.name}.blocks.reorgPeriod to the"
        " number of blocks that are safe on this chain",
    )
    return _ASSUMED_PERIOD


async def until_done(name: str, step: Callable[[], Awaitable[None]]) -> None:
    """Do `step` until it succeeds, pausing longer and longer after transient failures."""
    pause = 1.0
    while True:
        try:
            return await step()
        except TRANSIENT as error:
            log.warning("task.failed", task=name, error=str(error), retry_in=pause)
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


async def repeat(name: str, interval: float, step: Callable[[], Awaitable[None]]) -> None:
    """Do `step` for ever, every `interval` seconds, later and later while it fails."""
    pause = interval
    while True:
        try:
            await step()
            pause = interval
        except TRANSIENT as error:
            pause = min(2 * pause, max(interval, _LONGEST_PAUSE))
            log.warning("task.failed", task=name, error=str(error), retry_in=pause)
        await asyncio.sleep(pause)
