"""Missing collateral: what is minted on a route, against what is locked for it.

Pure. Amounts are in the units of messages, which are the same at all ends of a route.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from hyperlane.protocol.typecasts import address_to_bytes32
from hyperlane.store.scraper.tokens import End, Token


@dataclass(frozen=True, slots=True)
class Backing:
    """A route: routers that are enrolled with each other, directly or by way of others."""

    ends: Sequence[Token]
    locked: int | None
    """None if no end tells what it keeps, and `partial`."""
    minted: int | None
    partial: bool
    """True if an end tells neither amount, or is unread, so that more may be locked or minted."""
    missing: int | None
    """How much more is minted than locked. None where this says nothing: if an end does not tell
    what it keeps or mints, or is on a chain that is not scraped; or if nothing is locked anywhere,
    as the supply is of another origin."""
    unread: Sequence[End]
    """Enrolled ends that nothing is known of."""
    unit: Fraction | None
    """Units in messages of a whole token; None if an end does not tell, or the ends disagree, so
    that value is created or lost on the way."""


def backings(tokens: Iterable[Token]) -> list[Backing]:
    """Compute all routes among some routers, in the order of their first ends.

    One that another only claims to be enrolled with is no part of the other's route: anybody can
    enrol anybody. What is in flight counts as locked, not as minted; as chains are read one after
    the other, a transfer meanwhile can seem missing until they are read again.
    """
    known = {(each.domain, address_to_bytes32(each.router)): each for each in tokens}
    claimed = {end: each.enrolled for end, each in known.items()}
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
    amounts = [end.locked for end in ends], [end.minted for end in ends]
    locked, minted = (
        sum((end.ratio * (amount or 0) for end, amount in zip(ends, some, strict=True)), Fraction())
        for some in amounts
    )
    partial = bool(unread) or any(end.locked is None and end.minted is None for end in ends)
    backed, owed = (any(told is not None for told in some) for some in amounts)
    units = {None if end.places is None else end.ratio * 10**end.places for end in ends}
    return Backing(
        ends,
        floor(locked) if backed or not partial else None,
        ceil(minted) if owed or not partial else None,
        partial,
        None if partial or not backed else max(0, ceil(minted - locked)),
        unread,
        units.pop() if len(units) == 1 else None,
    )
