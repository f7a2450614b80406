"""Checks that each configured address is a contract of its kind, before anything is done."""

from collections.abc import Mapping
from dataclasses import dataclass

from hyperlane.chain.abi import (
    Function,
    GasPaymaster,
    Mailbox,
    MerkleTreeHook,
    StakingManager,
    ValidatorAnnounce,
)
from hyperlane.chain.client import ChainClient, Disagreement, Unreachable
from hyperlane.errors import ChainError, ConfigError
from hyperlane.protocol.typecasts import Address, to_checksum


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of contract, and a question that only this kind answers."""

    name: str
    question: Function
    arguments: tuple[object, ...] = ()
    answer: object = None
    """The answer that only this kind gives; None: any."""


_KINDS: Mapping[str, _Kind] = {
    "mailbox": _Kind("a Mailbox", Mailbox.nonce),
    "merkleTreeHook": _Kind("a MerkleTreeHook", MerkleTreeHook.count),
    "validatorAnnounce": _Kind("a ValidatorAnnounce", ValidatorAnnounce.storage_locations, ((),)),
    "interchainGasPaymaster": _Kind("a gas paymaster", GasPaymaster.hook_type, (), 4),
    "stakingManager": _Kind("a StakingManager", StakingManager.slasher),
}
"""By the setting's key. Domains are no question for a Mailbox: hooks and routers know them, too."""


async def require_kinds(client: ChainClient, addresses: Mapping[str, Address]) -> None:
    """ConfigError, naming the key, for an address whose contract is not of the key's kind.

    `addresses` are those of one chain, by key. ChainError when the chain does not answer.
    """
    for key, address in addresses.items():
        setting = f"chains.{client.name}.{key}"
        if not await client.has_code(address):
            raise ConfigError(f"{setting}: no contract at {to_checksum(address)}")
        if await _is(client, address, _KINDS[key]):
            continue
        others = [kind for kind in _KINDS.values() if kind is not _KINDS[key]]
        found = [kind.name for kind in others if await _is(client, address, kind)]
        raise ConfigError(
            f"{setting}: expected {_KINDS[key].name}, but the contract at {to_checksum(address)} is"
            f" {found[0] if found else 'not one'}; correct the address"
        )


async def _is(client: ChainClient, address: Address, kind: _Kind) -> bool:
    try:
        answer = await client.call(address, kind.question, *kind.arguments)
    except (Unreachable, Disagreement):
        raise
    except ChainError:  # it reverts, says nothing, or something of another type
        return False
    return kind.answer is None or answer == kind.answer
