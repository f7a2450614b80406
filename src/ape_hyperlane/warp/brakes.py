"""Limits, delays and pauses of a router that would not do what they are for."""

from collections.abc import Collection

from hyperlane.errors import ConfigError
from hyperlane.registry.fields import ZERO_ADDRESS
from hyperlane.registry.hooks import PausableHook, RateLimitedHook, all_hooks
from hyperlane.registry.hybrids import Announcing, DelayedFlow, NetFlow
from hyperlane.registry.isms import PausableIsm, RateLimitedIsm, all_isms
from hyperlane.registry.warp_token import WarpToken

HOLDING = ("native", "collateral", "synthetic", "syntheticRebase", "crossCollateral")
"""Types of which a fraction of what they hold, or of what they have minted, is something."""

BRAKES = PausableHook | RateLimitedHook | PausableIsm | RateLimitedIsm | NetFlow | Announcing


def check_brakes(token: WarpToken, domain: int, trusted: Collection[int]) -> None:
    """ConfigError when a limit is a fraction of nothing, or value leaves past what should stop it.

    `domain` is the router's own, `trusted` those with routers of other tokens.
    """
    named = (
        *all_hooks(token.hook or ZERO_ADDRESS),
        *all_isms(token.interchain_security_module or ZERO_ADDRESS),
    )
    for each in named:
        if isinstance(each, str):
            continue  # deployed before: nobody looks at what it is
        fraction = isinstance(each, NetFlow | DelayedFlow) and each.warp_router is None
        if fraction and (token.nft or token.type not in HOLDING):
            raise ConfigError(
                f"{each.type}: type {token.type} holds no tokens that it could be a fraction of;"
                f" expected one of {', '.join(HOLDING)}"
            )
        if isinstance(each, BRAKES) and domain in trusted:
            raise ConfigError(
                f"crossCollateralRouters.{domain}: routers of the router's own chain call it"
                f" without a message, which {each.type} does not see; name none of them, or take"
                f" the {each.type} away"
            )
