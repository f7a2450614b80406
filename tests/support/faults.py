"""Ways in which nodes misbehave, one a row: each is told to a proxy, which behaves before.

To add one, add a row; every test that goes through the table takes it up.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tests.support.proxy import ALL, CUT, Proxy

Row = Callable[[Proxy], None]


def _body(answer: bytes, status: int = 200) -> Row:
    """Answers everything with one text."""
    return lambda node: node.interfere(lambda _: (status, answer))


def _result(change: Callable[[Any], Any], *methods: str) -> Row:
    """Changes results of these methods, or of all."""

    def begin(node: Proxy) -> None:
        for method in methods or (ALL,):
            node.alter(method, change)

    return begin


def _error(error: Any, *methods: str) -> Row:
    """Refuses these methods, or all, with one error."""

    def begin(node: Proxy) -> None:
        for method in methods or (ALL,):
            node.refuse(method, error)

    return begin


def _batches(status: int, answer: bytes = b"", most: int = 1) -> Row:
    """Takes no more than so many calls in one request."""

    def interfere(body: bytes) -> tuple[int, bytes] | None:
        asked = json.loads(body)
        return (status, answer) if isinstance(asked, list) and len(asked) > most else None

    return lambda node: node.interfere(interfere)


def _ranges(most: int, error: Mapping[str, Any]) -> Row:
    """Takes log queries over so many blocks."""

    def interfere(body: bytes) -> tuple[int, bytes] | None:
        asked = json.loads(body)
        if isinstance(asked, list) or asked["method"] != "eth_getLogs":
            return None
        query = asked["params"][0]
        if int(query["toBlock"], 16) - int(query["fromBlock"], 16) < most:
            return None
        return 200, json.dumps({"jsonrpc": "2.0", "id": asked["id"], "error": error}).encode()

    return lambda node: node.interfere(interfere)


def _each(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Any], Any]:
    """Changes each log of a list."""
    return lambda logs: [change(item) for item in logs]


def _without(name: str) -> Callable[[Any], Any]:
    def change(found: Any) -> Any:
        return found and {key: value for key, value in found.items() if key != name}

    return change


def _null(_result: Any) -> None:
    return None


def _nothing(_result: Any) -> str:
    return "0x"


NUMBERS = ("eth_blockNumber", "eth_getTransactionCount", "eth_estimateGas", "eth_gasPrice")
WORD = "0x" + "ee" * 32
REFUSED = b'{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"batch not allowed"}}'

BROKEN: Mapping[str, Row] = {
    "HTTP 500": lambda node: node.fail(500),
    "HTTP 503": lambda node: node.fail(503),
    "HTTP 429": lambda node: node.fail(429),
    "HTTP 403": lambda node: node.fail(403),
    "closes connections": lambda node: node.interfere(lambda _: (CUT, b"")),
    "hangs": lambda node: node.hang(60),
    "is slow": lambda node: node.hang(0.4),
    "is not there": lambda node: node.stop(),
    "a web page": _body(b"<html>login</html>"),
    "nothing at all": _body(b""),
    "half an answer": _body(b'{"jsonrpc":"2.0","id":0,"resu'),
    "an answer to somebody else": _body(b'{"jsonrpc":"2.0","id":77,"result":"0x1"}'),
    "an empty list": _body(b"[]"),
}
"""No answers."""

REFUSALS: Mapping[str, Row] = {
    "an internal error": _error({"code": -32603, "message": "Internal error"}),
    "an internal error for logs": _error({"code": -32603, "message": "internal"}, "eth_getLogs"),
    "a rate limit as an error": _error({"code": -32005, "message": "rate limit exceeded"}),
    "an error without sense": _error({"code": -32000, "message": "upstream"}),
    "an error that is a text": _error("no"),
    "header not found": _error({"code": -32000, "message": "header not found"}),
    "one error for a batch": _batches(200, REFUSED),
    "HTTP 500 for a batch": _batches(500),
    "HTTP 413 for a batch": _batches(413),
    "a closed connection for a batch": _batches(CUT),
    "short ranges only": _ranges(2, {"code": -32005, "message": "block range too large"}),
    "transactions are refused": _error(
        {"code": -32603, "message": "internal"}, "eth_sendRawTransaction"
    ),
}
"""Errors in the place of answers."""

MALFORMED: Mapping[str, Row] = {
    "null for everything": _result(_null),
    "null for logs": _result(_null, "eth_getLogs"),
    "null for receipts": _result(_null, "eth_getTransactionReceipt"),
    "null for blocks": _result(_null, "eth_getBlockByNumber"),
    "null for numbers": _result(_null, *NUMBERS),
    "0x for numbers": _result(_nothing, *NUMBERS),
    "a number as a number": _result(lambda found: int(found, 16), "eth_blockNumber"),
    "an object for logs": _result(lambda _: {}, "eth_getLogs"),
    "logs without topics": _result(_each(_without("topics")), "eth_getLogs"),
    "logs without data": _result(_each(lambda log: {**log, "data": "0x"}), "eth_getLogs"),
    "logs of another event": _result(_each(lambda log: {**log, "topics": [WORD]}), "eth_getLogs"),
    "logs from elsewhere": _result(
        _each(lambda log: {**log, "blockNumber": "0xffffff"}), "eth_getLogs"
    ),
    "receipts without status": _result(_without("status"), "eth_getTransactionReceipt"),
    "receipts of something else": _result(
        lambda found: found and {**found, "transactionHash": WORD}, "eth_getTransactionReceipt"
    ),
    "blocks without a hash": _result(_without("hash"), "eth_getBlockByNumber"),
    "text for returned bytes": _result(lambda _: "0xzz", "eth_call"),
}
"""Answers of a shape that their method cannot have."""

UNTRUE: Mapping[str, Row] = {
    "a pruned node without logs": _result(lambda _: [], "eth_getLogs"),
    "every other log": _result(lambda logs: logs[::2], "eth_getLogs"),
    "logs with other leaves": _result(
        _each(lambda log: {**log, "data": WORD + log["data"][66:]}), "eth_getLogs"
    ),
    "no code": _result(_nothing, "eth_getCode"),
    "nothing returned": _result(_nothing, "eth_call"),
    "a stale head": lambda node: node.freeze(),
    "a head in the future": _result(lambda found: hex(int(found, 16) + 9999), "eth_blockNumber"),
    "no transactions so far": _result(lambda _: "0x0", "eth_getTransactionCount"),
}
"""Answers that could be true."""

FAULTS: Mapping[str, Row] = {**BROKEN, **REFUSALS, **MALFORMED, **UNTRUE}


def of_another_chain(url: str) -> Row:
    """The URL leads to another chain."""
    return lambda node: node.redirect(url)


def end(nodes: Iterable[Proxy]) -> None:
    """All behave again."""
    for node in nodes:
        node.behave()
        if not node.runs:
            node.start()
