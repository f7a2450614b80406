"""Missing collateral: what is minted on a route, against what is locked for it.

Pure. Amounts are in the units of messages, which are the same at all ends of a route.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import TypeAlias

from hyperlane.protocol.typecasts import Bytes32, address_to_bytes32
from hyperlane.store.scraper.tokens import Token

End: TypeAlias = tuple[int, Bytes32]
"""Domain and router of one end of a route."""


@dataclass(frozen=True, slots=True)
class Backing:
    """A route: routers that are enrolled with each other, directly or by way of others."""

    ends: Sequence[Token]
    locked: int
    minted: int
    missing: int | None
    """How much more is minted than locked. None where this says nothing: if an end does not tell
    what it keeps or mints, or is on a chain that is not scraped; or if nothing is locked anywhere,
    as the supply is of another origin."""
    unread: Sequence[End]
    """Enrolled ends that nothing is known of."""
    unit: Fraction | None
    """Units in messages of a whole token; None if the ends disagree, so that value is created or
    lost on the way."""


def backings(tokens: Iterable[Token]) -> list[Backing]:
    """Compute all routes among some routers, in the order of their first ends.

    One that another only claims to be enrolled with is no part of the other's route: anybody can
    enrol anybody. What is in flight counts as locked, not as minted; as chains are read one after
    the other, a transfer meanwhile can seem missing until they are read again.
    """
    known = {(each.domain, address_to_bytes32(each.router)): each for each in tokens}
    claimed = {end: set(each.routers.items()) for end, each in known.items()}
    return [
        _backing([known[end] for end in ends], _unread(ends, claimed, known))
        for ends in _connected(claimed)
    ]


def _connected(claimed: Mapping[End, Collection[End]]) -> Iterator[list[End]]:
    """Yield the ends of each route."""
    left = dict.fromkeys(claimed)
    for first in claimed:
        if first not in left:
            continue
        del left[first]
        ends = [first]
        for end in ends:  # grows meanwhile
            for other in sorted(claimed[end]):
                if other in left and end in claimed[other]:
                    del left[other]
                    ends.append(other)
        yield ends


def _unread(
    ends: Sequence[End], claimed: Mapping[End, Collection[End]], known: Collection[End]
) -> list[End]:
    return sorted({other for end in ends for other in claimed[end] if other not in known})


def _backing(ends: Sequence[Token], unread: Sequence[End]) -> Backing:
    locked = sum((_scaled(end, end.locked) for end in ends), Fraction())
    minted = sum((_scaled(end, end.minted) for end in ends), Fraction())
    silent = any(end.locked is None and end.minted is None for end in ends)
    backed = any(end.locked is not None for end in ends)
    units = {_ratio(end) * 10 ** (end.decimals or 0) for end in ends}
    return Backing(
        ends,
        floor(locked),
        ceil(minted),
        None if silent or unread or not backed else max(0, ceil(minted - locked)),
        unread,
        units.pop() if len(units) == 1 else None,
    )


def _ratio(end: Token) -> Fraction:
    return Fraction(end.scale.numerator, end.scale.denominator)


def _scaled(end: Token, amount: int | None) -> Fraction:
    return _ratio(end) * (amount or 0)
