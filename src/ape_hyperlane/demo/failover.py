"""An RPC provider that can be switched over to other nodes, and the lying nodes behind it.

In April 2026 the verifier of a route was brought to rely on the attackers' nodes: its own ones were
under a denial of service, and it failed over. Whoever asked other nodes saw nothing wrong.
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
        """Says nothing: clients are killed in the middle of a request."""


class Provider:
    """A URL that passes everything on to the node of the moment."""

    def __init__(self, node: str) -> None:
        self.node = node
        """URL of the node that answers now."""
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                status, answer = provider._ask(self.rfile.read(int(self.headers["Content-Length"])))
                try:
                    self.send_response(status)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(answer)))
                    self.end_headers()
                    self.wfile.write(answer)
                except OSError:
                    self.close_connection = True  # nobody waits any more

            def log_message(self, *_arguments: object) -> None:
                pass

        self._server = _Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        """Where clients ask."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Answers nobody any more."""
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
    """A provider that passes on to a node, until it is switched over."""
    made = Provider(node)
    try:
        yield made
    finally:
        made.close()
