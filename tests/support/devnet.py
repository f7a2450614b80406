"""Real anvil chains with a core on them, for agents to work on."""

import json
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from tests.support.words import b32
from web3 import HTTPProvider, Web3

from ape_hyperlane.demo.processes import anvil
from hyperlane.protocol.message import Message

MNEMONIC = "test test test test test test test test test test test junk"
BUILD = Path(__file__).parents[2] / ".build" / "__local__.json"

Account.enable_unaudited_hdwallet_features()


@cache
def key(index: int) -> LocalAccount:
    """A funded development account; 0 deploys and dispatches."""
    return Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(eq=False)
class Devnet:
    """One anvil with a Mailbox, its tree and what goes with them."""

    name: str
    chain_id: int
    url: str
    w3: Web3
    artifacts: dict[str, Any]
    process: subprocess.Popen[bytes]
    contracts: dict[str, Any] = field(default_factory=dict)

    def deploy(self, name: str, *arguments: object) -> Any:
        artifact = self.artifacts[name]
        factory = self.w3.eth.contract(
            abi=artifact["abi"], bytecode=artifact["deploymentBytecode"]["bytecode"]
        )
        receipt = self.wait(factory.constructor(*arguments).transact())
        return self.at(name, receipt["contractAddress"])

    def at(self, name: str, address: str) -> Any:
        return self.w3.eth.contract(address, abi=self.artifacts[name]["abi"])

    def wait(self, tx_hash: Any) -> Any:
        receipt = self.w3.eth.wait_for_transaction_receipt(tx_hash, poll_latency=0.02)
        assert receipt["status"] == 1
        return receipt

    def send(self, call: Any) -> Any:
        return self.wait(call.transact())

    def deploy_core(self) -> None:
        owner = self.w3.eth.default_account
        mailbox = self.deploy("Mailbox", self.chain_id)
        hook = self.deploy("MerkleTreeHook", mailbox.address)
        ism, free = self.deploy("NoopIsm"), self.deploy("BareHook")
        self.send(mailbox.functions.initialize(owner, ism.address, free.address, hook.address))
        self.contracts = {
            "mailbox": mailbox,
            "merkleTreeHook": hook,
            "validatorAnnounce": self.deploy("ValidatorAnnounce", mailbox.address),
        }

    def static(self, factory: str, module: str, values: Sequence[str], threshold: int) -> Any:
        """A static module made by a factory of this chain."""
        made = self.contracts.get(factory) or self.deploy(factory)
        self.contracts[factory] = made
        self.send(made.functions.deploy(list(values), threshold))
        return self.at(module, made.functions.getAddress(list(values), threshold).call())

    def message_id_multisig(self, validators: Sequence[str], threshold: int) -> Any:
        return self.static(
            "StaticMessageIdMultisigIsmFactory",
            "StaticMessageIdMultisigIsm",
            validators,
            threshold,
        )

    def merkle_root_multisig(self, validators: Sequence[str], threshold: int) -> Any:
        return self.static(
            "StaticMerkleRootMultisigIsmFactory",
            "StaticMerkleRootMultisigIsm",
            validators,
            threshold,
        )

    def aggregation(self, modules: Sequence[str], threshold: int) -> Any:
        return self.static(
            "StaticAggregationIsmFactory", "StaticAggregationIsm", modules, threshold
        )

    def recipient(self, ism: Any | None = None) -> Any:
        recipient = self.deploy("TestRecipient")
        if ism is not None:
            self.send(recipient.functions.setInterchainSecurityModule(ism.address))
        return recipient

    def dispatch(self, destination: int, recipient: str, body: bytes = b"hello") -> Message:
        word = b32(recipient)
        mailbox = self.contracts["mailbox"]
        receipt = self.send(mailbox.functions.dispatch(destination, word, body))
        (event,) = mailbox.events.Dispatch().process_receipt(receipt, errors=ignore_other_events())
        return Message.decode(bytes(event["args"]["message"]))

    def delivered(self, message: Message) -> bool:
        return bool(self.contracts["mailbox"].functions.delivered(message.id).call())

    def deliveries(self, message: Message) -> int:
        """How many times the mailbox said that it delivered."""
        logs = (
            self.contracts["mailbox"]
            .events.ProcessId()
            .get_logs(from_block=0, argument_filters={"messageId": message.id})
        )
        return len(logs)

    def rpc(self, method: str, *parameters: object) -> Any:
        answer = self.w3.provider.make_request(method, parameters)
        assert "error" not in answer, answer
        return answer["result"]

    def mine(self, blocks: int = 1) -> None:
        self.rpc("anvil_mine", hex(blocks))

    def settings(self, **changes: object) -> dict[str, Any]:
        """This chain in an agent's configuration."""
        addresses = {
            name: self.contracts[name].address
            for name in ("mailbox", "merkleTreeHook", "validatorAnnounce")
        }
        return {
            "name": self.name,
            "chainId": self.chain_id,
            "domainId": self.chain_id,
            "protocol": "ethereum",
            "rpcUrls": [{"http": self.url}],
            "blocks": {"reorgPeriod": 0, "estimateBlockTime": 1},
            "index": {"interval": 0.1},
            **addresses,
            **changes,
        }


ANOTHER_GENESIS = ("--timestamp", "1700000000")
"""Options of a chain that is started anew: within the same second it would have the same blocks."""


@contextmanager
def devnet(name: str, chain_id: int, *options: str) -> Iterator[Devnet]:
    """Start an anvil, deploy a core; stop it at the end."""
    port = free_port()
    process = subprocess.Popen(
        anvil(port, chain_id, "--silent", *options),
        stdout=subprocess.DEVNULL,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        w3 = Web3(HTTPProvider(url))
        deadline = time.monotonic() + 60
        while not w3.is_connected():
            assert time.monotonic() < deadline, "anvil does not answer"
            time.sleep(0.05)
        w3.eth.default_account = key(0).address
        artifacts = json.loads(BUILD.read_text())["contractTypes"]
        chain = Devnet(name, chain_id, url, w3, artifacts, process)
        chain.deploy_core()
        yield chain
    finally:
        process.terminate()
        process.wait(10)


def ignore_other_events() -> Any:
    from web3.logs import DISCARD

    return DISCARD
