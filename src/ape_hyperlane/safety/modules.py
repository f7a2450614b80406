"""Warnings about security modules: who can forge messages alone, and whose loss stops them.

Exact, not by rules of thumb: a config is a condition on the set of keys that sign, and is asked
what each single key can do. Pure: makes no request.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ape_hyperlane.safety.finding import Finding
from hyperlane.registry.hybrids import NetFlow
from hyperlane.registry.isms import (
    AggregationIsm,
    AmountRoutingIsm,
    BlacklistIsm,
    GuardedPausableIsm,
    Ism,
    MultisigIsm,
    OffchainLookupIsm,
    PausableIsm,
    RateLimitedIsm,
    RoutingIsm,
    TestIsm,
    TrustedRelayerIsm,
    WeightedMultisigIsm,
    all_isms,
)

_SHOWN = 3
"""Keys that a warning names; it counts the others."""


def module_findings(where: str, ism: Ism) -> list[Finding]:
    """Warnings about a module, `where` in a config. Modules that a config gives by address, and
    bridges to other chains, count as sound."""
    found = [
        finding
        for origin in _origins(ism)
        for finding in _of_origin(f"{where}.domains.{origin}" if origin else where, ism, origin)
    ]
    return list(dict.fromkeys(found))


def _of_origin(where: str, ism: Ism, origin: str) -> Iterator[Finding]:
    """Warnings about messages from one origin; the empty one stands for all that are not named."""
    if _Attack(frozenset(), origin).succeeds(ism):
        yield Finding(where, "anybody can forge messages", "use it for tests only; take a multisig")
        return
    keys = sorted(set(_keys(ism)))
    forgers = [key for key in keys if _Attack(frozenset({key}), origin).succeeds(ism)]
    needed = [key for key in keys if _Loss(frozenset(keys) - {key}, origin).stops(ism)]
    relayers = {each.relayer for each in all_isms(ism) if isinstance(each, TrustedRelayerIsm)}
    if forgers and set(forgers) <= relayers:
        yield Finding(
            where,
            f"whoever delivers with {_some(forgers)} can forge any message",
            "use it for tests only; take a multisig of several operators",
        )
    elif forgers:
        yield Finding(
            where,
            f"whoever has one key, {_some(forgers)}, can forge any message",
            "raise the threshold, so that keys of several operators are needed",
        )
    if needed and not set(needed) <= relayers:
        yield Finding(
            where,
            f"no message is delivered once one key, {_some(needed)}, is lost or down",
            "add validators, or lower the threshold",
        )


@dataclass(frozen=True, slots=True)
class _Attack:
    """An attacker with some keys, who chooses what to send."""

    keys: frozenset[str]
    origin: str

    def succeeds(self, ism: Ism) -> bool:
        match ism:
            case AggregationIsm():
                return sum(map(self.succeeds, ism.modules)) >= ism.threshold
            case RoutingIsm():
                return self.origin in ism.domains and self.succeeds(ism.domains[self.origin])
            case AmountRoutingIsm():
                return self.succeeds(ism.lower_ism) or self.succeeds(ism.upper_ism)
        return _signed(ism, self.keys, otherwise=False)


@dataclass(frozen=True, slots=True)
class _Loss:
    """The keys that are left, with which all messages should still arrive."""

    keys: frozenset[str]
    origin: str

    def stops(self, ism: Ism) -> bool:
        return not self._verifies(ism)

    def _verifies(self, ism: Ism) -> bool:
        match ism:
            case AggregationIsm():
                return sum(map(self._verifies, ism.modules)) >= ism.threshold
            case RoutingIsm():
                # Messages of other origins are never delivered: that is no loss.
                return self.origin not in ism.domains or self._verifies(ism.domains[self.origin])
            case AmountRoutingIsm():
                return self._verifies(ism.lower_ism) and self._verifies(ism.upper_ism)
        return _signed(ism, self.keys, otherwise=True)


def _signed(ism: Ism, keys: frozenset[str], *, otherwise: bool) -> bool:
    """True if a module accepts a message that these keys signed or deliver.

    `otherwise` for modules that ask neither validators nor relayers.
    """
    match ism:
        case MultisigIsm():
            return len(keys & set(ism.validators)) >= ism.threshold
        case WeightedMultisigIsm():
            weights = {item.signing_address: item.weight for item in ism.validators}
            return sum(weights[key] for key in keys & weights.keys()) >= ism.threshold_weight
        case TrustedRelayerIsm():
            return ism.relayer in keys
        case OffchainLookupIsm():
            return ism.attester in keys
        case TestIsm() | PausableIsm() | GuardedPausableIsm() | BlacklistIsm():
            return True
        case RateLimitedIsm() | NetFlow():
            return True
    return otherwise


def _keys(ism: Ism) -> Iterator[str]:
    for each in all_isms(ism):
        match each:
            case MultisigIsm():
                yield from each.validators
            case WeightedMultisigIsm():
                yield from (item.signing_address for item in each.validators)
            case TrustedRelayerIsm() if each.relayer:
                yield each.relayer
            case OffchainLookupIsm():
                yield each.attester


def _origins(ism: Ism) -> Sequence[str]:
    """Origins that routing modules name; without routing modules an empty text, which means all."""
    routers = [each for each in all_isms(ism) if isinstance(each, RoutingIsm)]
    named = sorted({origin for router in routers for origin in router.domains})
    return named if routers else [""]


def _some(keys: Sequence[str]) -> str:
    shown = " or ".join(keys[:_SHOWN])
    return shown if len(keys) <= _SHOWN else f"{shown} or {len(keys) - _SHOWN} others"
