"""docs/operate/existing-network.md, command by command, on chains with the reference's contracts.

Two anvils stand for the public chains: their cores are the reference's, deployed by its own tool,
and the registry has the public one's form, with chains of other protocols. Each message needs two
validators. One is ours. The reference's validator is a Rust program that npm does not have, so
signatures in its exact storage form, made here without our code for documents, stand for it.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import ape
import pytest
import yaml
from eth_account.messages import encode_defunct
from eth_utils import keccak
from tests.interop.reference import Cli
from tests.support.warp_world import FOREIGN, PUBLIC
from web3 import HTTPProvider, Web3

from ape_hyperlane.core.messages import contract
from ape_hyperlane.demo.devnet import Devnet, development_key, hex_key
from ape_hyperlane.demo.processes import free_port

ORIGIN, DESTINATION = "sepolia", "basesepolia"
BIN = Path(sys.executable).parent
ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "operate" / "existing-network.md"
RELAYER, OURS, THEIRS = development_key(1), development_key(4), development_key(5)
ROUTE = "ETH/basesepolia-sepolia"


@pytest.fixture(scope="module")
def devnet(tmp_path_factory) -> Iterator[Devnet]:
    with Devnet(tmp_path_factory.mktemp("existing"), (ORIGIN, DESTINATION)) as net:
        net.start_chains()
        yield net


@pytest.fixture(scope="module")
def network(devnet: Devnet, cli: Cli) -> Devnet:
    """The chains with the reference's cores, in a registry in the public form."""
    owner = devnet.user.address
    for chain, other in ((ORIGIN, DESTINATION), (DESTINATION, ORIGIN)):
        paymaster = {
            "type": "interchainGasPaymaster",
            **{"owner": owner, "beneficiary": owner, "oracleKey": owner},
            "overhead": {other: 100_000},
            "oracleConfig": {other: {"gasPrice": "1000000000", "tokenExchangeRate": "10000000000"}},
        }
        core = {
            "owner": owner,
            "defaultIsm": {
                "type": "messageIdMultisigIsm",
                "validators": [OURS.address, THEIRS.address],
                "threshold": 2,
            },
            "defaultHook": {
                "type": "aggregationHook",
                "hooks": [{"type": "merkleTreeHook"}, paymaster],
            },
            "requiredHook": {
                "type": "protocolFee",
                **{"owner": owner, "beneficiary": owner},
                **{"maxProtocolFee": str(10**17), "protocolFee": "1000"},
            },
        }
        config = devnet.folder / f"{chain}-core.yaml"
        config.write_text(yaml.safe_dump(core))
        cli("core", "deploy", "--chain", chain, "--config", str(config))
    for chain in FOREIGN:
        shutil.copytree(PUBLIC / chain, devnet.registry.chain_folder(chain))
    devnet.tick()
    return devnet


