"""pytest plugin with the fixture `hyperlane`. Every pytest run loads it, so it imports little."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ape_hyperlane.testing.network import LocalNetwork


@pytest.fixture(scope="session")
def hyperlane(request: pytest.FixtureRequest) -> Iterator["LocalNetwork"]:
    """Two chains, `alpha` and `beta`, on the chain that ape is connected to, without verification.

    It needs ape's pytest plugin: `ape test`.
    """
    from ape_hyperlane.testing.network import LocalNetwork

    request.getfixturevalue("chain")
    with LocalNetwork.on_one_chain("alpha", "beta") as network:
        yield network
