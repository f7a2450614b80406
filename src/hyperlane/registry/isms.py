"""Configs of security modules: an address, or a mapping with a `type`."""

from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag, model_validator

from hyperlane.registry.fields import (
    Account,
    ByChain,
    GuardedPausable,
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
"""The sum of all weights, of which `thresholdWeight` is a part."""


class MultisigIsm(Placed):
    """Verifies messages that `threshold` of the validators signed."""

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
    """A validator and the weight of its signature."""

    signing_address: Account
    weight: Annotated[int, Field(gt=0, le=TOTAL_WEIGHT)]


class WeightedMultisigIsm(Placed):
    """Verifies messages signed by validators whose weights add up to `thresholdWeight`."""

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
    """Verifies messages that `threshold` of the modules verify."""

    type: Literal["staticAggregationIsm", "storageAggregationIsm"]
    modules: tuple["Ism", ...]
    threshold: int

    @model_validator(mode="after")
    def _is_satisfiable(self) -> "AggregationIsm":
        check_set("modules", self.modules, self.threshold)
        return self


class RoutingIsm(Placed):
    """Asks the module of a message's origin. For other origins, `defaultFallbackRoutingIsm` asks
    the Mailbox's default module. The entries of `incrementalDomainRoutingIsm` cannot be changed."""

    type: Literal["domainRoutingIsm", "defaultFallbackRoutingIsm", "incrementalDomainRoutingIsm"]
    owner: Account | None = None
    domains: ByChain["Ism"] = Field(default_factory=dict)


class AmountRoutingIsm(Placed):
    """Asks `upperIsm` for transfers of at least `threshold` message units, otherwise `lowerIsm`."""

    type: Literal["amountRoutingIsm"]
    lower_ism: "Ism"
    upper_ism: "Ism"
    threshold: Uint256


class TrustedRelayerIsm(Placed):
    """Verifies messages that one account delivers, by default the deployer."""

    type: Literal["trustedRelayerIsm"] = "trustedRelayerIsm"
    relayer: Account | None = None


class TestIsm(Placed):
    """Verifies all messages. For tests."""

    __test__ = False  # keeps pytest from collecting it as a test class

    type: Literal["testIsm"]
    threshold: int | None = Field(default=None, exclude=True)
    validators: tuple[str, ...] = Field(default=(), exclude=True)
    """Both are in the reference's example, and not used."""


class PausableIsm(Placed):
    """Verifies all messages, or none while paused."""

    type: Literal["pausableIsm"]
    owner: Account | None = None
    paused: bool = False


class GuardedPausableIsm(GuardedPausable):
    """A `pausableIsm` that guardians can pause, too."""

    type: Literal["guardedPausableIsm"]


class DefaultIsm(Placed):
    """Asks the Mailbox's current default module."""

    type: Literal["defaultIsm"]


class BlacklistIsm(Placed):
    """Verifies all messages except those with these ids. Its owner may add ids."""

    type: Literal["blacklistIsm"]
    owner: Account | None = None
    blacklisted_ids: tuple[Annotated[str, Field(pattern="^0x[0-9a-fA-F]{64}$")], ...] = ()


class RateLimitedIsm(RateLimited):
    """Limits the transfers that one token router receives."""

    type: Literal["rateLimitedIsm"]
    recipient: Account | None = None

    @model_validator(mode="after")
    def _can_refill(self) -> "RateLimitedIsm":
        check_capacity(self)
        return self


class OpStackIsm(Placed):
    """Verifies messages that the hook on `origin` announced over the chain's native bridge.

    `hook` is that hook's address, by default the registry's for `origin`. It can be set once; until
    then the module verifies no message.
    """

    type: Literal["opStackIsm"]
    origin: str
    native_bridge: Account
    hook: Account | None = None

    def existing(self) -> dict[str, str | None]:
        return {**super().existing(), "nativeBridge": self.native_bridge}


class ArbL2ToL1Ism(Placed):
    """Verifies messages that the hook on an Arbitrum chain announced over `bridge`, a contract of
    the parent chain, where this module is.

    `hook` is that hook's address. It can be set once; until then the module verifies no message.
    """

    type: Literal["arbL2ToL1Ism"]
    bridge: Account
    hook: Account | None = None

    def existing(self) -> dict[str, str | None]:
        return {**super().existing(), "bridge": self.bridge}


class CcipIsm(OverCcip):
    """Verifies messages that the hook on `originChain` announced over Chainlink CCIP.

    `hook` is that hook's address, by default the registry's for that chain. It can be set once;
    until then the module verifies no message.
    """

    type: Literal["ccipIsm"]
    origin_chain: str
    hook: Account | None = None


class Erc5164Ism(Placed):
    """Verifies messages that the hook on `origin` announced over an ERC-5164 `executor`.

    `hook` is that hook's address, by default the registry's for `origin`. It can be set once; until
    then the module verifies no message.
    """

    type: Literal["erc5164Ism"]
    origin: str
    executor: Account
    hook: Account | None = None

    def existing(self) -> dict[str, str | None]:
        return {**super().existing(), "executor": self.executor}


class OffchainLookupIsm(Placed):
    """Verifies messages that `attester` signed. Relayers fetch its signatures from `urls`."""

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
    "guardedPausableIsm": GuardedPausableIsm,
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
    """Selects the member of the union: by `type` in a file, by class in code."""
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
    | Annotated[GuardedPausableIsm, Tag(f"{TAG}GuardedPausableIsm")]
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
"""A module to deploy, or the address of an existing one."""


def all_isms(ism: Ism) -> Iterator[Ism]:
    """The module and all modules that it asks, each before those that it asks itself."""
    yield ism
    for nested in _asked(ism):
        yield from all_isms(nested)


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
