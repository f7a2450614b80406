"""Asking the chains about one message: why it is stuck, and the call that would deliver it.

A visitor chooses a message that is stored, and an address that would deliver it; nothing else that
a visitor says goes anywhere. What the message's own modules and validators name is read under the
relayer's limits. Traces are shared by all who ask at the same time, kept for some seconds, and few
run at once.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.ttl_cache import TtlCache
from hyperlane.errors import ChainError, ConfigError, HyperlaneError
from hyperlane.explorer.limits import owner
from hyperlane.explorer.queries.records import Message
from hyperlane.protocol.typecasts import Address, Bytes32, to_hex
from hyperlane.settings import ChainSettings
from hyperlane.tracking.advice import Advice
from hyperlane.tracking.network import Connections
from hyperlane.tracking.receipts import full_receipt
from hyperlane.tracking.relayer_page import ask_relayer
from hyperlane.tracking.render import as_json
from hyperlane.tracking.report import GAS_MARGIN, MAX_GAS
from hyperlane.tracking.search import Dispatch
from hyperlane.tracking.trace import ANYBODY, CannotDeliver, Tracer
from hyperlane.wording import masked_url

_AT_ONCE = 4
_MOST_WAITING, _MOST_OF_ONE = 16, 6
"""Traces that run or wait, of all visitors and of one: each may take as long as `_TIMEOUT`."""
_TIMEOUT = 30.0
_KEPT = 5.0
"""Seconds for which a trace is shown again."""
_MOST_KEPT = 32
"""Traces, and calls, that are kept: a call has its message's body, which may have megabytes."""
_BLOCKS = 20_000
"""Blocks in which later payments and leaves are looked for; the database has the others."""

Found = TypeVar("Found")


class Busy(HyperlaneError):
    """Failure to trace: too many traces are wanted at once."""


@dataclass(frozen=True, slots=True)
class Call:
    """A transaction that delivers a message."""

    to: Address
    data: bytes
    value: int
    chain_id: int
    gas: int
    chain: str
    command: str


@dataclass(slots=True)
class Configured(Connections):
    """Connections to the chains of an agent's settings."""

    chains: Mapping[str, ChainSettings]
    local_storages: bool = False

    @property
    def source(self) -> str:
        """See Connections."""
        return "the settings of this server"

    def settings(self, name: str) -> ChainSettings:
        """See Connections."""
        if name not in self.chains:
            raise ConfigError(f"chains.{name}: missing")
        return self.chains[name]

    def name_of(self, domain: int) -> str | None:
        """See Connections."""
        found = (name for name, chain in self.chains.items() if chain.domain_id == domain)
        return next(found, None)

    def reads_files(self, chain: Chain) -> bool:
        """See Connections."""
        return self.local_storages

    def without_urls(self, value: Any) -> Any:
        """A value of JSON whose texts do not tell visitors where this server's nodes are."""
        if isinstance(value, str):
            for chain in self.chains.values():
                urls = *chain.urls, *chain.additional_urls
                for spelling in (each for url in urls for each in _spellings(url)):
                    value = value.replace(spelling, "a node")
            return value
        if isinstance(value, dict):
            return {key: self.without_urls(item) for key, item in value.items()}
        return list(map(self.without_urls, value)) if isinstance(value, list) else value


def _spellings(url: str) -> Iterator[str]:
    """Forms in which errors name a node, the longest first."""
    parts = urlsplit(url)
    yield masked_url(url)
    yield parts.netloc.rpartition("@")[2]
    yield f"'{parts.hostname}'"
    if "." in (parts.hostname or ""):  # else it may be any word
        yield str(parts.hostname)


def _cache() -> TtlCache[Any, Any]:
    return TtlCache(_KEPT, most=_MOST_KEPT)


