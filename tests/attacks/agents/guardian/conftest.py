"""An origin, a destination, and a guardian between them."""

import random
from collections.abc import Callable, Iterator

import pytest
from tests.support.devnet import devnet
from tests.support.guardian import Arena


@pytest.fixture
def arena() -> Iterator[Callable[[int], Arena]]:
    """Makes the arena whose chance has a seed."""
    with devnet("alpha", 1337) as origin, devnet("beta", 7331) as target:
        yield lambda seed: Arena(origin, target, random.Random(seed))
