"""The web server of the explorer: uvicorn in an agent's event loop."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from hyperlane.errors import ConfigError
from hyperlane.explorer.limits import owner

_PATIENCE = 20.0
"""Seconds for which a client may not read what it is sent, or not finish its request."""
_MOST_BUFFERED = 64 * 1024
"""Bytes that wait for one client."""
_MOST_CONNECTIONS, _MOST_OF_ONE = 1000, 100
"""Connections of all clients, and of one. Those of a proxy's clients are for the proxy to limit."""
_MOST_HEAD = 16 * 1024
"""Bytes of a request's first line and headers."""
_BACKLOG = 256
_GRACE = 3
"""Seconds for requests that are being answered when the agent stops."""


class _Protocol(H11Protocol):
    """Cuts off clients that neither read nor send, or have too many connections."""

    _owner: str | None = None
    _unread: asyncio.TimerHandle | None = None
    _unsent: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=_MOST_BUFFERED)
        self._await_request()
        if self.client is not None and not self.config.proxy_headers:
            self._owner = owner(self.client[0])
            if sum(each._owner == self._owner for each in self.connections) > _MOST_OF_ONE:  # type: ignore[union-attr]
                self._cut_off()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is h11.IDLE or self._has_needless_body():
            self._await_request()
        else:
            _cancel(self._unsent)
            self._unsent = None

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._has_needless_body():
            self._await_request()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread = self._unread or self.loop.call_later(_PATIENCE, self._cut_off)

    def resume_writing(self) -> None:
        super().resume_writing()
        _cancel(self._unread)
        self._unread = None

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        _cancel(self._unread)
        _cancel(self._unsent)
        self._unread = self._unsent = None

    def _cut_off(self) -> None:
        # Without this, the system would keep what was sent, and try to deliver it for long.
        self.transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )
        self.transport.abort()

    def _has_needless_body(self) -> bool:
        """True while a client goes on sending a request that has been answered."""
        return self.conn.their_state is h11.SEND_BODY and self.cycle.response_complete

    def _await_request(self) -> None:
        self._unsent = self._unsent or self.loop.call_later(_PATIENCE, self._cut_off)


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()


class _Server(uvicorn.Server):
    """Leaves signals to the agent."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """See uvicorn.Server."""
        yield


@asynccontextmanager
async def serving(
    app: Any, host: str, port: int, proxies: Sequence[str] = ()
) -> AsyncIterator[int]:
    """Serve an app while the block runs; gives the port.

    Port 0 takes a free one. `proxies` are believed what they say of their clients' addresses.
    ConfigError when the port cannot be had.
    """
    listening = _listen(host, port)
    config = uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="error",  # visitors choose how often it warns
        access_log=False,
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=list(proxies),
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_keep_alive=int(_PATIENCE),
        timeout_graceful_shutdown=_GRACE,
        h11_max_incomplete_event_size=_MOST_HEAD,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve([listening]))
    try:
        yield int(listening.getsockname()[1])
    finally:
        server.should_exit = True
        await task


def _listen(host: str, port: int) -> socket.socket:
    try:
        # Sockets that name their protocol send small parts of an answer at once (asyncio looks).
        kind = {"type": socket.SOCK_STREAM, "proto": socket.IPPROTO_TCP}
        family, type_, protocol, _, address = socket.getaddrinfo(host, port, **kind)[0]
        listening = socket.socket(family, type_, protocol)
    except OSError as error:
        raise _unusable(host, port, error) from None
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise _unusable(host, port, error) from None
    return listening


def _unusable(host: str, port: int, error: OSError) -> ConfigError:
    return ConfigError(
        f"explorerPort: {port}: cannot listen on {host}: {error}; set another port, 0 for any that"
        " is free, or none to serve nothing"
    )
