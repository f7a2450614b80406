"""OpenZeppelin's crosschain contracts over our gateway, between two chains by validators and a
relayer: tokens, NFTs, a decision of a governor, and a token over two gateways that must agree."""

import json
import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import ape
import pytest
from ape.contracts import ContractContainer
from eth_utils import keccak
from ethpm_types import ContractType
from tests.support.gateways import ZERO, account, b20
from tests.support.package import ROOT

from ape_hyperlane.core.messages import DISPATCH_ID_TOPIC, Dispatched, await_delivery
from ape_hyperlane.demo.devnet import Devnet, call

PAGE = ROOT / "docs/erc-7786.md"
CHAINS = ("ethereum", "arbitrum")
GAS_LIMIT = 500_000
ETHER = 10**18
TOKENS = ("TestCrosschainERC20", "TestCrosschainERC721", "TestCrosschainERC1155")


@dataclass
class Side:
    """Contracts on one chain."""

    gateways: list[Any]
    threshold: Any
    tokens: dict[str, Any] = field(default_factory=dict)


@dataclass
class World:
    net: Devnet
    sides: dict[str, Side] = field(default_factory=dict)

    def account(self, chain: str, address: object) -> bytes:
        return account(self.net.chains[chain].chain_id, str(address))

    def deploy_side(self, name: str) -> None:
        owner, project = self.net.deployer, ape.project
        mailbox = self.net.registry.addresses(name).mailbox
        gateways = []
        for _ in range(2):
            gateway = owner.deploy(project.HyperlaneGateway, mailbox)
            gateway.initialize(ZERO, ZERO, owner, sender=owner)
            gateways.append(gateway)
        members = sorted((each.address for each in gateways), key=lambda each: int(each, 16))
        side = Side(gateways, owner.deploy(project.ThresholdGateway, owner, members, 2))
        for kind in TOKENS:
            side.tokens[kind] = owner.deploy(
                project.contracts[kind], *([1000] if kind == TOKENS[0] else [])
            )
        side.tokens["agreed"] = owner.deploy(project.TestCrosschainERC20, 1000)
        side.tokens["remote"] = owner.deploy(project.TestCrosschainERC20, 0)
        side.tokens["remote NFT"] = owner.deploy(project.TestCrosschainERC721)
        if name == "ethereum":
            locked = owner.deploy(project.TestERC20, "Locked", "LCK", 1000, 18)
            side.tokens["locked"] = locked
            side.tokens["bridge"] = owner.deploy(project.TestBridgeERC20, locked)
            nft = owner.deploy(project.TestERC721, 10)
            side.tokens["locked NFT"] = nft
            side.tokens["NFT bridge"] = owner.deploy(project.TestBridgeERC721, nft)
        self.sides[name] = side

    def link(self, name: str) -> None:
        owner, other = self.net.deployer, other_than(name)
        here, there = self.sides[name], self.sides[other]
        chain_id = self.net.chains[other].chain_id
        for gateway, remote in zip(here.gateways, there.gateways, strict=True):
            gateway.enrollRemoteGateway(chain_id, chain_id, remote, GAS_LIMIT, sender=owner)
        here.threshold.setCounterpart(chain_id, there.threshold, sender=owner)
        pairs = {kind: kind for kind in (*TOKENS, "agreed")}
        if name == "ethereum":
            pairs |= {"bridge": "remote", "NFT bridge": "remote NFT"}
        else:
            pairs |= {"remote": "bridge", "remote NFT": "NFT bridge"}
        for ours, theirs in pairs.items():
            gateway = here.threshold if ours == "agreed" else here.gateways[0]
            token = here.tokens[ours]
            token.link(gateway, self.account(other, there.tokens[theirs]), sender=owner)
            gateway.deposit(token, value=ETHER, sender=owner)

    def cross(self, origin: str, receipt: Any, messages: int = 1) -> list[bytes]:
        """Waits until what a transaction dispatched is delivered."""
        topic = bytes.fromhex(DISPATCH_ID_TOPIC.removeprefix("0x"))
        ids = [bytes(x["topics"][1]) for x in receipt.logs if bytes(x["topics"][0]) == topic]
        assert len(ids) == messages
        destination = other_than(origin)
        for each in ids:
            await_delivery(
                Dispatched(each, str(receipt.txn_hash), 0, time.monotonic()),
                self.net.registry.addresses(destination),
                lambda: self.net.connect(destination),
                self.net.processes.check,
            )
        return ids

    def mine(self, chain: str, blocks: int) -> None:
        call(self.net.chains[chain].url, "anvil_mine", blocks)


