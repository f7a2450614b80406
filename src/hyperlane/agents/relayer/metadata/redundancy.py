"""Redundancy of security modules: how many outages each survives, and who can betray it alone.

Pure: the modules as `ModuleReader` reads them, and the keys that are live, go in.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from math import inf

from hyperlane.agents.relayer.metadata.modules import (
    Aggregation,
    Module,
    Multisig,
    Null,
    Unsatisfiable,
)
from hyperlane.protocol.typecasts import Address


@dataclass(frozen=True, slots=True)
class Redundancy:
    """What a security module has to spare."""

    delivers: bool
    """Whether the live keys suffice."""
    spare: int | None
    """Live validators (in weighted modules: weight) above the threshold, where it is scarcest: so
    many can fail in whichever way. Negative: so many are missing. None if no validators decide,
    as the module wants no signatures, or none that could be given."""
    critical: frozenset[Address]
    """Live keys of which one more outage stops deliveries; empty if they are stopped already."""
    alone: frozenset[Address]
    """Keys each of which suffices to forge a message: of validators, or a trusted relayer's."""
    open: bool
    """Whether it takes nobody's key, as when all modules want empty metadata."""


def redundancy_of(
    module: Module, live: Collection[Address], relayers: Mapping[Address, Address]
) -> Redundancy:
    """Compute the redundancy of a module.

    `relayers`: by address of a module, the relayer that it trusts alone; taken for live. Other
    modules without signatures of validators (off-chain look-ups, bridges) count as satisfied, and
    as impossible to forge with the keys that are known here.
    """
    found = _facts(module, frozenset(live), relayers)
    return Redundancy(
        delivers=found.spare >= 0,
        spare=None if found.spare in (inf, -inf) else int(found.spare),
        critical=found.critical,
        alone=found.alone,
        open=found.open,
    )


def is_signed(module: Module, signers: Collection[Address]) -> bool:
    """True if the signatures of these signers suffice for a module. Parts of it that want no
    signatures count as satisfied."""
    return _facts(module, frozenset(signers), {}).spare >= 0


def parts_of(module: Module) -> Iterator[Module]:
    """Yield a module, and all that it aggregates."""
    yield module
    if isinstance(module, Aggregation):
        for part in module.parts:
            yield from parts_of(part)


def validators_of(module: Module) -> tuple[Address, ...]:
    """All validators of a module and of its parts, each once."""
    found = (part.validators for part in parts_of(module) if isinstance(part, Multisig))
    return tuple(dict.fromkeys(validator for some in found for validator in some))


@dataclass(frozen=True, slots=True)
class _Facts:
    """`Redundancy` of a part; its spare is infinite where validators decide nothing."""

    spare: float
    critical: frozenset[Address] = frozenset()
    alone: frozenset[Address] = frozenset()
    open: bool = False


def _facts(module: Module, live: frozenset[Address], relayers: Mapping[Address, Address]) -> _Facts:
    if isinstance(module, Multisig):
        return _of_multisig(module, live)
    if isinstance(module, Aggregation):
        return _of_parts([_facts(part, live, relayers) for part in module.parts], module.threshold)
    if isinstance(module, Unsatisfiable):
        return _Facts(-inf)
    if isinstance(module, Null):
        relayer = relayers.get(module.address)
        if relayer is None:
            return _Facts(inf, open=True)
        return _Facts(inf, frozenset({relayer}), frozenset({relayer}))
    return _Facts(inf)


def _of_multisig(module: Multisig, live: frozenset[Address]) -> _Facts:
    weights: Counter[Address] = Counter()  # a validator may stand there twice
    for validator, weight in zip(module.validators, module.weights, strict=True):
        weights[validator] += weight
    spare = sum(weights[key] for key in weights if key in live) - module.threshold
    critical = (key for key in weights if key in live and spare < weights[key])
    return _Facts(
        spare,
        frozenset(critical) if spare >= 0 else frozenset(),
        frozenset(key for key in weights if weights[key] >= module.threshold),
    )


def _of_parts(parts: list[_Facts], threshold: int) -> _Facts:
    """Combine the parts of an aggregation, of which `threshold` have to be satisfied."""
    satisfied = [part for part in parts if part.spare >= 0]
    losses = Counter(key for part in satisfied for key in part.critical)
    gains = Counter(key for part in parts for key in part.alone)
    free = sum(part.open for part in parts)
    lost = (key for key in losses if len(satisfied) - losses[key] < threshold)
    return _Facts(
        sorted((part.spare for part in parts), reverse=True)[threshold - 1],
        frozenset(lost) if len(satisfied) >= threshold else frozenset(),
        frozenset(key for key in gains if free + gains[key] >= threshold > free),
        free >= threshold,
    )