class ReferenceForm:
    """A validator of one chain whose files are those of the reference's validator."""

    def __init__(self, net: Devnet, chain: str, folder: Path) -> None:
        self.web3 = Web3(HTTPProvider(net.chains[chain].url))
        self.domain = net.registry.metadata(chain).domain_id
        self.addresses = net.registry.addresses(chain).as_file()
        self.folder, self.signed = folder, -1
        folder.mkdir(parents=True)

    def view(self, key: str, call: str) -> bytes:
        data = keccak(text=call)[:4]
        return bytes(self.web3.eth.call({"to": self.addresses[key], "data": data}))

    def word(self, key: str) -> bytes:
        return bytes.fromhex(self.addresses[key][2:]).rjust(32, b"\0")

    def sign(self, digest: bytes) -> dict[str, object]:
        made = THEIRS.sign_message(encode_defunct(digest))
        return {
            "signature": {"r": hex(made.r), "s": hex(made.s), "v": made.v},
            "serialized_signature": "0x" + bytes(made.signature).hex(),
        }

    def announce(self) -> None:
        location = f"file://{self.folder}"
        domain = self.domain.to_bytes(4) + self.word("mailbox") + b"HYPERLANE_ANNOUNCEMENT"
        signed = self.sign(keccak(keccak(domain) + location.encode()))
        value = {
            "validator": THEIRS.address.lower(),
            "mailbox_address": "0x" + self.word("mailbox").hex(),
            "mailbox_domain": self.domain,
            "storage_location": location,
        }
        document = json.dumps({"value": value, **signed}, indent=2)
        (self.folder / "announcement.json").write_text(document)
        signature = bytes.fromhex(str(signed["serialized_signature"])[2:])
        announce = contract("ValidatorAnnounce", self.addresses["validatorAnnounce"])
        announce.announce(THEIRS.address, location, signature, sender=ape.accounts.test_accounts[2])

    def step(self) -> None:
        """Signs the latest checkpoint; one message is sent at a time, so none is passed over."""
        count = int.from_bytes(self.view("merkleTreeHook", "count()"))
        if count - 1 <= self.signed:
            return
        answer = self.view("merkleTreeHook", "latestCheckpoint()")
        root, index = answer[:32], int.from_bytes(answer[32:])
        topic = "0x" + keccak(text="InsertedIntoTree(bytes32,uint32)").hex().removeprefix("0x")
        logs = self.web3.eth.get_logs(
            {"address": self.addresses["merkleTreeHook"], "fromBlock": 0, "topics": [topic]}
        )
        message = bytes(logs[index]["data"])[:32]
        hook = self.word("merkleTreeHook")
        domain = keccak(self.domain.to_bytes(4) + hook + b"HYPERLANE")
        checkpoint = {
            "merkle_tree_hook_address": "0x" + hook.hex(),
            "mailbox_domain": self.domain,
            "root": "0x" + root.hex(),
            "index": index,
        }
        value = {"checkpoint": checkpoint, "message_id": "0x" + message.hex()}
        signed = self.sign(keccak(domain + root + index.to_bytes(4) + message))
        document = json.dumps({"value": value, **signed}, indent=2)
        (self.folder / f"{index}_with_id.json").write_text(document)
        (self.folder / "index.json").write_text(str(index))
        self.signed = index


@pytest.fixture(scope="module")
def validators(network: Devnet) -> Iterator[None]:
    """Both kinds, on both chains; theirs signs in a thread."""
    theirs = [
        ReferenceForm(network, each, network.folder / "theirs" / each) for each in network.chains
    ]
    for chain, validator in zip(network.chains, theirs, strict=True):
        with network.connect(chain):
            validator.announce()
        network._start_agent(
            "validator",
            f"validator-{chain}",
            {
                **network.registry.agent_config([chain]),
                "originChainName": chain,
                "validator": hex_key(OURS),
                "checkpointSyncer": {
                    "type": "localStorage",
                    "path": str(network.folder / "ours" / chain),
                },
                "interval": 1,
            },
        )
    stopped = threading.Event()

    def sign() -> None:
        while not stopped.wait(0.3):
            for validator in theirs:
                validator.step()

    thread = threading.Thread(target=sign)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


