"""`toolchain/compile` with a compiler that answers at once, fails, or dies."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ape_hyperlane.demo.processes import program

ROOT = Path(__file__).parents[2]
COMPILER = f"""#!{sys.executable}
import json, os, pathlib, signal, sys, time
root = pathlib.Path(__file__).resolve().parents[2]
given = json.load(sys.stdin)
asked = sorted(given["settings"]["outputSelection"])
with (root / "asked").open("a") as log:
    log.write(" ".join(asked) + "\\n")
mode = (root / "mode").read_text()
if mode == "fails":
    print("no memory", file=sys.stderr)
    sys.exit(3)
if mode == "killed":
    os.kill(os.getppid(), signal.SIGKILL)
if mode == "waits":
    (root / "waiting").touch()
    while not (root / "go on").exists():
        time.sleep(0.02)
if mode == "refuses":
    error = {{"severity": "error", "formattedMessage": "A.sol:1: expected ;"}}
    print(json.dumps({{"errors": [error]}}))
    sys.exit()
def contract(name):
    code = {{"object": given["sources"][name]["content"].encode().hex(), "sourceMap": ""}}
    evm = {{"bytecode": code, "deployedBytecode": code, "methodIdentifiers": {{"f()": "26121ff0"}}}}
    stem = "Same" if mode == "names alike" else pathlib.Path(name).stem
    return {{stem: {{"abi": [], "devdoc": {{}}, "userdoc": {{}}, "evm": evm}}}}
