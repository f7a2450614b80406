"""Compiled contracts as the package has them, in src/ape_hyperlane/artifacts."""

import json
import lzma
import re
from pathlib import Path
from typing import Any

import sources

FOLDER = sources.ROOT / "src" / "ape_hyperlane" / "artifacts"
COMPILED, INPUT = FOLDER / "contracts.json.xz", FOLDER / "standard-json.json.xz"
KEPT = ("abi", "deploymentBytecode", "runtimeBytecode", "sourceId")
OUTPUTS = {"*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object", "metadata"]}


class DuplicateName(Exception):
    """Two contracts with the same name."""


_DECLARED = re.compile(r"^(?:abstract )?(?:contract|interface|library) (\w+)", re.MULTILINE)


def read(path: Path) -> Any:
    """Content of a compressed JSON file; None if there is none."""
    return json.loads(lzma.decompress(path.read_bytes())) if path.exists() else None


def write(compiled: dict[str, Any]) -> None:
    """Writes both files from the build, a mapping of source to digest and contracts. The same build
    gives the same bytes. Writes nothing if the files are of this build."""
    names = sources.packaged()
    digests = {name: compiled[name]["digest"] for name in names}
    before = read(COMPILED)
    if before is not None and before["digests"] == digests and INPUT.exists():
        return
    version = sources.config()["version"]
    FOLDER.mkdir(parents=True, exist_ok=True)
    _write(INPUT, sources.standard_json(names, OUTPUTS))
    contracts = {
        contract: {key: found[key] for key in KEPT}
        for contract, found in by_name({name: compiled[name] for name in names}).items()
    }
    _write(
        COMPILED,
        {
            "compiler": version,
            "digests": digests,
            "closures": {name: sources.closure(name) for name in names},
            "contracts": contracts,
        },
    )


def by_name(compiled: dict[str, Any]) -> dict[str, Any]:
    """The contracts of a build by name, in ape's form. DuplicateName if two have the same: they are
    looked up by it."""
    contracts: dict[str, Any] = {}
    for source, found in sorted(compiled.items()):
        for name, contract in found["contracts"].items():
            if name in contracts:
                raise DuplicateName(
                    f"{source} and {contracts[name]['sourceId']} both have a contract {name}:"
                    " rename one"
                )
            contracts[name] = _for_ape(source, name, contract)
    return contracts


def _for_ape(source: str, name: str, found: dict[str, Any]) -> dict[str, Any]:
    code = found["evm"]
    selectors = code["methodIdentifiers"].items()
    return {
        "abi": found["abi"],
        "contractName": name,
        "deploymentBytecode": {"bytecode": f"0x{code['bytecode']['object']}"},
        "devdoc": found["devdoc"],
        "methodIdentifiers": {signature: f"0x{selector}" for signature, selector in selectors},
        "runtimeBytecode": {"bytecode": f"0x{code['deployedBytecode']['object']}"},
        "sourceId": source,
        "sourcemap": code["bytecode"]["sourceMap"],
        "userdoc": found["userdoc"],
    }


def stale() -> str | None:
    """Why the files cannot be packaged; None if they are of the sources that are here."""
    compiled, given = read(COMPILED), read(INPUT)
    if compiled is None or given is None:
        return "the contracts are not compiled"
    names = set(sources.packaged())
    if changed := sorted(names ^ set(compiled["digests"])):
        return f"{changed[0]} came or went since the contracts were compiled"
    for name in sorted(names):
        if given["sources"][name]["content"] != sources.content(name):
            return f"{name} changed since it was compiled"
        if missing := set(_DECLARED.findall(sources.content(name))) - set(compiled["contracts"]):
            return f"{name}: {min(missing)} is not among the compiled contracts"
    return None


def _write(path: Path, value: Any) -> None:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    new = path.with_suffix(".new")
    new.write_bytes(lzma.compress(text.encode(), preset=9))
    new.replace(path)