class Reader:
    """Follows the page in a folder that has the registry and nothing else."""

    def __init__(self, net: Devnet) -> None:
        self.folder = net.folder / "reader"
        self.folder.mkdir()
        (self.folder / "registry").symlink_to(net.registry.folder)
        self.port = free_port()
        text = PAGE.read_text()
        self.commands = [
            command.replace("\\\n", " ")
            for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL)
            for command in re.findall(r"^\$ ((?:.*\\\n)*.*)$", block, re.MULTILINE)
        ]
        (self.route,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
        self.environment = {
            **os.environ,
            "HYP_METRICSPORT": str(self.port),
            # The validators of the rehearsal sign into folders of this machine.
            "HYP_ALLOWLOCALCHECKPOINTSYNCERS": "true",
        }

    def words(self, command: str) -> list[str]:
        command = command.replace("--account me", "--account test:2")
        program, *rest = shlex.split(command)
        return [str(BIN / program), *rest]

    def run(self, start: str, *, fails: bool = False) -> str:
        """Runs the page's command that starts so."""
        (command,) = (each for each in self.commands if each.startswith(start))
        ran = subprocess.run(
            self.words(command),
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert (ran.returncode != 0) is fails, f"{command}: {ran.stdout}{ran.stderr}"
        return ran.stdout + ran.stderr

    def page(self, path: str) -> dict[str, object]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            return json.load(answer)


@pytest.fixture(scope="module")
def reader(network: Devnet, validators: None) -> Reader:
    """After everything up to the running relayer."""
    reader = Reader(network)
    (reader.folder / "eth.yaml").write_text(reader.route)
    reader.run("ape hyperlane warp deploy")
    said = reader.run("ape hyperlane agent-config")
    assert "export HYP_DEFAULTSIGNER_KEY" in said
    assert any(command.startswith("export HYP_DEFAULTSIGNER_KEY=") for command in reader.commands)
    reader.environment["HYP_DEFAULTSIGNER_KEY"] = "0x" + bytes(RELAYER.key).hex()
    (start,) = (each for each in reader.commands if each.startswith("hyperlane-agent relayer"))
    environment = [
        f"{name}={reader.environment[name]}"
        for name in ("HYP_DEFAULTSIGNER_KEY", "HYP_METRICSPORT", "HYP_ALLOWLOCALCHECKPOINTSYNCERS")
    ]
    network.processes.start(
        "relayer", ["env", "-C", str(reader.folder), *environment, *reader.words(start)]
    )
    return reader


def test_the_page_has_no_command_that_is_not_tried(reader):
    tried = (
        "ape hyperlane warp deploy",
        "ape hyperlane agent-config",
        "export HYP_DEFAULTSIGNER_KEY",
        "ape hyperlane doctor",
        "hyperlane-agent relayer",
        "ape hyperlane warp send",
    )
    # The registry is a symbolic link in this test, as nothing is fetched here.
    others = [each for each in reader.commands if not each.startswith(tried)]
    assert [each.split()[:2] for each in others] == [["git", "clone"]]


def test_tokens_arrive_by_the_relayer_of_the_page(network, reader):
    said = reader.run("ape hyperlane warp send")
    assert "delivered after" in said
    assert "✓" in reader.run("ape hyperlane doctor")


def test_the_configuration_is_of_this_route_alone(network, reader):
    content = json.loads((reader.folder / "relayer.json").read_text())
    assert sorted(content["chains"]) == sorted(network.chains)
    assert len(content["whitelist"]) == 2
    with network.connect(ORIGIN):
        addresses = network.registry.addresses(ORIGIN)
        mailbox = contract("Mailbox", str(addresses.mailbox))
        word = bytes.fromhex(network.user.address[2:]).rjust(32, b"\0")
        domain = network.registry.metadata(DESTINATION).domain_id
        fee = mailbox.quoteDispatch(domain, word, b"hello")
        receipt = mailbox.dispatch(domain, word, b"hello", sender=network.user, value=fee)
        (event,) = mailbox.DispatchId.from_receipt(receipt)
    path = "/messages/0x" + bytes(event.messageId).hex()
    seen: dict[str, object] = {}

    def known() -> bool:
        try:
            seen.update(reader.page(path))
        except urllib.error.HTTPError:
            return False
        return True

    network.processes.wait_until(known, "the relayer knows the stranger's message", 60)
    assert seen["state"] == "ignored"


def test_their_tool_makes_the_same_chains(network, reader, cli):
    made = network.folder / "theirs.json"
    chains = ("--chains", ORIGIN, "--chains", DESTINATION)
    cli("registry", "agent-config", *chains, "--out", str(made))
    theirs = json.loads(made.read_text())
    ours = json.loads((reader.folder / "relayer.json").read_text())
    for chain in network.chains:
        assert ours["chains"][chain].keys() >= theirs["chains"][chain].keys()
        for key in ("mailbox", "merkleTreeHook", "validatorAnnounce", "domainId", "rpcUrls"):
            assert ours["chains"][chain][key] == theirs["chains"][chain][key]
    assert theirs.keys() - ours.keys() == set()
