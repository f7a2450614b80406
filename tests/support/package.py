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

ROOT = Path(__file__).parents[2]


def build(source: Path, target: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Builds a wheel and an sdist, or what the options say, from a folder of sources."""
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(target), *options]
    return subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)


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


def install(wheel: Path, folder: Path) -> None:
    """Makes an environment of the wheel."""
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


def installation(environment: Path, folder: Path) -> Installation:
    """Commands of an environment, to be run in folders below `folder`."""
    anvil = shutil.which("anvil")
    assert anvil
    for name in ("programs", "home", "empty"):
        (folder / name).mkdir()
    (folder / "programs" / "anvil").symlink_to(anvil)
    path = (environment / "bin", folder / "programs", "/usr/bin", "/bin")
    return Installation(
        environment / "bin" / "python",
        folder / "empty",
        {
            "PATH": os.pathsep.join(map(str, path)),
            "HOME": str(folder / "home"),
            "COLUMNS": "120",
        },
    )
