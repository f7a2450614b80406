"""Checks before anything is sent: existing contracts, gas, funds."""

from collections.abc import Iterable

from ape.api import AccountAPI

from ape_hyperlane.plans.chain import container, has_code
from ape_hyperlane.plans.gas_price import read_offer
from ape_hyperlane.plans.steps import Action, Call, CreateSet, Step, Use
from hyperlane.errors import ChainError, ConfigError
from hyperlane.registry.fields import Placed

# Gas estimates, as measured: tests/deploy compares them with real transactions.
CREATION_GAS = 60_000
GAS_PER_CREATED_BYTE = 216
"""200 to store a byte as code, up to 16 to send it."""
GAS_PER_COPIED_BYTE = 205
CALL_GAS = 35_000
GAS_PER_READING = 25_000
"""A reading stands for the one or two storage slots that a call writes."""


def silent(_step: Action, _outcome: str | None) -> None:
    """A `Report` that shows nothing."""


def used_addresses(steps: Iterable[Step]) -> list[str]:
    """Addresses of the existing contracts that a plan uses."""
    uses = (step.address for step in steps if isinstance(step, Use))
    return [address for address in uses if isinstance(address, str)]


def require_contracts(configs: Iterable[str | Placed], chain: str) -> None:
    """ConfigError for an address in a config where the connected chain has no contract."""
    for config in configs:
        addresses = {"": config} if isinstance(config, str) else config.existing()
        for key, address in addresses.items():
            if address is not None and not has_code(address):
                key_path = f"{getattr(config, 'type', '')}.{key}: " if key else ""
                raise ConfigError(f"{key_path}{address}: no contract on {chain}; expected one")


def estimate_gas(step: Action) -> int:
    """Estimated gas of the step's transaction, by the size of what it creates or writes."""
    if isinstance(step, Call):
        return CALL_GAS + GAS_PER_READING * len(step.readings)
    contract = container(step.contract).contract_type
    if isinstance(step, CreateSet):
        copied = len(contract.get_runtime_bytecode()) + 32 * len(step.members)
        return CREATION_GAS + GAS_PER_COPIED_BYTE * copied
    return CREATION_GAS + GAS_PER_CREATED_BYTE * len(contract.get_deployment_bytecode())


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
