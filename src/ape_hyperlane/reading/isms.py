"""Reads security modules: from a contract to the config that makes it."""

from typing import Any

from ape_hyperlane.plans.chain import code_at
from ape_hyperlane.plans.views import ask, has, refuses_with
from ape_hyperlane.reading.guarded import read_pausable
from ape_hyperlane.reading.hybrids import read_hybrid
from ape_hyperlane.reading.source import Config, Source, address_of
from hyperlane.protocol.ism_metadata import ModuleType
from hyperlane.registry.fields import ZERO_ADDRESS

KIND = "security module"
CLONE = bytes.fromhex("363d3d373d3d3d363d73")
"""Beginning of a minimal proxy; the reference's proxies of static sets begin otherwise."""


def read_ism(source: Source, address: str | None) -> Config:
    """Config of a module and of all modules that it asks."""
    return source.module(KIND, address, lambda module: _read(source, module))


def _read(source: Source, address: str) -> Config | None:
    number = ask(address, "moduleType()", "uint8")
    match number:
        case ModuleType.ROUTING:
            found = _routing(source, address)
        case ModuleType.AGGREGATION:
            found = _aggregation(source, address)
        case ModuleType.MESSAGE_ID_MULTISIG:
            found = _multisig(source, address, "MessageIdMultisigIsm")
        case ModuleType.MERKLE_ROOT_MULTISIG:
            found = _multisig(source, address, "MerkleRootMultisigIsm")
        case ModuleType.WEIGHTED_MESSAGE_ID_MULTISIG:
            found = _weighted(address, "weightedMessageIdMultisigIsm")
        case ModuleType.WEIGHTED_MERKLE_ROOT_MULTISIG:
            found = _weighted(address, "weightedMerkleRootMultisigIsm")
        case ModuleType.CCIP_READ:
            found = _lookup(source, address)
        case ModuleType.ARB_L2_TO_L1:
            return _over_arbitrum(source, address)
        case ModuleType.NULL:
            return _without_metadata(source, address)
        case _:
            found = None
    if found is None:
        source.unknown(KIND, address, f"of type {number}, which no config here can name")
    return found


def _routing(source: Source, address: str) -> dict[str, Any] | None:
    if has(address, "lower()", "address"):
        parts = (ask(address, "lower()", "address"), ask(address, "upper()", "address"))
        lower, upper = (read_ism(source, part) for part in parts)
        threshold = ask(address, "threshold()", "uint256")
        return {
            "type": "amountRoutingIsm",
            "lowerIsm": lower,
            "upperIsm": upper,
            "threshold": threshold,
        }
    mailbox = ask(address, "mailbox()", "address")
    if not has(address, "owner()", "address") or _is_account_router(address):
        asked = mailbox is not None and not has(address, "CCIP_READ_ISM()", "address")
        return {"type": "defaultIsm"} if asked and _asks_default(address, mailbox) else None
    domains = {}
    for domain in source.domains(address):
        module = ask(address, "module(uint32)", "address", domain)
        if module not in (None, ZERO_ADDRESS):
            domains[source.key(domain)] = read_ism(source, module)
    kind = "domainRoutingIsm"
    if mailbox is not None:
        kind = "defaultFallbackRoutingIsm"
    elif _is_incremental(source, address):
        kind = "incrementalDomainRoutingIsm"
    return {"type": kind, **source.owner(address), "domains": domains}


def _is_account_router(address: str) -> bool:
    return has(address, "routers(uint32)", "bytes32", 1)


def _asks_default(address: str, mailbox: str) -> bool:
    default = ask(mailbox, "defaultIsm()", "address")
    return bool(ask(address, "route(bytes)", "address", b"") == default)


def _is_incremental(source: Source, address: str) -> bool:
    """True if even the owner cannot remove a domain."""
    owner = ask(address, "owner()", "address") or ZERO_ADDRESS
    domain = next(iter(source.domains(address)), 1)
    said = refuses_with(address, "remove(uint32)", domain, sender=owner)
    return "removal not supported" in said


def _aggregation(source: Source, address: str) -> dict[str, Any] | None:
    found = ask(address, "modulesAndThreshold(bytes)", "address[] uint8", b"")
    if found is None:
        return None
    modules, threshold = found
    stored = has(address, "owner()", "address")
    _note_foreign_owner(source, address, stored)
    return {
        "type": "storageAggregationIsm" if stored else "staticAggregationIsm",
        "modules": [read_ism(source, module) for module in modules],
        "threshold": threshold,
    }


def _multisig(source: Source, address: str, name: str) -> dict[str, Any] | None:
    found = ask(address, "validatorsAndThreshold(bytes)", "address[] uint8", b"")
    if found is None:
        return None
    validators, threshold = found
    stored = has(address, "owner()", "address")
    _note_foreign_owner(source, address, stored)
    source.clones |= code_at(address).startswith(CLONE)
    kind = f"storage{name}" if stored else name[0].lower() + name[1:]
    return {"type": kind, "validators": validators, "threshold": threshold}


