"""Reads one end of a route: from a token router to its entry in a deploy file."""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from eth_utils.address import to_checksum_address

from ape_hyperlane.plans.chain import code_at, is_code_of
from ape_hyperlane.plans.steps import IMPLEMENTATION_SLOT
from ape_hyperlane.plans.views import ask, has, word_in_slot
from ape_hyperlane.reading.fees import read_fee
from ape_hyperlane.reading.hooks import read_hook
from ape_hyperlane.reading.hybrids import spelled_word
from ape_hyperlane.reading.isms import read_ism
from ape_hyperlane.reading.proxies import read_proxy
from ape_hyperlane.reading.source import Source, address_of
from hyperlane.errors import ConfigError
from hyperlane.registry.fields import ZERO_ADDRESS
from hyperlane.registry.token_types import MOVABLE

ERC721, ERC4906 = bytes.fromhex("80ac58cd"), bytes.fromhex("49064906")


@dataclass(frozen=True, slots=True)
class ReadEnd:
    """A router as it is on its chain."""

    content: dict[str, Any]
    """Its entry in a deploy file, without the routers of other chains."""
    remotes: dict[int, bytes] = field(default_factory=dict)
    """Enrolled routers by domain."""
    collateral_domain: int | None = None
    """Domain of the vault, for a token that rebases."""


def read_end(source: Source, router: str, mailbox: str | None) -> ReadEnd:
    """Reads a router of the connected chain. `mailbox` is the registry's, which an entry does not
    name. ConfigError for another contract."""
    kind = _kind(router)
    if kind is None:
        raise ConfigError(
            f"--router: {router} is no token router; expected one of a route, as addressOrDenom in"
            " a route's -config.yaml"
        )
    owner = source.owner(router)
    source.core_owner = owner.get("owner", "")
    content = {"type": kind[0], **owner, **kind[1], **read_proxy(source, router)}
    if kind[0] == "collateralOft":
        return ReadEnd(content)
    used = ask(router, "mailbox()", "address")
    if used != mailbox:
        content["mailbox"] = used
    remotes = _remotes(source, router)
    content |= _modules(source, router, kind[0])
    content |= _scale(router) | _gas(router, remotes)
    content |= _rebalancing(source, router, kind[0], remotes)
    domain = ask(router, "collateralDomain()", "uint32")
    return ReadEnd(content, remotes, domain)


def _kind(router: str) -> tuple[str, dict[str, Any]] | None:
    """Type of a router and the keys that only this type has; None for another contract."""
    if (oft := ask(router, "oft()", "address")) is not None:
        return "collateralOft", {"token": _token(router), "oft": oft, **_layer_zero(router)}
    if not has(router, "mailbox()", "address") or not has(router, "routers(uint32)", "bytes32", 1):
        return None
    if has(router, "tokenMessenger()", "address"):
        return "collateralCctp", _circle(router)
    if has(router, "getCrossCollateralDomains()", "uint32[]"):
        return "crossCollateral", {"token": _token(router)}
    if (vault := ask(router, "vault()", "address")) is not None:
        own = has(router, "assetDeposited()", "uint256")
        return "collateralVault" if own else "collateralVaultRebase", {"token": vault}
    if (lockbox := ask(router, "lockbox()", "address")) is not None:
        return "xERC20Lockbox", {"token": lockbox}
    if ask(router, "wrappedToken()", "address") is not None:
        return _collateral(router)
    if has(router, "collateralDomain()", "uint32"):
        return "syntheticRebase", _names(router)
    if _supports(router, ERC721):
        if _supports(router, ERC4906):
            return "syntheticUri", _names(router)
        return "synthetic", {"isNft": True, **_names(router)}
    if ask(router, "token()", "address") != ZERO_ADDRESS and has(router, "symbol()", "string"):
        return "synthetic", _names(router)
    return "native", {}


def _token(router: str) -> str:
    return str(ask(router, "token()", "address") or ask(router, "wrappedToken()", "address"))


def _collateral(router: str) -> tuple[str, dict[str, Any]]:
    """Type of a router that keeps or burns an existing token. Routers of several types have the
    same views: then the token tells."""
    token = str(ask(router, "wrappedToken()", "address"))
    if _supports(token, ERC721):
        code = code_at(address_of(word_in_slot(router, IMPLEMENTATION_SLOT)) or router)
        if is_code_of("HypERC721URICollateral", code):
            return "collateralUri", {"token": token}
        return "collateral", {"isNft": True, "token": token}
    if not has(router, "allowedRebalancers()", "address[]"):
        if has(token, "mintingCurrentLimitOf(address)", "uint256", router):
            return "xERC20", {"token": token}
        if has(token, "minterAllowance(address)", "uint256", router):
            return "collateralFiat", {"token": token}
    return "collateral", {"token": token}


def _supports(contract: str, interface: bytes) -> bool:
    return bool(ask(contract, "supportsInterface(bytes4)", "bool", interface))


def _names(router: str) -> dict[str, Any]:
    decimals = ask(router, "decimals()", "uint8")
    found = {"name": ask(router, "name()", "string"), "symbol": ask(router, "symbol()", "string")}
    return found if decimals is None else {**found, "decimals": decimals}


