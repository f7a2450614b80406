"""docs/quickstart.md, replayed: each command and each file of the page, in an empty folder, with
the installed package.

Hashes, addresses and numbers differ from run to run; all else that the page shows has to be there.
Ports are others. Commands that stand one after another and do not need each other run at once, and
the third chain is made while the page goes on with the first two.
"""

import os
import re
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import IO

import pytest
import yaml
from tests.support.package import ROOT, Installation
from web3 import HTTPProvider, Web3

from ape_hyperlane.artifacts import artifact
from ape_hyperlane.demo.processes import free_port

PAGE = (ROOT / "docs" / "quickstart.md").read_text()
ELSEWHERE = ("Install", "See it work", "From a clone")
"""Sections whose commands other tests run: test_installed.py, and those of the demo."""
AT_ONCE = tuple(
    f"ape hyperlane {name}" for name in ("deploy", "check", "warp check", "agent-config", "send")
)
LATER = "A third chain joins"
_TOKEN = re.compile(r"0x[0-9a-fA-F]+(?:…[0-9a-fA-F]+)?")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


@dataclass(frozen=True)
class Command:
    """A line after `$`, and what the page shows of its output."""

    line: str
    shown: list[str]


@dataclass(frozen=True)
class Block:
    """A fenced block of the page."""

    heading: str
    language: str
    text: str

    def commands(self) -> list[Command]:
        parts = re.split(r"^\$ ", self.text.replace("\\\n", ""), flags=re.MULTILINE)[1:]
        return [Command(line, shown) for line, *shown in (part.splitlines() for part in parts)]


def blocks() -> list[Block]:
    found = []
    for section in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]:
        heading = section.partition("\n")[0]
        if heading not in ELSEWHERE:
            for language, text in re.findall(r"^```(\w+)\n(.*?)^```", section, re.M | re.S):
                found.append(Block(heading, language, text))
    return found


@dataclass
class Reader:
    """Somebody who types the page's commands into a shell."""

    installed: Installation
    shell: subprocess.Popen[str]
    ports: dict[str, str]
    groups: list[int]
    pool: ThreadPoolExecutor
    known: dict[str, str] = field(default_factory=dict)
    """What the page's addresses and hashes are in this run."""

    @property
    def folder(self) -> Path:
        return self.installed.folder

    def here(self, text: str) -> str:
        """Text of the page with the ports and hashes of this run."""
        for there, port in self.ports.items():
            text = re.sub(rf"\b{there}\b", port, text)
        return _TOKEN.sub(lambda found: self.known.get(found[0], found[0]), text)

    def type(self, line: str) -> str:
        """Run a line in the one shell that has the variables. Its output."""
        assert self.shell.stdin is not None
        assert self.shell.stdout is not None
        self.shell.stdin.write(f"{{ {line}\n}} < /dev/null; echo; echo ended $?\n")
        self.shell.stdin.flush()
        said = ""
        for output in self.shell.stdout:
            if found := re.fullmatch(r"ended (\d+)\n", output):
                assert found[1] == "0", f"{line}\n{said}"
                return said
            said += output
        raise AssertionError(f"the shell ended: {line}\n{said}")

    def aside(self, line: str) -> str:
        """Run a line in a shell of its own. Its output."""
        with self._output() as output:
            process = self._start(["bash", "-c", line], output)
            status = process.wait()
            output.seek(0)
            said = output.read()
        assert status == 0, f"{line}\n{said}"
        return said

    @contextmanager
    def _output(self) -> Iterator[IO[str]]:
        path = self.folder.parent / f"output-{time.monotonic_ns()}"
        with path.open("w+") as file:
            yield file

    def _start(self, command: Sequence[str], output: IO[str]) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.installed.environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.groups.append(process.pid)
        return process

    def run(self, block: Block) -> None:
        for together, group in groupby(
            block.commands(), lambda command: command.line.startswith(AT_ONCE)
        ):
            if together:
                commands = list(group)
                lines = [self.here(command.line) for command in commands]
                for command, said in zip(commands, self.pool.map(self.aside, lines), strict=True):
                    self.compare(command, said)
            else:
                for command in group:
                    line = self.here(command.line)
                    wait_for_node(line)
                    self.compare(command, self.type(line))

    def run_aside(self, block: Block) -> None:
        for command in block.commands():
            line = self.here(command.line)
            wait_for_node(line)
            self.compare(command, self.aside(line))

    def compare(self, command: Command, said: str) -> None:
        """What the page shows is there, in this order."""
        lines = iter(said.splitlines())
        for shown in command.shown:
            if shown == "…":
                continue
            pattern, names = expected(self.here_ports(shown))
            for line in lines:
                if found := re.fullmatch(pattern, line.rstrip()):
                    for name, value in zip(names, found.groups(), strict=True):
                        assert self.known.setdefault(name, value) == value, (shown, line)
                    break
            else:
                raise AssertionError(f"{command.line}: no line such as {shown!r} in\n{said}")

    def here_ports(self, shown: str) -> str:
        for there, port in self.ports.items():
            shown = re.sub(rf":{there}\b", f":{port}", shown)
        return shown

    def write(self, block: Block) -> None:
        """Makes the file that a block's first comment names, or changes one of its keys."""
        (title,) = re.findall(r"^# ([\w.]+)(?:: (\w+)$)?", block.text, re.MULTILINE)[:1]
        name, key = title
        path, text = self.folder / name, self.here(block.text)
        if key:
            before, found, _ = path.read_text().partition(f"\n{key}:")
            assert found
            text = before + "\n" + text.partition("\n")[2]
        path.write_text(text)


