"""Inputs of the compiler: sources, imports, settings. Read by `compile` and the build of the
package."""

import hashlib
import json
import posixpath
import re
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
CONTRACTS = "contracts"
TESTS = f"{CONTRACTS}/test/"
PACKAGED_TESTS = {f"{TESTS}TestRecipient.sol", f"{TESTS}TestERC20.sol"}
"""Contracts for tests that commands deploy: with a core, and in the slashing demo."""

_IMPORT = re.compile(r'^import\b[^;"]*"([^"]+)"[^;]*;', re.MULTILINE)


class MissingSource(Exception):
    """An imported file that is neither ours nor in node_modules."""


def own() -> list[str]:
    """Paths of our contracts, sorted. A path is the name of a source for the compiler, too."""
    found = (path.relative_to(ROOT).as_posix() for path in (ROOT / CONTRACTS).rglob("*.sol"))
    return sorted(path for path in found if "/.cache/" not in path)


def packaged() -> list[str]:
    """Those of them that the package has: all but tests."""
    return [path for path in own() if not path.startswith(TESTS) or path in PACKAGED_TESTS]


@cache
def content(name: str) -> str:
    """Text of a source: one of ours by its path, or one of a library by what imports it."""
    try:
        return located(name).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise MissingSource(name) from None


def located(name: str) -> Path:
    """File of a source."""
    if name.startswith(f"{CONTRACTS}/"):
        return ROOT / name
    path = ROOT / "node_modules" / name
    if not path.exists():  # solady keeps its sources in src/, which imports leave out
        package, _, rest = name.partition("/")
        path = ROOT / "node_modules" / package / "src" / rest
    return path


@cache
def imports(name: str) -> frozenset[str]:
    """Sources that one imports directly."""
    folder = posixpath.dirname(name)
    return frozenset(
        posixpath.normpath(posixpath.join(folder, target)) if target.startswith(".") else target
        for target in _IMPORT.findall(content(name))
    )


@cache
def closure(name: str) -> tuple[str, ...]:
    """The source and all it imports, directly or not, sorted."""
    reached, frontier = {name}, [name]
    while frontier:
        importer = frontier.pop()
        for target in imports(importer) - reached:
            try:
                content(target)
            except MissingSource:
                raise MissingSource(f"{importer} imports {target}: no such file") from None
            reached.add(target)
            frontier.append(target)
    return tuple(sorted(reached))


def libraries() -> dict[str, Path]:
    """Files of libraries that our contracts import, directly or not, by their place for ape:
    library, version, path in its package."""
    names = {name for each in own() for name in closure(each)}
    found = {}
    for name in sorted(name for name in names if not name.startswith(f"{CONTRACTS}/")):
        package = "/".join(name.split("/")[: 2 if name.startswith("@") else 1])
        folder, path = ROOT / "node_modules" / package, located(name)
        version = json.loads((folder / "package.json").read_text())["version"]
        library = package.split("/")[0].lstrip("@")
        found[f"{library}/{version}/{path.relative_to(folder).as_posix()}"] = path
    return found


@cache
def config() -> dict[str, Any]:
    """The section `solidity` of ape's config."""
    import yaml

    section: dict[str, Any] = yaml.safe_load((ROOT / "ape-config.yaml").read_text())["solidity"]
    return section


def settings() -> dict[str, Any]:
    """The compiler's settings, those that change code. No remappings: libraries keep the names that
    imports give them, so that code depends on no folder and not on what else is compiled."""
    return {
        "optimizer": {"enabled": config()["optimize"], "runs": config()["optimization_runs"]},
        "evmVersion": config()["evm_version"],
        "viaIR": config()["via_ir"],
    }


def standard_json(names: list[str], outputs: dict[str, list[str]]) -> dict[str, Any]:
    """The compiler's standard input for these sources. `outputs` as in its `outputSelection`."""
    needed = sorted({each for name in names for each in closure(name)})
    return {
        "language": "Solidity",
        "sources": {name: {"content": content(name)} for name in needed},
        "settings": settings() | {"outputSelection": dict.fromkeys(names, outputs)},
    }


@cache
def digest(name: str) -> str:
    """Hash of all that the code of a source follows from."""
    parts = {each: content(each) for each in closure(name)}
    everything = [config()["version"], settings(), parts]
    return hashlib.sha256(json.dumps(everything, sort_keys=True).encode()).hexdigest()
