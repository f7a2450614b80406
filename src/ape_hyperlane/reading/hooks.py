"""Reads hooks: from a contract to the config that makes it."""

from typing import Any

from ape_hyperlane.plans.views import ask, events, has
from ape_hyperlane.reading.guarded import read_pausable
from ape_hyperlane.reading.hybrids import read_hybrid, spelled_word
from ape_hyperlane.reading.source import Config, Source, address_of
from hyperlane.protocol.hook_metadata import HookType
from hyperlane.registry.fields import ZERO_ADDRESS

KIND = "hook"


def read_hook(source: Source, address: str | None) -> Config:
    """Config of a hook and of all hooks that it calls."""
    return source.module(KIND, address, lambda hook: _read(source, hook))


def _read(source: Source, address: str) -> Config | None:
    number = ask(address, "hookType()", "uint8")
    found = read_hybrid(source, address) or _of_type(source, address, number)
    if found is None:
        source.unknown(KIND, address, f"of type {number}, which no config here can name")
    return found


def _of_type(source: Source, address: str, number: int | None) -> dict[str, Any] | None:
    match number:
        case HookType.MERKLE_TREE:
            return {"type": "merkleTreeHook"}
        case HookType.MAILBOX_DEFAULT_HOOK:
            return {"type": "defaultHook"}
        case HookType.PROTOCOL_FEE:
            return _protocol_fee(source, address)
        case HookType.INTERCHAIN_GAS_PAYMASTER:
            return _paymaster(source, address)
        case HookType.PAUSABLE:
            paused = ask(address, "paused()", "bool")
            return read_pausable(source, address, "Hook", paused)
        case HookType.ROUTING | HookType.FALLBACK_ROUTING:
            return _routing(source, address)
        case HookType.AMOUNT_ROUTING:
            parts = (ask(address, "lower()", "address"), ask(address, "upper()", "address"))
            lower, upper = (read_hook(source, part) for part in parts)
            threshold = ask(address, "threshold()", "uint256")
            hooks = {"lowerHook": lower, "upperHook": upper}
            return {"type": "amountRoutingHook", **hooks, "threshold": threshold}
        case HookType.AGGREGATION:
            hooks_ = ask(address, "hooks(bytes)", "address[]", b"") or ()
            return {
                "type": "aggregationHook",
                "hooks": [read_hook(source, hook) for hook in hooks_],
            }
        case HookType.RATE_LIMITED:
            return _rate_limited(source, address)
        case HookType.ID_AUTH_ISM | HookType.ARB_L2_TO_L1:
            return _over_bridge(source, address)
    return None


def _protocol_fee(source: Source, address: str) -> dict[str, Any]:
    return {
        "type": "protocolFee",
        **source.owner(address),
        "maxProtocolFee": ask(address, "MAX_PROTOCOL_FEE()", "uint256"),
        "protocolFee": ask(address, "protocolFee()", "uint256"),
        "beneficiary": ask(address, "beneficiary()", "address"),
    }


def _routing(source: Source, address: str) -> dict[str, Any] | None:
    """A hook by destination, with a fallback, or with hooks for single recipients."""
    if not has(address, "hooks(uint32)", "address", 1):
        source.note(f"{address}: does not say which hooks it calls")
        return None
    domains = {}
    for domain in source.domains(address):
        hook = ask(address, "hooks(uint32)", "address", domain)
        if hook not in (None, ZERO_ADDRESS):
            domains[source.key(domain)] = read_hook(source, hook)
    content: dict[str, Any] = {**source.owner(address), "domains": domains}
    fallback = ask(address, "fallbackHook()", "address")
    if fallback is not None:
        content["fallback"] = read_hook(source, fallback)
        return {"type": "fallbackRoutingHook", **content}
    if has(address, "customHooks(uint32,bytes32)", "address", 1, bytes(32)):
        content["customHooks"] = _custom_hooks(source, address)
        return {"type": "destinationRecipientRoutingHook", **content}
    return {"type": "domainRoutingHook", **content}


def _custom_hooks(source: Source, address: str) -> dict[str, Any]:
    """Hooks of single recipients: those that events name."""
    view = "customHooks(uint32,bytes32)"
    logged = events(address, "CustomHookSet(uint32,bytes32,address)")
    found: dict[str, Any] = {}
    for destination, recipient, _ in logged or ():
        domain = int.from_bytes(destination)
        hook = ask(address, view, "address", domain, recipient)
        if hook not in (None, ZERO_ADDRESS):
            by_recipient = found.setdefault(source.key(domain), {})
            by_recipient[spelled_word(recipient)] = read_hook(source, hook)
    if logged is None:
        source.note(f"{address}: its customHooks are in events, which the node does not search")
    return found