def expected(shown: str) -> tuple[str, list[str]]:
    """Pattern of a line with other hashes and numbers, and the hashes that it names."""
    names: list[str] = []

    def hashed(found: re.Match[str]) -> str:
        names.append(found[0])
        return "\0"

    text = re.escape(_TOKEN.sub(hashed, shown).replace("0x…", "\1"))
    pattern = _NUMBER.sub(lambda _: r"[\d,.]+", text.replace(r"\.", "."))
    return pattern.replace("\0", "(0x[0-9a-fA-F]+)").replace("\1", "0x…"), names


def wait_for_node(line: str) -> None:
    """A reader has not typed `init` before a new node has some blocks."""
    if found := re.search(r"--rpc (\S+)", line):
        node = Web3(HTTPProvider(found[1]))
        deadline = time.monotonic() + 60
        while not node.is_connected() or node.eth.block_number < 2:
            assert time.monotonic() < deadline, line
            time.sleep(0.1)


@pytest.fixture
def reader(installed):
    ports = {port: str(free_port()) for port in ("8545", "8546", "8547", "9090")}
    installed.environment["HYP_METRICSPORT"] = ports["9090"]
    groups: list[int] = []
    shell = subprocess.Popen(
        ["bash"],
        cwd=installed.folder,
        env=installed.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    groups.append(shell.pid)
    try:
        with ThreadPoolExecutor() as pool:
            yield Reader(installed, shell, ports, groups, pool)
    finally:
        for group in groups:
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
        shell.wait()


def test_the_page_works_line_by_line(reader):
    later: Future[None] | None = None
    page = blocks()
    third = next(block for block in page if block.heading == LATER)
    for block in page:
        if block.heading == "Validators and a relayer" and later is None:
            assignment = next(
                line for line in PAGE.splitlines() if line.startswith("$ VALIDATORS=")
            )
            name, value = shlex.split(assignment)[1].split("=")
            reader.installed.environment[name] = value
            later = reader.pool.submit(reader.run_aside, third)
        if block is third:
            assert later is not None
            later.result()
        elif block.language == "console":
            reader.run(block)
        else:
            reader.write(block)
    effects(reader)


def effects(reader: Reader) -> None:
    """What the chains and the folder hold in the end."""
    nodes = dict(zip(("mars", "venus", "pluto"), reader.ports.values(), strict=False))
    chains = {name: Web3(HTTPProvider(f"http://127.0.0.1:{port}")) for name, port in nodes.items()}
    places = {
        name: yaml.safe_load((reader.folder / f"registry/chains/{name}/addresses.yaml").read_text())
        for name in chains
    }
    ids = {name: node.eth.chain_id for name, node in chains.items()}
    assert ids == {"mars": 84731, "venus": 90210, "pluto": 60606}

    def contract(chain: str, kind: str, address: str):
        return chains[chain].eth.contract(address=address, abi=artifact(kind).abi)

    received = {
        name: contract(name, "TestRecipient", places[name]["testRecipient"])
        .functions.lastData()
        .call()
        for name in ("mars", "venus")
    }
    assert received == {"mars": b"hello, mars", "venus": b"hello, venus"}

    thresholds = {}
    for name in chains:
        module = contract(name, "Mailbox", places[name]["mailbox"]).functions.defaultIsm().call()
        multisig = contract(name, "StaticMessageIdMultisigIsm", module)
        validators, thresholds[name] = multisig.functions.validatorsAndThreshold(b"").call()
        assert len(validators) == 3
    assert thresholds == {"mars": 2, "venus": 3, "pluto": 2}

    route = yaml.safe_load(
        (reader.folder / "registry/deployments/warp_routes/TUSD/planets-config.yaml").read_text()
    )
    routers = {token["chainName"]: token["addressOrDenom"] for token in route["tokens"]}
    holder = chains["mars"].eth.accounts[0]
    dollar = contract("mars", "TestERC20", reader.known[_token_of_the_page()])
    assert dollar.functions.balanceOf(routers["mars"]).call() == 12_500_000
    assert {
        name: (
            contract(name, "HypERC20", routers[name]).functions.balanceOf(holder).call(),
            contract(name, "HypERC20", routers[name]).functions.decimals().call(),
        )
        for name in ("venus", "pluto")
    } == {"venus": (9_500_000, 6), "pluto": (3_000_000, 6)}

    keys = re.findall(r"0x([0-9a-f]{64})\b", PAGE)
    assert len(keys) == 4
    for path in [*reader.folder.glob("*.json"), *reader.folder.rglob("*.yaml")]:
        assert not [key for key in keys if key in path.read_text()], path


def _token_of_the_page() -> str:
    (found,) = set(re.findall(r'token: "(0x[0-9a-fA-F]{40})"', PAGE))
    return found
