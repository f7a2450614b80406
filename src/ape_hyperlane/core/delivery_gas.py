"""Warnings about paymasters of other chains that charge for less gas than deliveries take."""

from collections.abc import Iterator

from ape import networks
from eth_abi.abi import encode
from eth_typing import HexStr
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from web3.exceptions import Web3Exception
from web3.types import StateOverride, TxParams

from ape_hyperlane.core.deploy import deployed_config
from ape_hyperlane.plans.chain import container
from ape_hyperlane.plans.views import ask
from ape_hyperlane.safety.finding import Finding
from hyperlane.errors import ConfigError
from hyperlane.protocol.message import VERSION, Message
from hyperlane.protocol.typecasts import Bytes32
from hyperlane.registry import CoreConfig, Registry
from hyperlane.registry.hooks import InterchainGasPaymaster
from hyperlane.registry.isms import (
    AggregationIsm,
    AmountRoutingIsm,
    Ism,
    MultisigIsm,
    RoutingIsm,
    WeightedMultisigIsm,
)

PROCESS = keccak(text="process(bytes,bytes)")[:4]
SOMEBODY = Bytes32(bytes(12) + keccak(text="somebody who takes any message")[12:])
IGNORES_ALL = HexStr("0x00")
"""Code of a recipient that names no module and takes any message for nothing."""
SIGNATURE = 4_500
"""Gas of sending and checking a signature, as benchmarked."""
REPRICED_SLOT = 110_020 - 22_100
"""Gas that a delivery, or the first token of a recipient, costs more once new storage is repriced
as announced: each fills one slot."""


def overhead_findings(registry: Registry, name: str) -> Iterator[Finding]:
    """Warnings about the gas charged for deliveries to the connected chain, `name`, beside the
    recipient's own. One from each chain that charges is simulated, but for the signatures."""
    for origin in registry.chains():
        for overhead in _overheads(registry, origin, name):
            needed = _simulated(registry, origin, name)
            where = f"{origin}.interchainGasPaymaster.overhead.{name}"
            if needed is not None:
                yield from charge_findings(where, name, overhead, needed)


def charge_findings(where: str, chain: str, charged: int, needed: int) -> Iterator[Finding]:
    """A warning if less gas is charged, `where` in a config, than deliveries to a chain need today,
    or will once new storage is repriced."""
    tomorrow = needed + REPRICED_SLOT
    danger = f"{charged:,} gas is paid for deliveries that take {needed:,}"
    if charged < needed:
        yield Finding(where, danger, f"set {needed * 11 // 10:,} or more")
    elif charged < tomorrow:
        yield Finding(
            where,
            f"{danger}, and {tomorrow:,} once new storage is repriced as announced for Ethereum",
            f"set {tomorrow * 11 // 10:,} before that, where {chain} takes part in it",
        )


def _overheads(registry: Registry, origin: str, name: str) -> Iterator[int]:
    """Charges of the paymasters of a chain for another; nothing for a file that cannot be read,
    which the check of its own chain reports."""
    try:
        config = deployed_config(registry, origin)
        keys = {name, str(registry.metadata(name).domain_id)}
    except ConfigError:
        return
    for hook in config.hooks() if config else ():
        if isinstance(hook, InterchainGasPaymaster):
            yield from (gas for key, gas in hook.overhead.items() if str(key) in keys)


def _simulated(registry: Registry, origin: str, name: str) -> int | None:
    """The least gas of a delivery to a recipient that takes it for nothing. None if the node does
    not simulate what is not on the chain."""
    mailbox = to_checksum_address(registry.addresses(name).mailbox)
    module = to_checksum_address(ask(mailbox, "defaultIsm()", "address"))
    domains = [registry.metadata(chain).domain_id for chain in (origin, name)]
    message = Message(VERSION, 2**32 - 1, domains[0], SOMEBODY, domains[1], SOMEBODY, b"")
    data = PROCESS + encode(["bytes", "bytes"], [b"", message.encode()])
    recipient = to_checksum_address(SOMEBODY[12:])
    believing = container("NoopIsm").contract_type.get_runtime_bytecode()
    codes: StateOverride = {module: {"code": believing}, recipient: {"code": IGNORES_ALL}}
    transaction: TxParams = {"from": recipient, "to": mailbox, "data": data}
    try:
        gas = networks.provider.web3.eth.estimate_gas(transaction, "latest", codes)
    except (Web3Exception, ValueError):
        return None
    config = deployed_config(registry, name) or CoreConfig()
    return int(gas) + SIGNATURE * least_signatures(config.default_ism, origin)


def least_signatures(ism: Ism, origin: str) -> int:
    """The fewest validators' signatures that a module takes with a message from `origin`."""
    match ism:
        case MultisigIsm():
            return ism.threshold
        case WeightedMultisigIsm():
            weights = sorted((member.weight for member in ism.validators), reverse=True)
            sums = [sum(weights[: count + 1]) for count in range(len(weights))]
            return 1 + sum(total < ism.threshold_weight for total in sums)
        case AggregationIsm():
            counts = sorted(least_signatures(module, origin) for module in ism.modules)
            return sum(counts[: ism.threshold])
        case RoutingIsm():
            return least_signatures(ism.domains[origin], origin) if origin in ism.domains else 0
        case AmountRoutingIsm():
            return least_signatures(ism.lower_ism, origin)
    return 0
