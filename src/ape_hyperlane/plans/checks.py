"""Checks before anything is sent: existing contracts, gas, funds."""

from collections.abc import Iterable

from ape import networks
from ape.api import AccountAPI

from ape_hyperlane.plans.chain import code_at, container, has_code
from ape_hyperlane.plans.gas_price import read_offer
from ape_hyperlane.plans.steps import Action, Call, Create, CreateSet, Reserve, Step, Use
from hyperlane.errors import ChainError, ConfigError
from hyperlane.protocol.reserved import DEPLOYER, DEPLOYER_CODE
from hyperlane.protocol.typecasts import to_checksum
from hyperlane.registry import ChainMetadata, Registry
from hyperlane.registry.fields import Placed

# Gas estimates, as measured: tests/deploy compares them with real transactions.
CREATION_GAS = 60_000
GAS_PER_CREATED_BYTE = 216
"""Gas for each byte of new code: 200 to store it, up to 16 to send it."""
GAS_PER_COPIED_BYTE = 205
PROXY_BYTES = 45
"""Size of a minimal proxy, ERC-1167."""
CALL_GAS = 35_000
CREATION_GAS_THROUGH = 30_000
"""Gas that a creation through a reservation takes besides: it stores what it creates."""
CALL_GAS_THROUGH = 10_000
GAS_PER_READING = 25_000
"""Gas for the one or two storage slots that a call writes for each of its readings."""


def silent(_step: Action, _outcome: str | None) -> None:
    """A `Report` that shows nothing."""


def used_addresses(steps: Iterable[Step]) -> list[str]:
    """Addresses of the existing contracts that a plan uses."""
    uses = (step.address for step in steps if isinstance(step, Use))
    return [address for address in uses if isinstance(address, str)]


def require_chain(registry: Registry, name: str) -> ChainMetadata:
    """The metadata of the connected chain. ConfigError when its node serves another chain than the
    registry's: a transaction meant for the registry's would be valid on the other one."""
    metadata, answered = registry.metadata(name), int(networks.provider.chain_id)
    if metadata.chain_id != answered:
        raise ConfigError(
            f"{registry.chain_folder(name)}/metadata.yaml: chainId is {metadata.chain_id}, but the"
            f" node answers {answered}"
        )
    return metadata


def require_contracts(configs: Iterable[str | Placed], chain: str) -> None:
    """ConfigError for an address in a config where the connected chain has no contract."""
    for config in configs:
        addresses = {"": config} if isinstance(config, str) else config.existing()
        for key, address in addresses.items():
            if address is not None and not has_code(address):
                key_path = f"{getattr(config, 'type', '')}.{key}: " if key else ""
                raise ConfigError(f"{key_path}{address}: no contract on {chain}; expected one")


def require_deployer(steps: Iterable[Step], chain: str) -> None:
    """ConfigError when a plan has reserved addresses, but the connected chain no deterministic
    deployer. Another one would make other addresses."""
    deployer = to_checksum(DEPLOYER)
    if any(isinstance(step, Reserve) for step in steps) and code_at(deployer) != DEPLOYER_CODE:
        raise ConfigError(
            f"--salt: no deterministic deployer at {deployer} on {chain}; send the transaction that"
            " creates it (docs/deploy.md, One address on all chains), or deploy without --salt"
        )


def estimate_gas(step: Action) -> int:
    """Estimated gas of the step's transaction, by the size of what it creates or writes."""
    if isinstance(step, Reserve):
        return CREATION_GAS + GAS_PER_CREATED_BYTE * len(step.data)
    if isinstance(step, Call):
        through = CALL_GAS_THROUGH if step.reserve else 0
        return CALL_GAS + through + GAS_PER_READING * len(step.readings)
    contract = container(step.contract).contract_type
    if isinstance(step, CreateSet):
        code = PROXY_BYTES if step.cloned else len(contract.get_runtime_bytecode())
        copied = code + 32 * len(step.members)
        return CREATION_GAS + GAS_PER_COPIED_BYTE * copied
    through = CREATION_GAS_THROUGH if isinstance(step, Create) and step.reserve else 0
    return CREATION_GAS + through + GAS_PER_CREATED_BYTE * len(contract.get_deployment_bytecode())


def require_funds(gas: int, account: AccountAPI, max_gas_price: int | None = None) -> None:
    """ChainError when the account cannot pay for the gas, GasTooDear above the price limit."""
    if not gas:
        return
    offer = read_offer()
    offer.require_fair(max_gas_price)
    needed = gas * offer.price
    balance = int(account.balance)
    if balance < needed:
        raise ChainError(
            f"account {account.address} has {balance / 10**18:.6f} ether; about "
            f"{needed / 10**18:.6f} are needed for {gas:,} gas"
        )
