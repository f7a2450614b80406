"""An anvil chain for measurements, and contracts on it, through plain web3."""

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from web3 import HTTPProvider, Web3
from web3.contract import Contract
from web3.types import TxReceipt

BUILD = Path(__file__).parents[1] / ".build" / "__local__.json"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def anvil(*arguments: str, fork: str = "cancun") -> Iterator[Web3]:
    """A chain of its own that mines a block per transaction, ended with the block."""
    port = free_port()
    process = subprocess.Popen(
        [
            "anvil",
            "--port",
            str(port),
            "--silent",
            "--hardfork",
            fork,
            "--prune-history",
            "500",
            *arguments,
        ]
    )
    try:
        web3 = Web3(HTTPProvider(f"http://127.0.0.1:{port}"))
        deadline = time.monotonic() + 20
        while not web3.is_connected():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("anvil did not start")
            time.sleep(0.05)
        yield web3
    finally:
        process.terminate()
        process.wait()


class Chain:
    """Deploys compiled contracts and sends transactions from the first development account."""

    def __init__(self, web3: Web3) -> None:
        self.web3 = web3
        self.sender = web3.eth.accounts[0]
        self.spent = 0
        self.artifacts: dict[str, Any] = json.loads(BUILD.read_text())["contractTypes"]

    def deploy(self, name: str, *arguments: object) -> Contract:
        artifact = self.artifacts[name]
        factory = self.web3.eth.contract(
            abi=artifact["abi"], bytecode=artifact["deploymentBytecode"]["bytecode"]
        )
        receipt = self._mined(factory.constructor(*arguments).transact({"from": self.sender}))
        return self.at(name, str(receipt["contractAddress"]))

    def at(self, name: str, address: str) -> Contract:
        return self.web3.eth.contract(
            address=Web3.to_checksum_address(address), abi=self.artifacts[name]["abi"]
        )

    def send(self, call: Any, value: int = 0) -> TxReceipt:
        """Sends and waits; the gas limit is fixed, so that an estimate never shapes a figure."""
        return self._mined(call.transact({"from": self.sender, "value": value, "gas": 15_000_000}))

    def _mined(self, transaction: Any) -> TxReceipt:
        receipt = self.web3.eth.wait_for_transaction_receipt(transaction, poll_latency=0.01)
        if receipt["status"] != 1:
            raise RuntimeError(f"transaction reverted: {transaction.hex()}")
        receipt = self.billed(receipt)
        self.spent += receipt["gasUsed"]
        return receipt

    def billed(self, receipt: TxReceipt) -> TxReceipt:
        """The receipt whose gas counts."""
        return receipt
