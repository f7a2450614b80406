"""Reads contracts that are hook and security module at once."""

from typing import Any

from ape_hyperlane.plans.views import ask
from ape_hyperlane.reading.source import Source
from hyperlane.registry.fields import ZERO_ADDRESS


def read_hybrid(source: Source, address: str) -> dict[str, Any] | None:
    """Config of a hybrid; None for another contract."""
    router = ask(address, "warpRouter()", "address")
    window = ask(address, "timelockWindow()", "uint48")
    delay = ask(address, "maxDelay()", "uint48")
    if router is None and window is None:
        return None
    owner = source.owner(address)
    if router is None:
        return {
            "type": "timelockRouterHookIsm",
            **owner,
            "timelockWindow": window,
            **_announcements(source, address),
        }
    flow = {
        "warpRouter": router,
        "thresholdBps": ask(address, "thresholdBps()", "uint256"),
        "duration": ask(address, "DURATION()", "uint256"),
    }
    if delay is None:
        return {"type": "netFlowRateLimitedHookIsm", **owner, **flow}
    announced = _announcements(source, address)
    return {"type": "delayedFlowRouterHookIsm", **owner, **flow, "maxDelay": delay, **announced}


def _announcements(source: Source, address: str) -> dict[str, Any]:
    """Settings of announcements: the hook that sends them, the module that verifies them, and the
    contracts on other chains."""
    found: dict[str, Any] = {}
    views = {"hook": "hook()", "interchainSecurityModule": "interchainSecurityModule()"}
    for key, view in views.items():
        contract = ask(address, view, "address")
        if contract not in (None, ZERO_ADDRESS):
            found[key] = contract
    remotes = {
        source.key(domain): spelled_word(remote)
        for domain in source.domains(address)
        if (remote := ask(address, "routers(uint32)", "bytes32", domain)) is not None
    }
    return {**found, "remoteIsms": remotes} if remotes else found


def spelled_word(value: bytes) -> str:
    """32 bytes as configs have them: an address where they hold one."""
    hexadecimal = value.hex()
    return f"0x{hexadecimal[24:]}" if hexadecimal.startswith("0" * 24) else f"0x{hexadecimal}"
