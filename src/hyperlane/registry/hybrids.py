"""Configs of hybrids: contracts that are hook and security module at once.

A route names one as hook and as module, with equal keys, which stand for one contract. Named once,
it has half of its effect.
"""

from typing import Annotated, Literal

from pydantic import Field

from hyperlane.registry.fields import Account, ByChain, Placed, Word

Seconds = Annotated[int, Field(gt=0, lt=2**64)]
Wait = Annotated[int, Field(ge=0, lt=2**32)]


class Flow(Placed):
    """A limit for one token router: a bucket of `thresholdBps` of its holdings, which refills in
    `duration` seconds. `warpRouter` is the route's router by default."""

    warp_router: Account | None = None
    duration: Seconds
    owner: Account | None = None

    def existing(self) -> dict[str, str | None]:
        return {**super().existing(), "warpRouter": self.warp_router}


class NetFlow(Flow):
    """Refuses transfers out beyond the bucket; transfers in refill it."""

    type: Literal["netFlowRateLimitedHookIsm"]
    threshold_bps: Annotated[int, Field(ge=0, lt=10_000)]


class Announcing(Placed):
    """A hybrid that announces each message to its counterpart on the destination, one of
    `remoteIsms`. Announcements are sent by `hook` and verified by `interchainSecurityModule`, by
    default the Mailbox's.

    Without `remoteIsms` the enrolled counterparts are not changed.
    """

    owner: Account | None = None
    remote_isms: ByChain[Word] | None = None
    hook: Account | None = None
    interchain_security_module: Account | None = None

    def existing(self) -> dict[str, str | None]:
        announced = {"hook": self.hook, "interchainSecurityModule": self.interchain_security_module}
        return {**super().existing(), **announced}


class Timelock(Announcing):
    """Verifies messages that were announced at least `timelockWindow` seconds ago."""

    type: Literal["timelockRouterHookIsm"]
    timelock_window: Wait


class DelayedFlow(Announcing, Flow):
    """Delays transfers beyond the bucket, by at most `maxDelay` seconds."""

    type: Literal["delayedFlowRouterHookIsm"]
    threshold_bps: Annotated[int, Field(ge=0, le=10_000)]
    max_delay: Wait


HYBRIDS: dict[str, type[Placed]] = {
    "netFlowRateLimitedHookIsm": NetFlow,
    "timelockRouterHookIsm": Timelock,
    "delayedFlowRouterHookIsm": DelayedFlow,
}
