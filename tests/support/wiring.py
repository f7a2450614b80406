"""Three chains with a core each, and the command that wires them."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.support.deploying import Node

from ape_hyperlane import cli
from ape_hyperlane.demo.processes import Processes, anvil, free_port
from hyperlane.registry import Registry

APE = Path(sys.executable).with_name("ape")
CHAINS = {"alpha": 71001, "beta": 71002, "gamma": 71003}
"""Domains, which are chain ids, by name."""


@dataclass(frozen=True)
class Cores:
    """Chains and their registry."""

    nodes: dict[str, Node]
    registry: Registry
    proposals: Path

    def deploy(self, chain: str, *options: object, account: str = "test:0") -> Result:
        return self._run(
            cli.deploy,
            *("--chain", chain, "--network", self.nodes[chain].url, "--account", account, *options),
        )

    def check(self, chain: str) -> Result:
        return self._run(cli.check, "--chain", chain)

    def wire(self, *options: object, account: str = "test:0") -> Result:
        folder = ("--proposals", self.proposals)
        return self._run(cli.wire, "--account", account, *folder, *options)

    def router(self, chain: str) -> str:
        return str(self.registry.addresses(chain).interchain_account_router)

    def enrolled(self, chain: str) -> dict[str, str]:
        """Routers that a chain's router has enrolled, by the name of the other chain."""
        node, router = self.nodes[chain], self.router(chain)
        words = {
            other: node.view(router, "routers(uint32)", "bytes32", domain)
            for other, domain in CHAINS.items()
        }
        return {
            other: node.web3.to_checksum_address(word[12:])
            for other, word in words.items()
            if any(word)
        }

    def others(self, chain: str) -> dict[str, str]:
        """The routers of the other chains."""
        return {other: self.router(other) for other in CHAINS if other != chain}

    def nonces(self, account: str | None = None) -> dict[str, int]:
        return {chain: node.nonce(account) for chain, node in self.nodes.items()}

    def _run(self, command, *options: object) -> Result:
        arguments = ["--registry", str(self.registry.folder), *map(str, options)]
        result = CliRunner(mix_stderr=False).invoke(command, arguments)
        assert result.exception is None or isinstance(result.exception, SystemExit), result
        return result


@pytest.fixture(scope="module")
def three_cores(tmp_path_factory) -> Iterator[Cores]:
    """Three cores as deployed by default, by accounts with different nonces: their addresses differ
    from chain to chain."""
    with serve_cores(tmp_path_factory.mktemp("cores"), CHAINS) as cores:
        for name in CHAINS:
            result = cores.deploy(name)
            assert result.exit_code == 0, result.stderr
        yield cores


@contextmanager
def serve_cores(folder: Path, chain_ids: dict[str, int]) -> Iterator[Cores]:
    """Chains without cores yet."""
    with Processes(folder / "logs") as processes:
        nodes = {}
        for number, (name, chain_id) in enumerate(chain_ids.items()):
            port = free_port()
            processes.start(f"anvil-{name}", anvil(port, chain_id))
            node = nodes[name] = Node(f"http://127.0.0.1:{port}")
            processes.wait_until(node.web3.is_connected, "anvil answers", 20)
            for _ in range(number):
                node.web3.eth.send_transaction({"from": node.deployer, "to": node.other})
        yield Cores(nodes, Registry(folder / "registry"), folder / "proposals")


@contextmanager
def put_back(shared: Cores, tmp_path: Path) -> Iterator[Cores]:
    """Cores for one test: chains and files are put back."""
    folder = tmp_path / "registry"
    shutil.copytree(shared.registry.folder, folder)
    snapshots = {name: node.rpc("evm_snapshot") for name, node in shared.nodes.items()}
    yield Cores(shared.nodes, Registry(folder), tmp_path / "proposals")
    for name, node in shared.nodes.items():
        assert node.rpc("evm_revert", snapshots[name])


@pytest.fixture
def cores(three_cores, tmp_path) -> Iterator[Cores]:
    """The three cores, for one test."""
    with put_back(three_cores, tmp_path) as cores:
        yield cores


def run_until_killed(cores, node, *command):
    """Runs the command in a process of its own, and kills it when a transaction is pending."""
    process = subprocess.Popen(
        [
            *(APE, "hyperlane", *map(str, command)),
            *("--registry", cores.registry.folder, "--account", "test:0"),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cores.registry.folder,
    )
    deadline = time.monotonic() + 240
    while node.nonce(block="pending") == node.nonce():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.kill()
    process.communicate()
