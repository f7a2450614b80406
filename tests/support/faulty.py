"""A web server that fails on command: a proxy before a real one."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_SLOW_DOWN = (
    b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
)


class Trouble(Enum):
    """What happens to each request."""

    ERROR = "is answered by 500"
    SLOW_DOWN = "is answered by 503 SlowDown"
    CUT = "gets no answer: the connection is closed"
    LOST = "is carried out, but answered by 500"


@dataclass
class Faulty:
    """One failing server."""

    url: str
    trouble: Trouble | None = None
    """None passes everything on."""
    troubled: int = 0
    """Requests that were treated badly."""


@contextmanager
def faulty(upstream: str) -> Iterator[Faulty]:
    """A server that behaves until it is told otherwise."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            trouble = front.trouble
            front.troubled += trouble is not None
            if trouble is Trouble.CUT:
                self.close_connection = True
            elif trouble is Trouble.ERROR:
                self._answer(500, b"", {})
            elif trouble is Trouble.SLOW_DOWN:
                self._answer(503, _SLOW_DOWN, {})
            else:
                answer = self._pass_on(body)
                self._answer(*((500, b"", {}) if trouble is Trouble.LOST else answer))

        do_GET = do_PUT = do_HEAD = do_POST = _serve

        def _pass_on(self, body: bytes) -> tuple[int, bytes, dict[str, str]]:
            connection = http.client.HTTPConnection(urlsplit(upstream).netloc, timeout=30)
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            kept = {"content-type", "etag"}
            headers = {name: value for name, value in answer.getheaders() if name.lower() in kept}
            return answer.status, answer.read(), headers

        def _answer(self, status: int, content: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    front = Faulty(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield front
    finally:
        server.shutdown()
        server.server_close()
