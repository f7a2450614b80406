"""Operators with stake on one chain."""

from typing import TypeAlias

from hyperlane.agents.runtime.chain import Chain
from hyperlane.chain.abi import StakingManager
from hyperlane.protocol.typecasts import Address

_PAGE = 100

Member: TypeAlias = tuple[Address, Address, int]
"""An operator, the key that it signs with, its weight."""


async def accountable_set(chain: Chain, manager: Address) -> list[Member]:
    """All operators that can be challenged: active now or within the last unbonding period."""
    members: list[Member] = []
    first = 0
    while True:
        page, first = await chain.client.call(manager, StakingManager.accountable_set, first, _PAGE)
        members += page
        if not first:
            return members


async def staked_keys(chain: Chain) -> set[Address]:
    """Keys of these operators; none on a chain without stake."""
    manager = chain.settings.staking_manager
    return (
        set() if manager is None else {key for _, key, _ in await accountable_set(chain, manager)}
    )
