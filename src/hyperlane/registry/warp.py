"""Warp routes as files: what to deploy (`*-deploy.yaml`) and what is (`*-config.yaml`).

Keys and types are the reference's. A deploy file has a token for each chain; what a token says of
another chain is by name in the registry, or by domain.
"""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeAlias

import yaml
from eth_utils.crypto import keccak
from pydantic import BeforeValidator, Discriminator, Field, PlainSerializer, Tag, model_validator
from pydantic.alias_generators import to_camel

from hyperlane.errors import ConfigError
from hyperlane.files import write_atomic
from hyperlane.registry.core_config import ProxyAdmin
from hyperlane.registry.fields import (
    ZERO_ADDRESS,
    Account,
    ByChain,
    Url,
    Wei,
    Word,
    check_members,
    one_of,
)
from hyperlane.registry.hooks import Hook
from hyperlane.registry.isms import Ism
from hyperlane.registry.models import (
    TAG,
    FileModel,
    HexAddress,
    StrictFileModel,
    parse,
    read_yaml,
    suggest,
)

STANDARDS = {
    "native": "EvmHypNative",
    "collateral": "EvmHypCollateral",
    "synthetic": "EvmHypSynthetic",
    "collateralVault": "EvmHypOwnerCollateral",
    "collateralVaultRebase": "EvmHypRebaseCollateral",
    "syntheticRebase": "EvmHypSyntheticRebase",
    "collateralFiat": "EvmHypCollateralFiat",
    "xERC20": "EvmHypXERC20",
    "xERC20Lockbox": "EvmHypXERC20Lockbox",
    "collateralUri": "EvmHypCollateral",
    "syntheticUri": "EvmHypSynthetic",
    "crossCollateral": "EvmHypCrossCollateralRouter",
    "collateralCctp": "EvmHypCollateral",
    "collateralOft": "EvmHypCollateral",
}
"""Token type in a deploy file to token standard in a config file."""

SYNTHETIC = ("synthetic", "syntheticRebase", "syntheticUri")
"""Types that are a token themselves and need none."""

MOVABLE = ("native", "collateral", "crossCollateral")
"""Types whose collateral rebalancers may move."""

OWN_KEYS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    **dict.fromkeys((*SYNTHETIC, "native"), ((), ())),
    "crossCollateral": (
        ("token",),
        ("crossCollateralRouters", "rebalanceTargets", "rebalanceRecipients"),
    ),
    "collateralCctp": (
        ("token", "cctpVersion", "messageTransmitter", "tokenMessenger", "urls"),
        ("minFinalityThreshold", "maxFeeBps"),
    ),
    "collateralOft": (("token", "oft", "domainMappings"), ("extraOptions",)),
}
"""By type, of the keys that not all types have, those that it needs and those that it may have."""

JUST_TOKEN = (("token",), ())
"""The like of all other types."""

SPECIAL_KEYS = {key for keys in OWN_KEYS.values() for each in keys for key in each}

OFT_KEYS = {
    *("type", "owner", "token", "oft", "domain_mappings", "extra_options"),
    *("name", "symbol", "decimals", "mailbox"),
}
"""All that an OFT bridge has: LayerZero delivers, and nothing of ours is asked or paid. Other tools
write `mailbox`."""

DELIVERY_GAS = {
    "native": 60_000,
    "synthetic": 75_000,
    "collateral": 80_000,
    "xERC20": 120_000,
    "collateralFiat": 130_000,
    "syntheticRebase": 90_000,
    "syntheticUri": 250_000,
    "collateralUri": 120_000,
    "xERC20Lockbox": 200_000,
    "collateralVault": 300_000,
    "collateralVaultRebase": 250_000,
    "crossCollateral": 85_000,
    "collateralCctp": 300_000,
    "collateralOft": 0,
}
"""What a delivery is allowed unless `gas` or `destinationGas` says more."""

DEFAULT_ROUTER = "0x" + keccak(text="RoutingFee.DEFAULT_ROUTER").hex()
"""Stands for all routers that have no fee of their own."""

MAX_BPS_FEE = (2**256 - 1) // 10**36
"""`maxFee` of a fee in basis points: no transfer is large enough to reach half of it."""


