"""A route to deploy: configs, chains, journals."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from ape_hyperlane.plans.builder import Surroundings
from ape_hyperlane.plans.journal import Journal
from ape_hyperlane.plans.steps import Ref, Step
from ape_hyperlane.warp.brakes import check_brakes
from ape_hyperlane.warp.ends import End
from ape_hyperlane.warp.plan import Place, Remote, delivery_gas, plan_end
from hyperlane.errors import ChainError, ConfigError
from hyperlane.registry import Registry
from hyperlane.registry.fields import word

Connect = Callable[[str], AbstractContextManager[Any]]
"""Connects ape to the chain of this name for the duration of a `with` block."""


@dataclass
class RouteDeployment:
    """A route, what the chains say of its tokens, and how far it is deployed.

    Made by `plan_route`. Nothing is sent or written before `deploy_route`.
    """

    id: str
    """`<SYMBOL>/<name>`, as in the registry."""
    ends: Mapping[str, End]
    registry: Registry
    connect: Connect
    journals: Mapping[str, Journal]
    surroundings: Surroundings
    routers: dict[str, str] = field(default_factory=dict)
    """By chain, as far as they are deployed."""
    left: list[str] = field(default_factory=list)
    """What the account that surveyed it may not do, a line each."""

    @contextmanager
    def on(self, chain: str) -> Iterator[None]:
        """Connected to a chain, which errors name."""
        with self.connect(chain):
            try:
                yield
            except (ConfigError, ChainError) as error:
                raise type(error)(f"{chain}: {error}") from error

    def steps(self, chain: str) -> list[Step]:
        """All that one chain needs."""
        known, end = self.surroundings, self.ends[chain]
        addresses = known.addresses[chain]
        mailbox = str(end.token.mailbox or addresses.mailbox)
        known = replace(known, here=chain)
        place = Place(self.journals[chain].deployer, mailbox, addresses, known)
        vaults = [
            known.domains[other]
            for other, each in self.ends.items()
            if each.token.type == "collateralVaultRebase"
        ]
        trusted = known.by_domain(end.token.cross_collateral_routers, "crossCollateralRouters")
        neighbours = {domain for domain, routers in trusted.items() if routers}
        check_brakes(end.token, known.domains[chain], neighbours)
        return plan_end(end, place, self.remotes(chain), *vaults)

    def remotes(self, chain: str) -> dict[int, Remote]:
        """Whom the router on a chain talks to, by domain."""
        token, known = self.ends[chain].token, self.surroundings
        gas = known.by_domain(token.destination_gas, "destinationGas")
        named = known.by_domain(token.remote_routers, "remoteRouters")
        remotes = {
            domain: Remote(word(each.address), gas.get(domain, delivery_gas(token)))
            for domain, each in named.items()
        }
        for other, end in self.ends.items():
            if other != chain:
                domain, router = known.domains[other], self.routers.get(other)
                remotes[domain] = Remote(
                    word(router) if router else Ref(f"router on {other}"),
                    gas.get(domain, delivery_gas(end.token)),
                    end.circle_domain,
                )
        trusted = known.by_domain(token.cross_collateral_routers, "crossCollateralRouters")
        for domain, routers in trusted.items():
            if routers and domain != known.domains[chain]:
                remotes.setdefault(domain, Remote(None, gas.get(domain, delivery_gas(token))))
        for domain in gas.keys() - remotes.keys():
            raise ConfigError(
                f"destinationGas: {gas[domain]} for domain {domain}, where no router is"
                " enrolled; expected a chain of this route"
            )
        return remotes

    def require_others(self) -> None:
        """ConfigError for other routers on chains of the route than those deployed there."""
        surplus: dict[str, list[str]] = {}
        for chain, end in self.ends.items():
            for key, named in end.token.remote_routers.items():
                domain = self.surroundings.domain(key, f"{chain}.remoteRouters")
                for other in self.ends:
                    if self.surroundings.domains[other] != domain:
                        continue
                    router = self.routers.get(other)
                    if other == chain or not router or word(named.address) != word(router):
                        surplus.setdefault(other, []).append(f"{chain}.remoteRouters.{key}")
        if surplus:
            entries = [entry for each in surplus.values() for entry in each]
            raise ConfigError(
                f"{', '.join(entries)}: this file deploys the routers on {', '.join(surplus)};"
                " remove these entries"
            )
