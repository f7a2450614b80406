"""Databases on both engines, and two chains that the tests of this folder share."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from tests.support.databases import locate, postgres, server  # noqa: F401 - fixtures
from tests.support.devnet import Devnet, devnet

from hyperlane.agents.runtime.chain import Chain
from hyperlane.chain.client import ChainClient
from hyperlane.settings import ChainSettings


@pytest.fixture(scope="package")
def alpha() -> Iterator[Devnet]:
    with devnet("alpha", 1337) as chain:
        yield chain


@pytest.fixture(scope="package")
def beta() -> Iterator[Devnet]:
    with devnet("beta", 7331) as chain:
        yield chain


@asynccontextmanager
async def connected(network: Devnet) -> AsyncIterator[Chain]:
    """A chain as an agent has it; all of its blocks are final."""
    settings = ChainSettings.model_validate(network.settings())
    client = ChainClient(network.name, network.chain_id, settings.urls, reorg_period=0)
    yield Chain(settings, client)
    await client.close()


@pytest.fixture
async def on_alpha(alpha: Devnet) -> AsyncIterator[Chain]:
    async with connected(alpha) as chain:
        yield chain


@pytest.fixture
async def on_beta(beta: Devnet) -> AsyncIterator[Chain]:
    async with connected(beta) as chain:
        yield chain
