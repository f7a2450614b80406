"""Plugin of pytest for tests with ape's own chain: what ape does too much of."""

from collections.abc import Iterator

import pytest
from ape_ethereum.provider import Web3Provider
from ape_foundry import FoundryProvider

from ape_hyperlane.demo.processes import free_port

_build_command = FoundryProvider.build_command


def _build_command_without_history(self: FoundryProvider) -> list[str]:
    """anvil writes the state of every block but the last 500 to the home folder, and what a killed
    one wrote stays there; no test asks ape's chain about a past that is so long."""
    return [*_build_command(self), "--prune-history", "500"]


FoundryProvider.build_command = _build_command_without_history

_start = FoundryProvider._start


def _start_on_a_free_port(self: FoundryProvider) -> None:
    """ape takes any port at random, also one that a connection held in the last minute, on which
    anvil cannot listen."""
    if self._host == "auto":
        self._host = f"http://127.0.0.1:{free_port()}"
    _start(self)


FoundryProvider._start = _start_on_a_free_port


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
