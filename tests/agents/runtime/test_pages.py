"""The agents' pages, when their port is taken."""

import socket

import pytest

from hyperlane.errors import ConfigError
from hyperlane.metrics import Metrics, serve


async def test_a_port_that_is_taken_is_named_with_what_to_set():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        told = rf"metricsPort: {port}: cannot listen .*; set another port, 0 for any that is free"
        with pytest.raises(ConfigError, match=told):
            await serve(Metrics(), set(), [], "127.0.0.1", port)
