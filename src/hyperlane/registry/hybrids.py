"""Contracts that are hook and security module at once. Named in both places, with equal keys, a
config means one contract; a config in one place only is half of what it is for."""

from typing import Annotated, Literal

from pydantic import Field

from hyperlane.registry.fields import Account, ByChain, Placed, Word

Seconds = Annotated[int, Field(gt=0, lt=2**64)]
Wait = Annotated[int, Field(ge=0, lt=2**32)]


class Flow(Placed):
    """About what one token router holds: a bucket of `thresholdBps` of that, which fills up again
    within `duration` seconds. The router is that of the route, unless `warpRouter` is named."""

    warp_router: Account | None = None
    duration: Seconds
    owner: Account | None = None

    def existing(self) -> dict[str, str | None]:
        return {**super().existing(), "warpRouter": self.warp_router}


class NetFlow(Flow):
    """Refuses what leaves beyond the bucket, less what comes back."""

    type: Literal["netFlowRateLimitedHookIsm"]
    threshold_bps: Annotated[int, Field(ge=0, lt=10_000)]


class Announcing(Placed):
    """Announces each message to its counterpart, one of `remoteIsms`, over `hook` and under
    `interchainSecurityModule`; the Mailbox's where these are not named.

    Without `remoteIsms` those that are enrolled stay.
    """

    owner: Account | None = None
    remote_isms: ByChain[Word] | None = None
    hook: Account | None = None
    interchain_security_module: Account | None = None

    def existing(self) -> dict[str, str | None]:
        announced = {"hook": self.hook, "interchainSecurityModule": self.interchain_security_module}
        return {**super().existing(), **announced}


class Timelock(Announcing):
    """Believes what was announced `timelockWindow` seconds ago."""

    type: Literal["timelockRouterHookIsm"]
    timelock_window: Wait


class DelayedFlow(Announcing, Flow):
    """Has what leaves beyond the bucket wait, `maxDelay` seconds at most."""

    type: Literal["delayedFlowRouterHookIsm"]
    threshold_bps: Annotated[int, Field(ge=0, le=10_000)]
    max_delay: Wait


HYBRIDS: dict[str, type[Placed]] = {
    "netFlowRateLimitedHookIsm": NetFlow,
    "timelockRouterHookIsm": Timelock,
    "delayedFlowRouterHookIsm": DelayedFlow,
}
