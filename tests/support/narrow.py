"""Nodes that take little in one request, and how each of them says so, one a row.

The limit of a row is the calls of a batch or the blocks of a log query; what is above it is counted
and answered in the row's way.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.proxy import CUT, Proxy

Answer = tuple[int, bytes]
CALLS, BLOCKS = "calls", "blocks"


@dataclass
class Limit:
    """What a node takes, once it was told to one."""

    of: str
    most: int
    answer: Callable[[Any], Answer]
    refused: int = 0

    def impose(self, node: Proxy) -> "Limit":
        node.interfere(self._interfere)
        return self

    def _interfere(self, body: bytes) -> Answer | None:
        asked = json.loads(body)
        if _amount(asked, self.of) <= self.most:
            return None
        self.refused += 1
        return self.answer(asked)


def _amount(asked: Any, of: str) -> int:
    if of == CALLS:
        return len(asked) if isinstance(asked, list) else 1
    if isinstance(asked, list) or asked["method"] != "eth_getLogs":
        return 0
    query = asked["params"][0]
    return int(query["toBlock"], 16) - int(query["fromBlock"], 16) + 1


def says(message: str, code: int = -32000, status: int = 200) -> Callable[[Any], Answer]:
    """One error, with the id of a single request."""

    def answer(asked: Any) -> Answer:
        number = None if isinstance(asked, list) else asked["id"]
        error = {"code": code, "message": message}
        return status, json.dumps({"jsonrpc": "2.0", "id": number, "error": error}).encode()

    return answer


def each_says(message: str) -> Callable[[Any], Answer]:
    """An error in place of each answer."""

    def answer(asked: Any) -> Answer:
        error = {"code": 31, "message": message}
        return 200, json.dumps([{"id": call["id"], "error": error} for call in asked]).encode()

    return answer


def hangs(_asked: Any) -> Answer:
    time.sleep(7)
    return 504, b""


def gives(status: int, content: bytes = b"") -> Callable[[Any], Answer]:
    return lambda _: (status, content)


FIRST_ALONE = b'{"jsonrpc":"2.0","id":0,"result":"0x539"}'
NO_ID = b'[{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"invalid request"}}]'

BATCHES: Mapping[str, tuple[int, Callable[[Any], Answer]]] = {
    "one error object": (1, says("batch too large", -32600)),
    "one error object, three calls": (3, says("batch limit of 3 exceeded", -32600)),
    "an error about something else": (1, says("invalid request", -32600)),
    "an error for each": (3, each_says("Batch of more than 3 requests are not allowed")),
    "answers too large": (2, each_says("response too large")),
    "an error in a list": (1, gives(200, NO_ID)),
    "the first answer alone": (1, gives(200, FIRST_ALONE)),
    "HTTP 500": (1, gives(500)),
    "HTTP 413": (1, gives(413)),
    "HTTP 400": (1, gives(400, b"bad request")),
    "HTTP 405": (1, gives(405)),
    "HTTP 500 with an error": (1, says("internal error", -32603, status=500)),
    "a closed connection": (1, gives(CUT)),
    "nothing": (1, gives(200)),
    "no answer in time": (1, hangs),
}
"""By what happens to larger ones: calls that are taken, and the answer otherwise."""

RANGES: Mapping[str, tuple[int, Callable[[Any], Answer]]] = {
    "blockpi": (50, says("eth_getLogs is limited to 50 block range")),
    "alchemy": (20, says("Log response size exceeded. You can make eth_getLogs requests", -32602)),
    "infura": (
        5,
        says("query returned more than 10000 results. Try with this block range", -32005),
    ),
    "quicknode": (5, says("eth_getLogs is limited to a 5 range", -32614)),
    "ankr": (30, says("block range is too wide", -32600)),
    "bsc": (7, says("limit exceeded", -32005)),
    "drpc": (100, says("ranges over 100 blocks are not supported on freetier", 35)),
    "geth": (9, says("exceed maximum block range: 9")),
    "erigon": (2, says("query timeout exceeded")),
    "nethermind": (4, says("eth_getLogs request was canceled due to enabled timeout.", -32016)),
    "besu": (60, says("Requested range exceeds maximum RPC range limit", -32005)),
    "proxyd": (3, says("backend response too large", -32020)),
    "a deadline": (11, says("context deadline exceeded")),
    "work": (8, says("too much work")),
    "words that nobody knows": (6, says("computer says no", -32099)),
    "an internal error": (6, says("internal error", -32603)),
    "HTTP 500": (10, gives(500)),
    "HTTP 413": (10, gives(413)),
    "HTTP 504": (10, gives(504)),
    "a closed connection": (10, gives(CUT)),
    "no answer in time": (10, hangs),
    "one block": (1, says("block range too large")),
}
"""By who says so, or how: blocks that are taken, and the answer otherwise."""
