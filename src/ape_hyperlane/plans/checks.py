"""Checks before anything is sent: contracts that plans build upon, gas, funds."""

from collections.abc import Iterable

from ape.api import AccountAPI

from ape_hyperlane.gas_price import read_offer
from ape_hyperlane.plans.builder import Surroundings
from ape_hyperlane.plans.steps import Action, Call, CreateSet, Step, Use
from ape_hyperlane.plans.survey import container, has_code
from hyperlane.errors import ChainError, ConfigError
from hyperlane.registry import Registry
from hyperlane.registry.fields import Placed
from hyperlane.registry.known import Contracts, Domains

# What a transaction uses, as measured: see tests/deploy.
CREATION_GAS = 60_000
GAS_PER_CREATED_BYTE = 216
"""200 to store it as code, up to 16 to send it."""
GAS_PER_COPIED_BYTE = 205
CALL_GAS = 35_000
GAS_PER_READING = 25_000
"""A reading is a slot or two that the call writes."""


def silent(_step: Action, _outcome: str | None) -> None:
    """Reports nothing."""


def surroundings(registry: Registry, here: str = "") -> Surroundings:
    """What the registry knows, for a plan of the chain `here`."""
    return Surroundings(Domains(registry), Contracts(registry), here)


def used(steps: Iterable[Step]) -> list[str]:
    """The addresses of contracts that a plan builds upon."""
    uses = (step.address for step in steps if isinstance(step, Use))
    return [address for address in uses if isinstance(address, str)]


def require_contracts(configs: Iterable[str | Placed], chain: str) -> None:
    """ConfigError when one of them names an address where the connected chain has no contract."""
    for config in configs:
        named = {"": config} if isinstance(config, str) else config.existing()
        for key, address in named.items():
            if address is not None and not has_code(address):
                place = f"{getattr(config, 'type', '')}.{key}: " if key else ""
                raise ConfigError(f"{place}{address}: no contract on {chain}; expected one")


def estimate_gas(step: Action) -> int:
    """What the step's transaction will use, from the size of what it creates or writes."""
    if isinstance(step, Call):
        return CALL_GAS + GAS_PER_READING * len(step.readings)
    contract = container(step.contract).contract_type
    if isinstance(step, CreateSet):
        copied = len(contract.get_runtime_bytecode()) + 32 * len(step.members)
        return CREATION_GAS + GAS_PER_COPIED_BYTE * copied
    return CREATION_GAS + GAS_PER_CREATED_BYTE * len(contract.get_deployment_bytecode())


def require_funds(gas: int, account: AccountAPI, max_gas_price: int | None = None) -> None:
    """ChainError when the account cannot pay that much gas on the connected chain, GasTooDear when
    it should not."""
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
