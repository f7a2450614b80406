"""A chain whose receipts say what transactions would cost under the announced schedule."""

import json
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlparse

from web3 import Web3
from web3.types import TxReceipt

from benchmarks.anvil import Chain
from benchmarks.computation import Trace, gas_used
from benchmarks.schedules import ANNOUNCED, CANCUN, Schedule

PLENTY = 2**40
"""A gas limit under which none of today's estimates is too small."""


class Node:
    """Requests to a node without what web3 does to answers: traces have thousands of steps."""

    def __init__(self, web3: Web3) -> None:
        url = urlparse(web3.provider.endpoint_uri)  # type: ignore[attr-defined]
        self.connection = HTTPConnection(url.netloc)

    def ask(self, method: str, *parameters: object) -> Any:
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
        headers = {"Content-Type": "application/json"}
        self.connection.request("POST", "/", json.dumps(request), headers)
        answer = json.loads(self.connection.getresponse().read())
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def trace(self, transaction: str) -> Trace:
        receipt = self.ask("eth_getTransactionReceipt", transaction)
        block = self.ask("eth_getBlockByNumber", receipt["blockNumber"], False)
        plain = {"disableStorage": True, "enableMemory": False, "enableReturnData": False}
        prestate = {"tracer": "prestateTracer"}
        created = receipt["contractAddress"]
        return Trace(
            transaction=self.ask("eth_getTransactionByHash", transaction),
            created=int(created, 16) if created else None,
            coinbase=int(block["miner"], 16),
            steps=self.ask("debug_traceTransaction", transaction, plain)["structLogs"],
            before={
                int(address, 16): account
                for address, account in self.ask(
                    "debug_traceTransaction", transaction, prestate
                ).items()
            },
        )


class RepricedChain(Chain):
    """Charges what is announced, once what is charged today is computed to the gas."""

    def __init__(self, web3: Web3, today: Schedule = CANCUN, then: Schedule = ANNOUNCED) -> None:
        super().__init__(web3)
        self.node = Node(web3)
        self.today, self.then = today, then

    def billed(self, receipt: TxReceipt) -> TxReceipt:
        trace = self.node.trace(Web3.to_hex(receipt["transactionHash"]))
        computed = gas_used(trace, self.today)
        if computed != receipt["gasUsed"]:
            raise AssertionError(f"computed {computed:,}, the receipt says {receipt['gasUsed']:,}")
        return TxReceipt({**receipt, "gasUsed": gas_used(trace, self.then, PLENTY)})  # type: ignore[typeddict-item]
