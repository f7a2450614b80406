"""The tokens of a route, completed by reads from the chains: names, decimals, scales."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from ape import networks
from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from web3.exceptions import ContractLogicError

from ape_hyperlane.plans.chain import has_code
from hyperlane.errors import ConfigError
from hyperlane.registry.chains import ETHER, ChainMetadata
from hyperlane.registry.token_types import MAX_DECIMALS
from hyperlane.registry.warp_token import WarpToken

ERC721 = bytes.fromhex("80ac58cd").ljust(32, b"\0")
"""ERC-165 interface id of ERC-721, encoded as a call argument."""

UNDERLYING = {
    "collateralVault": "asset()",
    "collateralVaultRebase": "asset()",
    "xERC20Lockbox": "ERC20()",
}
"""Views that return the moved token, for types whose `token` is a vault or a lockbox."""

CCTP_VERSIONS = {"V1": 0, "V2": 1}
"""Version numbers of Circle's contracts."""


@dataclass(frozen=True, slots=True)
class End:
    """A token of a route, with the values that its config may omit."""

    token: WarpToken
    name: str
    symbol: str
    decimals: int
    moved: str | None = None
    """The moved token; None for native coins and for a router that is the token itself."""
    scale: Fraction = Fraction(1)
    """Message units for one unit of the token."""
    circle_domain: int | None = None
    """Circle's number of the chain, on a route over CCTP."""


def read_backing(chain: str, token: WarpToken, metadata: ChainMetadata) -> End:
    """Reads a token that is not synthetic from the connected chain. ConfigError when the chain does
    not have it, or has it with other properties than the config."""
    key, moved = f"{chain}.token", token.token
    if moved is None:
        native = metadata.native_token or ETHER
        name, symbol, decimals = native.name, native.symbol, native.decimals
    else:
        if not has_code(moved):
            raise ConfigError(f"{key}: {moved}: no contract on {chain}; expected one")
        if token.type in UNDERLYING:
            moved = to_checksum_address(_call_view(key, moved, UNDERLYING[token.type], "address"))
        name = _call_text_view(key, moved, "name()")
        symbol = _call_text_view(key, moved, "symbol()")
        decimals = 0 if token.nft else _call_view(key, moved, "decimals()", "uint8")
        if decimals > MAX_DECIMALS:
            raise ConfigError(
                f"{key}: {moved} has {decimals} decimals, expected {MAX_DECIMALS} at most"
            )
        _require_kind(key, token, moved, decimals)
    circle_domain = _circle_domain(chain, token) if token.type == "collateralCctp" else None
    if token.decimals not in (None, decimals):
        raise ConfigError(f"{chain}.decimals: {token.decimals}, but the token has {decimals}")
    return End(
        token,
        token.name or name,
        token.symbol or symbol,
        decimals,
        moved,
        circle_domain=circle_domain,
    )


def whole_token(key: str, router: str) -> Fraction:
    """Message units per whole token of a router on the connected chain. ConfigError for another
    contract."""
    token = to_checksum_address(_call_view(key, router, "token()", "address"))
    numerator = int(_call_view(key, router, "scaleNumerator()", "uint256"))
    denominator = int(_call_view(key, router, "scaleDenominator()", "uint256"))
    return Fraction(numerator * 10 ** _call_view(key, token, "decimals()", "uint8"), denominator)


def _circle_domain(chain: str, token: WarpToken) -> int:
    """Circle's number of the connected chain. ConfigError when its contracts have another
    version."""
    transmitter, messenger = str(token.message_transmitter), str(token.token_messenger)
    expected = CCTP_VERSIONS[str(token.cctp_version)]
    for key, address, view in (
        ("messageTransmitter", transmitter, "version()"),
        ("tokenMessenger", messenger, "messageBodyVersion()"),
    ):
        found = _call_view(f"{chain}.{key}", address, view, "uint32")
        if found != expected:
            raise ConfigError(
                f"{chain}.{key}: {address} says version {found}; expected {expected} for"
                f" cctpVersion {token.cctp_version}"
            )
    return int(_call_view(f"{chain}.messageTransmitter", transmitter, "localDomain()", "uint32"))


