"""Model of one chain's token in a warp route's `*-deploy.yaml`.

Keys and types are the reference's. Other chains are named as in the registry, or by domain.
"""

from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import Field, PlainSerializer, model_validator
from pydantic.alias_generators import to_camel

from hyperlane.registry.core_config import ProxyAdmin
from hyperlane.registry.fields import (
    ZERO_ADDRESS,
    Account,
    ByChain,
    ContractVersion,
    Scale,
    Url,
    Wei,
    Word,
    check_distinct,
    word,
)
from hyperlane.registry.hooks import Hook
from hyperlane.registry.isms import Ism
from hyperlane.registry.models import FileModel, HexAddress, StrictFileModel
from hyperlane.registry.token_fees import Curve, RoutingFee, TokenFee
from hyperlane.registry.token_types import (
    JUST_TOKEN,
    MAX_DECIMALS,
    MOVABLE,
    NFT_TYPES,
    OFT_KEYS,
    OWN_KEYS,
    SPECIAL_KEYS,
    SYNTHETIC,
    URI_TYPES,
)

UNSUPPORTED = {
    "predicateWrapper": "deploy it by hand, in front of the route, and remove this key",
    "timelock": "deploy it by hand, name it as owner of proxyAdmin, and remove this key",
    "xERC20": "limits are the token owner's to set; set them there, and remove this key",
}
"""Keys of the reference whose feature this tool does not have, with what to do instead."""

SYNONYMS = {"nativeScaled": "native", "collateralDex": "collateral"}
"""Types of the reference with the same contract as another type."""


Gas = Annotated[int, Field(ge=0, lt=2**64), PlainSerializer(str)]


class OwnerOverrides(FileModel):
    """Owners of contracts other than the router. Unknown keys are for the checkers of other tools;
    they are kept and written again."""

    proxy_admin: Account | None = None


class RemoteRouter(StrictFileModel):
    """An existing router, which this route does not deploy."""

    address: Word


class RebalancingBridge(StrictFileModel):
    """A bridge by which rebalancers may move collateral."""

    bridge: Account
    approved_tokens: tuple[Account, ...] = ()

    @model_validator(mode="after")
    def _no_standing_approvals(self) -> Self:
        if self.approved_tokens:
            raise ValueError(
                f"approvedTokens: {self.approved_tokens[0]}: routers approve what each transfer"
                " takes, and nothing else; remove this key"
            )
        return self


class WarpToken(StrictFileModel):
    """The end of a route on one chain. Defaults: the owner is the deployer, the Mailbox the
    registry's; hook and module are the Mailbox's."""

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
    """The token behind the router: an ERC-20, an ERC-721, a vault or a lockbox."""
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
    """Gas limit of deliveries to this end; 0 stands for the default."""
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
    """Trusted routers of other tokens of equal value."""
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
    """URLs from which relayers fetch Circle's attestations."""
    oft: Account | None = None
    domain_mappings: ByChain[Annotated[int, Field(gt=0, lt=2**32)]] = Field(default_factory=dict)
    """LayerZero's endpoint ids of other chains."""
    extra_options: Annotated[str, Field(pattern="^0x([0-9a-fA-F]{2})*$")] | None = None
    contract_version: ContractVersion | None = None
    upgradeable: bool = False
    proxy_admin: ProxyAdmin | None = None

    @model_validator(mode="before")
    @classmethod
    def _normalise(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        for key, reason in UNSUPPORTED.items():
            if value.get(key) is not None:
                raise ValueError(f"{key}: {value[key]!r}: {reason}")
        ignored = {*UNSUPPORTED, "foreignDeployment"}
        value = {key: content for key, content in value.items() if key not in ignored}
        if value.get("type") in SYNONYMS:
            value = {**value, "type": SYNONYMS[value["type"]]}
        overrides = value.get("ownerOverrides")
        theirs = isinstance(overrides, dict) and overrides.get("proxyAdmin") is None
        if value.get("proxyAdmin") is not None or (overrides is not None and not theirs):
            value = {"upgradeable": True, **value}
        return value

    def as_file(self) -> dict[str, Any]:
        """Serialize for YAML: only the keys that were set."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_unset=True)

    @property
    def admin(self) -> ProxyAdmin | None:
        """Admin of the router's proxy; None for a router that cannot be upgraded."""
        if not self.upgradeable:
            return None
        admin, overrides = self.proxy_admin or ProxyAdmin(), self.owner_overrides
        owner = overrides.proxy_admin if overrides else None
        return admin.model_copy(update={"owner": owner}) if owner else admin

    @property
    def nft(self) -> bool:
        """True if the route moves NFTs."""
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
    def _proxy_admin_is_consistent(self) -> Self:
        admin = self.proxy_admin
        other = self.owner_overrides.proxy_admin if self.owner_overrides else None
        if (admin or other) and not self.upgradeable:
            raise ValueError("proxyAdmin: there is no proxy unless upgradeable is true")
        if admin and other and admin.owner not in (None, other):
            raise ValueError(
                f"ownerOverrides.proxyAdmin: {other}, but proxyAdmin.owner is {admin.owner}"
            )
        return self

    @model_validator(mode="after")
    def _has_no_duplicates(self) -> Self:
        check_distinct("allowedRebalancers", self.allowed_rebalancers)
        for chain, bridges in self.allowed_rebalancing_bridges.items():
            check_distinct(
                f"allowedRebalancingBridges.{chain}", [entry.bridge for entry in bridges]
            )
        for name in ("cross_collateral_routers", "rebalance_targets"):
            for chain, routers in getattr(self, name).items():
                check_distinct(f"{to_camel(name)}.{chain}", [word(router) for router in routers])
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
            raise ValueError("feeHook: is paid in an ERC-20 token, which this route does not have")
        fee = self.token_fee
        if self.type == "crossCollateral" and isinstance(fee, Curve | RoutingFee):
            raise ValueError(
                f"tokenFee: {fee.type}, but type crossCollateral asks for fees by router, too;"
                " expected CrossCollateralRoutingFee"
            )
        return self
