"""A run over two chains may be killed at any instruction: nothing happens twice for that."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

APE = Path(sys.executable).with_name("ape")
ROUTE = "ETH/killed"
TRANSACTIONS = 5
"""On each chain: create, initialise, enrol, set gas, hand over."""


class Run:
    """The command in a process of its own, on chains that mine when told to."""

    def __init__(self, world, config):
        self.world = world
        self.process = subprocess.Popen(
            [
                *(APE, "run", "warp", "deploy", "--config", config, "--route", ROUTE),
                *("--registry", world.registry.folder, "--account", "test:0"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_for_pending(self, name):
        eth, sender = self.world[name].web3.eth, self.world[name].sender
        deadline = time.monotonic() + 240
        while eth.get_transaction_count(sender, "pending") == eth.get_transaction_count(sender):
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def kill_when_pending(self, name, after=0):
        """Kills the process when transaction number `after` + 1 of its on this chain is pending."""
        for _ in range(after):
            self.wait_for_pending(name)
            rpc(self.world, name, "evm_mine")
        self.wait_for_pending(name)
        self.process.kill()
        self.process.communicate()


def rpc(world, name, method, *parameters):
    answer = world[name].web3.provider.make_request(method, list(parameters))
    assert "error" not in answer, answer
    return answer["result"]


@pytest.fixture
def manual_mining(world):
    for name in world.chains:
        rpc(world, name, "evm_setAutomine", False)
    yield
    for name in world.chains:
        rpc(world, name, "evm_setAutomine", True)
        rpc(world, name, "evm_mine")


def test_a_run_that_is_killed_again_and_again_sends_nothing_twice(
    world, deployed, manual_mining, tmp_path
):
    owner = world["alpha"].web3.eth.accounts[5]
    tokens = {
        "alpha": {"type": "native", "owner": owner},
        "beta": {"type": "synthetic", "symbol": "KIL", "owner": owner},
    }
    config = tmp_path / "killed.yaml"
    config.write_text(yaml.safe_dump(tokens))
    before = world.nonces()

    # The first creation is lost with the pool that it was in.
    Run(world, config).kill_when_pending("alpha")
    (pool,) = rpc(world, "alpha", "txpool_content")["pending"].values()
    for transaction in pool.values():
        rpc(world, "alpha", "anvil_dropTransaction", transaction["hash"])
    # One chain has its router. The other's is mined when nobody looks.
    rpc(world, "alpha", "evm_setAutomine", True)
    Run(world, config).kill_when_pending("beta")
    rpc(world, "beta", "evm_mine")
    # A router is about to be handed over: its deployer could not do it again.
    rpc(world, "alpha", "evm_setAutomine", False)
    rpc(world, "beta", "evm_setAutomine", True)
    Run(world, config).kill_when_pending("alpha", after=2)
    rpc(world, "alpha", "evm_setAutomine", True)
    rpc(world, "alpha", "evm_mine")

    routers = deployed(ROUTE, tokens)

    assert world.nonces() == {name: nonce + TRANSACTIONS for name, nonce in before.items()}
    for name, router in routers.items():
        contract = world[name].at("HypERC20Collateral", router).functions
        assert contract.owner().call() == owner
        path = world.registry.chain_folder(name) / f"warp-{ROUTE.replace('/', '-')}.json"
        steps = json.loads(path.read_text())["steps"]
        assert all(step["done"] for step in steps.values())
        assert steps["router"]["address"] == router
    assert deployed(ROUTE, tokens) == routers
    assert world.nonces() == {name: nonce + TRANSACTIONS for name, nonce in before.items()}
