"""Options of a test network, and what chains it may have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ape_hyperlane.testing.chains import LocalChain
from ape_hyperlane.testing.errors import TestKitError
from ape_hyperlane.testing.places import Existing, Fork

Place = str | Existing | Fork
"""A chain that is made, by name, or one that is joined."""


@dataclass(frozen=True, slots=True)
class Options:
    """Options that all constructors of a network take."""

    verification: bool = False
    """True if messages need signatures of the origin's validators."""
    instant: bool = False
    """True if each transaction of ape is followed by a delivery of what it dispatched."""
    validators: int = 3
    """Number of validators of each chain."""
    threshold: int = 2
    """Number of them that have to sign."""
    gas_price: int = 10**9
    """Price that paymasters take for a unit of the destination's gas, in wei; 0 for nothing."""
    domains: Mapping[str, int] = field(default_factory=dict)
    """Domains by chain name, for chains that are made."""

    def __post_init__(self) -> None:
        if not 1 <= self.threshold <= self.validators:
            raise TestKitError(
                f"threshold: {self.threshold}, expected 1 to {self.validators}, the number of"
                " validators"
            )
        if self.gas_price < 0:
            raise TestKitError(f"gas_price: {self.gas_price}, expected 0 or more")


def known_options(options: dict[str, Any]) -> dict[str, Any]:
    """TestKitError for an unknown option."""
    for name in options:
        if name not in Options.__dataclass_fields__:
            known = ", ".join(Options.__dataclass_fields__)
            raise TestKitError(f"{name}: no option of a network; expected one of: {known}")
    return options


def require_names(places: Sequence[Place]) -> None:
    names = [place if isinstance(place, str) else place.name for place in places]
    if len(names) < 2:
        raise TestKitError(f"a network of {len(names)} chains; expected 2 or more names")
    for name in names:
        if names.count(name) > 1:
            raise TestKitError(
                f"{name!r} names two chains of the network; expected names that differ"
            )


def require_known_domains(places: Sequence[Place], domains: Mapping[str, int]) -> None:
    """TestKitError for a name or a domain that no chain can have."""
    made = [
        place if isinstance(place, str) else place.name
        for place in places
        if isinstance(place, str) or place.mailbox is None
    ]
    for name, domain in domains.items():
        if name not in made:
            raise TestKitError(
                f"domains[{name!r}]: no chain that this network makes; expected one of:"
                f" {', '.join(made)}"
            )
        if not 0 < domain < 2**32:
            raise TestKitError(f"domains[{name!r}]: {domain}, expected 1 to {2**32 - 1}")


def require_distinct_domains(chains: Sequence[LocalChain]) -> None:
    by_domain: dict[int, str] = {}
    for chain in chains:
        if chain.domain in by_domain:
            raise TestKitError(
                f"{by_domain[chain.domain]} and {chain.name} both have the domain {chain.domain};"
                " expected one each: domains={…} sets those of chains that are made"
            )
        by_domain[chain.domain] = chain.name
