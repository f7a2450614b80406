"""Redundancy of security modules: how many outages each survives, and who can betray it alone.

Pure: the modules as `ModuleReader` reads them, and the keys that are live, go in.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import accumulate
from math import inf

from hyperlane.agents.relayer.metadata.modules import (
    Aggregation,
    Module,
    Multisig,
    Null,
    Unsatisfiable,
)
from hyperlane.agents.relayer.reasons import NotReady, Reason
from hyperlane.protocol.typecasts import Address, to_checksum


@dataclass(frozen=True, slots=True)
class Redundancy:
    """What a security module has to spare."""

    delivers: bool
    """Whether the live keys suffice."""
    spare: int | None
    """Number of live validators that can fail, even those of the most weight, while the others
    suffice. If negative, at least so many are missing. A lower bound where parts of an aggregation
    share validators. None if validators do not decide: the module wants no signatures, or no
    signatures satisfy it."""
    critical: frozenset[Address]
    """Live keys of which one more outage stops deliveries; empty if they are stopped already."""
    alone: frozenset[Address]
    """Keys each of which suffices to forge a message: of validators, or a trusted relayer's."""
    open: bool
    """Whether it takes nobody's key, as when all modules want empty metadata."""


def redundancy_of(
    module: Module,
    live: Collection[Address],
    relayers: Mapping[Address, Address],
    open_: Collection[Address],
) -> Redundancy:
    """Compute the redundancy of a module.

    `relayers`: by address of a module, the relayer that it trusts alone; taken for live. `open_`:
    modules that take any message. Other modules without signatures of validators (off-chain
    look-ups, bridges) count as satisfied, and as impossible to forge with the keys that are known
    here.
    """
    found = _facts(module, frozenset(live), relayers, open_)
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
    return _facts(module, frozenset(signers), {}, ()).spare >= 0


def parts_of(module: Module) -> Iterator[Module]:
    """Yield a module, and all that it aggregates."""
    yield module
    if isinstance(module, Aggregation):
        for part in module.parts:
            yield from parts_of(part)


def without_paused(module: Module, paused: Collection[Address]) -> Module:
    """The module, where nothing satisfies the parts that are paused."""
    if isinstance(module, Aggregation):
        parts = tuple(without_paused(part, paused) for part in module.parts)
        return replace(module, parts=parts)
    if module.address not in paused:
        return module
    why = f"module {to_checksum(module.address)} is paused"
    return Unsatisfiable(module.address, NotReady(Reason.ERROR_BUILDING_METADATA, why))


def validators_of(module: Module) -> tuple[Address, ...]:
    """All validators of a module and of its parts, each once."""
    found = (part.validators for part in parts_of(module) if isinstance(part, Multisig))
    return tuple(dict.fromkeys(validator for some in found for validator in some))


@dataclass(frozen=True, slots=True)
class _Facts:
    """`Redundancy` of a part; its spare is infinite where validators decide nothing."""

    spare: float
    keys: frozenset[Address] = frozenset()
    """All validators, live or not."""
    critical: frozenset[Address] = frozenset()
    alone: frozenset[Address] = frozenset()
    open: bool = False


def _facts(
    module: Module,
    live: frozenset[Address],
    relayers: Mapping[Address, Address],
    open_: Collection[Address],
) -> _Facts:
    if isinstance(module, Multisig):
        return _of_multisig(module, live)
    if isinstance(module, Aggregation):
        parts = [_facts(part, live, relayers, open_) for part in module.parts]
        return _of_parts(parts, module.threshold)
    if isinstance(module, Unsatisfiable):
        return _Facts(-inf)
    if isinstance(module, Null) and module.address in relayers:
        relayer = frozenset({relayers[module.address]})
        return _Facts(inf, critical=relayer, alone=relayer)
    return _Facts(inf, open=isinstance(module, Null) and module.address in open_)


def _of_multisig(module: Multisig, live: frozenset[Address]) -> _Facts:
    weights: Counter[Address] = Counter()  # a validator may stand there twice
    for validator, weight in zip(module.validators, module.weights, strict=True):
        weights[validator] += weight
    above = sum(weights[key] for key in weights if key in live) - module.threshold
    if above >= 0:
        spare: float = _within((weights[key] for key in weights if key in live), above)
    else:
        spare = -1 - _within((weights[key] for key in weights if key not in live), -above - 1)
    critical = (key for key in weights if key in live and 0 <= above < weights[key])
    return _Facts(
        spare,
        frozenset(weights),
        frozenset(critical),
        frozenset(key for key in weights if weights[key] >= module.threshold),
    )


def _within(weights: Iterable[int], most: int) -> int:
    """How many of the greatest weights add up to no more than `most`."""
    sums = accumulate(sorted(weights, reverse=True))
    return sum(each <= most for each in sums)


def _of_parts(parts: list[_Facts], threshold: int) -> _Facts:
    """Combine the parts of an aggregation, of which `threshold` have to be satisfied."""
    satisfied = [part for part in parts if part.spare >= 0]
    losses = Counter(key for part in satisfied for key in part.critical)
    gains = Counter(key for part in parts for key in part.alone)
    free = sum(part.open for part in parts)
    lost = frozenset(key for key in losses if len(satisfied) - losses[key] < threshold)
    critical = lost if len(satisfied) >= threshold else frozenset[Address]()
    keys = frozenset(key for part in parts for key in part.keys)
    return _Facts(
        _spare_of_parts(parts, threshold, keys, critical),
        keys,
        critical,
        frozenset(key for key in gains if free + gains[key] >= threshold > free),
        free >= threshold,
    )


def _spare_of_parts(
    parts: list[_Facts],
    threshold: int,
    keys: AbstractSet[Address],
    critical: AbstractSet[Address],
) -> float:
    """Number of failures after which enough parts are satisfied for certain; if negative, of
    validators that are missing. Where no two parts share a validator, the numbers of the parts that
    decide are added up, as a failure counts in one part only."""
    spares = sorted((part.spare for part in parts), reverse=True)
    scarcest = spares[threshold - 1]
    if sum(len(part.keys) for part in parts) == len(keys):
        if scarcest >= 0:
            return sum(max(0, spare + 1) for spare in spares[threshold - 1 :]) - 1
        return sum(min(0, spare) for spare in spares[:threshold])
    return 1 if scarcest == 0 and not critical & keys else scarcest
