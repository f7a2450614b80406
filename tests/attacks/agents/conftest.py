"""Servers that say what a thief wants them to say, and strangers who announce what they like."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import settings
from tests.attacks.agents.nodes import without_pages
from tests.support.agents import (
    liar,
    messages,
    origin,
    proxy,
    validator_config,
    watchtower_config,
    webhook,
)
from tests.support.building import announce, close, line
from tests.support.devnet import Devnet, devnet

from hyperlane.store.database import Database

__all__ = [
    "liar",
    "messages",
    "origin",
    "proxy",
    "validator_config",
    "watchtower_config",
    "webhook",
]

settings.register_profile("attacks", deadline=None)
settings.load_profile("attacks")


@pytest.fixture
async def serve() -> AsyncIterator[Callable[..., Awaitable[str]]]:
    """Serves a handler for every path and method; the URL."""
    runners = []

    async def start(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> str:
        application = web.Application(client_max_size=2**26)
        application.router.add_route("*", "/{any:.*}", handler)
        runner = web.AppRunner(application, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        runners.append(runner)
        return f"http://127.0.0.1:{runner.addresses[0][1]}/"

    yield start
    for runner in runners:
        await runner.cleanup()


@pytest.fixture(params=["in pages", "in one call"])
def asked(request: pytest.FixtureRequest) -> Callable[[Devnet], None]:
    """Makes a chain's announcements readable in this way."""
    return without_pages if request.param == "in one call" else lambda _chain: None


@pytest.fixture(scope="module")
def chains(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Devnet, Devnet, Path]]:
    folders = tmp_path_factory.mktemp("storages")
    with devnet("alpha", 1337) as source, devnet("beta", 7331) as target:
        announce(source, folders)
        yield source, target, folders


@pytest.fixture
async def way(chains: tuple[Devnet, Devnet, Path], tmp_path: Path) -> Any:
    """A line between them, new for each test: nothing is remembered."""
    database = await Database.open(str(tmp_path / "db"))
    made = await line(*chains, database)
    yield made
    await made.origin.signatures.web.close()
    await close(made)
    await database.close()
