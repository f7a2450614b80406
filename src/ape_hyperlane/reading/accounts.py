"""Reads the router of interchain accounts of a core, which only the registry knows."""

from typing import Any

from ape_hyperlane.core.accounts import KEY
from ape_hyperlane.plans.views import ask
from ape_hyperlane.reading.hooks import read_hook
from ape_hyperlane.reading.source import Source, address_of


def read_router(source: Source, mailbox: str) -> dict[str, Any] | None:
    """Config of the account router that the registry has for a Mailbox; None if it has none, or
    something else."""
    router = _known(source, mailbox)
    if router is None:
        source.note(f"no {KEY} of this Mailbox in the registry; deploying this config adds one")
        return None
    if ask(router, "mailbox()", "address") != mailbox or not _is_router(router):
        source.note(f"{router}: {KEY} in the registry, but no account router of this Mailbox")
        return None
    if ask(router, "interchainSecurityModule()", "address") != router:
        source.note(f"{router}: the account router has another security module than itself")
    remotes, isms = _remotes(source, router)
    content = {
        **source.owner(router),
        "mailbox": mailbox,
        "hook": read_hook(source, ask(router, "hook()", "address")),
        "interchainSecurityModule": {**source.owner(router), "isms": isms},
        "remoteRouters": remotes,
    }
    module = ask(router, "CCIP_READ_ISM()", "address")
    if module is None:
        content["routerType"] = "minimal"
    else:
        urls = ask(module, "urls()", "string[]")
        content["commitmentIsm"] = {**source.owner(module), "urls": urls}
    return {**content, "address": router} if source.with_addresses else content


def _known(source: Source, mailbox: str) -> str | None:
    if not source.chain or not source.registry.has_addresses(source.chain):
        return None
    known = source.registry.addresses(source.chain)
    return known.interchain_account_router if known.mailbox == mailbox else None


def _is_router(address: str) -> bool:
    views = (("bytecodeHash()", "bytes32"), ("CCIP_READ_ISM()", "address"))
    return any(ask(address, view, kind) is not None for view, kind in views)


def _remotes(source: Source, router: str) -> tuple[dict[str, Any], dict[str, str]]:
    """The enrolled routers by domain, and the modules that calls to them name by chain."""
    remotes: dict[str, Any] = {}
    isms: dict[str, str] = {}
    for domain in source.domains(router):
        word = ask(router, "routers(uint32)", "bytes32", domain) or b""
        address = address_of(word)
        if address is None:
            source.note(f"{router}: 0x{word.hex()} is enrolled for domain {domain}; left out")
            continue
        remotes[str(domain)] = {"address": address}
        module = ask(router, "isms(uint32)", "bytes32", domain) or bytes(32)
        isms[source.key(domain)] = f"0x{module.hex()}"
    return remotes, isms
