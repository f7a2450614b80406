"""Transactions and reads in as few round trips as an anvil needs: one each.

A history of thousands of calls spends its time on the way to the chain. So a transaction goes out
together with the time that it is to be mined at, its receipt comes back in the same answer, and all
reads that belong together are one batch.
"""

import json
from collections.abc import Iterable
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from hyperlane.chain.abi import Function

Call = tuple[Any, ...]
"""A contract, the name of a function of it, and its arguments."""
_AT_ONCE = 200
"""Requests: an anvil refuses what is larger than 2 MB."""
_GAS = hex(5_000_000)


class QuickChain:
    """One connection to one anvil."""

    def __init__(self, url: str) -> None:
        self._connection = HTTPConnection(urlsplit(url).netloc)
        self._functions: dict[tuple[str, str, int], Function] = {}

    def rpc(self, method: str, *parameters: Any) -> Any:
        return self._results((method, [*parameters]))[0]

    def send(self, who: str, *call: Any, at: int | None = None) -> bool:
        """Whether a transaction, in a block of its own, did what it should."""
        transaction = {"from": who, "gas": _GAS, **self._encode(call)}
        time = [] if at is None else [("evm_setNextBlockTimestamp", [at])]
        *_, receipt = self._results(*time, ("eth_sendTransactionSync", [transaction]))
        return bool(int(receipt["status"], 16))

    def read(self, *calls: Call) -> list[Any]:
        """What functions return."""
        answers = self._results(*(("eth_call", [self._encode(call), "latest"]) for call in calls))
        return [
            self._function(call).decode(bytes.fromhex(answer[2:]))
            for call, answer in zip(calls, answers, strict=True)
        ]

    def refusals(self, who: str, calls: Iterable[Call]) -> list[bytes | None]:
        """The first bytes of the errors that calls revert with; None for one that does not."""
        answers = self._answers(
            [("eth_call", [{"from": who, **self._encode(call)}, "latest"]) for call in calls]
        )
        return [
            bytes.fromhex(answer["error"]["data"][2:10]) if "error" in answer else None
            for answer in answers
        ]

    def _results(self, *requests: tuple[str, list[Any]]) -> list[Any]:
        return [answer["result"] for answer in self._answers(requests)]

    def _answers(self, requests: Iterable[tuple[str, list[Any]]]) -> list[dict[str, Any]]:
        batch = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": parameters}
            for number, (method, parameters) in enumerate(requests)
        ]
        answers: list[dict[str, Any]] = []
        for first in range(0, len(batch), _AT_ONCE):
            body = json.dumps(batch[first : first + _AT_ONCE])
            self._connection.request("POST", "/", body, {"Content-Type": "application/json"})
            answers += json.loads(self._connection.getresponse().read())
        return sorted(answers, key=lambda answer: answer["id"])

    def _encode(self, call: Call) -> dict[str, str]:
        contract, _, *arguments = call
        data = self._function(call).encode(*arguments)
        return {"to": contract.address, "data": "0x" + data.hex()}

    def _function(self, call: Call) -> Function:
        contract, name, *arguments = call
        which = contract.address, name, len(arguments)
        known = self._functions.get(which)
        if known is None:
            named = (each for each in contract.abi if each.get("name") == name)
            (entry,) = (each for each in named if len(each["inputs"]) == len(arguments))
            inputs = ",".join(map(_type, entry["inputs"]))
            known = Function(f"{name}({inputs})", tuple(map(_type, entry["outputs"])))
            self._functions[which] = known
        return known


def _type(parameter: Any) -> str:
    """As signatures spell it."""
    if not parameter["type"].startswith("tuple"):
        return str(parameter["type"])
    inside = ",".join(map(_type, parameter["components"]))
    return f"({inside})" + parameter["type"].removeprefix("tuple")
