"""Security modules as configs write them: an address, or a mapping with a `type`."""

from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag, model_validator

from hyperlane.registry.fields import (
    Account,
    ByChain,
    OverCcip,
    Placed,
    RateLimited,
    Uint256,
    Url,
    check_capacity,
    check_members,
    check_set,
    one_of,
)
from hyperlane.registry.hybrids import HYBRIDS, DelayedFlow, NetFlow, Timelock
from hyperlane.registry.models import TAG, HexAddress, StrictFileModel

TOTAL_WEIGHT = 10**10
"""What `thresholdWeight` is a part of."""


class MultisigIsm(Placed):
    """Believes what `threshold` of the validators have signed."""

    type: Literal[
        "messageIdMultisigIsm",
        "merkleRootMultisigIsm",
        "storageMessageIdMultisigIsm",
        "storageMerkleRootMultisigIsm",
    ]
    validators: tuple[Account, ...]
    threshold: int

    @model_validator(mode="after")
    def _is_satisfiable(self) -> "MultisigIsm":
        check_set("validators", self.validators, self.threshold)
        return self


class WeightedValidator(StrictFileModel):
    """A validator whose signature counts `weight`."""

    signing_address: Account
    weight: Annotated[int, Field(gt=0, le=TOTAL_WEIGHT)]


class WeightedMultisigIsm(Placed):
    """Believes what validators have signed whose weights add up to `thresholdWeight`."""

    type: Literal["weightedMessageIdMultisigIsm", "weightedMerkleRootMultisigIsm"]
    validators: tuple[WeightedValidator, ...]
    threshold_weight: Annotated[int, Field(gt=0, le=TOTAL_WEIGHT)]

    @model_validator(mode="after")
    def _is_satisfiable(self) -> "WeightedMultisigIsm":
        check_members("validators", [validator.signing_address for validator in self.validators])
        total = sum(validator.weight for validator in self.validators)
        if self.threshold_weight > total:
            raise ValueError(
                f"thresholdWeight: {self.threshold_weight} is more than all weights together,"
                f" {total}"
            )
        return self


class AggregationIsm(Placed):
    """Believes what `threshold` of the modules believe."""

    type: Literal["staticAggregationIsm", "storageAggregationIsm"]
    modules: tuple["Ism", ...]
    threshold: int

    @model_validator(mode="after")
    def _is_satisfiable(self) -> "AggregationIsm":
        check_set("modules", self.modules, self.threshold)
        return self


class RoutingIsm(Placed):
    """Leaves a message to the module of its origin. `defaultFallbackRoutingIsm` leaves those of
    other origins to the Mailbox's default module; `incrementalDomainRoutingIsm` never changes what
    it has."""

    type: Literal["domainRoutingIsm", "defaultFallbackRoutingIsm", "incrementalDomainRoutingIsm"]
    owner: Account | None = None
    domains: ByChain["Ism"] = Field(default_factory=dict)


class AmountRoutingIsm(Placed):
    """Leaves a transfer of `threshold` or more message units to `upperIsm`, others to
    `lowerIsm`."""

    type: Literal["amountRoutingIsm"]
    lower_ism: "Ism"
    upper_ism: "Ism"
    threshold: Uint256


class TrustedRelayerIsm(Placed):
    """Believes what one account delivers: the deployer, if none is named."""

    type: Literal["trustedRelayerIsm"] = "trustedRelayerIsm"
    relayer: Account | None = None


class TestIsm(Placed):
    """Believes everything. For tests."""

    __test__ = False  # not a test class, whatever its name says

    type: Literal["testIsm"]
    threshold: int | None = Field(default=None, exclude=True)
    validators: tuple[str, ...] = Field(default=(), exclude=True)
    """The reference's example has both; nobody reads them."""


class PausableIsm(Placed):
    """Believes everything, or nothing while it is paused."""

    type: Literal["pausableIsm"]
    owner: Account | None = None
    paused: bool = False


class DefaultIsm(Placed):
    """Asks the Mailbox's default module of that moment."""

    type: Literal["defaultIsm"]


class BlacklistIsm(Placed):
    """Believes everything but the messages with these ids, to which its owner may add."""

    type: Literal["blacklistIsm"]
    owner: Account | None = None
    blacklisted_ids: tuple[Annotated[str, Field(pattern="^0x[0-9a-fA-F]{64}$")], ...] = ()


class RateLimitedIsm(RateLimited):
    """Limits what one token router receives."""

    type: Literal["rateLimitedIsm"]
    recipient: Account | None = None

    @model_validator(mode="after")
    def _fills_up(self) -> "RateLimitedIsm":
        check_capacity(self)
        return self


class OpStackIsm(Placed):
    """Believes what the hook on `origin` announced over the chain's native bridge.

    `hook` is that hook's address, by default what the registry has of `origin`. It can be told
    once; until then the module believes nothing.
    """

    type: Literal["opStackIsm"]
    origin: str
    native_bridge: Account
    hook: Account | None = None

    def existing(self) -> dict[str, str | None]:
        return {**super().existing(), "nativeBridge": self.native_bridge}


class ArbL2ToL1Ism(Placed):
    """Believes what the hook on an Arbitrum chain sent to its parent chain, whose bridge this is.

    `hook` is that hook's address. It can be told once; until then the module believes nothing.
    """

    type: Literal["arbL2ToL1Ism"]
    bridge: Account
    hook: Account | None = None

    def existing(self) -> dict[str, str | None]:
        return {**super().existing(), "bridge": self.bridge}


