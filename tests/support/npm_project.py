"""A project that has our npm package installed, and compiles with a compiler of its own."""

import json
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = "@hyperlane-xyz/core/"
OURS = "ape-hyperlane/"


@dataclass(frozen=True)
class NpmProject:
    folder: Path

    @property
    def package(self) -> Path:
        return self.folder / "node_modules" / "ape-hyperlane"

    def contracts(self) -> dict[str, str]:
        """Path below the package to text, of each contract that was packed."""
        return {
            path.relative_to(self.package).as_posix(): path.read_text()
            for path in sorted(self.package.rglob("*.sol"))
        }

    def compile(
        self, compiler: str, sources: dict[str, str], outputs: list[str], **settings: Any
    ) -> dict[str, Any]:
        """What the compiler answers; AssertionError when it finds errors."""
        asked = {
            "language": "Solidity",
            "sources": {name: {"content": text} for name, text in sources.items()},
            "settings": {
                "remappings": [f"{REFERENCE}={OURS}"],
                "outputSelection": {name: {"*": outputs} for name in sources},
                **settings,
            },
        }
        done = subprocess.run(
            ["node", ROOT / "tests/dependency/compile.js", compiler, self.folder],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            check=True,
        )
        answer: dict[str, Any] = json.loads(done.stdout[done.stdout.index("{") :])
        errors = [e for e in answer.get("errors", []) if e["severity"] == "error"]
        assert not errors, "\n".join(e["formattedMessage"] for e in errors[:5])
        return answer


def packed(folder: Path) -> NpmProject:
    """Packs the package and installs it in an empty folder, with the packages it depends on."""
    done = subprocess.run(
        ["npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    modules = folder / "node_modules"
    modules.mkdir()
    with tarfile.open(folder / done.stdout.split()[-1]) as archive:
        archive.extractall(modules, filter="data")
    (modules / "package").rename(modules / "ape-hyperlane")
    project = NpmProject(folder)
    for name in json.loads((project.package / "package.json").read_text())["dependencies"]:
        (modules / name).parent.mkdir(exist_ok=True)
        (modules / name).symlink_to(ROOT / "node_modules" / name)
    return project
