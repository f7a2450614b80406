"""Reads from the chain that ape is connected to: contracts, code, views, storage slots."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from ape import networks, project
from ape.contracts import ContractContainer
from eth_utils.address import to_checksum_address
from ethpm_types import ContractType
from hexbytes import HexBytes

from ape_hyperlane.plans.values import comparable
from hyperlane.errors import ConfigError

_BUILD = Path(__file__).parents[3] / ".build" / "__local__.json"


def container(contract: str) -> ContractContainer:
    """The compiled contract of this name. ConfigError when ape's project does not have it."""
    return _container(project.path, contract)


@cache
def _container(_project: Path, contract: str) -> ContractContainer:
    # Cached, since ape searches all sources on each access.
    if built := _built().get(contract):
        return ContractContainer(ContractType.model_validate({**built, "sourceId": None}))
    found: ContractContainer | None = getattr(project, contract, None)
    if found is None:
        raise ConfigError(
            f"{project.path}: no contract {contract}; run from ape-hyperlane's folder"
        )
    return found


@cache
def _built() -> dict[str, Any]:
    """What this clone's build holds, for projects in other folders."""
    if not _BUILD.exists():
        return {}
    contracts: dict[str, Any] = json.loads(_BUILD.read_text())["contractTypes"]
    return contracts


def is_development() -> bool:
    """True if the connected node is a development node, whichever network it simulates."""
    provider = networks.provider
    return bool(provider.network.is_dev or "anvil" in str(provider.client_version).lower())


def has_code(address: str) -> bool:
    """True if there is a contract at the address."""
    return len(code_at(address)) > 0


def code_at(address: str) -> bytes:
    """Runtime code at the address."""
    return bytes(networks.provider.get_code(to_checksum_address(address)))


def is_code_of(contract: str, code: bytes) -> bool:
    """True if this is the contract's runtime code. Immutable values are not compared: the compiler
    leaves zeros in their place."""
    compiled = container(contract).contract_type.get_runtime_bytecode()
    return len(code) == len(compiled) > 0 and all(
        expected in (0, actual) for expected, actual in zip(compiled, code, strict=True)
    )


def call_view(address: str, contract: ContractType, view: str, arguments: Sequence[Any]) -> Any:
    """Result of a view, decoded as ape does, but by one request and without a trace on revert."""
    abi = next(
        method
        for method in contract.view_methods
        if method.name == view and len(method.inputs) == len(arguments)
    )
    ecosystem = networks.provider.network.ecosystem
    data = ecosystem.get_method_selector(abi) + ecosystem.encode_calldata(abi, *arguments)
    answer = networks.provider.web3.eth.call({"to": to_checksum_address(address), "data": data})
    values = ecosystem.decode_returndata(abi, bytes(answer))
    return comparable(values if len(values) > 1 else values[0])


def address_in_slot(address: str, slot: int) -> str:
    """The address that a storage slot of a contract holds."""
    word = networks.provider.web3.eth.get_storage_at(to_checksum_address(address), HexBytes(slot))
    return to_checksum_address(word[-20:])
