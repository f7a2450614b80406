"""An RPC that misbehaves on command: a proxy before a real node.

    proxy.hang(60)                 answers only after so many seconds
    proxy.fail(503)                answers with that HTTP status
    proxy.refuse("eth_call", {…})  answers a method with that JSON-RPC error
    proxy.freeze(3)                knows no block after the one three before the last
    proxy.alter("eth_getLogs", f)  answers f(result) instead of the node's result
    proxy.interfere(f)             answers f(body), of which CUT closes the connection
    proxy.redirect(url)            passes everything on to another node
    proxy.behave()                 passes everything on again
    proxy.stop(), proxy.start()    is not there; is there again, under the same URL

It runs in threads of its own, for tests of any kind and for agents in other processes.
"""

import json
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.devnet import free_port

CUT = -1
"""In place of an HTTP status: the connection is closed without an answer."""

ALL = "*"
"""In place of a method: each that has no rule of its own."""

_AT_A_BLOCK = {"eth_call": 1, "eth_getBalance": 1, "eth_getTransactionCount": 1, "eth_getCode": 1}


@dataclass
class Proxy:
    """One misbehaving RPC."""

    upstream: str
    port: int = field(default_factory=free_port)
    asked: Counter = field(default_factory=Counter)
    """How often each method was asked for."""
    requests: int = 0
    """HTTP requests: a batch is one."""
    _delay: float = 0
    _status: int = 200
    _head: int | None = None
    _refusals: dict[str, Any] = field(default_factory=dict)
    _changes: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    _interference: Callable[[bytes], tuple[int, bytes] | None] | None = None
    _detour: str = ""
    _server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def hang(self, seconds: float) -> None:
        self._delay = seconds

    def fail(self, status: int) -> None:
        self._status = status

    def refuse(self, method: str, error: Any) -> None:
        self._refusals[method] = error

    def freeze(self, behind: int = 0) -> None:
        self._head = int(self._pass_on("eth_blockNumber", []), 16) - behind

    def alter(self, method: str, change: Callable[[Any], Any]) -> None:
        self._changes[method] = change

    def interfere(self, answer: Callable[[bytes], tuple[int, bytes] | None]) -> None:
        """`answer` may give None for what is to be passed on."""
        self._interference = answer

    def redirect(self, url: str) -> None:
        self._detour = url

    def behave(self) -> None:
        self._delay, self._status, self._head = 0, 200, None
        self._interference, self._detour = None, ""
        self._refusals.clear()
        self._changes.clear()

    def start(self) -> None:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # or each answer waits for 40 ms

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, answer = proxy._answer(body)
                if status == CUT:
                    self.close_connection = True
                    return
                try:
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(answer)))
                    self.end_headers()
                    self.wfile.write(answer)
                except OSError:
                    self.close_connection = True  # nobody waits any more

            def log_message(self, *_arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def runs(self) -> bool:
        return self._server is not None

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _answer(self, body: bytes) -> tuple[int, bytes]:
        request = json.loads(body)
        calls = request if isinstance(request, list) else [request]
        self.asked.update(call["method"] for call in calls)
        self.requests += 1
        if self._server is None:
            return 503, b""
        time.sleep(self._delay)
        if self._status != 200:
            return self._status, b"no"
        if self._interference is not None:
            odd = self._interference(body)
            if odd is not None:
                return odd
        try:
            answers = [self._one(call) for call in calls]
        except OSError:
            return 502, b"the node is gone"
        return 200, json.dumps(answers if isinstance(request, list) else answers[0]).encode()

    def _one(self, call: dict[str, Any]) -> dict[str, Any]:
        method, params = call["method"], list(call["params"])
        answer = {"jsonrpc": "2.0", "id": call["id"]}
        refusal = self._refusals.get(method, self._refusals.get(ALL))
        if refusal is not None:
            return {**answer, "error": refusal}
        if self._head is not None:
            params = self._seen_from_the_past(method, params)
            if params is None:
                return {**answer, "error": {"code": -32000, "message": "header not found"}}
        try:
            result = self._pass_on(method, params)
        except RefusedError as error:
            return {**answer, "error": error.args[0]}
        if self._head is not None and method == "eth_blockNumber":
            result = hex(self._head)
        change = self._changes.get(method, self._changes.get(ALL, lambda same: same))
        return {**answer, "result": change(result)}

    def _seen_from_the_past(self, method: str, params: list[Any]) -> list[Any] | None:
        """Parameters for a node that knows no block after the frozen head; None if it must."""
        assert self._head is not None
        if method == "eth_getLogs":
            last = min(int(params[0]["toBlock"], 16), self._head)
            first = min(int(params[0]["fromBlock"], 16), self._head + 1)
            return [{**params[0], "fromBlock": hex(min(first, last)), "toBlock": hex(last)}]
        position = 0 if method == "eth_getBlockByNumber" else _AT_A_BLOCK.get(method)
        if position is None:
            return params
        block = params[position]
        if isinstance(block, str) and block.startswith("0x"):
            return params if int(block, 16) <= self._head else None
        params[position] = hex(self._head)
        return params

    def _pass_on(self, method: str, params: list[Any]) -> Any:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        request = urllib.request.Request(
            self._detour or self.upstream, body.encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            answer = json.loads(response.read())
        if "error" in answer:
            raise RefusedError(answer["error"])
        return answer["result"]


class RefusedError(Exception):
    """The node's own error."""


@contextmanager
def misbehaving(upstream: str) -> Iterator[Proxy]:
    """A proxy that behaves until it is told otherwise."""
    proxy = Proxy(upstream)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()
