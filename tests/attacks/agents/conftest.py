"""Servers that say what a thief wants them to say."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from hypothesis import settings

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
