"""An agent's process: logging, database, web pages, keys."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog
from aiohttp.web import RouteDef

from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.sender import Sender
from hyperlane.agents.runtime.upkeep import half_more
from hyperlane.chain.fees import FeeCeiling
from hyperlane.chain.offers import Offers
from hyperlane.chain.overrides import Overrides
from hyperlane.chain.signer import address_of, open_account
from hyperlane.checkpoints.web import Web
from hyperlane.errors import ConfigError
from hyperlane.logs import configure_logging
from hyperlane.metrics import Metrics, serve
from hyperlane.settings import AgentSettings
from hyperlane.store.database import Database
from hyperlane.store.migrations.schemas import AGENTS, Schema
from hyperlane.store.transactions import TransactionStore

if TYPE_CHECKING:
    from eth_account.signers.base import BaseAccount

log = structlog.get_logger()

_ASSUMED_BLOCK_TIME = 2.0


@dataclass(frozen=True, slots=True)
class Runtime:
    """What an agent runs in: its settings, database, metrics and web client."""

    settings: AgentSettings
    database: Database
    metrics: Metrics
    waiting: set[str] = field(default_factory=set)
    """Things that the agent waits for before it is ready, in words."""
    web: Web = field(default_factory=Web)
    """Client for reading validators' storages."""

    def sender(self, chain: Chain) -> Sender | None:
        """The sender of the chain's configured key; None if it has none."""
        account = sending_account(self.settings, chain.name)
        return None if account is None else make_sender(chain, account, self.database)

    def senders(self, chain: Chain) -> list[Sender]:
        """The senders of all configured keys of a chain, that of the signer first."""
        accounts = sending_accounts(self.settings, chain.name)
        return [make_sender(chain, item, self.database) for item in accounts]


def sending_accounts(settings: AgentSettings, chain: str) -> "list[BaseAccount]":
    """All accounts that send transactions on a chain, the signer's first; ConfigError if a key is
    named twice, as it would give a nonce to two transactions."""
    main = sending_account(settings, chain)
    accounts = [] if main is None else [main]
    for path, signer in settings.additional_signers(chain):
        account = open_account(path, signer)
        if address_of(account) in map(address_of, accounts):
            raise ConfigError(f"{path}: this key is named before as one of {chain}: remove one")
        accounts.append(account)
    return accounts


def sending_account(settings: AgentSettings, chain: str) -> "BaseAccount | None":
    """The account that sends transactions on a chain; None if no key is set, ConfigError if it
    cannot be used."""
    signer = settings.signer(chain)
    return None if signer is None else open_account(*signer)


def make_sender(chain: Chain, account: "BaseAccount", database: Database) -> Sender:
    """The sender of a key on a chain, within the bounds that the chain's settings have."""
    return Sender(
        chain.client,
        account,
        TransactionStore(database, chain.domain, address_of(account)),
        Offers(
            chain.client,
            FeeCeiling(chain.settings.max_transaction_cost),
            Overrides(**chain.settings.transaction_overrides.model_dump()),
        ),
    )


def make_urgent_sender(chain: Chain, account: "BaseAccount", database: Database) -> Sender:
    """A sender for transactions that have to be in one of the next blocks. It offers several times
    what gas costs, and half as much again after every two blocks without them."""
    block_time = chain.settings.blocks.estimate_block_time or _ASSUMED_BLOCK_TIME
    sender = make_sender(chain, account, database)
    sender.offers.overrides = sender.offers.overrides.urgent()
    sender.patience, sender.more = 2 * block_time, half_more
    return sender


@asynccontextmanager
async def start(
    settings: AgentSettings,
    pages: Callable[[Runtime], Iterable[RouteDef]] = lambda _: (),
    waiting: Iterable[str] = (),
    schema: Schema = AGENTS,
) -> AsyncIterator[Runtime]:
    """Set up logging, database and web pages; tear them down afterwards.

    The agent is not ready before it has taken everything out of `waiting`.
    """
    configure_logging(settings.log)
    async with AsyncExitStack() as stack:
        database = await Database.open(settings.db, schema)
        stack.push_async_callback(database.close)
        for note in settings.ineffective:
            log.warning("setting.ineffective", setting=note)
        runtime = Runtime(settings, database, Metrics(), set(waiting))
        runner, port = await serve(
            runtime.metrics,
            runtime.waiting,
            pages(runtime),
            host=settings.metrics_host,
            port=settings.metrics_port,
            allowed_hosts=settings.metrics_allowed_hosts,
        )
        stack.push_async_callback(runner.cleanup)
        log.info("agent.started", db=database.name, metrics_port=port)
        stack.push_async_callback(runtime.web.close)
        yield runtime
