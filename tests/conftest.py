"""For all tests."""

from collections.abc import Iterator

import pytest
from ape_ethereum.provider import Web3Provider


def _kinds(provider: type[Web3Provider]) -> Iterator[type[Web3Provider]]:
    yield provider
    for each in provider.__subclasses__():
        yield from _kinds(each)


@pytest.fixture(autouse=True)
def connecting_stays_as_cheap_as_it_was() -> Iterator[None]:
    """ape wraps `connect` of a provider's class once more for every provider that it makes, so that
    the thousandth connection in a process does all that follows one a thousand times."""
    before = {kind: vars(kind).get("connect") for kind in _kinds(Web3Provider)}
    yield
    for kind, connect in before.items():
        if connect is not None:
            kind.connect = connect
        elif "connect" in vars(kind):
            del kind.connect
