"""Connection to a chain: its contracts are checked, and the database is bound to it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from hyperlane.agents.runtime.indexer import IndexRange, SequenceIndexer
from hyperlane.agents.runtime.loops import until_done
from hyperlane.agents.runtime.pulse import Counter, Pulse
from hyperlane.chain.abi import Mailbox, MerkleTreeHook
from hyperlane.chain.client import ChainClient, Consensus, Log, ReorgPeriod
from hyperlane.chain.contracts import require_kinds
from hyperlane.chain.deployment import deployment_block
from hyperlane.errors import ChainError, ConfigError
from hyperlane.protocol.message import Message
from hyperlane.protocol.typecasts import to_checksum
from hyperlane.settings import ChainSettings
from hyperlane.store.database import Anchor, Database, Deployment
from hyperlane.store.sequences import Dispatched, Insertion, InsertionStore, MessageStore
from hyperlane.store.sizes import remembered_sizes

log = structlog.get_logger()
_ASSUMED_PERIOD = 1
"""The reference's default."""


@dataclass(frozen=True, slots=True)
class Chain:
    """A connected chain: its settings and the client that reads it."""

    settings: ChainSettings
    client: ChainClient

    @property
    def name(self) -> str:
        """Name in the settings."""
        return self.settings.name

    @property
    def domain(self) -> int:
        """Domain in messages."""
        return self.settings.domain_id

    def insertions(self, database: Database) -> SequenceIndexer[Insertion]:
        """Make the indexer of the leaves of its merkle tree."""

        def parse(entry: Log) -> Insertion:
            message_id, index = MerkleTreeHook.INSERTED.decode(entry.data)
            return Insertion(index, message_id, entry.block_number)

        return SequenceIndexer(
            client=self.client,
            contract=self.settings.merkle_tree_hook,
            event=MerkleTreeHook.INSERTED,
            counter=MerkleTreeHook.count,
            deployed_block=MerkleTreeHook.deployed_block,
            parse=parse,
            store=InsertionStore(database, self.domain),
            range=self.index_range,
            needs_all=True,
        )

    def dispatches(self, store: MessageStore) -> SequenceIndexer[Dispatched]:
        """Make the indexer of the messages that it sends."""

        def parse(entry: Log) -> Dispatched:
            (raw,) = Mailbox.DISPATCH.decode(entry.data)
            return Dispatched(Message.decode(raw), entry.block_number, entry.tx_hash)

        return SequenceIndexer(
            client=self.client,
            contract=self.settings.mailbox,
            event=Mailbox.DISPATCH,
            counter=Mailbox.nonce,
            deployed_block=Mailbox.deployed_block,
            parse=parse,
            store=store,
            range=self.index_range,
        )

    def pulse(self, *counters: Counter, longest: float) -> Pulse:
        """Make what tells whether the chain is worth a look."""
        return Pulse(
            client=self.client,
            counters=counters,
            idle_interval=self.settings.idle_interval,
            longest=longest,
        )

    @property
    def index_range(self) -> IndexRange:
        """The blocks whose logs are read, as configured."""
        return IndexRange(self.settings.index.first_block, self.settings.index.chunk)


@asynccontextmanager
async def connect(
    settings: ChainSettings, database: Database, consensus: Consensus = Consensus.FALLBACK
) -> AsyncIterator[Chain]:
    """Connect to a chain, once it answers and is the one in the settings.

    `consensus` is how its URLs are used if the settings leave it open. Waits for a node that is
    down, or does not know the tag for finality. ConfigError for the wrong chain, or missing
    contracts; DatabaseError when the database is bound to another deployment.
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
    await settle_finality(client, settings.blocks.reorg_period)
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


async def settle_finality(client: ChainClient, wanted: ReorgPeriod | None) -> None:
    """Settle which blocks count as final; ChainError if the node lacks the configured tag."""
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
    """The safest finality that the node offers: some know a tag, but only block 0 for it."""
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