def _require_kind(key: str, token: WarpToken, moved: str, decimals: int) -> None:
    """ConfigError for a token that the router could not pay out in full."""
    if token.nft and not _call_view(key, moved, "supportsInterface(bytes4)", "bool", ERC721):
        raise ConfigError(f"{key}: {moved} is no NFT collection; expected an ERC-721")
    if token.type == "collateralOft":
        there = to_checksum_address(_call_view(key, str(token.oft), "token()", "address"))
        if there != moved:
            raise ConfigError(f"{key}: {moved}, but the OFT {token.oft} moves {there}")
    if token.type == "collateralVaultRebase":
        shares = _call_view(key, str(token.token), "decimals()", "uint8")
        if shares != decimals:
            raise ConfigError(
                f"{key}: {token.token}: shares have {shares} decimals, assets {decimals};"
                " expected a vault with equal ones, or exchange rates would be rounded"
            )


def complete(tokens: Mapping[str, WarpToken], backing: Mapping[str, End]) -> dict[str, End]:
    """All ends of a route. Synthetic tokens take name, symbol and the most decimals from the tokens
    that back them; scales make amounts equal on all chains. ConfigError when that is impossible."""
    ends = {
        chain: backing[chain] if chain in backing else _synthetic(chain, token, backing)
        for chain, token in tokens.items()
    }
    if any(end.token.nft or end.token.type == "collateralOft" for end in ends.values()):
        return ends
    unit = _whole_token(ends)
    for chain, end in ends.items():
        if end.token.type == "collateralCctp" and unit != 10**end.decimals:
            raise ConfigError(
                f"{chain}.token: {end.decimals} decimals, but others have more: CCTP mints as much"
                " as is burnt"
            )
    scaled = {chain: replace(end, scale=unit / 10**end.decimals) for chain, end in ends.items()}
    for chain, end in scaled.items():
        if any(each >= 2**256 for each in (unit, *end.scale.as_integer_ratio())):
            raise ConfigError(f"{chain}.scale: {end.scale}, expected one that fits into 256 bits")
    return scaled


def _synthetic(chain: str, token: WarpToken, backing: Mapping[str, End]) -> End:
    first = next(iter(backing.values()), None)
    decimals = 0 if token.nft else token.decimals
    if decimals is None:
        decimals = max((end.decimals for end in backing.values()), default=None)
    name = token.name or (first and first.name)
    symbol = token.symbol or (first and first.symbol)
    for key, value in (("name", name), ("symbol", symbol), ("decimals", decimals)):
        if value is None:
            raise ConfigError(f"{chain}.{key}: required, since nothing backs the route here")
    return End(token, str(name), str(symbol), int(decimals or 0))


def _whole_token(ends: Mapping[str, End]) -> Fraction:
    """Message units per whole token: by the scales in the config, or by the most decimals, so that
    no amount is rounded. ConfigError for scales that would create or destroy value."""
    stated: dict[str, Fraction] = {
        chain: end.token.scale * 10**end.decimals
        for chain, end in ends.items()
        if end.token.scale is not None
    }
    if not stated:
        return Fraction(int(10 ** max(end.decimals for end in ends.values())))
    first, unit = next(iter(stated.items()))
    for chain, other in stated.items():
        if other != unit:
            raise ConfigError(
                f"{chain}.scale: a whole token would be {other} message units, but {unit} on"
                f" {first}: value would be created or lost; leave scale out to have it found"
            )
    return unit


def _call_view(key: str, address: str, view: str, kind: str, argument: bytes = b"") -> Any:
    """Result of a view. ConfigError when the contract does not have it."""
    data = keccak(text=view)[:4] + argument
    try:
        answer = networks.provider.web3.eth.call({"to": address, "data": data})
        return decode([kind], bytes(answer))[0]
    except (ContractLogicError, DecodingError, OverflowError) as error:
        raise ConfigError(f"{key}: {address} has no {view}; expected another contract") from error


def _call_text_view(key: str, address: str, view: str) -> str:
    """Text of a view, which old tokens return as 32 bytes."""
    try:
        return str(_call_view(key, address, view, "string"))
    except ConfigError:
        return (
            bytes(_call_view(key, address, view, "bytes32")).rstrip(b"\0").decode(errors="replace")
        )
