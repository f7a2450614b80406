"""From the active set of a staking to a security module for other chains."""

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
"""What comes of asking something else. TypeError, since ape takes an empty answer for zeros."""
ModuleType: TypeAlias = Literal["weightedMessageIdMultisigIsm", "weightedMerkleRootMultisigIsm"]


def active_set(manager: ContractInstance) -> list[Member]:
    """Who signs with stake, at one block. ConfigError when the address is no StakingManager's."""
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
    """Weights as stakes, together `TOTAL_WEIGHT`; believes what more than `percent` of it signed.

    In order of the keys, so that equal sets make equal modules. ConfigError when nobody has stake.
    """
    if not members:
        raise ConfigError("the active set is empty: nobody could sign for such a module")
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
    """Parts of `TOTAL_WEIGHT` in proportion, rounded down; what rounding leaves over goes to those
    who lost most by it."""
    total = sum(stakes)
    found = [stake * TOTAL_WEIGHT // total for stake in stakes]
    by_loss = sorted(range(len(stakes)), key=lambda i: -(stakes[i] * TOTAL_WEIGHT % total))
    for index in by_loss[: TOTAL_WEIGHT - sum(found)]:
        found[index] += 1
    return found