LINEAR = ("LinearFee", "OffchainQuotedLinearFee")


class Curve(StrictFileModel):
    """A fee by amount: at most `maxFee`, half of that at `halfAmount`; or `bps` of the amount.

    The curve of an `OffchainQuotedLinearFee` holds where none does that `quoteSigners` have signed.
    """

    type: Literal["LinearFee", "ProgressiveFee", "RegressiveFee", "OffchainQuotedLinearFee"]
    owner: Account | None = None
    token: Account | None = None
    max_fee: Wei | None = None
    half_amount: Wei | None = None
    bps: Annotated[Decimal, Field(gt=0, le=10_000, decimal_places=4)] | None = None
    quote_signers: tuple[Account, ...] = ()

    @model_validator(mode="after")
    def _is_one_or_the_other(self) -> Self:
        if (self.max_fee is None) != (self.half_amount is None):
            lacking = "maxFee" if self.max_fee is None else "halfAmount"
            raise ValueError(f"{lacking}: required, but missing")
        if (self.bps is None) == (self.max_fee is None):
            raise ValueError("bps: expected that, or maxFee and halfAmount")
        if self.bps is not None and self.type not in LINEAR:
            raise ValueError(f"bps: only for {' and '.join(LINEAR)}, not for {self.type}")
        if 0 in (self.max_fee, self.half_amount):
            raise ValueError("maxFee and halfAmount: 0, expected more; leave tokenFee out for none")
        return self

    @model_validator(mode="after")
    def _is_signed(self) -> Self:
        if self.type == "OffchainQuotedLinearFee":
            check_members("quoteSigners", self.quote_signers)
        elif self.quote_signers:
            raise ValueError(f"quoteSigners: only for OffchainQuotedLinearFee, not for {self.type}")
        return self

    @property
    def parameters(self) -> tuple[int, int]:
        """`maxFee` and `halfAmount`."""
        if self.bps is None:
            return int(self.max_fee or 0), int(self.half_amount or 0)
        return MAX_BPS_FEE, int(MAX_BPS_FEE * 5_000 / Fraction(self.bps))


class RoutingFee(StrictFileModel):
    """A fee of its own for each destination; none for others."""

    type: Literal["RoutingFee"]
    owner: Account | None = None
    token: Account | None = None
    fee_contracts: ByChain["TokenFee"] = Field(min_length=1)


class CrossCollateralRoutingFee(StrictFileModel):
    """A fee of its own for each destination and router there, by the router's address or
    `DEFAULT_ROUTER` for all others; no transfers where there is none."""

    type: Literal["CrossCollateralRoutingFee"]
    owner: Account | None = None
    fee_contracts: ByChain[Annotated[Mapping[Word, "TokenFee"], Field(min_length=1)]] = Field(
        min_length=1
    )


FEES: dict[str, type[StrictFileModel]] = {
    "LinearFee": Curve,
    "ProgressiveFee": Curve,
    "RegressiveFee": Curve,
    "RoutingFee": RoutingFee,
    "OffchainQuotedLinearFee": Curve,
    "CrossCollateralRoutingFee": CrossCollateralRoutingFee,
}


def _tag(value: object) -> str:
    if isinstance(value, StrictFileModel):
        return TAG + type(value).__name__
    return TAG + (FEES[value["type"]].__name__ if isinstance(value, dict) else "address")


TokenFee: TypeAlias = Annotated[
    Annotated[Curve, Tag(f"{TAG}Curve")]
    | Annotated[RoutingFee, Tag(f"{TAG}RoutingFee")]
    | Annotated[CrossCollateralRoutingFee, Tag(f"{TAG}CrossCollateralRoutingFee")]
    | Annotated[HexAddress, Tag(f"{TAG}address")],
    Discriminator(_tag),
    one_of(FEES),
]
"""A fee contract to deploy, or the address of one that exists."""

RoutingFee.model_rebuild()
CrossCollateralRoutingFee.model_rebuild()


