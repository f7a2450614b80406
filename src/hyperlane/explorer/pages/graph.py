"""The drawing of a warp route: its routers on a circle, and which are enrolled with which."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from hyperlane.explorer.queries.routes import Route

_WIDTH = 640
_RADIUS = 9
_LABEL_ROOM = 90
_LINE = 15
_MARGIN = 6
MOST = 40
"""Routers of a drawing that one can still read."""


@dataclass(frozen=True, slots=True)
class Node:
    """A router."""

    x: float
    y: float
    label_y: float
    name: str
    second: str


@dataclass(frozen=True, slots=True)
class Edge:
    """An enrolment, from the edge of one circle to that of another."""

    x1: float
    y1: float
    x2: float
    y2: float
    mutual: bool


@dataclass(frozen=True, slots=True)
class Graph:
    """A drawing in units of its own."""

    width: int
    top: float
    height: float
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def graph(route: Route, name_of: Callable[[int], str]) -> Graph | None:
    """Draw a route; None for one with too many routers."""
    count = len(route.routers)
    if not 0 < count <= MOST:
        return None
    radius_x = _WIDTH / 2 - _LABEL_ROOM
    radius_y = 0 if count <= 2 else min(230, 70 + 14 * count)
    # Two lie beside each other, more begin at the top.
    first = math.pi if count <= 2 else -math.pi / 2
    places: dict[tuple[int, bytes], tuple[float, float]] = {}
    nodes = []
    for index, router in enumerate(route.routers):
        angle = first + index * math.tau / count
        x = _WIDTH / 2 + (0 if count == 1 else radius_x * math.cos(angle))
        y = radius_y * math.sin(angle)
        places[router.domain, router.router.rjust(32, b"\0")] = (x, y)
        above = count > 2 and math.sin(angle) < -0.3
        label = y - _RADIUS - 23 if above else y + _RADIUS + 19
        nodes.append(Node(x, y, label, name_of(router.domain), router.standard or ""))
    top = min(min(node.y - _RADIUS, node.label_y - _LINE) for node in nodes) - _MARGIN
    bottom = max(max(node.y + _RADIUS, node.label_y + 2 * _LINE) for node in nodes) + _MARGIN
    edges = [
        _edge(places[link.start], places[link.end], link.mutual)
        for link in route.links
        if link.start in places and link.end in places and link.start != link.end
    ]
    return Graph(_WIDTH, top, bottom - top, tuple(nodes), tuple(dict.fromkeys(edges)))


def _edge(start: tuple[float, float], end: tuple[float, float], mutual: bool) -> Edge:
    if mutual and end < start:
        start, end = end, start  # both directions are one line
    length = math.dist(start, end) or 1.0
    dx, dy = ((end[each] - start[each]) / length * (_RADIUS + 4) for each in (0, 1))
    return Edge(
        round(start[0] + dx, 1),
        round(start[1] + dy, 1),
        round(end[0] - dx, 1),
        round(end[1] - dy, 1),
        mutual,
    )
