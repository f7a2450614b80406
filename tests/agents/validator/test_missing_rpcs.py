"""A validator whose RPCs fail: it signs while two of three agree, and else says who is missing."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import ClientSession
from tests.support.agents import eventually, validating
from tests.support.devnet import Devnet, free_port, key
from tests.support.proxy import Proxy

FAILURES = {
    "down": lambda node: node.stop(),
    "rate limited": lambda node: node.fail(429),
    "lies": lambda node: node.alter("eth_call", lambda said: said[:-64] + "ee" * 32),
    "slow": lambda node: node.hang(3600),
}


UNDECIDED = 'hyperlane_validator_undecided{chain="alpha"}'


@dataclass
class World:
    """A validator of three RPCs, and its storage."""

    origin: Devnet
    folder: Path
    config: dict
    nodes: list[Proxy]
    port: int = field(default_factory=free_port)
    sent: int = 0

    def dispatch(self) -> int:
        """Send a message; returns its leaf."""
        self.origin.dispatch(7331, key(3).address, bytes([self.sent]))
        self.sent += 1
        return self.sent - 1

    def signed(self) -> set[str]:
        return {path.name for path in self.folder.glob("*_with_id.json")}

    def is_signed(self, leaf: int) -> bool:
        return f"{leaf}_with_id.json" in self.signed()

    async def page(self, name: str) -> str:
        async with (
            ClientSession() as session,
            session.get(f"http://127.0.0.1:{self.port}{name}") as got,
        ):
            return await got.text()

    async def waits_for(self) -> list[str]:
        return json.loads(await self.page("/ready"))["waiting_for"]


@pytest.fixture
def world(origin, proxy, validator_config, tmp_path):
    nodes = [proxy(origin) for _ in range(3)]
    made = World(origin, tmp_path / "v1", {}, nodes)
    made.config = validator_config(origin, metricsPort=made.port)
    # A user's name in a URL is as secret as a password there.
    urls = [f"http://us3r:k3y@127.0.0.1:{node.port}/k3y" for node in nodes]
    made.config["chains"]["alpha"]["rpcUrls"] = [{"http": url} for url in urls]
    return made


@pytest.mark.parametrize("failure", FAILURES)
async def test_it_signs_what_two_of_three_agree_on(failure, world):
    first = world.dispatch()
    async with validating(world.config) as task:
        await eventually(lambda: world.is_signed(first), task)
        FAILURES[failure](world.nodes[0])
        second = world.dispatch()
        await eventually(lambda: world.is_signed(second), task)
    stored = json.loads((world.folder / "1_with_id.json").read_text())["value"]
    hook = world.origin.contracts["merkleTreeHook"].functions
    assert stored["checkpoint"]["root"] == "0x" + hook.root().call().hex()


@pytest.mark.parametrize("failure", ["down", "rate limited"])
async def test_with_one_of_three_it_stops_signing_says_why_and_goes_on_later(
    failure, world, capsys
):
    first = world.dispatch()
    async with validating(world.config) as task:
        await eventually(lambda: world.is_signed(first), task)
        for node in world.nodes[:2]:
            FAILURES[failure](node)
        second = world.dispatch()
        asked = world.nodes[2].requests
        while not (why := " ".join(await world.waits_for())).startswith("alpha: 1 of 3 RPCs"):
            assert not task.done()
        assert "2 have to agree" in why
        for node in world.nodes[:2]:
            problem = why.split(f"127.0.0.1:{node.port}: ")[1].partition(";")[0]
            assert problem != "well"
        assert f"127.0.0.1:{world.nodes[2].port}: well" in why
        assert 'hyperlane_validator_undecided{chain="alpha"} 1.0' in await world.page("/metrics")
        assert world.nodes[2].requests > asked, "the one that is left was asked"
        assert not world.is_signed(second), "and is not believed alone"
        for node in world.nodes[:2]:
            node.behave()
            if not node.runs:
                node.start()
        await eventually(lambda: world.is_signed(second), task, 120)
        while await world.waits_for():
            assert not task.done()
        assert 'hyperlane_validator_undecided{chain="alpha"} 0.0' in await world.page("/metrics")
    logged = capsys.readouterr().out
    assert logged.index("signing.stopped") < logged.index("signing.resumed")
    assert "k3y" not in logged
    assert "us3r" not in logged


async def test_three_that_disagree_decide_nothing(world):
    """Each shows another tree: no two of them agree, and it says so."""
    first = world.dispatch()
    async with validating(world.config) as task:
        await eventually(lambda: world.is_signed(first), task)
        for node, byte in zip(world.nodes[:2], ("dd", "ee"), strict=True):
            node.alter("eth_call", lambda said, byte=byte: said[:-64] + byte * 32)
        second = world.dispatch()
        while "contradict each other" not in " ".join(await world.waits_for()):
            assert not task.done()
        assert not world.is_signed(second)
        for node in world.nodes:
            node.behave()
        await eventually(lambda: world.is_signed(second), task, 120)
    assert not (world.folder / "reorg_flag.json").exists()
