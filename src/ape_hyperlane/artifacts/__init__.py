"""Compiled contracts, as the package has them. `toolchain/compile` writes the files."""

import json
import lzma
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from hyperlane.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Artifact:
    """A compiled contract."""

    name: str
    source: str
    """Path of its source, which is also its source's name in the compiler's input."""
    abi: list[dict[str, Any]]
    creation: str
    """Creation code, hex after 0x; just 0x for an interface or abstract contract."""
    runtime: str
    """Runtime code, hex after 0x, with zeros for immutable values."""


def artifact(contract: str) -> Artifact:
    """The compiled contract of this name. ConfigError if the package has none."""
    found = _file("contracts.json.xz")["contracts"].get(contract)
    if found is None:
        raise ConfigError(
            f"{contract}: no such contract in this version of ape-hyperlane; for contracts of your"
            " own, use ape's project"
        )
    return Artifact(
        contract,
        found["sourceId"],
        found["abi"],
        found["deploymentBytecode"]["bytecode"],
        found["runtimeBytecode"]["bytecode"],
    )


def names() -> tuple[str, ...]:
    """Names of all contracts in the package."""
    return tuple(_file("contracts.json.xz")["contracts"])


def compiler() -> str:
    """Version of the Solidity compiler."""
    return str(_file("contracts.json.xz")["compiler"])


def standard_json() -> dict[str, Any]:
    """The compiler's standard input for all contracts: compiled with `compiler()`, it gives their
    code byte by byte."""
    found: dict[str, Any] = _file("standard-json.json.xz")
    return found


def verification_input(contract: str) -> dict[str, Any]:
    """The part of `standard_json()` that one contract is compiled from. ConfigError if the package
    has no such contract."""
    source, whole = artifact(contract).source, standard_json()
    settings = whole["settings"]
    outputs = {source: settings["outputSelection"][source]}
    return {
        "language": whole["language"],
        "sources": {
            name: whole["sources"][name] for name in _file("contracts.json.xz")["closures"][source]
        },
        "settings": settings | {"outputSelection": outputs},
    }


@cache
def _file(name: str) -> Any:
    path = resources.files(__name__) / name
    try:
        return json.loads(lzma.decompress(path.read_bytes()))
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: not found. In a clone of ape-hyperlane run `make build`, which compiles the"
            " contracts; elsewhere install the package again"
        ) from None