def _circle(router: str) -> dict[str, Any]:
    transmitter = ask(router, "messageTransmitter()", "address")
    content: dict[str, Any] = {
        "token": _token(router),
        "cctpVersion": "V1",
        "messageTransmitter": transmitter,
        "tokenMessenger": ask(router, "tokenMessenger()", "address"),
        "urls": ask(router, "urls()", "string[]"),
    }
    finality = ask(router, "minFinalityThreshold()", "uint32")
    if finality is None:
        return content
    fee = ask(router, "maxFeePpm()", "uint256")
    bps = ask(router, "maxFeeBps()", "uint256") if fee is None else fee / 100
    fast = {"cctpVersion": "V2", "minFinalityThreshold": finality, "maxFeeBps": bps}
    return {**content, **fast}


def _layer_zero(router: str) -> dict[str, Any]:
    domains, endpoints = ask(router, "getDomainMappings()", "uint32[] uint32[]") or ((), ())
    # Lists of two lengths are no mapping, and a router may answer anything.
    pairs = {str(domain): id_ for domain, id_ in zip(domains, endpoints, strict=False)}
    options = ask(router, "extraOptions()", "bytes")
    found: dict[str, Any] = {"domainMappings": pairs}
    return {**found, "extraOptions": f"0x{options.hex()}"} if options else found


def _remotes(source: Source, router: str) -> dict[int, bytes]:
    found = {}
    for domain in source.domains(router):
        remote = ask(router, "routers(uint32)", "bytes32", domain)
        if remote is not None and any(remote):
            found[domain] = remote
    return found


def _modules(source: Source, router: str, kind: str) -> dict[str, Any]:
    """Hook, security module and fees of a router; without those that are the Mailbox's or zero."""
    found: dict[str, Any] = {}
    hook = ask(router, "hook()", "address")
    if hook not in (None, ZERO_ADDRESS):
        found["hook"] = read_hook(source, hook)
    ism = ask(router, "interchainSecurityModule()", "address")
    if ism not in (None, ZERO_ADDRESS, router):
        found["interchainSecurityModule"] = read_ism(source, ism)
    fee = ask(router, "feeRecipient()", "address")
    nft = ask(router, "scaleNumerator()", "uint256") is None
    if fee not in (None, ZERO_ADDRESS) and not nft:
        found["tokenFee"] = read_fee(source, fee)
    fee_hook = ask(router, "feeHook()", "address")
    if kind != "native" and fee_hook not in (None, ZERO_ADDRESS):
        found["feeHook"] = fee_hook
    return found


def _scale(router: str) -> dict[str, Any]:
    numerator = ask(router, "scaleNumerator()", "uint256") or ask(router, "scale()", "uint256")
    denominator = ask(router, "scaleDenominator()", "uint256") or 1
    scale = Fraction(numerator or 1, denominator)
    return {} if scale == 1 else {"scale": f"{scale.numerator}/{scale.denominator}"}


def _gas(router: str, remotes: dict[int, bytes]) -> dict[str, Any]:
    """Gas limits of deliveries by domain, including domains with routers of other tokens only."""
    domains = {*remotes, *(ask(router, "getCrossCollateralDomains()", "uint32[]") or ())}
    limits = {}
    for domain in sorted(domains):
        limit = ask(router, "destinationGas(uint32)", "uint256", domain)
        if limit:
            limits[str(domain)] = str(limit)
    return {"destinationGas": limits} if limits else {}


def _rebalancing(
    source: Source, router: str, kind: str, remotes: dict[int, bytes]
) -> dict[str, Any]:
    """Settings of rebalancing: who may move collateral, by which bridges and where to; also the
    trusted routers of other tokens."""
    if kind not in MOVABLE:
        return {}
    found: dict[str, Any] = {}
    if rebalancers := ask(router, "allowedRebalancers()", "address[]"):
        found["allowedRebalancers"] = rebalancers
    trusted = ask(router, "getCrossCollateralDomains()", "uint32[]") or ()
    lists: dict[str, dict[str, Any]] = {}

    def add(key: str, domain: int, values: Any) -> None:
        if values:
            lists.setdefault(key, {})[source.key(domain)] = values

    for domain in sorted({*remotes, *trusted}):
        bridges = ask(router, "allowedBridges(uint32)", "address[]", domain) or ()
        bridges = [{"bridge": bridge} for bridge in bridges]
        add("allowedRebalancingBridges", domain, bridges)
        recipient = ask(router, "allowedRecipient(uint32)", "bytes32", domain) or b""
        if kind == "crossCollateral" and any(recipient):
            add("rebalanceRecipients", domain, spelled_word(recipient))
        for key, view in (
            ("crossCollateralRouters", "getCrossCollateralRouters(uint32)"),
            ("rebalanceTargets", "rebalanceTargets(uint32)"),
        ):
            words = ask(router, view, "bytes32[]", domain) or ()
            add(key, domain, [spelled_word(each) for each in words])
    return {**found, **lists}


def evm_router(word: bytes) -> str | None:
    """Address of a remote router on an EVM chain; None for another."""
    return to_checksum_address(word[12:]) if address_of(word) else None
