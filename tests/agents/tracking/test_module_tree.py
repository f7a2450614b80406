"""The tree of modules that a report shows, where modules have no end."""

from types import SimpleNamespace
from typing import Any

import pytest

from hyperlane.agents.relayer.metadata.modules import Unsatisfiable, Walk
from hyperlane.agents.relayer.reasons import NotReady, Reason
from hyperlane.protocol.ism_metadata import ModuleType
from hyperlane.tracking.modules import PathReader

pytestmark = pytest.mark.quick

ITSELF = b"\1" * 20


async def test_a_module_that_has_itself_as_parts_is_cut():
    """Sixteen levels of it, with a hundred parts each, would never be read."""
    too_many = Unsatisfiable(ITSELF, NotReady(Reason.ERROR_BUILDING_METADATA, "too many modules"))
    walk = Walk(too_many, {ITSELF: ModuleType.AGGREGATION}, {ITSELF: (ITSELF,) * 2})
    nothing: Any = SimpleNamespace()
    root = await PathReader(nothing, nothing, None, b"\2" * 32).read(ITSELF, walk)
    shown, count = [root], 0
    while shown:
        count += 1
        shown += shown.pop().below
    assert count == 100
