"""Reverts by name and arguments, errors of the tested project included."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import ape
from ape.managers.project import LocalProject
from eth_abi.exceptions import DecodingError
from eth_hash.auto import keccak
from ethpm_types import ContractType

from hyperlane.chain.abi import decode_values
from hyperlane.chain.custom_errors import custom_errors
from hyperlane.chain.reverts import revert_reason
from hyperlane.errors import ChainError
from hyperlane.protocol.typecasts import Address, to_checksum, to_hex

_BUILT_IN = {"Error": ("string", "reason"), "Panic": ("uint256", "code")}


@dataclass(frozen=True, slots=True)
class Revert:
    """A decoded revert of a contract."""

    name: str
    """Name of the error: a custom one, `Error` for a text, `Panic`; the selector of an unknown one;
    empty without revert data."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """Arguments by name of the parameter, or by its position if it has none. Addresses are
    checksummed."""
    data: bytes = field(default=b"", repr=False)
    """The revert data."""

    def __str__(self) -> str:
        if self.name == "Error":
            return repr(self.arguments["reason"])
        if not self.name:
            return "reverted without a reason"
        shown = (f"{key}={_show(value)}" for key, value in self.arguments.items())
        return f"{self.name}({', '.join(shown)})"

    @property
    def words(self) -> str:
        """Meaning of the error, where it is known."""
        return revert_reason(self.data)


@dataclass(frozen=True, slots=True)
class _Error:
    name: str
    types: tuple[str, ...]
    parameters: tuple[str, ...]


def decode_revert(data: bytes, recipient: str) -> Revert:
    """The revert of a delivery to `recipient`."""
    for error in _candidates(data[:4], recipient):
        try:
            values = decode_values(error.name, error.types, data[4:])
        except (ChainError, DecodingError):
            continue
        names = (name or str(place) for place, name in enumerate(error.parameters))
        presented = map(_present, error.types, values)
        return Revert(error.name, dict(zip(names, presented, strict=True)), data)
    return Revert(to_hex(data[:4]) if data else "", {}, data)


def _candidates(selector: bytes, recipient: str) -> Iterator[_Error]:
    """Errors with the selector: those of the recipient, of the project, of Hyperlane, built-in."""
    for contract in _contracts(recipient):
        for error in contract.errors:
            if keccak(error.selector.encode())[:4] == selector:
                types = tuple(each.canonical_type for each in error.inputs)
                yield _Error(error.name, types, tuple(each.name or "" for each in error.inputs))
    if known := custom_errors().get(selector):
        yield _Error(known.name, known.types, known.parameters)
    for name, (kind, parameter) in _BUILT_IN.items():
        if keccak(f"{name}({kind})".encode())[:4] == selector:
            yield _Error(name, (kind,), (parameter,))


def _contracts(recipient: str) -> Iterator[ContractType]:
    known = ape.chain.contracts.get(recipient)
    if known is not None:
        yield known
    project = ape.project
    if isinstance(project, LocalProject):
        # What is compiled; nothing is compiled for this.
        yield from (project.manifest.contract_types or {}).values()


def _present(kind: str, value: Any) -> Any:
    """Addresses as ape shows them; other values as they are, lists and tuples of them too."""
    if kind == "address":
        return to_checksum(Address(value))
    if kind == "address[]":
        return [to_checksum(Address(each)) for each in value]
    return value


def _show(value: object) -> str:
    return to_hex(value) if isinstance(value, bytes) else repr(value)
