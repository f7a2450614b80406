"""A route to deploy: its ends, chains and journals."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import ape
from ape.api import ProviderContextManager

from ape_hyperlane.console import connected_to
from ape_hyperlane.plans.journal import Journal
from ape_hyperlane.plans.proposals import Proposal
from ape_hyperlane.plans.registry_view import RegistryView
from ape_hyperlane.plans.steps import Ref, Step, reserve
from ape_hyperlane.warp.brakes import check_brakes
from ape_hyperlane.warp.ends import End
from ape_hyperlane.warp.plan import ROUTER, ChainContext, Remote, delivery_gas, plan_end
from hyperlane.errors import ChainError, ConfigError
from hyperlane.registry import Registry
from hyperlane.registry.fields import word
from hyperlane.registry.route_file import ForeignEnd

Connect = Callable[[str], AbstractContextManager[Any]]
"""Connects ape to the chain of this name for the duration of a `with` block."""


@dataclass
class RouteDeployment:
    """A route, its tokens as read from the chains, and the routers deployed so far.

    Made by `plan_route`. Nothing is sent or written before `deploy_route`.
    """

    id: str
    """`<SYMBOL>/<name>`, as in the registry."""
    ends: Mapping[str, End]
    registry: Registry
    connect: Connect
    journals: Mapping[str, Journal]
    view: RegistryView
    routers: dict[str, str] = field(default_factory=dict)
    """Deployed routers, by chain."""
    foreign: Mapping[str, ForeignEnd] = field(default_factory=dict)
    """Ends that exist already, which the routers here enrol."""
    left: list[str] = field(default_factory=list)
    """Steps that the surveying account may not send, a line each."""
    proposals: list[Proposal] = field(default_factory=list)
    """Proposals of calls that Safes and timelocks have to make."""

    @contextmanager
    def on(self, chain: str) -> Iterator[None]:
        """Connects to a chain and prefixes errors with its name."""
        with self.connect(chain):
            try:
                yield
            except (ConfigError, ChainError) as error:
                raise type(error)(f"{chain}: {error}") from error

    def steps(self, chain: str) -> list[Step]:
        """The plan for one chain."""
        end, addresses = self.ends[chain], self.view.addresses[chain]
        mailbox = str(end.token.mailbox or addresses.mailbox)
        view = replace(self.view, chain=chain)
        journal = self.journals[chain]
        kept = reserve(ROUTER.step, f"router of {self.id}", journal.deployer, journal.salt)
        context = ChainContext(journal.deployer, mailbox, addresses, view, kept)
        vaults = [
            view.domains[other]
            for other, other_end in self.ends.items()
            if other_end.token.type == "collateralVaultRebase"
        ]
        remotes = self.remotes(chain)
        enrolled = {domain: remote.router for domain, remote in remotes.items()}
        check_brakes(end.token, view, enrolled)
        return plan_end(end, context, remotes, *vaults)

    def remotes(self, chain: str) -> dict[int, Remote]:
        """The remote routers of the router on a chain, by domain: those that the file names, those
        of this route, and domains that only have routers of other tokens."""
        token, view = self.ends[chain].token, self.view
        gas = view.by_domain(token.destination_gas, "destinationGas")
        named = view.by_domain(token.remote_routers, "remoteRouters")
        remotes = {
            domain: Remote(word(remote.address), gas.get(domain, delivery_gas(token)))
            for domain, remote in named.items()
        }
        for other, end in self.ends.items():
            if other != chain:
                domain, router = view.domains[other], self.routers.get(other)
                remotes[domain] = Remote(
                    word(router) if router else Ref(f"router on {other}"),
                    gas.get(domain, delivery_gas(end.token)),
                    end.circle_domain,
                )
        for other, known in self.foreign.items():
            domain = view.domain(other, "foreignDeployment")
            remotes[domain] = Remote(known.router, gas.get(domain, known.gas))
        trusted = view.by_domain(token.cross_collateral_routers, "crossCollateralRouters")
        for domain, routers in trusted.items():
            if routers and domain != view.domains[chain]:
                remotes.setdefault(domain, Remote(None, gas.get(domain, delivery_gas(token))))
        for domain in gas.keys() - remotes.keys():
            raise ConfigError(
                f"destinationGas: {gas[domain]} for domain {domain}, where no router is"
                " enrolled; expected a chain of this route"
            )
        return remotes

    def require_others(self) -> None:
        """ConfigError when `remoteRouters` names another router on a chain of this route than the
        one that the route deploys there."""
        conflicts: dict[str, list[str]] = {}
        for chain, end in self.ends.items():
            for key, named in end.token.remote_routers.items():
                domain = self.view.domain(key, f"{chain}.remoteRouters")
                for other in self.ends:
                    if self.view.domains[other] != domain:
                        continue
                    router = self.routers.get(other)
                    if other == chain or not router or word(named.address) != word(router):
                        conflicts.setdefault(other, []).append(f"{chain}.remoteRouters.{key}")
        if conflicts:
            entries = [entry for entries in conflicts.values() for entry in entries]
            raise ConfigError(
                f"{', '.join(entries)}: this file deploys the routers on {', '.join(conflicts)};"
                " remove these entries"
            )


def connector(folder: Registry) -> Connect:
    """A function that connects ape to a chain of the registry. Providers are cached, since making
    one takes time."""
    providers: dict[str, ProviderContextManager] = {}

    def connect(chain: str) -> AbstractContextManager[None]:
        if chain not in providers:
            url = folder.metadata(chain).rpc_urls[0].http
            providers[chain] = ape.networks.parse_network_choice(url)
        return connected_to(folder, chain, providers[chain])

    return connect