def all_fees(config: TokenFee | None) -> list[str]:
    """The addresses that a fee's config names in place of contracts to deploy."""
    if isinstance(config, RoutingFee):
        return [each for fee in config.fee_contracts.values() for each in all_fees(fee)]
    if isinstance(config, CrossCollateralRoutingFee):
        by_router = config.fee_contracts.values()
        return [each for fees in by_router for fee in fees.values() for each in all_fees(fee)]
    return [config] if isinstance(config, str) else []


def _fraction(value: Any) -> Any:
    """A whole number, or a mapping of numerator and denominator."""
    if isinstance(value, dict) and set(value) == {"numerator", "denominator"}:
        value = f"{value['numerator']}/{value['denominator']}"
    try:
        found = Fraction(value if isinstance(value, Fraction) else str(value))
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"{value!r} is neither a number nor numerator and denominator") from None
    if found <= 0:
        raise ValueError(f"{found}, expected more than 0")
    return found


def _spelled(scale: Fraction) -> dict[str, int]:
    return {"numerator": scale.numerator, "denominator": scale.denominator}


Scale = Annotated[Fraction, BeforeValidator(_fraction), PlainSerializer(_spelled)]
"""Message units for one unit of the token."""


class RemoteRouter(StrictFileModel):
    """A router that this tool does not deploy."""

    address: Word


class RebalancingBridge(StrictFileModel):
    """A bridge that rebalancers may move collateral over."""

    bridge: Account
    approved_tokens: tuple[Account, ...] = ()


