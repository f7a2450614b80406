"""An RPC provider of a demo, which can be switched over to other nodes.

In April 2026 attackers brought a route's verifier to read their own nodes: a denial of service on
the nodes that it used made it fail over. All other nodes showed the true chain.
"""

import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_PATIENCE = 30.0
"""Seconds that a node may take for an answer."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_arguments: object) -> None:
        """Ignores the error: clients are killed in the middle of a request."""


class Provider:
    """A URL that passes each request on to `node`, which may be changed at any time."""

    def __init__(self, node: str) -> None:
        self.node = node
        """URL of the node that answers now."""
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # or each answer waits for 40 ms

            def do_POST(self) -> None:
                status, answer = provider._ask(self.rfile.read(int(self.headers["Content-Length"])))
                try:
                    self.send_response(status)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(answer)))
                    self.end_headers()
                    self.wfile.write(answer)
                except OSError:
                    self.close_connection = True  # the client is gone

            def log_message(self, *_arguments: object) -> None:
                pass

        self._server = _Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        """The provider's own URL, for clients."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Stops the server."""
        self._server.shutdown()
        self._server.server_close()

    def _ask(self, body: bytes) -> tuple[int, bytes]:
        request = urllib.request.Request(  # noqa: S310
            self.node, body, {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310
                return answer.status, answer.read()
        except OSError:
            return 502, b""


@contextmanager
def provider(node: str) -> Iterator[Provider]:
    """Runs a provider, which passes requests on to `node` at first."""
    made = Provider(node)
    try:
        yield made
    finally:
        made.close()
