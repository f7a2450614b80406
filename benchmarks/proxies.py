"""Proxies before nodes, in a thread of the measuring process."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import TypeAlias

import aiohttp
from aiohttp import web

Answer: TypeAlias = Callable[
    [web.Request, aiohttp.ClientSession, int], Awaitable[web.StreamResponse]
]
"""Answers a request that came to a port; the session reaches the nodes."""


@contextmanager
def serving(ports: Iterable[int], answer: Answer) -> Iterator[None]:
    """Serve ports until the block ends."""
    up, stop = threading.Event(), []

    async def serve() -> None:
        loop, stopped = asyncio.get_running_loop(), asyncio.Event()
        stop.append(lambda: loop.call_soon_threadsafe(stopped.set))
        async with AsyncExitStack() as stack:
            session = await stack.enter_async_context(aiohttp.ClientSession())
            for port in ports:

                async def handle(request: web.Request, port: int = port) -> web.StreamResponse:
                    return await answer(request, session, port)

                server = web.Server(handle)
                await loop.create_server(server, "127.0.0.1", port)
                stack.push_async_callback(server.shutdown, 0.1)
            up.set()
            await stopped.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    up.wait()
    try:
        yield
    finally:
        stop[0]()
        thread.join()