class WarpToken(StrictFileModel):
    """The end of a route on one chain. Owner, Mailbox, hook and module are the deployer, the
    registry's, and the Mailbox's unless named."""

    type: Literal[
        "native",
        "collateral",
        "synthetic",
        "collateralVault",
        "collateralVaultRebase",
        "syntheticRebase",
        "collateralFiat",
        "xERC20",
        "xERC20Lockbox",
        "collateralUri",
        "syntheticUri",
        "crossCollateral",
        "collateralCctp",
        "collateralOft",
    ]
    owner: Account | None = None
    token: Account | None = None
    """What is behind the router: an ERC-20, an ERC-721, a vault, or a lockbox."""
    mailbox: HexAddress | None = None
    hook: Hook | None = None
    interchain_security_module: Ism | None = None
    name: str | None = None
    symbol: str | None = None
    decimals: Annotated[int, Field(ge=0, le=77)] | None = None
    is_nft: bool = False
    scale: Scale | None = None
    initial_supply: Wei = 0
    gas: Annotated[int, Field(gt=0, lt=2**64)] | None = None
    """What a delivery to this end may use."""
    destination_gas: ByChain[Annotated[int, Field(ge=0, lt=2**64)]] = Field(default_factory=dict)
    remote_routers: ByChain[RemoteRouter] = Field(default_factory=dict)
    token_fee: TokenFee | None = None
    fee_hook: HexAddress | None = None
    allowed_rebalancers: tuple[Account, ...] = ()
    allowed_rebalancing_bridges: ByChain[tuple[RebalancingBridge, ...]] = Field(
        default_factory=dict
    )
    collateral_chain_name: str | None = None
    cross_collateral_routers: ByChain[tuple[Word, ...]] = Field(default_factory=dict)
    """Routers of other tokens of the same worth that are trusted."""
    rebalance_targets: ByChain[tuple[Word, ...]] = Field(default_factory=dict)
    rebalance_recipients: ByChain[Word] = Field(default_factory=dict)
    cctp_version: Literal["V1", "V2"] | None = None
    message_transmitter: Account | None = None
    token_messenger: Account | None = None
    min_finality_threshold: Annotated[int, Field(ge=0, lt=2**32)] | None = None
    max_fee_bps: (
        Annotated[Decimal, Field(ge=0, lt=10_000, decimal_places=2), PlainSerializer(float)] | None
    ) = None
    urls: tuple[Url, ...] = ()
    """Where relayers ask for Circle's attestations."""
    oft: Account | None = None
    domain_mappings: ByChain[Annotated[int, Field(gt=0, lt=2**32)]] = Field(default_factory=dict)
    """What LayerZero calls other chains: its endpoint ids."""
    extra_options: Annotated[str, Field(pattern="^0x([0-9a-fA-F]{2})*$")] | None = None
    upgradeable: bool = False
    proxy_admin: ProxyAdmin | None = None

    @model_validator(mode="before")
    @classmethod
    def _other_spellings(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        if value.get("type") == "nativeScaled":
            value = {**value, "type": "native"}
        if value.get("proxyAdmin") is not None:
            value = {"upgradeable": True, **value}
        return value

    @property
    def nft(self) -> bool:
        return self.is_nft or self.type in ("collateralUri", "syntheticUri")

    @model_validator(mode="after")
    def _keys_fit(self) -> Self:
        given = {to_camel(name) for name in self.model_fields_set if getattr(self, name)}
        needed, possible = OWN_KEYS.get(self.type, JUST_TOKEN)
        for key in needed:
            if key not in given:
                raise ValueError(f"{key}: required for type {self.type}, but missing")
        for key in sorted(given & SPECIAL_KEYS - {*needed, *possible}):
            raise ValueError(f"{key}: type {self.type} has none; remove this key")
        return self

    @model_validator(mode="after")
    def _bridge_is_possible(self) -> Self:
        fast = (self.min_finality_threshold, self.max_fee_bps)
        if self.cctp_version == "V2" and None in fast:
            raise ValueError("cctpVersion: V2 needs minFinalityThreshold and maxFeeBps")
        if self.cctp_version == "V1" and fast != (None, None):
            raise ValueError("cctpVersion: V1 has neither minFinalityThreshold nor maxFeeBps")
        if self.type == "collateralCctp":
            self._has_none_of("scale", "remote_routers", "interchain_security_module")
        if self.type == "collateralOft":
            self._has_none_of(*sorted(self.model_fields_set - OFT_KEYS))
        return self

    def _has_none_of(self, *names: str) -> None:
        for name in names:
            if getattr(self, name) not in (None, False, 0, {}, (), ZERO_ADDRESS):
                raise ValueError(f"{to_camel(name)}: type {self.type} has none; remove this key")

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if self.is_nft and self.type not in ("collateral", "synthetic"):
            raise ValueError(f"isNft: type {self.type} moves amounts, not NFTs")
        if self.initial_supply and self.type not in SYNTHETIC:
            raise ValueError(f"initialSupply: type {self.type} mints nothing")
        if self.nft and (self.scale is not None or self.token_fee is not None):
            key = "tokenFee" if self.scale is None else "scale"
            raise ValueError(f"{key}: NFTs have none; remove this key")
        movable = self.type in MOVABLE and not self.nft
        if (self.allowed_rebalancers or self.allowed_rebalancing_bridges) and not movable:
            raise ValueError(f"allowedRebalancers: type {self.type} has no collateral to move")
        if self.fee_hook is not None and (self.type == "native" or self.nft):
            raise ValueError("feeHook: is paid in an ERC-20 token, which this route has not")
        fee = self.token_fee
        if self.type == "crossCollateral" and isinstance(fee, Curve | RoutingFee):
            raise ValueError(
                f"tokenFee: {fee.type}, but type crossCollateral asks for fees by router, too;"
                " expected CrossCollateralRoutingFee"
            )
        return self


Tokens = Mapping[str, WarpToken]
"""A deploy file: chain to token."""


def read_warp_config(path: Path) -> dict[str, WarpToken]:
    """A deploy file. ConfigError names what is wrong."""
    content = read_yaml(path)
    if not isinstance(content, dict) or not content:
        raise ConfigError(f"{path}: expected a token for each chain")
    tokens = {
        str(chain): parse(WarpToken, token, f"{path}: {chain}") for chain, token in content.items()
    }
    try:
        check_route(tokens)
    except ValueError as error:
        raise ConfigError(f"{path}: {error}") from None
    return tokens


def check_route(tokens: Tokens) -> None:
    """ValueError when the ends do not fit together."""
    for chain, token in tokens.items():
        outward = (token.remote_routers, token.cross_collateral_routers, token.domain_mappings)
        if len(tokens) == 1 and not any(outward):
            raise ValueError(f"{chain}: alone; expected another chain, or remoteRouters")
        if token.nft != next(iter(tokens.values())).nft:
            raise ValueError(f"{chain}: NFTs and amounts cannot be on one route")
        backing = [each for each, end in tokens.items() if end.type not in SYNTHETIC]
        if token.initial_supply and backing:
            raise ValueError(
                f"{chain}.initialSupply: {token.initial_supply}, expected 0: nothing would back it"
                f" on {backing[0]}"
            )
    if not any(
        token.type not in SYNTHETIC or token.initial_supply or token.remote_routers
        for token in tokens.values()
    ):
        raise ValueError("nothing but synthetic tokens: there would be none; expected collateral")
    _check_rebasing(tokens)
    _check_bridges(tokens)


def _check_bridges(tokens: Tokens) -> None:
    first, like = next(iter(tokens.items()))
    for chain, token in tokens.items():
        for name in ("type", "cctp_version"):
            this, other = getattr(token, name), getattr(like, name)
            if this != other and {token.type, like.type} & {"collateralCctp", "collateralOft"}:
                raise ValueError(
                    f"{chain}.{to_camel(name)}: {this}, but {other} on {first}: a bridge speaks to"
                    " its like only"
                )


def _check_rebasing(tokens: Tokens) -> None:
    vaults = [chain for chain, token in tokens.items() if token.type == "collateralVaultRebase"]
    rebasing = [chain for chain, token in tokens.items() if token.type == "syntheticRebase"]
    if (vaults or rebasing) and (len(vaults) != 1 or len(vaults) + len(rebasing) != len(tokens)):
        raise ValueError(
            "collateralVaultRebase goes with syntheticRebase and nothing else, one vault for all"
        )
    for chain in rebasing:
        named = tokens[chain].collateral_chain_name
        if named not in (None, *vaults):
            raise ValueError(f"{chain}.collateralChainName: {named}; the vault is on {vaults[0]}")


class Connection(FileModel):
    """Another end of the same route: `<protocol>|<chain>|<address>`."""

    token: str


class RouteToken(FileModel):
    """A deployed end of a route."""

    chain_name: str
    standard: str
    name: str
    symbol: str
    decimals: int
    address_or_denom: HexAddress
    collateral_address_or_denom: HexAddress | None = None
    connections: list[Connection] = Field(default_factory=list)


class WarpRoute(FileModel):
    """All ends of a deployed route."""

    tokens: list[RouteToken]

    def on(self, chain: str) -> RouteToken:
        """The end on this chain; ConfigError when there is none."""
        for token in self.tokens:
            if token.chain_name == chain:
                return token
        known = [token.chain_name for token in self.tokens]
        raise ConfigError(f"the route has no token on {chain!r}; {suggest(chain, known)}")


def write_route(
    registry: Path, route_id: str, tokens: Tokens, route: WarpRoute
) -> tuple[Path, Path]:
    """Writes what was to be deployed and what is, `warp_routes/<SYMBOL>/<id>-….yaml`; the paths."""
    content = {chain: token.as_file() for chain, token in tokens.items()}
    deploy, config = route_paths(registry, route_id)
    write_atomic(deploy, yaml.safe_dump(content, sort_keys=False))
    write_atomic(config, yaml.safe_dump(route.as_file(), sort_keys=False))
    return deploy, config


def find_route(registry: Path, wanted: str | None) -> str:
    """The id of a deployed route, `<SYMBOL>/<name>`: the only one if none is named. ConfigError
    when there is none, or more to choose from."""
    folder = registry / "deployments" / "warp_routes"
    known = sorted(
        f"{path.parent.name}/{path.name.removesuffix('-deploy.yaml')}"
        for path in folder.glob("*/*-deploy.yaml")
    )
    if wanted is None and len(known) == 1:
        return known[0]
    if wanted not in known:
        choice = suggest(wanted or "", known) if known else "deploy one first"
        raise ConfigError(f"{folder}: no route {wanted!r}; {choice}")
    return str(wanted)


def route_paths(registry: Path, route_id: str) -> tuple[Path, Path]:
    """Deploy and config file of `<SYMBOL>/<id>`."""
    folder = registry / "deployments" / "warp_routes"
    return folder / f"{route_id}-deploy.yaml", folder / f"{route_id}-config.yaml"