def _rate_limited(source: Source, address: str) -> dict[str, Any] | None:
    sender = ask(address, "sender()", "address")
    if sender is None:
        return None
    return {
        "type": "rateLimitedHook",
        **source.owner(address),
        "maxCapacity": ask(address, "maxCapacity()", "uint256"),
        "duration": ask(address, "DURATION()", "uint256"),
        "sender": sender,
    }


def _over_bridge(source: Source, address: str) -> dict[str, Any] | None:
    """A hook that announces messages over a bridge."""
    destination = ask(address, "destinationDomain()", "uint32")
    if destination is None:
        return None
    content = {"destinationChain": source.key(destination)}
    ism = address_of(ask(address, "ism()", "bytes32") or b"")
    if ism is not None:
        content["ism"] = ism
    if (arb_sys := ask(address, "arbSys()", "address")) is not None:
        child = ask(address, "childHook()", "address")
        bridge = {"arbSys": arb_sys, "childHook": read_hook(source, child)}
        return {"type": "arbL2ToL1Hook", **bridge, **content}
    if (messenger := ask(address, "l1Messenger()", "address")) is not None:
        return {"type": "opStackHook", "nativeBridge": messenger, **content}
    if (router := ask(address, "ccipRouter()", "address")) is not None:
        selector = ask(address, "ccipDestination()", "uint64")
        return {"type": "ccipHook", "router": router, "chainSelector": selector, **content}
    if (dispatcher := ask(address, "dispatcher()", "address")) is not None:
        return {"type": "erc5164Hook", "dispatcher": dispatcher, **content}
    return None


def _paymaster(source: Source, address: str) -> dict[str, Any]:
    owner = source.owner(address)
    overhead: dict[str, int] = {}
    prices: dict[str, Any] = {}
    oracles = []
    for domain in source.domains(address):
        found = ask(address, "destinationGasConfigs(uint32)", "address uint96", domain)
        if found is None or found == (ZERO_ADDRESS, 0):
            continue
        oracle, gas = found
        oracle = address if oracle == ZERO_ADDRESS else oracle
        if oracle not in oracles:
            oracles.append(oracle)
        price = ask(oracle, "remoteGasData(uint32)", "uint128 uint128", domain)
        price = price or ask(
            oracle, "getExchangeRateAndGasPrice(uint32)", "uint128 uint128", domain
        )
        if price is None:
            source.note(f"{address}: oracle {oracle} has no price for domain {domain}")
            continue
        key = source.key(domain)
        overhead[key] = gas
        prices[key] = _price(source, key, *price)
    content: dict[str, Any] = {
        **owner,
        "beneficiary": ask(address, "beneficiary()", "address"),
        "oracleConfig": prices,
        "overhead": overhead,
    }
    content.update(_oracle_key(source, address, oracles, owner.get("owner")))
    if signers := ask(address, "quoteSigners()", "address[]"):
        content["quoteSigners"] = signers
    if has(address, "tokenGasOracles(address,uint32)", "address", ZERO_ADDRESS, 1):
        content["tokenOracleConfig"] = _token_prices(source, address)
    return {"type": "interchainGasPaymaster", **content}


def _oracle_key(
    source: Source, paymaster: str, oracles: list[str], owner: str | None
) -> dict[str, str]:
    """Setting `oracleKey`, the account that may change gas prices; empty if none is known."""
    if len(oracles) > 1:
        source.note(f"{paymaster}: has {len(oracles)} oracles; oracleKey is the first one's owner")
    if oracles and oracles[0] != paymaster:
        key = ask(oracles[0], "owner()", "address")
        return {} if key in (None, ZERO_ADDRESS) else {"oracleKey": key}
    return {} if owner is None else {"oracleKey": owner}


def _token_prices(source: Source, paymaster: str) -> dict[str, Any]:
    """Prices in tokens: of those tokens and domains that events name."""
    logged = events(paymaster, "TokenGasOracleSet(address,uint32,address)")
    if logged is None:
        source.note(f"{paymaster}: tokenOracleConfig is in events, which the node does not search")
    found: dict[str, Any] = {}
    for topic, destination, _ in logged or ():
        token, domain = address_of(topic) or ZERO_ADDRESS, int.from_bytes(destination)
        view = "tokenGasOracles(address,uint32)"
        oracle = ask(paymaster, view, "address", token, domain)
        if oracle in (None, ZERO_ADDRESS):
            continue
        price = ask(oracle, "remoteGasData(uint32)", "uint128 uint128", domain)
        if price is not None:
            key = source.key(domain)
            found.setdefault(token, {})[key] = _price(source, key, *price)
    return found


def _price(source: Source, chain: str, exchange_rate: int, gas_price: int) -> dict[str, Any]:
    price = {"gasPrice": str(gas_price), "tokenExchangeRate": str(exchange_rate)}
    decimals = source.decimals.of(chain)
    return price if decimals is None else {**price, "tokenDecimals": decimals}