def other_than(name: str) -> str:
    return {"ethereum": "arbitrum", "arbitrum": "ethereum"}[name]


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Iterator[World]:
    with Devnet(tmp_path_factory.mktemp("devnet"), CHAINS, validators=1) as net:
        net.start_chains()
        world = World(net)
        for name in CHAINS:
            net.deploy_core(name, threshold=1)
        for step in (world.deploy_side, world.link):
            for name in CHAINS:
                with net.connect(name):
                    step(name)
        net.tick()
        net.start_agents()
        yield world


def test_a_token_crosses_and_comes_back(world):
    owner, user = world.net.deployer, world.net.user
    there = world.sides["arbitrum"].tokens[TOKENS[0]]
    with world.net.connect("ethereum"):
        here = world.sides["ethereum"].tokens[TOKENS[0]]
        to = world.account("arbitrum", user)
        receipt = here.crosschainTransfer(to, 30, sender=owner)
        assert here.totalSupply() == 970
    (message,) = world.cross("ethereum", receipt)
    with world.net.connect("arbitrum"):
        assert there.balanceOf(user) == 30
        (event,) = there.CrosschainFungibleTransferReceived.query("*", start_block=0).itertuples()
        assert bytes(event.event_arguments["receiveId"]) == message
        receipt = there.crosschainTransfer(world.account("ethereum", user), 10, sender=user)
    world.cross("arbitrum", receipt)
    with world.net.connect("ethereum"):
        assert (here.balanceOf(user), here.totalSupply()) == (10, 980)


def test_a_token_that_exists_already_is_locked_and_paid_out(world):
    owner, user = world.net.deployer, world.net.user
    tokens = world.sides["ethereum"].tokens
    with world.net.connect("ethereum"):
        tokens["locked"].approve(tokens["bridge"], 50, sender=owner)
        to = world.account("arbitrum", user)
        receipt = tokens["bridge"].crosschainTransfer(to, 50, sender=owner)
    world.cross("ethereum", receipt)
    with world.net.connect("arbitrum"):
        remote = world.sides["arbitrum"].tokens["remote"]
        assert remote.balanceOf(user) == 50
        receipt = remote.crosschainTransfer(world.account("ethereum", user), 20, sender=user)
    world.cross("arbitrum", receipt)
    with world.net.connect("ethereum"):
        assert tokens["locked"].balanceOf(user) == 20
        assert tokens["locked"].balanceOf(tokens["bridge"]) == 30


def test_an_nft_crosses(world):
    owner, user = world.net.deployer, world.net.user
    with world.net.connect("ethereum"):
        nft = world.sides["ethereum"].tokens[TOKENS[1]]
        nft.mint(7, sender=owner)
        to = world.account("arbitrum", user)
        receipt = nft.crosschainTransferFrom(owner, to, 7, sender=owner)
        assert nft.balanceOf(owner) == 0
    world.cross("ethereum", receipt)
    with world.net.connect("arbitrum"):
        assert world.sides["arbitrum"].tokens[TOKENS[1]].ownerOf(7) == user


def test_an_nft_that_exists_already_is_locked(world):
    owner, user = world.net.deployer, world.net.user
    tokens = world.sides["ethereum"].tokens
    with world.net.connect("ethereum"):
        tokens["locked NFT"].approve(tokens["NFT bridge"], 3, sender=owner)
        to = world.account("arbitrum", user)
        receipt = tokens["NFT bridge"].crosschainTransferFrom(owner, to, 3, sender=owner)
        assert tokens["locked NFT"].ownerOf(3) == tokens["NFT bridge"]
    world.cross("ethereum", receipt)
    with world.net.connect("arbitrum"):
        assert world.sides["arbitrum"].tokens["remote NFT"].ownerOf(3) == user


def test_a_multi_token_crosses(world):
    owner, user = world.net.deployer, world.net.user
    with world.net.connect("ethereum"):
        token = world.sides["ethereum"].tokens[TOKENS[2]]
        for kind in (1, 2):
            token.mint(kind, 100, sender=owner)
        to = world.account("arbitrum", user)
        receipt = token.crosschainTransferFrom(owner, to, [1, 2], [30, 40], b"", sender=owner)
        assert [token.balanceOf(owner, kind) for kind in (1, 2)] == [70, 60]
    world.cross("ethereum", receipt)
    with world.net.connect("arbitrum"):
        there = world.sides["arbitrum"].tokens[TOKENS[2]]
        assert [there.balanceOf(user, kind) for kind in (1, 2)] == [30, 40]


