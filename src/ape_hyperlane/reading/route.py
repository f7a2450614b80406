"""Reads a route: from one router, along the routers that it has enrolled."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from ape import networks
from ape.exceptions import ApeException
from requests import RequestException
from web3.exceptions import Web3Exception

from ape_hyperlane.plans.chain import has_code
from ape_hyperlane.reading.hybrids import spelled_word
from ape_hyperlane.reading.routers import ReadEnd, evm_router, read_end
from ape_hyperlane.reading.source import Source
from hyperlane.errors import ConfigError
from hyperlane.registry import Registry
from hyperlane.registry.models import parse
from hyperlane.registry.warp import check_route
from hyperlane.registry.warp_token import WarpToken
from hyperlane.wording import one_line

Connect = Callable[[str], AbstractContextManager[Any]]
MOST_ENDS = 1_000


class RouteReader:
    """Reads the ends of one route, one chain after the other."""

    def __init__(self, registry: Registry, connect: Connect, *, with_addresses: bool) -> None:
        self.registry = registry
        self.connect = connect
        self.with_addresses = with_addresses
        self.notes: list[str] = []
        self.routers: dict[str, str] = {}
        """Routers of the route by chain."""
        self._ends: dict[str, ReadEnd] = {}
        self._names = self._source("").names

    def read(self, routers: Mapping[str, str]) -> dict[str, Any]:
        """Content of the deploy file of the route of these routers. ConfigError for a contract that
        is no router, or a chain that the registry does not have."""
        for chain, router in routers.items():
            self._read(chain, router)
        waiting = list(routers)
        while waiting and len(self._ends) < MOST_ENDS:
            chain = waiting.pop(0)
            for domain, word in self._ends[chain].remotes.items():
                found = self._follow(chain, domain, word)
                if found is not None:
                    waiting.append(found)
        content = {chain: self._entry(chain) for chain in self._ends}
        return self._checked(content)

    def _source(self, chain: str) -> Source:
        source = Source(self.registry, self.with_addresses)
        source.chain = chain
        return source

    def _read(self, chain: str, router: str) -> None:
        metadata = self.registry.metadata(chain)
        source = self._source(chain)
        mailbox = None
        if self.registry.has_addresses(chain):
            mailbox = str(self.registry.addresses(chain).mailbox)
        with self.connect(chain):
            found = networks.provider.chain_id
            if found != metadata.chain_id:
                raise ConfigError(
                    f"chains/{chain}/metadata.yaml: chainId is {metadata.chain_id}, but the node"
                    f" answers {found}"
                )
            if not has_code(router):
                raise ConfigError(
                    f"--router: {router} is no contract on {chain}, expected a route's router"
                )
            self._ends[chain] = read_end(source, router, mailbox)
        self.routers[chain] = router
        self.notes += [f"{chain}: {note}" for note in source.notes]

    def _follow(self, chain: str, domain: int, word: bytes) -> str | None:
        """Reads an enrolled router, if the registry has its chain and it is a router. Returns the
        chain, or None if there is nothing new to follow."""
        name, router = self._names.get(domain), evm_router(word)
        if name is None or router is None or name in self._ends:
            return None
        try:
            self._read(name, router)
        except ConfigError as error:
            self.notes.append(f"{name}: not followed from {chain}: {one_line(str(error), 200)}")
            return None
        except (ApeException, Web3Exception, RequestException, OSError) as error:
            kind = type(error).__name__
            self.notes.append(
                f"{name}: not followed from {chain}: its node did not answer ({kind})"
            )
            return None
        return name

    def _entry(self, chain: str) -> dict[str, Any]:
        """The entry of a chain, with the routers outside the route that it has enrolled."""
        end, source = self._ends[chain], self._source(chain)
        content = dict(end.content)
        others = {}
        for domain, word in end.remotes.items():
            name = source.key(domain)
            known = self.routers.get(name)
            if known is None or evm_router(word) != known:
                others[name] = {"address": spelled_word(word)}
                if known is not None:
                    self.notes.append(
                        f"{chain}: enrolled {spelled_word(word)} for {name}, but the router of the"
                        f" route there is {known}"
                    )
        if others:
            content["remoteRouters"] = others
        if end.collateral_domain is not None:
            content["collateralChainName"] = source.key(end.collateral_domain)
        return content

    def _checked(self, content: dict[str, Any]) -> dict[str, Any]:
        """The content in the spelling of deploy files; as it is, with a note, if `warp deploy`
        would refuse it."""
        try:
            tokens = {chain: parse(WarpToken, entry, chain) for chain, entry in content.items()}
            check_route(tokens)
        except (ConfigError, ValueError) as error:
            self.notes.append(f"warp deploy refuses this file: {error}")
            return content
        return {chain: token.as_file() for chain, token in tokens.items()}