class CcipIsm(OverCcip):
    """Believes what the hook on `originChain` announced over Chainlink CCIP.

    `hook` is that hook's address, by default what the registry has of that chain. It can be told
    once; until then the module believes nothing.
    """

    type: Literal["ccipIsm"]
    origin_chain: str
    hook: Account | None = None


class Erc5164Ism(Placed):
    """Believes what the hook on `origin` announced and an ERC-5164 `executor` calls with.

    `hook` is that hook's address, by default what the registry has of `origin`. It can be told
    once; until then the module believes nothing.
    """

    type: Literal["erc5164Ism"]
    origin: str
    executor: Account
    hook: Account | None = None

    def existing(self) -> dict[str, str | None]:
        return {**super().existing(), "executor": self.executor}


class OffchainLookupIsm(Placed):
    """Believes what `attester` has signed, which relayers ask for at `urls`."""

    type: Literal["offchainLookupIsm"]
    owner: Account | None = None
    urls: tuple[Url, ...] = Field(min_length=1)
    attester: Account


ISMS: dict[str, type[Placed]] = {
    "messageIdMultisigIsm": MultisigIsm,
    "merkleRootMultisigIsm": MultisigIsm,
    "storageMessageIdMultisigIsm": MultisigIsm,
    "storageMerkleRootMultisigIsm": MultisigIsm,
    "weightedMessageIdMultisigIsm": WeightedMultisigIsm,
    "weightedMerkleRootMultisigIsm": WeightedMultisigIsm,
    "staticAggregationIsm": AggregationIsm,
    "storageAggregationIsm": AggregationIsm,
    "domainRoutingIsm": RoutingIsm,
    "defaultFallbackRoutingIsm": RoutingIsm,
    "incrementalDomainRoutingIsm": RoutingIsm,
    "amountRoutingIsm": AmountRoutingIsm,
    "trustedRelayerIsm": TrustedRelayerIsm,
    "testIsm": TestIsm,
    "pausableIsm": PausableIsm,
    "defaultIsm": DefaultIsm,
    "blacklistIsm": BlacklistIsm,
    "rateLimitedIsm": RateLimitedIsm,
    "opStackIsm": OpStackIsm,
    "arbL2ToL1Ism": ArbL2ToL1Ism,
    "ccipIsm": CcipIsm,
    "erc5164Ism": Erc5164Ism,
    "offchainLookupIsm": OffchainLookupIsm,
    **HYBRIDS,
}


def _tag(value: object) -> str:
    """Which member of the union: by `type` in a file, by class in code."""
    if isinstance(value, Placed):
        return TAG + type(value).__name__
    return TAG + (ISMS[value["type"]].__name__ if isinstance(value, dict) else "address")


Ism: TypeAlias = Annotated[
    Annotated[MultisigIsm, Tag(f"{TAG}MultisigIsm")]
    | Annotated[WeightedMultisigIsm, Tag(f"{TAG}WeightedMultisigIsm")]
    | Annotated[AggregationIsm, Tag(f"{TAG}AggregationIsm")]
    | Annotated[RoutingIsm, Tag(f"{TAG}RoutingIsm")]
    | Annotated[AmountRoutingIsm, Tag(f"{TAG}AmountRoutingIsm")]
    | Annotated[TrustedRelayerIsm, Tag(f"{TAG}TrustedRelayerIsm")]
    | Annotated[TestIsm, Tag(f"{TAG}TestIsm")]
    | Annotated[PausableIsm, Tag(f"{TAG}PausableIsm")]
    | Annotated[DefaultIsm, Tag(f"{TAG}DefaultIsm")]
    | Annotated[BlacklistIsm, Tag(f"{TAG}BlacklistIsm")]
    | Annotated[RateLimitedIsm, Tag(f"{TAG}RateLimitedIsm")]
    | Annotated[OpStackIsm, Tag(f"{TAG}OpStackIsm")]
    | Annotated[ArbL2ToL1Ism, Tag(f"{TAG}ArbL2ToL1Ism")]
    | Annotated[CcipIsm, Tag(f"{TAG}CcipIsm")]
    | Annotated[Erc5164Ism, Tag(f"{TAG}Erc5164Ism")]
    | Annotated[OffchainLookupIsm, Tag(f"{TAG}OffchainLookupIsm")]
    | Annotated[NetFlow, Tag(f"{TAG}NetFlow")]
    | Annotated[Timelock, Tag(f"{TAG}Timelock")]
    | Annotated[DelayedFlow, Tag(f"{TAG}DelayedFlow")]
    | Annotated[HexAddress, Tag(f"{TAG}address")],
    Discriminator(_tag),
    one_of(ISMS),
]
"""A module to deploy, or the address of one that exists."""


def all_isms(ism: Ism) -> Iterator[Ism]:
    """The module and all that it asks, each before those that it asks itself."""
    yield ism
    for each in _asked(ism):
        yield from all_isms(each)


def _asked(ism: Ism) -> tuple[Ism, ...]:
    match ism:
        case AggregationIsm():
            return ism.modules
        case RoutingIsm():
            return tuple(ism.domains.values())
        case AmountRoutingIsm():
            return (ism.lower_ism, ism.upper_ism)
    return ()


for _model in (AggregationIsm, RoutingIsm, AmountRoutingIsm):
    _model.model_rebuild()
