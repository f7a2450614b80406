"""Drawings of routes."""

import math

import pytest

from hyperlane.explorer.pages.graph import MOST, graph
from hyperlane.explorer.queries.routes import Link, Route
from hyperlane.protocol.token_message import Scale
from hyperlane.store.scraper.tokens import Token

pytestmark = pytest.mark.quick


def route(count: int, one_way: bool = False) -> Route:
    routers = tuple(
        Token(
            domain=domain,
            router=bytes([domain]) * 20,
            token=None,
            standard="EvmHypNative",
            name=None,
            symbol=None,
            decimals=18,
            counted="token",
            scale=Scale(),
            route=None,
            routers={},
            locked=None,
            minted=None,
            checked_at=0,
        )
        for domain in range(1, count + 1)
    )
    ends = [(each.domain, each.router.rjust(32, b"\0")) for each in routers]
    links = tuple(
        Link(start, end, mutual=not one_way)
        for start in ends
        for end in ends
        if start < end or (start > end and not one_way)
    )
    return Route("key", None, routers, links, (), None, None, False, None, None)


@pytest.mark.parametrize("count", [1, 2, 3, 8, MOST])
def test_routers_keep_apart_and_within_the_drawing(count):
    drawing = graph(route(count), str)
    assert drawing is not None
    places = [(node.x, node.y) for node in drawing.nodes]
    assert all(math.dist(one, other) > 18 for one in places for other in places if one is not other)
    for node in drawing.nodes:
        assert 0 <= node.x <= drawing.width
        assert drawing.top <= node.y <= drawing.top + drawing.height
        assert drawing.top <= node.label_y - 10
        assert node.label_y + 20 <= drawing.top + drawing.height


def test_an_enrolment_in_both_directions_is_one_line():
    drawing = graph(route(3), str)
    assert drawing is not None
    assert len(drawing.edges) == 3
    assert all(edge.mutual for edge in drawing.edges)


def test_an_enrolment_in_one_direction_points_to_the_other_router():
    drawing = graph(route(2, one_way=True), str)
    assert drawing is not None
    (edge,) = drawing.edges
    first, second = drawing.nodes
    assert not edge.mutual
    assert abs(edge.x1 - first.x) < abs(edge.x2 - first.x)
    assert abs(edge.x2 - second.x) < abs(edge.x1 - second.x)


def test_what_nobody_could_read_is_not_drawn():
    assert graph(route(MOST + 1), str) is None
    assert graph(route(0), str) is None
