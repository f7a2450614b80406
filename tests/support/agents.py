"""Chains and running agents."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import settings
from tests.support.devnet import Devnet, devnet, key
from tests.support.dishonest import DishonestValidator
from tests.support.processes import Agents
from tests.support.proxy import Proxy, misbehaving

from hyperlane.protocol.message import Message
from hyperlane.settings import (
    KathySettings,
    RelayerSettings,
    ScraperSettings,
    ValidatorSettings,
    WatchtowerSettings,
)

settings.register_profile("agents", deadline=None)
settings.load_profile("agents")


class Webhook:
    """Takes alerts over HTTP."""

    def __init__(self) -> None:
        self.alerts: list[dict[str, Any]] = []
        self.refusals = 0
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        if self.refusals:
            self.refusals -= 1
            return web.Response(status=503)
        self.alerts.append(await request.json())
        return web.Response()

    def faults(self) -> list[tuple[str, int]]:
        return [(alert["fault"], alert["index"]) for alert in self.alerts]


@pytest.fixture
def origin() -> Iterator[Devnet]:
    with devnet("alpha", 1337) as chain:
        yield chain


@pytest.fixture
def target() -> Iterator[Devnet]:
    with devnet("beta", 7331) as chain:
        yield chain


@pytest.fixture
def liar(origin: Devnet, tmp_path: Path) -> DishonestValidator:
    """With development account 2; announced."""
    validator = DishonestValidator(origin, 2, tmp_path / "liar")
    validator.announce()
    return validator


@pytest.fixture
def messages(origin: Devnet) -> list[Message]:
    """Three, dispatched."""
    return [origin.dispatch(7331, key(3).address, bytes([number])) for number in range(3)]


@pytest.fixture
def proxy() -> Iterator[Callable[[Devnet], Proxy]]:
    """Makes RPCs of a chain that misbehave on command."""
    with ExitStack() as stack:
        yield lambda chain: stack.enter_context(misbehaving(chain.url))


@pytest.fixture
def validator_config(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Configuration of the validator with development account `index`."""

    def make(chain: Devnet, index: int = 1, **changes: object) -> dict[str, Any]:
        return {
            "chains": {chain.name: chain.settings()},
            "originChainName": chain.name,
            "validator": {"type": "hexKey", "key": key(index).key.hex()},
            "checkpointSyncer": {"type": "localStorage", "path": str(tmp_path / f"v{index}")},
            "db": str(tmp_path / f"db-v{index}"),
            "interval": 0.1,
            "metricsPort": 0,
            **changes,
        }

    return make


@pytest.fixture
def relayer_config(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Configuration of a relayer that sends with development account 9."""

    def make(*chains: Devnet, **changes: object) -> dict[str, Any]:
        return {
            "chains": {chain.name: chain.settings() for chain in chains},
            "relayChains": ",".join(chain.name for chain in chains),
            "defaultSigner": {"key": key(9).key.hex()},
            "allowLocalCheckpointSyncers": True,
            "db": str(tmp_path / "db-relayer"),
            "metricsPort": 0,
            **changes,
        }

    return make


@pytest.fixture
def agents(tmp_path: Path) -> Iterator[Agents]:
    """Starts agents as processes; whatever still runs is ended after the test."""
    with ExitStack() as stack:
        yield Agents(tmp_path, stack)


@pytest.fixture
async def webhook() -> AsyncIterator[Webhook]:
    made = Webhook()
    application = web.Application()
    application.router.add_post("/", made.take)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield made
    await runner.cleanup()


@pytest.fixture
def watchtower_config(tmp_path: Path, webhook: Webhook) -> Callable[..., dict[str, Any]]:
    def make(chain: Devnet, **changes: object) -> dict[str, Any]:
        return {
            "chains": {chain.name: chain.settings()},
            "watchChains": chain.name,
            "allowLocalCheckpointSyncers": True,
            "alertWebhook": webhook.url,
            "db": str(tmp_path / "db-watchtower"),
            "interval": 0.1,
            "metricsPort": 0,
            **changes,
        }

    return make


@pytest.fixture
def kathy_config(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Configuration of a kathy that sends with development account 5, to recipients by chain."""

    def make(recipients: Mapping[Devnet, Any], **changes: object) -> dict[str, Any]:
        return {
            "chains": {
                chain.name: chain.settings(testRecipient=recipient.address, dailyBudget="1")
                for chain, recipient in recipients.items()
            },
            "kathyChains": ",".join(chain.name for chain in recipients),
            "defaultSigner": {"key": key(5).key.hex()},
            "allowLocalCheckpointSyncers": True,
            "db": str(tmp_path / "db-kathy"),
            "interval": 0.5,
            "metricsPort": 0,
            **changes,
        }

    return make


@pytest.fixture
def scraper_config(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Configuration of a scraper that serves no pages."""

    def make(*chains: Devnet, **changes: object) -> dict[str, Any]:
        return {
            "chains": {chain.name: chain.settings() for chain in chains},
            "chainsToScrape": ",".join(chain.name for chain in chains),
            "allowLocalCheckpointSyncers": True,
            "db": str(tmp_path / "db-scraper"),
            "explorerPort": "none",
            "interval": 0.2,
            "metricsPort": 0,
            **changes,
        }

    return make


@asynccontextmanager
async def validating(config: dict[str, Any]) -> AsyncIterator[asyncio.Task[None]]:
    """A validator in this process."""
    from hyperlane.agents.validator import run

    async with running(run(ValidatorSettings.model_validate(config))) as task:
        yield task


@asynccontextmanager
async def relaying(config: dict[str, Any]) -> AsyncIterator[asyncio.Task[None]]:
    """A relayer in this process."""
    from hyperlane.agents.relayer import run

    async with running(run(RelayerSettings.model_validate(config))) as task:
        yield task


@asynccontextmanager
async def watching(config: dict[str, Any]) -> AsyncIterator[asyncio.Task[None]]:
    """A watchtower in this process."""
    from hyperlane.agents.watchtower import run

    async with running(run(WatchtowerSettings.model_validate(config))) as task:
        yield task


@asynccontextmanager
async def canarying(config: dict[str, Any]) -> AsyncIterator[asyncio.Task[None]]:
    """A kathy in this process."""
    from hyperlane.agents.kathy import run

    async with running(run(KathySettings.model_validate(config))) as task:
        yield task


@asynccontextmanager
async def scraping(config: dict[str, Any]) -> AsyncIterator[asyncio.Task[None]]:
    """A scraper in this process."""
    from hyperlane.agents.scraper import run

    async with running(run(ScraperSettings.model_validate(config))) as task:
        yield task


@asynccontextmanager
async def running(agent: Any) -> AsyncIterator[asyncio.Task[None]]:
    """Any agent in this process."""
    task = asyncio.create_task(agent)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task], timeout=60)
        assert task.done(), "the agent does not stop"
        with suppress(asyncio.CancelledError, Exception):
            task.result()


async def eventually(
    condition: Callable[[], object], task: Awaitable[None] | None = None, seconds: float = 60
) -> None:
    """Wait for a condition; fail with the agent's own error if it ends meanwhile."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not condition():
        if isinstance(task, asyncio.Task) and task.done():
            await task
            raise AssertionError("the agent ended")
        assert asyncio.get_running_loop().time() < deadline, "not in time"
        await asyncio.sleep(0.05)
