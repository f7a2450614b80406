"""Commands of the installed package, in an empty folder and with an empty home."""

import os
import re
import shlex
import signal
import sqlite3
import subprocess
import time
import tomllib
from contextlib import closing, suppress
from pathlib import Path

import pytest
import yaml
from tests.support.migrations import OLD
from tests.support.package import ROOT
from web3 import HTTPProvider, Web3

from ape_hyperlane.demo.processes import Processes, anvil, free_port

GUIDE = (ROOT / "docs" / "install.md").read_text()
ELSEWHERE = ("python3 -m venv", "pip install", "uv tool install", "make package")
"""Commands of the guide that lead to what the fixtures made."""


@pytest.fixture
def node(tmp_path):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with Processes(tmp_path / "logs") as processes:
        processes.start("anvil", anvil(port, 4242))
        processes.wait_until(Web3(HTTPProvider(url)).is_connected, "anvil answers", 60)
        yield url


def commands() -> list[str]:
    blocks = re.findall(r"^```console\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
    return [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]


def test_only_the_wheel_is_installed(installed):
    script = "import ape_hyperlane, hyperlane; print(ape_hyperlane.__file__, hyperlane.__file__)"
    places = installed.run(str(installed.python), "-c", script).stdout.split()
    assert len(places) == 2
    for place in places:
        assert place.startswith(str(installed.python.parents[1]))


def test_the_wheel_brings_an_old_database_up_to_date_and_makes_a_scrapers(installed):
    folder = installed.folder / "db"
    folder.mkdir()
    with closing(sqlite3.connect(folder / "hyperlane.sqlite")) as old:
        old.executescript((OLD / "version_2.sqlite.sql").read_text())
    script = (
        "import asyncio, sys\n"
        "from hyperlane.store.database import Database\n"
        "from hyperlane.store.migrations.schemas import AGENTS, SCRAPER\n"
        "for schema in (AGENTS, SCRAPER):\n"
        "    asyncio.run(Database.open(sys.argv[1], schema))\n"
    )
    done = installed.run(str(installed.python), "-c", script, str(folder))
    assert done.returncode == 0, done.stderr
    for file, table in (("hyperlane.sqlite", "deployments"), ("scraper.sqlite", "message_view")):
        with closing(sqlite3.connect(folder / file)) as database:
            rows = database.execute(f"SELECT count(*) FROM {table}").fetchall()
            assert rows == [(2 if table == "deployments" else 0,)]


def test_the_guide_to_installing_works_line_by_line(installed, node):
    said = {}
    for line in commands():
        if not line.startswith(ELSEWHERE):
            done = installed.run(*shlex.split(line.replace("http://127.0.0.1:8545", node)))
            assert done.returncode == 0, f"{line}: {done.stderr}"
            said[line.split(" --network")[0]] = done.stdout
    assert re.search(r"Third-party Plugins\s+hyperlane +\d", said["ape plugins list"])
    assert "devnet" in said["ape hyperlane --help"]
    assert "relayer" in said["hyperlane-agent --help"]
    assert re.search(r"delivered on beta after [\d.]+ s\n$", said["ape hyperlane devnet --once"])
    assert said["ape hyperlane check"] == "mychain is as it was deployed\n"
    addresses = yaml.safe_load(
        (installed.folder / "registry/chains/mychain/addresses.yaml").read_text()
    )
    assert Web3(HTTPProvider(node)).eth.get_code(addresses["mailbox"])
    assert "contracts/Mailbox.sol" in (installed.folder / "mailbox.json").read_text()
    assert len(said) == 7


def test_the_guide_names_extras_that_there_are():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    table = re.findall(r"^\| (`.*?`) \|", GUIDE.split("## First look")[0], re.MULTILINE)
    named = {name for cell in table for name in re.findall(r"`(\w+)`", cell)}
    assert named == set(project["optional-dependencies"]) - {"dev"}
    for line in commands():
        for group in re.findall(r"ape-hyperlane\[(.*?)\]", line):
            assert set(group.split(",")) <= named


def test_a_devnet_runs_until_ctrl_c_and_prints_commands_that_work(installed):
    """In the folder of a project that has contracts of the same names, which do not compile."""
    (installed.folder / "contracts").mkdir()
    (installed.folder / "contracts" / "Mailbox.sol").write_text("contract Mailbox {")
    process = installed.start("ape", "hyperlane", "devnet", "--folder", "a net")
    try:
        said = ""
        while "--chain beta\n" not in said:
            line = process.stdout.readline()
            assert line, said
            said += line
        net = installed.folder / "a net"
        children = _processes_that_name(net)
        assert len(children) == 6  # the agents, among them the one with the explorer
        metadata = yaml.safe_load((net / "registry/chains/alpha/metadata.yaml").read_text())
        assert metadata["isTestnet"] is True
        next_commands = re.findall(r"^  (ape .*)$", said, re.MULTILINE)
        answers = [installed.run(*shlex.split(command)) for command in next_commands]
        assert [answer.returncode for answer in answers] == [0, 0, 0], answers
        assert "delivered after" in answers[0].stdout
        assert [answer.stdout for answer in answers[1:]] == [
            "alpha is as it was deployed\n",
            "beta is as it was deployed\n",
        ]
        os.killpg(process.pid, signal.SIGINT)
        rest = process.communicate(timeout=120)[0]
    finally:
        _end(process)
    assert rest.endswith("Stopped: chains and agents have ended.\n")
    assert process.returncode == 0
    assert _processes_that_name(net) == []
    for chain in ("alpha", "beta"):
        (url,) = re.findall(rf"^  {chain} +(\S+),", said, re.MULTILINE)
        assert not Web3(HTTPProvider(url)).is_connected()


def test_ctrl_c_while_a_demo_starts_ends_it_with_a_word(installed):
    process = installed.start("ape", "hyperlane", "demo", "--folder", "a demo")
    try:
        logs = installed.folder / "a demo" / "logs"
        deadline = time.monotonic() + 120
        while not (logs / "alpha.log").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        said = process.communicate(timeout=120)[0]
    finally:
        _end(process)
    assert said.endswith("Stopped: all processes of this run have ended.\n")
    assert process.returncode == 130


def _end(process: subprocess.Popen[str]) -> None:
    """End a devnet and what it started, also where a test failed half-way."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
    process.wait(timeout=120)


def _processes_that_name(folder: Path) -> list[str]:
    """Command lines with a file in the folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if f"{folder}/" in line:
            found.append(line)
    return found


def _full(folder: Path) -> None:
    (folder / "net").mkdir()
    (folder / "net" / "kept").write_text("mine")


def _file(folder: Path) -> None:
    (folder / "net").write_text("mine")


@pytest.mark.parametrize(
    ("prepare", "command", "said"),
    [
        (_full, "ape hyperlane devnet --folder net", "net: not empty; expected a new or empty"),
        (_file, "ape hyperlane devnet --folder net", "net: not empty; expected a new or empty"),
        (
            None,
            "ape hyperlane verify-input Mailbx",
            "Mailbx: no such contract in this version of ape-hyperlane",
        ),
        (_full, "ape hyperlane verify-input Mailbox --out net", "net' is a directory"),
    ],
)
def test_wrong_input_is_named_and_nothing_is_overwritten(prepare, command, said, installed):
    if prepare is not None:
        prepare(installed.folder)
    before = {path: path.is_file() and path.read_text() for path in installed.folder.rglob("*")}
    done = installed.run(*command.split())
    assert done.returncode in (1, 2)
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    after = {path: path.is_file() and path.read_text() for path in installed.folder.rglob("*")}
    assert before == after


def test_a_devnet_without_anvil_says_where_to_get_it(installed):
    (installed.folder.parent / "programs" / "anvil").unlink()
    done = installed.run("ape", "hyperlane", "devnet")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: anvil: not found on PATH or in ")
    assert "https://getfoundry.sh" in done.stderr
    assert not list(installed.folder.iterdir())


def test_artifacts_that_are_missing_are_named(installed, tmp_path):
    package = Path(installed.python).parents[1].glob("lib/*/site-packages/ape_hyperlane")
    (artifacts,) = (path / "artifacts" for path in package)
    copy = tmp_path / "copy" / "ape_hyperlane"
    copy.mkdir(parents=True)
    (copy / "__init__.py").write_text("")
    (copy / "artifacts").mkdir()
    (copy / "artifacts" / "__init__.py").write_text((artifacts / "__init__.py").read_text())
    installed.environment["PYTHONPATH"] = str(copy.parent)
    script = "from ape_hyperlane.artifacts import artifact; artifact('Mailbox')"
    done = installed.run(str(installed.python), "-c", script)
    assert "contracts.json.xz: not found. In a clone of ape-hyperlane run `make build`" in (
        done.stderr
    )