@dataclass(slots=True)
class Traces:
    """Traces messages for visitors."""

    chains: Configured
    relayers: Sequence[str] = ()
    """URLs of relayers that are asked what they do with a message."""
    clock: Callable[[], float] = time.time
    timeout: float = _TIMEOUT
    _waiting: Counter[str] = field(default_factory=Counter)
    _running: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))
    _reports: TtlCache[Bytes32, dict[str, Any]] = field(default_factory=_cache)
    _calls: TtlCache[tuple[Bytes32, Address], Call] = field(default_factory=_cache)

    async def trace(self, sent: Message, visitor: str = "") -> dict[str, Any]:
        """The report about a message, as JSON, for a visitor's address. Busy, or ChainError if its
        origin does not answer."""

        async def find() -> dict[str, Any]:
            return await self._bounded(visitor, partial(self._trace, sent))

        return await self._reports.get_or_find(sent.id, find)

    async def call(self, sent: Message, sender: Address | None, visitor: str = "") -> Call:
        """The call that delivers a message now, simulated. CannotDeliver if there is none."""
        who = sender or ANYBODY

        async def find() -> Call:
            return await self._bounded(visitor, partial(self._call, sent, who))

        return await self._calls.get_or_find((sent.id, who), find)

    async def close(self) -> None:
        """Close all connections."""
        await self.chains.close()

    async def _trace(self, sent: Message) -> dict[str, Any]:
        views = asyncio.gather(*(ask_relayer(url, sent.id) for url in self.relayers))
        try:
            report = await self._tracer().report(await self._dispatch(sent))
        finally:
            asked = await views
        if asked:
            # The one that knows most of it; where its page is, is nobody's business.
            best = min(asked, key=lambda view: bool(view.problem))
            report = replace(report, relayer=replace(best, url="the relayer"))
        return dict(self.chains.without_urls(as_json(report, self.clock())))

    async def _call(self, sent: Message, sender: Address) -> Call:
        tracer, dispatch = self._tracer(), await self._dispatch(sent)
        name = self.chains.name_of(sent.destination)
        if name is None:
            raise CannotDeliver(f"this server has no node of domain {sent.destination}")
        destination = await self.chains.chain(name)
        before = await tracer.delivery(destination, sent.id)
        if before is not None:
            where = "" if before.transaction is None else f" by {to_hex(before.transaction)}"
            raise CannotDeliver(f"it has been delivered{where}")
        _, data, gas = await tracer.prepared(dispatch, sender)
        command = tracer.advice.command(sent.id, dispatch.chain.name)
        if gas > MAX_GAS:
            # Recipient and module are anybody's, and the visitor would pay.
            limit = int(gas * GAS_MARGIN)
            raise CannotDeliver(
                f"it takes {gas:,} gas, more than {MAX_GAS:,}; if it is worth that to you:"
                f" {command} --gas {limit}"
            )
        settings = destination.settings
        limit = int(gas * GAS_MARGIN)
        return Call(settings.mailbox, data, 0, settings.chain_id, limit, name, command)

    async def _dispatch(self, sent: Message) -> Dispatch:
        name = self.chains.name_of(sent.origin)
        if name is None:
            raise CannotDeliver(f"this server has no node of domain {sent.origin}")
        chain = await self.chains.chain(name)
        receipt = await full_receipt(chain, sent.transaction)
        for message in receipt.messages(Address(sent.mailbox)) if receipt else ():
            if message.id == sent.id:
                assert receipt is not None
                return Dispatch(chain, message, receipt)
        raise ChainError(
            f"{name}: its node does not have transaction {to_hex(sent.transaction)}: try again in"
            " some seconds; the chain may have dropped it"
        )

    def _tracer(self) -> Tracer:
        return Tracer(self.chains, Advice(None, clock=self.clock), blocks=_BLOCKS)

    async def _bounded(self, visitor: str, work: Callable[[], Awaitable[Found]]) -> Found:
        async with self._place(owner(visitor)):
            try:
                async with asyncio.timeout(self.timeout):
                    return await work()
            except TimeoutError:
                raise ChainError(
                    f"the chains did not answer within {self.timeout:g} s; try again"
                ) from None

    @asynccontextmanager
    async def _place(self, visitor: str) -> AsyncIterator[None]:
        if self._waiting.total() >= _MOST_WAITING or self._waiting[visitor] >= _MOST_OF_ONE:
            raise Busy("too many messages are being traced; try again in some seconds")
        self._waiting[visitor] += 1
        try:
            async with self._running:
                yield
        finally:
            self._waiting[visitor] -= 1
            self._waiting += Counter()  # forgets who waits no longer