print(json.dumps({{"contracts": {{name: contract(name) for name in asked}}}}))
"""
"""The code of a contract is its source."""


class Project:
    def __init__(self, root: Path) -> None:
        self.root = root
        for folder in ("toolchain", "contracts/test", ".venv/solc", "node_modules/library"):
            (root / folder).mkdir(parents=True)
        for name in ("compile", "sources.py", "artifacts.py"):
            shutil.copy(ROOT / "toolchain" / name, root / "toolchain" / name)
        shutil.copy(ROOT / "ape-config.yaml", root)
        (root / "node_modules/library/package.json").write_text('{"version": "1.2.3"}')
        compiler = root / ".venv/solc/solc-v0.8.33"
        compiler.write_text(COMPILER)
        compiler.chmod(0o755)
        self.write("one")

    def write(self, content: str, name: str = "A") -> None:
        (self.root / f"contracts/{name}.sol").write_text(content)

    def start(self, mode: str = "works", *options: str) -> subprocess.Popen[str]:
        (self.root / "mode").write_text(mode)
        (self.root / "asked").write_text("")
        return subprocess.Popen(
            [sys.executable, self.root / "toolchain/compile", *options],
            stderr=subprocess.PIPE,
            text=True,
        )

    def compile(self, mode: str = "works", *options: str) -> int:
        process = self.start(mode, *options)
        self.said = process.communicate(timeout=60)[1]
        return process.returncode

    @property
    def asked(self) -> list[str]:
        """Files that the last run had compiled."""
        return sorted(name[10:-4] for name in (self.root / "asked").read_text().split())

    @property
    def copied(self) -> set[str]:
        """Files of libraries that ape finds."""
        cache = self.root / "contracts/.cache"
        return {path.relative_to(cache).as_posix() for path in cache.rglob("*.sol")}

    def build(self, contract: str = "A") -> str:
        content = json.loads((self.root / ".build/__local__.json").read_text())
        code = content["contractTypes"][contract]["deploymentBytecode"]["bytecode"]
        source = content["sources"][f"contracts/{contract}.sol"]["content"]
        text = bytes.fromhex(code[2:]).decode()
        assert source == text + "\n"
        return text


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def test_what_did_not_change_is_not_compiled_again(project):
    project.write('import {A} from "./A.sol";', "B")
    project.write("of its own", "C")
    assert project.compile() == 0
    assert project.asked == ["A", "B", "C"]
    assert project.compile() == 0
    assert project.asked == []
    project.write('import {A, a} from "./A.sol";', "B")
    assert project.compile() == 0
    assert project.asked == ["B"]
    project.write("three")
    assert project.compile() == 0
    assert project.asked == ["A", "B"]
    assert project.build() == "three"


def test_contracts_are_compiled_again_with_a_new_library_or_new_settings(project):
    library = project.root / "node_modules/library/L.sol"
    library.write_text("first")
    project.write('import {L} from "library/L.sol";', "B")
    assert project.compile() == 0
    library.write_text("second")
    assert project.compile() == 0
    assert project.asked == ["B"]
    config = project.root / "ape-config.yaml"
    config.write_text(config.read_text().replace("optimization_runs: 1000", "optimization_runs: 9"))
    assert project.compile() == 0
    assert project.asked == ["A", "B"]


def test_what_is_imported_of_libraries_is_copied_for_ape_and_no_more(project):
    folder = project.root / "node_modules/library"
    for name, text in {"L": 'import {M} from "./M.sol";', "M": "M", "N": "N"}.items():
        (folder / f"{name}.sol").write_text(text)
    project.write('import {L} from "library/L.sol";', "B")
    assert project.compile() == 0
    assert project.copied == {"library/1.2.3/L.sol", "library/1.2.3/M.sol"}
    project.write('import {N} from "library/N.sol";', "B")
    assert project.compile() == 0
    assert project.copied == {"library/1.2.3/N.sol"}


def test_more_files_than_ape_looks_at_are_refused(project):
    for number in range(500):
        project.write("", f"C{number}")
    assert project.compile() == 1
    assert "contracts/ holds 501 files" in project.said


def test_a_contract_that_was_deleted_leaves_the_build(project):
    project.write("of its own", "C")
    assert project.compile() == 0
    (project.root / "contracts/C.sol").unlink()
    assert project.compile() == 0
    assert project.asked == []
    content = json.loads((project.root / ".build/__local__.json").read_text())
    assert set(content["contractTypes"]) == {"A"}


def test_contracts_for_tests_can_be_left_for_later(project):
    for name in ("TestRecipient", "GasEater"):
        project.write(name, f"test/{name}")
    assert project.compile("works", "--packaged") == 0
    assert project.asked == ["A", "test/TestRecipient"]
    assert project.compile() == 0
    assert project.asked == ["test/GasEater"]


@pytest.mark.parametrize(
    ("mode", "status", "said"),
    [
        ("killed", -signal.SIGKILL, ""),
        ("fails", 1, "compile: solc-v0.8.33 failed: no memory"),
        ("refuses", 1, "compile: A.sol:1: expected ;"),
    ],
)
def test_a_broken_compile_leaves_the_build_of_the_sources_before(mode, status, said, project):
    assert project.compile() == 0
    project.write("two")
    assert project.compile(mode) == status
    assert said in project.said
    assert project.build() == "one"
    assert project.compile() == 0
    assert project.asked == ["A"]
    assert project.build() == "two"


def test_a_build_for_ape_that_was_not_written_is_written_without_compiling(project):
    assert project.compile() == 0
    (project.root / ".build/__local__.json").unlink()
    assert project.compile() == 0
    assert project.asked == []
    assert project.build() == "one"


def test_a_compiler_that_outlives_its_caller_changes_nothing(project):
    assert project.compile() == 0
    project.write("two")
    first = project.start("waits")
    _until((project.root / "waiting").exists)
    first.kill()
    first.wait()
    project.write("three")
    assert project.compile() == 0
    (project.root / "go on").touch()
    assert first.communicate(timeout=60)
    assert project.build() == "three"


def test_one_compilation_waits_for_another(project):
    first = project.start("waits")
    _until((project.root / "waiting").exists)
    project.write("two")
    second = project.start("works")
    with pytest.raises(subprocess.TimeoutExpired):
        second.wait(0.5)
    (project.root / "go on").touch()
    assert [each.wait(60) for each in (first, second)] == [0, 0]
    assert project.build() == "two"


def test_ctrl_c_ends_compilers_and_leaves_the_build(project):
    assert project.compile() == 0
    project.write("two")
    process = project.start("waits")
    _until((project.root / "waiting").exists)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert said.endswith("compile: interrupted; nothing was written\n")
    assert project.build() == "one"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            'import {Gone} from "./Gone.sol";',
            "contracts/A.sol imports contracts/Gone.sol: no such file",
        ),
        ('import {X} from "library/X.sol";', "contracts/A.sol imports library/X.sol: no such file"),
    ],
)
def test_a_missing_import_is_named_with_its_importer(content, said, project):
    project.write(content)
    assert project.compile() == 1
    assert project.said == f"compile: {said}\n"


def test_two_contracts_with_one_name_are_refused(project):
    project.write("of its own", "C")
    assert project.compile("names alike") == 1
    assert (
        "compile: contracts/C.sol and contracts/A.sol both have a contract Same: rename one"
        in project.said
    )
    assert not (project.root / ".build/__local__.json").exists()


def test_progress_is_a_few_lines_and_no_file_names(project):
    for number in range(100):
        project.write("x" * number, f"C{number:02}")
    assert project.compile() == 0
    lines = project.said.splitlines()
    assert lines[0] == "compiling contracts: 0 of 101 files"
    assert lines[-1].startswith("compiling contracts: 101 of 101 files, 100 %, ")
    assert 3 <= len(lines) <= 6


def test_progress_is_one_line_on_a_terminal(project):
    project.write("more", "B")
    (project.root / "mode").write_text("works")
    command = f"{sys.executable} {project.root}/toolchain/compile"
    done = subprocess.run(
        [program("script"), "-qec", command, "/dev/null"],
        capture_output=True,
        check=True,
        env=dict(os.environ),
        stdin=subprocess.DEVNULL,
    )
    shown = done.stdout.decode().strip("\r\n")
    assert "\n" not in shown
    states = [state for state in shown.split("\r") if state]
    assert "0 of 2 files" in states[0]
    assert "2 of 2 files, 100 %" in states[-1]


def _until(condition) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
