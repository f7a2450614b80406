"""Nodes of our own, and the deploy command as its users run it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from eth_abi import decode
from eth_utils import keccak, to_checksum_address
from web3 import HTTPProvider, Web3

from ape_hyperlane import cli
from ape_hyperlane.demo.processes import Processes, anvil, free_port
from hyperlane.registry import Registry

APE = Path(sys.executable).with_name("ape")
CHAIN_ID = 31337


class Node:
    """An anvil, asked without ape."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.web3 = Web3(HTTPProvider(url))

    @property
    def deployer(self):
        return self.web3.eth.accounts[0]

    @property
    def other(self):
        return self.web3.eth.accounts[1]

    @property
    def third(self):
        return self.web3.eth.accounts[2]

    def rpc(self, method, *parameters):
        answer = self.web3.provider.make_request(method, list(parameters))
        assert "error" not in answer, answer
        return answer["result"]

    def nonce(self, account=None, block="latest"):
        return self.web3.eth.get_transaction_count(account or self.deployer, block)

    def view(self, address, signature, kind, *arguments):
        """`view(mailbox, "owner()", "address")`; arguments are words."""
        data = keccak(text=signature)[:4] + b"".join(n.to_bytes(32) for n in arguments)
        answer = self.web3.eth.call({"to": to_checksum_address(address), "data": data})
        (value,) = decode([kind], answer)
        return to_checksum_address(value) if kind == "address" else value


@pytest.fixture
def start_node(tmp_path):
    """Starts an anvil."""
    with Processes(tmp_path / "logs") as processes:

        def start_node(chain_id, *options):
            port = free_port()
            processes.start(f"anvil-{port}", anvil(port, chain_id, *options))
            node = Node(f"http://127.0.0.1:{port}")
            processes.wait_until(node.web3.is_connected, "anvil answers", 20)
            return node

        yield start_node


@pytest.fixture
def node(start_node):
    return start_node(CHAIN_ID)


@pytest.fixture
def registry(tmp_path):
    return Registry(tmp_path / "registry")


@pytest.fixture
def options(node, registry):
    """The deploy command's options: the node, and by default the first development account."""

    def options(*more, account="test:0", network=node.url):
        return [
            *("--network", network, "--account", account, "--chain", "alpha"),
            *("--registry", str(registry.folder), *map(str, more)),
        ]

    return options


@pytest.fixture
def deploy(options):
    """Runs the command in this process, which saves ape's start. Only a ClickException, or nothing,
    may come out of it."""

    def deploy(*more, **choices):
        result = CliRunner(mix_stderr=False).invoke(cli.deploy, options(*more, **choices))
        assert result.exception is None or isinstance(result.exception, SystemExit), result
        return result

    return deploy


@pytest.fixture
def check(node, registry):
    def check(*options):
        return CliRunner(mix_stderr=False).invoke(
            cli.check,
            [
                *("--network", node.url, "--chain", "alpha"),
                *("--registry", str(registry.folder), *options),
            ],
        )

    return check


@pytest.fixture
def read(node, registry):
    def read(mailbox, *options):
        return CliRunner(mix_stderr=False).invoke(
            cli.read_core,
            [
                *("--network", node.url, "--mailbox", mailbox),
                *("--registry", str(registry.folder), *map(str, options)),
            ],
        )

    return read


@pytest.fixture
def start(options):
    """Starts the command as a user does."""

    def start(*more, environment=None, **choices):
        return subprocess.Popen(
            [str(APE), "run", "deploy", *options(*more, **choices)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **(environment or {})},
        )

    return start


@pytest.fixture
def config(tmp_path):
    """Writes a core config."""

    def config(text):
        path = tmp_path / "core.yaml"
        path.write_text(text)
        return path

    return config
