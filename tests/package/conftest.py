"""The package as others get it: built, and installed where nothing of the clone is found but the
dependencies."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def build(source: Path, target: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Builds a wheel and an sdist, or what the options say, from a folder of sources."""
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(target), *options]
    return subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def built(tmp_path_factory) -> Path:
    """Folder with a wheel and an sdist."""
    folder = tmp_path_factory.mktemp("dist")
    done = build(ROOT, folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def wheel(built) -> Path:
    (path,) = built.glob("*.whl")
    return path


@dataclass
class Installation:
    """An environment with the wheel, and an empty home and folder to run commands in."""

    python: Path
    folder: Path
    environment: dict[str, str]

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def start(self, *command: str) -> subprocess.Popen[str]:
        """As a terminal starts it: in a process group of its own, which Ctrl-C interrupts."""
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )


@pytest.fixture(scope="session")
def environment(wheel, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    uv = Path(sys.executable).with_name("uv")
    subprocess.run(
        [uv, "pip", "install", "-q", "--offline", "--no-deps", "--python", python, wheel],
        check=True,
    )
    # Dependencies come from the clone's environment. Its own .pth files, which lead to src/, are
    # not read there.
    packages = Path(sysconfig.get_path("purelib"))
    (target,) = folder.glob("lib/*/site-packages")
    (target / "dependencies.pth").write_text(f"{packages}\n")
    ape = folder / "bin" / "ape"
    ape.write_text(f"#!{python}\nimport sys\nfrom ape._cli import cli\n\nsys.exit(cli())\n")
    ape.chmod(0o755)
    return folder


@pytest.fixture
def installed(environment, tmp_path) -> Installation:
    anvil = shutil.which("anvil")
    assert anvil
    for name in ("programs", "home", "empty"):
        (tmp_path / name).mkdir()
    (tmp_path / "programs" / "anvil").symlink_to(anvil)
    path = (environment / "bin", tmp_path / "programs", "/usr/bin", "/bin")
    return Installation(
        environment / "bin" / "python",
        tmp_path / "empty",
        {
            "PATH": os.pathsep.join(map(str, path)),
            "HOME": str(tmp_path / "home"),
            "COLUMNS": "120",
        },
    )
