"""Reads from the chain that ape is connected to: contracts, code, views, storage slots."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from ape import networks
from ape.contracts import ContractContainer
from eth_utils.address import to_checksum_address
from ethpm_types import ContractType
from hexbytes import HexBytes

from ape_hyperlane.artifacts import artifact
from ape_hyperlane.plans.values import comparable

_DELEGATION = bytes.fromhex("ef0100")
"""Prefix of the address whose code a key uses as its own, by EIP-7702."""


@cache
def container(contract: str) -> ContractContainer:
    """The compiled contract of this name, as packaged: whatever project ape is in. ConfigError if
    the package has none."""
    found = artifact(contract)
    return ContractContainer(
        # Without the source's path: ape would look for it in its project.
        ContractType.model_validate(
            {
                "contractName": found.name,
                "abi": found.abi,
                "deploymentBytecode": {"bytecode": found.creation},
                "runtimeBytecode": {"bytecode": found.runtime},
            }
        )
    )


def is_development() -> bool:
    """True if the connected node is a development node, whichever network it simulates."""
    provider = networks.provider
    return bool(provider.network.is_dev or "anvil" in str(provider.client_version).lower())


def has_code(address: str) -> bool:
    """True if there is a contract at the address."""
    return len(code_at(address)) > 0


def is_plain_key(address: str) -> bool:
    """True if a private key controls the account: it has no code, or only what EIP-7702 lets a key
    put there."""
    code = code_at(address)
    return not code or (code[:3] == _DELEGATION and len(code) == 23)


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
