"""Chains, connected when they are first needed: those of a registry, or of other settings."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from pydantic import ValidationError

from hyperlane.agents.runtime.chain import Chain, settle_finality
from hyperlane.chain.client import ChainClient, Consensus, Unreachable
from hyperlane.chain.contracts import require_kinds
from hyperlane.checkpoints.web import Web
from hyperlane.errors import ConfigError
from hyperlane.protocol.typecasts import ZERO_ADDRESS, to_hex
from hyperlane.registry import Registry
from hyperlane.registry.known import Domains
from hyperlane.settings import ChainSettings
from hyperlane.wording import masked_url

_LOCAL = ("127.0.0.1", "localhost", "::1")
_OPTIONAL = ("merkleTreeHook", "validatorAnnounce")
"""Contracts that a chain must have to send from, but not to deliver on."""


@dataclass(slots=True)
class Connections(ABC):
    """Connections to chains."""

    patience: float = field(default=15.0, kw_only=True)
    """Seconds in which a chain has to answer when it is connected."""
    web: Web = field(default_factory=Web, kw_only=True)
    """Client for reading validators' storages."""
    _open: dict[str, Chain] = field(default_factory=dict, init=False)
    _locks: dict[str, asyncio.Lock] = field(default_factory=dict, init=False)

    @property
    @abstractmethod
    def source(self) -> str:
        """Where the chains are written down, in words."""

    @abstractmethod
    def settings(self, name: str) -> ChainSettings:
        """Settings of a chain. ConfigError for one that is not written down."""

    @abstractmethod
    def name_of(self, domain: int) -> str | None:
        """The chain of a domain, of any protocol; None if it is not written down."""

    @abstractmethod
    def reads_files(self, chain: Chain) -> bool:
        """True if storages of the chain's validators may be folders of this machine."""

    async def chain(self, name: str) -> Chain:
        """A connected chain. ConfigError for files that cannot be used, ChainError when it does not
        answer."""
        async with self._locks.setdefault(name, asyncio.Lock()):
            if name not in self._open:
                self._open[name] = await self._connect(name)
            return self._open[name]

    async def close(self) -> None:
        """Close all connections."""
        for chain in self._open.values():
            await chain.client.close()
        self._open.clear()
        await self.web.close()

    async def _connect(self, name: str) -> Chain:
        settings = self.settings(name)
        consensus = Consensus(settings.rpc_consensus_type or Consensus.FALLBACK)
        client = ChainClient(name, settings.chain_id, settings.urls, consensus)
        try:
            async with asyncio.timeout(self.patience):
                await client.verify_chain_id()
                await require_kinds(client, {"mailbox": settings.mailbox})
                await settle_finality(client, settings.blocks.reorg_period)
        except TimeoutError:
            await client.close()
            hosts = ", ".join(map(masked_url, settings.urls))
            raise Unreachable(
                f"{name}: {hosts} did not answer within {self.patience:g} s"
            ) from None
        except BaseException:
            await client.close()
            raise
        return Chain(settings, client)


@dataclass(slots=True)
class Network(Connections):
    """Connections to the chains of one registry."""

    registry: Registry

    @property
    def source(self) -> str:
        """See Connections."""
        return str(self.registry.folder)

    def settings(self, name: str) -> ChainSettings:
        """See Connections."""
        return chain_settings(self.registry, name)

    def name_of(self, domain: int) -> str | None:
        """See Connections."""
        return next(
            (name for name, known in Domains(self.registry).items() if known == domain), None
        )

    def reads_files(self, chain: Chain) -> bool:
        """See Connections."""
        return is_local(chain)

    def searchable(self) -> list[str]:
        """EVM chains with a deployment."""
        found = []
        for name in self.registry.chains():
            if not self.registry.has_addresses(name):
                continue
            try:
                self.registry.metadata(name)
            except ConfigError:
                continue
            found.append(name)
        return found


@asynccontextmanager
async def opened(registry: Registry) -> AsyncIterator[Network]:
    """A network that is closed at the end."""
    network = Network(registry)
    try:
        yield network
    finally:
        await network.close()


def chain_settings(registry: Registry, name: str) -> ChainSettings:
    """Agents' settings of a chain, from the registry's files alone."""
    files = {**registry.metadata(name).as_file(), **registry.addresses(name).as_file()}
    missing = {key: to_hex(ZERO_ADDRESS) for key in _OPTIONAL if not files.get(key)}
    try:
        return ChainSettings.model_validate({**files, **missing})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise ConfigError(f"chains/{name}/metadata.yaml: {place}: {first['msg']}") from None


def is_local(chain: Chain) -> bool:
    """True if all nodes of a chain run on this machine, as those of a development chain do."""
    return all(urlsplit(url).hostname in _LOCAL for url in chain.settings.urls)
