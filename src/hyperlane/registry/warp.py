"""Deploy files of warp routes, `*-deploy.yaml`: a token for each chain.

Keys and types are the reference's. What a token says of another chain is by name in the registry,
or by domain.
"""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator
from pydantic.alias_generators import to_camel

from hyperlane.errors import ConfigError
from hyperlane.registry.core_config import ProxyAdmin
from hyperlane.registry.fields import (
    ZERO_ADDRESS,
    Account,
    ByChain,
    Url,
    Wei,
    Word,
    check_distinct,
    word,
)
from hyperlane.registry.hooks import Hook
from hyperlane.registry.isms import Ism
from hyperlane.registry.models import (
    FileModel,
    HexAddress,
    StrictFileModel,
    parse,
)
from hyperlane.registry.token_fees import Curve, RoutingFee, TokenFee
from hyperlane.registry.yaml_file import read_yaml
from hyperlane.wording import shown

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

URI_TYPES = ("collateralUri", "syntheticUri")
"""Types of NFTs only."""

NFT_TYPES = ("collateral", "synthetic", *URI_TYPES)

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

MAX_DECIMALS = 77
"""A whole token of more would be no uint256."""

CONTRACT_VERSION = "12.1.0"
"""What the contracts answer to `PACKAGE_VERSION()`."""

NOT_HERE = {
    "foreignDeployment": "all chains of a file are deployed to; take this one out, and name its"
    " router in remoteRouters of the others",
    "predicateWrapper": "there is none to deploy; put one in front of the route by hand",
    "timelock": "deploy it by hand, and name it as owner of proxyAdmin",
    "xERC20": "limits are the token owner's to set; set them there, and remove this key",
}
"""Keys of the reference that ask for what this tool does not do."""

OFT_KEYS = {
    *("type", "owner", "token", "oft", "domain_mappings", "extra_options"),
    *("name", "symbol", "decimals", "mailbox", "contract_version"),
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
    if max(found.numerator, found.denominator) >= 2**256:
        raise ValueError(f"{found}, expected numerator and denominator below 2**256")
    return found


def _spelled(scale: Fraction) -> int | dict[str, int | str]:
    """As the reference has it, text where its readers would round a number."""
    numerator, denominator = map(_exact, scale.as_integer_ratio())
    if denominator == 1 and isinstance(numerator, int):
        return numerator
    return {"numerator": numerator, "denominator": denominator}


def _exact(value: int) -> int | str:
    return value if value < 2**53 else str(value)


Scale = Annotated[Fraction, BeforeValidator(_fraction), PlainSerializer(_spelled)]
"""Message units for one unit of the token."""


def _is_older(version: str) -> bool:
    """Than the contracts, or theirs."""
    parts = version.split(".")
    if len(parts) != 3 or not all(part.isdecimal() and len(part) < 9 for part in parts):
        return False
    return tuple(map(int, parts)) <= tuple(map(int, CONTRACT_VERSION.split(".")))


Gas = Annotated[int, Field(ge=0, lt=2**64), PlainSerializer(str)]


class OwnerOverrides(FileModel):
    """Who owns what else than the owner of the router. Other keys than ours are for checkers of
    other tools, about contracts that this one does not make; they are written again."""

    proxy_admin: Account | None = None


class RemoteRouter(StrictFileModel):
    """A router that this tool does not deploy."""

    address: Word


class RebalancingBridge(StrictFileModel):
    """A bridge that rebalancers may move collateral over."""

    bridge: Account
    approved_tokens: tuple[Account, ...] = ()

    @model_validator(mode="after")
    def _is_approved_by_transfer(self) -> Self:
        if self.approved_tokens:
            raise ValueError(
                f"approvedTokens: {self.approved_tokens[0]}: routers approve what each transfer"
                " takes, and nothing else; remove this key"
            )
        return self


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
    owner_overrides: OwnerOverrides | None = None
    token: Account | None = None
    """What is behind the router: an ERC-20, an ERC-721, a vault, or a lockbox."""
    mailbox: Account | None = None
    hook: Hook | None = None
    interchain_security_module: Ism | None = None
    name: str | None = None
    symbol: str | None = None
    decimals: Annotated[int, Field(ge=0, le=MAX_DECIMALS)] | None = None
    is_nft: bool = False
    scale: Scale | None = None
    initial_supply: Wei = 0
    gas: Annotated[int, Field(ge=0, lt=2**64)] | None = None
    """What a delivery to this end may use; 0 is as if it were left out."""
    destination_gas: ByChain[Gas] = Field(default_factory=dict)
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
    contract_version: str | None = None
    upgradeable: bool = False
    proxy_admin: ProxyAdmin | None = None

    @model_validator(mode="before")
    @classmethod
    def _other_spellings(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        for key, reason in NOT_HERE.items():
            if value.get(key) is not None:
                raise ValueError(f"{key}: {value[key]!r}: {reason}")
        value = {key: content for key, content in value.items() if key not in NOT_HERE}
        if value.get("type") == "nativeScaled":
            value = {**value, "type": "native"}
        overrides = value.get("ownerOverrides")
        theirs = isinstance(overrides, dict) and overrides.get("proxyAdmin") is None
        if value.get("proxyAdmin") is not None or (overrides is not None and not theirs):
            value = {"upgradeable": True, **value}
        return value

    def as_file(self) -> dict[str, Any]:
        """What was said, without what was left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_unset=True)

    @property
    def admin(self) -> ProxyAdmin | None:
        """Who may change the router's code; None where nobody can."""
        if not self.upgradeable:
            return None
        admin, overrides = self.proxy_admin or ProxyAdmin(), self.owner_overrides
        owner = overrides.proxy_admin if overrides else None
        return admin.model_copy(update={"owner": owner}) if owner else admin

    @property
    def nft(self) -> bool:
        return self.is_nft or self.type in URI_TYPES

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
    def _is_controlled(self) -> Self:
        admin = self.proxy_admin
        other = self.owner_overrides.proxy_admin if self.owner_overrides else None
        if (admin or other) and not self.upgradeable:
            raise ValueError("proxyAdmin: there is no proxy unless upgradeable is true")
        if admin and other and admin.owner not in (None, other):
            raise ValueError(
                f"ownerOverrides.proxyAdmin: {other}, but proxyAdmin.owner is {admin.owner}"
            )
        if self.contract_version is not None and not _is_older(self.contract_version):
            raise ValueError(
                f"contractVersion: {shown(self.contract_version)}, expected {CONTRACT_VERSION!r},"
                " or an older one, in whose place that is deployed"
            )
        return self

    @model_validator(mode="after")
    def _names_nobody_twice(self) -> Self:
        check_distinct("allowedRebalancers", self.allowed_rebalancers)
        for chain, bridges in self.allowed_rebalancing_bridges.items():
            check_distinct(f"allowedRebalancingBridges.{chain}", [each.bridge for each in bridges])
        for name in ("cross_collateral_routers", "rebalance_targets"):
            for chain, routers in getattr(self, name).items():
                check_distinct(f"{to_camel(name)}.{chain}", [word(each) for each in routers])
        return self

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if self.is_nft and self.type not in NFT_TYPES:
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