def _note_foreign_owner(source: Source, address: str, stored: bool) -> None:
    """Notes an owner whom the config of a storage module cannot name."""
    owner = source.owner(address).get("owner") if stored else None
    if owner not in (None, source.core_owner):
        source.note(f"{address}: owned by {owner}; its config names no owner, so means the core's")


def _weighted(address: str, name: str) -> dict[str, Any] | None:
    view = "validatorsAndThresholdWeight(bytes)"
    found = ask(address, view, "(address,uint96)[] uint96", b"")
    if found is None:
        return None
    validators, threshold = found
    weights = [{"signingAddress": signer, "weight": weight} for signer, weight in validators]
    return {"type": name, "validators": weights, "thresholdWeight": threshold}


def _lookup(source: Source, address: str) -> dict[str, Any] | None:
    attester, urls = ask(address, "attester()", "address"), ask(address, "urls()", "string[]")
    if attester is None or not urls:
        return None
    owner = source.owner(address)
    return {"type": "offchainLookupIsm", **owner, "urls": urls, "attester": attester}


def _over_arbitrum(source: Source, address: str) -> Config | None:
    outbox = ask(address, "arbOutbox()", "address")
    bridge = None if outbox is None else ask(outbox, "bridge()", "address")
    if bridge is None:
        source.unknown(KIND, address, "an arbL2ToL1Ism whose bridge no view tells")
        return None
    return {"type": "arbL2ToL1Ism", "bridge": bridge, **_hook(address)}


def _hook(address: str) -> dict[str, str]:
    """The hook that may announce messages to a module, if it is set."""
    hook = address_of(ask(address, "authorizedHook()", "bytes32") or b"")
    return {} if hook is None else {"hook": hook}


def _without_metadata(source: Source, address: str) -> Config | None:
    """A module that takes no metadata, of which there are many kinds."""
    if has(address, "authorizedHook()", "bytes32"):
        return _over_bridge(source, address)
    if (relayer := ask(address, "trustedRelayer()", "address")) is not None:
        return {"type": "trustedRelayerIsm", "relayer": relayer}
    if (paused := ask(address, "paused()", "bool")) is not None:
        return read_pausable(source, address, "Ism", paused)
    if has(address, "blacklistedIds(bytes32)", "bool", bytes(32)):
        return _blacklist(source, address)
    if (hybrid := read_hybrid(source, address)) is not None:
        return hybrid
    if (recipient := ask(address, "recipient()", "address")) is not None and (
        capacity := ask(address, "maxCapacity()", "uint256")
    ) is not None:
        return {
            "type": "rateLimitedIsm",
            **source.owner(address),
            "maxCapacity": capacity,
            "duration": ask(address, "DURATION()", "uint256"),
            "recipient": recipient,
        }
    if all(ask(address, "verify(bytes,bytes)", "bool", b"", probe) for probe in _PROBES):
        source.note(f"{address}: verified two messages that nobody sent, so is read as a testIsm")
        return {"type": "testIsm"}
    source.unknown(KIND, address, "of type 6 without a view that tells which")
    return None


_PROBES = (b"\3" + b"\7" * 76, b"\3" + b"\x11" * 140)
"""Two messages that nobody sent."""


def _blacklist(source: Source, address: str) -> dict[str, Any]:
    ids = ask(address, "values()", "bytes32[]")
    if ids is None:
        source.note(f"{address}: does not list the message ids that it refuses")
    listed = [f"0x{message_id.hex()}" for message_id in ids or ()]
    return {"type": "blacklistIsm", **source.owner(address), "blacklistedIds": listed}


def _over_bridge(source: Source, address: str) -> Config | None:
    """A module that a hook on another chain announces messages to. The contract
    does not say which chain that is; the registry does, if it has the hook."""
    hook = ask(address, "authorizedHook()", "bytes32")
    router = ask(address, "getRouter()", "address")
    executor = ask(address, "executor()", "address")
    if router is None and executor is None:
        source.unknown(KIND, address, "an opStackIsm or its like, whose bridge no view tells")
        return None
    kind, key = ("ccipIsm", "ccipHook") if router is not None else ("erc5164Ism", "erc5164Hook")
    origin = source.origin_of(hook, (key,))
    if origin is None:
        source.unknown(
            KIND,
            address,
            f"{kind} for hook 0x{hook.hex()}, which is {key} of no chain in the registry",
        )
        return None
    if kind == "ccipIsm":
        selector = ask(address, "ccipOrigin()", "uint64")
        content = {"originChain": origin, "router": router, "chainSelector": selector}
    else:
        content = {"origin": origin, "executor": executor}
    return {"type": kind, **content, **_hook(address)}