def test_a_token_crosses_once_two_gateways_delivered_it(world):
    owner, user = world.net.deployer, world.net.user
    with world.net.connect("ethereum"):
        here = world.sides["ethereum"].tokens["agreed"]
        receipt = here.crosschainTransfer(world.account("arbitrum", user), 60, sender=owner)
    world.cross("ethereum", receipt, messages=2)
    with world.net.connect("arbitrum"):
        there = world.sides["arbitrum"]
        assert there.tokens["agreed"].balanceOf(user) == 60
        (event,) = there.threshold.Executed.query("*", start_block=0).itertuples()
        executed = bytes(event.event_arguments["receiveId"])
        assert there.threshold.deliveries(executed) == 2


def test_a_decision_of_a_governor_is_carried_out_on_the_other_chain(world):
    owner, project = world.net.deployer, ape.project
    with world.net.connect("ethereum"):
        gateway = world.sides["ethereum"].gateways[0]
        governor = owner.deploy(project.TestGovernor, owner)
        gateway.deposit(governor, value=ETHER, sender=owner)
    with world.net.connect("arbitrum"):
        executor = owner.deploy(
            project.TestRemoteExecutor,
            world.sides["arbitrum"].gateways[0],
            world.account("ethereum", governor),
        )
        decision = owner.deploy(project.TestDecision, executor)
        order = b20(decision.address) + bytes(32) + bytes(decision.decide.encode_input(42))
    with world.net.connect("ethereum"):
        relay = governor.relayCrosschain.encode_input(
            gateway, world.account("arbitrum", executor), bytes(32), order
        )
        proposal = ([governor], [0], [relay])
        words = "decide 42"
        governor.propose(*proposal, words, sender=owner)
        number = governor.hashProposal(*proposal, keccak(text=words))
        world.mine("ethereum", 2)
        governor.castVote(number, 1, sender=owner)
        world.mine("ethereum", 6)
        receipt = governor.execute(*proposal, keccak(text=words), sender=owner)
    world.cross("ethereum", receipt)
    with world.net.connect("arbitrum"):
        assert decision.decided() == 42


def test_the_page_line_by_line(world):
    """docs/erc-7786.md: the token that it shows, and its Python from top to bottom."""
    net, text = world.net, PAGE.read_text()
    (source,) = blocks(text, "solidity")
    *steps, imports = blocks(text, "python")
    names: dict[str, Any] = {}
    exec(imports, names)
    names |= {
        "accounts": SimpleNamespace(load=lambda _alias: net.deployer),
        "project": SimpleNamespace(Crossing=compiled(source, "Crossing")),
        "Path": lambda _folder: net.registry.folder,
    }
    first, *others = steps
    exec(first, names)
    assert set(names["CHAINS"]) == set(CHAINS)
    names["CHAINS"] = {name: chain.url for name, chain in net.chains.items()}
    for step in others:
        exec(step, names)
    with net.connect("arbitrum"):
        assert names["tokens"]["arbitrum"].totalSupply() == 25


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def compiled(source: str, name: str) -> ContractContainer:
    """A contract in one file, with OpenZeppelin as npm installs it."""
    question = {
        "language": "Solidity",
        "sources": {"Page.sol": {"content": source}},
        "settings": {
            "evmVersion": "cancun",
            "optimizer": {"enabled": True},
            "outputSelection": {"*": {"*": ["abi", "evm.bytecode.object"]}},
        },
    }
    (compiler,) = (ROOT / ".venv/solc").glob("solc-v*")
    modules = str(ROOT / "node_modules")
    answer = subprocess.run(
        [compiler, "--standard-json", "--base-path", modules, "--allow-paths", modules],
        input=json.dumps(question),
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    output = json.loads(answer.stdout)
    assert not [each for each in output.get("errors", []) if each["severity"] == "error"]
    made = output["contracts"]["Page.sol"][name]
    code = {"bytecode": "0x" + made["evm"]["bytecode"]["object"]}
    return ContractContainer(
        ContractType.model_validate(
            {"contractName": name, "abi": made["abi"], "deploymentBytecode": code}
        )
    )
