"""`toolchain/compile` with a compiler that is killed, fails, or goes on after its caller died."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMPILER = f"""#!{sys.executable}
import os, pathlib, signal, sys, time
build = pathlib.Path(".build/__local__.json")
build.parent.mkdir(exist_ok=True)
with open("asked", "a") as log:
    log.write(" ".join(sys.argv[1:]) + "\\n")
mode = pathlib.Path("mode").read_text()
if mode == "outlives":
    pathlib.Path("pid").write_text(str(os.getpid()))
    os.kill(os.getppid(), signal.SIGKILL)
    while not pathlib.Path("go on").exists():
        time.sleep(0.02)
build.write_text(pathlib.Path("contracts/A.sol").read_text())
if mode == "fails":
    sys.exit(3)
if mode == "killed":
    os.kill(os.getppid(), signal.SIGKILL)
"""
"""Stands for ape: the build holds the source of A."""


class Project:
    def __init__(self, root: Path) -> None:
        self.root = root
        for folder in ("toolchain", "contracts", "bin"):
            (root / folder).mkdir()
        shutil.copy(ROOT / "toolchain/compile", root / "toolchain/compile")
        (root / "ape-config.yaml").write_text("")
        (root / "bin/ape").write_text(COMPILER)
        (root / "bin/ape").chmod(0o755)
        self.write("one")

    def write(self, content: str, name: str = "A") -> None:
        (self.root / f"contracts/{name}.sol").write_text(content)

    def start(self, mode: str = "works") -> subprocess.Popen[bytes]:
        (self.root / "mode").write_text(mode)
        return subprocess.Popen(
            [sys.executable, self.root / "toolchain/compile"],
            env={**os.environ, "PATH": f"{self.root}/bin:{os.environ['PATH']}"},
        )

    def compile(self, mode: str = "works") -> int:
        return self.start(mode).wait(60)

    @property
    def asked(self) -> list[str]:
        return (self.root / "asked").read_text().splitlines()

    @property
    def build(self) -> str:
        return (self.root / ".build/__local__.json").read_text()


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def test_what_did_not_change_is_not_compiled_again(project):
    project.write('import {A} from "./A.sol";', "B")
    project.write("of its own", "C")
    assert [project.compile(), project.compile()] == [0, 0]
    assert project.asked == ["compile --force"]
    project.write('import {A, a} from "./A.sol";', "B")
    assert project.compile() == 0
    project.write("three")
    assert project.compile() == 0
    assert project.asked[1:] == [
        "compile --force contracts/B.sol",
        "compile --force contracts/A.sol contracts/B.sol",
    ]


@pytest.mark.parametrize(("mode", "status"), [("killed", -signal.SIGKILL), ("fails", 3)])
def test_a_build_that_a_broken_compile_left_is_never_taken_for_that_of_the_sources(
    mode, status, project
):
    assert project.compile() == 0
    project.write("two")
    assert project.compile(mode) == status
    assert project.build == "two"
    project.write("one")
    assert project.compile() == 0
    assert project.build == "one"


def test_a_compiler_that_outlives_its_caller_does_not_overwrite_a_later_build(project):
    assert project.compile() == 0
    project.write("two")
    assert project.compile("outlives") == -signal.SIGKILL
    later = project.start()
    project.write("three")
    with pytest.raises(subprocess.TimeoutExpired):
        later.wait(0.5)
    (project.root / "go on").touch()
    assert later.wait(60) == 0
    assert project.build == "three"
    orphan = int((project.root / "pid").read_text())
    deadline = time.monotonic() + 60
    while Path(f"/proc/{orphan}").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert project.build == "three"
