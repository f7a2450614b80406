"""Chains of a test network's own: an anvil each, new or a fork."""

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import ape

from ape_hyperlane.demo.devnet import answers, call
from ape_hyperlane.demo.processes import Processes, anvil, free_port
from ape_hyperlane.testing.errors import TestKitError
from ape_hyperlane.testing.nodes import Node
from ape_hyperlane.testing.places import Fork
from hyperlane.wording import masked_url

FIRST_CHAIN_ID = 31338
"""Chain id after that of ape's own chain: ape keeps a history for each chain id."""
PATIENCE = 60
"""Seconds until a node has to answer; a fork first asks its upstream."""


@contextlib.contextmanager
def start_anvils(places: Sequence[str | Fork]) -> Iterator[list[Node]]:
    """Starts a node for each place, with ape's test accounts; ends them afterwards."""
    with tempfile.TemporaryDirectory() as folder, Processes(Path(folder)) as processes:
        urls = [_start(processes, position, place) for position, place in enumerate(places)]
        for place, url in zip(places, urls, strict=True):
            processes.wait_until(partial(answers, url), f"{_name(place)} answers", PATIENCE)
        yield [_node(url) for url in urls]


def _start(processes: Processes, position: int, place: str | Fork) -> str:
    port = free_port()
    accounts = ape.accounts.test_accounts
    options = ["--silent", "--mnemonic", accounts.mnemonic]
    options += ["--accounts", str(accounts.number_of_accounts)]
    chain_id = FIRST_CHAIN_ID + position
    if isinstance(place, Fork):
        chain_id = _upstream_chain_id(place)
        options += ["--fork-url", place.url]
        if place.block is not None:
            options += ["--fork-block-number", str(place.block)]
    processes.start(_name(place), anvil(port, chain_id, *options))
    return f"http://127.0.0.1:{port}"


def _upstream_chain_id(fork: Fork) -> int:
    try:
        return int(call(fork.url, "eth_chainId"), 16)
    except (OSError, ValueError, TypeError) as error:
        raise TestKitError(
            f"{fork.name}: {masked_url(fork.url)} does not answer ({error}); expected the JSON-RPC"
            " URL of a node of the chain"
        ) from None


def _name(place: str | Fork) -> str:
    return place if isinstance(place, str) else place.name


def _node(url: str) -> Node:
    context = ape.networks.ethereum.local.use_provider("foundry", provider_settings={"host": url})
    with context:
        return Node(ape.networks.provider, context)
