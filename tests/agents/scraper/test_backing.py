"""Missing collateral, over random routes."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperlane.agents.scraper.backing import backings
from hyperlane.protocol.token_message import Scale
from hyperlane.protocol.typecasts import address_to_bytes32
from hyperlane.store.scraper.tokens import Token

pytestmark = pytest.mark.quick


def router(number):
    return bytes([number]) * 20


def end(domain, *remotes, scale=(1, 1), **changes):
    """The router of a domain, enrolled with those of others."""
    values = {
        "token": None,
        "standard": None,
        "name": "Token",
        "symbol": "TKN",
        "decimals": 18,
        "counted": "token",
        "route": None,
        "locked": None,
        "minted": None,
        "checked_at": 0,
    }
    return Token(
        domain=domain,
        router=router(domain),
        scale=Scale(*scale),
        routers={each: (address_to_bytes32(router(each)),) for each in remotes},
        **(values | changes),
    )


def test_what_is_minted_beyond_what_is_locked_is_missing():
    route = [end(1, 2, locked=70), end(2, 1, minted=100)]
    (found,) = backings(route)
    assert (found.locked, found.minted, found.missing) == (70, 100, 30)
    (found,) = backings([replace(route[0], locked=150), route[1]])
    assert found.missing == 0, "more is in flight"


def test_scales_and_decimals_are_respected():
    """Six decimals lock, eighteen mint: a unit here is 10**12 there."""
    million = 10**6
    route = [
        end(1, 2, decimals=6, scale=(10**12, 1), locked=5 * million),
        end(2, 1, decimals=18, minted=5 * 10**18 + 1),
    ]
    (found,) = backings(route)
    assert (found.missing, found.unit) == (1, 10**18)
    (found,) = backings([route[0], replace(route[1], decimals=8)])
    assert found.unit is None, "a whole token here is not one there"
    route = [end(1, 2, scale=(1, 10), locked=1005), end(2, 1, minted=100, decimals=17)]
    (found,) = backings(route)
    assert (found.locked, found.missing, found.unit) == (100, 0, 10**17)


def test_what_lenders_may_take_out_is_owed_as_well():
    (found,) = backings([end(1, 2, locked=100, minted=40), end(2, 1, minted=70)])
    assert found.missing == 10


@pytest.mark.parametrize(
    "route",
    [
        [end(1, 2, locked=1), end(2, 1)],
        [end(1, 2, 3, locked=1), end(2, 1, minted=9)],
        [end(1, 2, minted=3), end(2, 1, minted=9)],
    ],
    ids=["an end does not tell", "an end is on an unknown chain", "nothing is locked"],
)
def test_where_nothing_can_be_told_nothing_is_said(route):
    (found,) = backings(route)
    assert found.missing is None


def test_what_only_some_ends_tell_is_partial():
    """Tokens that others mint as well, and a chain that is not scraped: zero would be a lie."""
    (found,) = backings([end(1, 2), end(2, 1)])
    assert (found.locked, found.minted, found.partial) == (None, None, True)
    (found,) = backings([end(1, 2, 9, locked=7), end(2, 1)])
    assert (found.locked, found.minted, found.partial) == (7, None, True)
    (found,) = backings([end(1, 2, locked=7), end(2, 1, minted=3)])
    assert (found.locked, found.minted, found.partial) == (7, 3, False)


def test_without_decimals_nobody_tells_what_a_whole_token_is():
    route = [end(1, 2, locked=5, decimals=None), end(2, 1, minted=4, decimals=None)]
    (found,) = backings(route)
    assert (found.unit, found.missing) == (None, 0)
    (found,) = backings([replace(each, counted="nft") for each in route])
    assert found.unit == 1, "NFTs are counted"
    (found,) = backings([replace(each, counted="share", decimals=6) for each in route])
    assert found.unit is None, "a vault decides what its shares are worth"


def test_all_routers_that_one_for_many_tokens_trusts_are_of_its_route():
    """Two tokens here, one of them besides there: enrolled only as routers of other tokens."""
    here, other, there = (address_to_bytes32(router(number)) for number in (1, 2, 3))
    first = end(1, locked=1)
    route = [
        replace(first, router=router(1), routers={1: (other,), 9: (there,)}),
        replace(first, router=router(2), routers={1: (here,), 9: (there,)}, locked=20),
        replace(first, domain=9, router=router(3), routers={1: (here, other)}, locked=300),
    ]
    (found,) = backings(route)
    assert (len(found.ends), found.locked, found.unread, found.partial) == (3, 321, [], False)


def test_nobody_becomes_part_of_a_route_by_saying_so():
    honest = [end(1, 2, locked=10), end(2, 1, minted=10)]
    stranger = end(3, 1, 2, minted=10**30)
    found = backings([*honest, stranger])
    assert [[each.domain for each in route.ends] for route in found] == [[1, 2], [3]]
    assert [route.missing for route in found] == [0, None]


AMOUNTS = st.integers(0, 2**128)
SCALES = st.tuples(st.integers(1, 10**12), st.integers(1, 10**12))


@st.composite
def networks(draw):
    domains = draw(st.lists(st.integers(1, 9), min_size=1, max_size=7, unique=True))
    return [
        end(
            domain,
            *draw(st.lists(st.sampled_from(domains), unique=True)),
            scale=draw(SCALES),
            locked=draw(st.none() | AMOUNTS),
            minted=draw(st.none() | AMOUNTS),
        )
        for domain in domains
    ]


@given(networks())
def test_each_router_is_of_one_route_and_mutual_enrolments_stay_within(network):
    found = backings(network)
    where = {each.domain: number for number, route in enumerate(found) for each in route.ends}
    assert len(where) == sum(len(route.ends) for route in found) == len(network)
    enrolled = {each.domain: set(each.routers) for each in network}
    for one in enrolled:
        for other in enrolled[one]:
            if one in enrolled[other]:
                assert where[one] == where[other]
    for route in found:  # and nothing else connects
        inside = {each.domain for each in route.ends}
        reached, before = {route.ends[0].domain}, None
        while reached != before:
            before = set(reached)
            reached |= {b for a in before for b in enrolled[a] & inside if a in enrolled[b]}
        assert reached == inside


@given(networks())
def test_the_sums_are_those_of_exact_arithmetic(network):
    for route in backings(network):
        told = [[getattr(each, name) for each in route.ends] for name in ("locked", "minted")]
        locked, minted = (
            sum(
                Fraction(each.scale.numerator * (amount or 0), each.scale.denominator)
                for each, amount in zip(route.ends, amounts, strict=True)
            )
            for amounts in told
        )
        nothing = [amounts.count(None) == len(amounts) for amounts in told]
        assert [route.locked is None, route.minted is None] == [
            route.partial and each for each in nothing
        ]
        assert 0 <= locked - (route.locked or 0) < 1
        assert 0 <= (route.minted or 0) - minted < 1
        if route.missing is not None:
            assert not route.partial
            assert max(0, minted - locked) <= route.missing < max(0, minted - locked) + 1


@given(networks(), st.randoms())
def test_the_order_of_reading_does_not_matter(network, random):
    shuffled = list(network)
    random.shuffle(shuffled)

    def facts(routes):
        return sorted(
            (sorted(each.domain for each in route.ends), route.locked or 0, route.minted or 0)
            for route in routes
        )

    assert facts(backings(network)) == facts(backings(shuffled))
