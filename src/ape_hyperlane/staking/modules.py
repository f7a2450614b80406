"""Makes a security module for other chains of the active set of validators with stake."""

from collections.abc import Sequence
from typing import Literal, TypeAlias

from ape import networks
from ape.contracts import ContractInstance
from ape.exceptions import ContractLogicError, ContractNotFoundError, DecodingError
from eth_utils.address import to_checksum_address

from hyperlane.errors import ConfigError
from hyperlane.registry.isms import TOTAL_WEIGHT, WeightedMultisigIsm

PAGE = 100
Member: TypeAlias = tuple[str, int]
"""A signing key and its stake."""
NOT_A_MANAGER = (ContractLogicError, ContractNotFoundError, DecodingError, TypeError)
"""Errors when another contract is asked. TypeError, since ape decodes an empty answer as zeros."""
ModuleType: TypeAlias = Literal["weightedMessageIdMultisigIsm", "weightedMerkleRootMultisigIsm"]


def active_set(manager: ContractInstance) -> list[Member]:
    """The signing keys with stake, all at one block. ConfigError for another contract than a
    StakingManager."""
    block = networks.provider.get_block("latest").number
    found: list[Member] = []
    first = 0
    while True:
        try:
            members, first = manager.activeSet(first, PAGE, block_id=block)
            found += [(to_checksum_address(key), int(stake)) for _, key, stake in members]
        except NOT_A_MANAGER as error:
            raise ConfigError(
                f"stakingManager: {manager.address} is no StakingManager: it has no activeSet()"
            ) from error
        if not first:
            return found


def module_from_stake(
    members: Sequence[Member], kind: ModuleType, percent: int
) -> WeightedMultisigIsm:
    """A multisig whose weights are proportional to stake and add up to `TOTAL_WEIGHT`. Signatures
    of more than `percent` of the weight verify a message.

    Sorted by key, so that equal sets make equal modules. ConfigError for an empty set.
    """
    if not members:
        raise ConfigError("the active set is empty; a module needs validators with stake")
    validators = [
        {"signingAddress": key, "weight": weight}
        for (key, _), weight in zip(
            sorted(members), weights([stake for _, stake in sorted(members)]), strict=True
        )
        if weight
    ]
    threshold = TOTAL_WEIGHT * percent // 100 + 1
    return WeightedMultisigIsm.model_validate(
        {"type": kind, "validators": validators, "thresholdWeight": threshold}
    )


def weights(stakes: Sequence[int]) -> list[int]:
    """Shares of `TOTAL_WEIGHT` proportional to the stakes, rounded down; the remainder goes to the
    stakes that rounding reduced most."""
    total = sum(stakes)
    found = [stake * TOTAL_WEIGHT // total for stake in stakes]
    by_loss = sorted(range(len(stakes)), key=lambda i: -(stakes[i] * TOTAL_WEIGHT % total))
    for index in by_loss[: TOTAL_WEIGHT - sum(found)]:
        found[index] += 1
    return found
