"""Servers that say what a thief wants them to say, and strangers who announce what they like."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from eth_hash.auto import keccak
from hypothesis import settings
from tests.agents.building import announce, close, line
from tests.agents.conftest import (
    liar,
    messages,
    origin,
    validator_config,
    watchtower_config,
    webhook,
)
from tests.agents.devnet import Devnet, devnet

from hyperlane.store.database import Database

__all__ = ["liar", "messages", "origin", "validator_config", "watchtower_config", "webhook"]

_PAGED = (
    "announcedValidatorCount()",
    "announcedValidators(uint256,uint256)",
    "announcedStorageLocationCount(address)",
    "announcedStorageLocations(address,uint256,uint256)",
)

settings.register_profile("attacks", deadline=None)
settings.load_profile("attacks")

Answer = Callable[[dict[str, Any]], Any]


@dataclass
class Node:
    """An RPC. `body` makes the whole HTTP body of the request; None behaves."""

    results: dict[str, Any]
    body: Callable[[Any], bytes | str] | None = None
    asked: list[str] = field(default_factory=list)
    url: str = ""

    async def handle(self, request: web.Request) -> web.Response:
        asked = await request.json()
        calls = asked if isinstance(asked, list) else [asked]
        self.asked += [call["method"] for call in calls]
        if self.body is not None:
            made = self.body(asked)
            return web.Response(body=made.encode() if isinstance(made, str) else made)
        answers = [
            {"jsonrpc": "2.0", "id": call["id"], "result": self.results[call["method"]]}
            for call in calls
        ]
        return web.Response(text=json.dumps(answers if isinstance(asked, list) else answers[0]))


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


def without_pages(chain: Devnet) -> None:
    """Make its ValidatorAnnounce like other people's: the functions for pages are not there."""
    address = chain.contracts["validatorAnnounce"].address
    code = bytes(chain.w3.eth.get_code(address))
    for number, signature in enumerate(_PAGED):
        selector = keccak(signature.encode())[:4]
        assert selector in code
        code = code.replace(selector, bytes([0xFF, 0xFF, 0xFF, number]))
    chain.rpc("anvil_setCode", address, "0x" + code.hex())


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
