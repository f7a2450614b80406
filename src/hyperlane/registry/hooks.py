"""Configs of hooks: an address, or a mapping with a `type`."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    Discriminator,
    Field,
    NonNegativeInt,
    SerializerFunctionWrapHandler,
    Tag,
    model_serializer,
    model_validator,
)

from hyperlane.registry.fields import (
    ZERO_ADDRESS,
    Account,
    ByChain,
    GuardedPausable,
    OverCcip,
    Placed,
    RateLimited,
    Uint128,
    Uint256,
    Wei,
    Word,
    check_capacity,
    one_of,
)
from hyperlane.registry.hybrids import HYBRIDS, DelayedFlow, NetFlow, Timelock
from hyperlane.registry.models import TAG, HexAddress, StrictFileModel

GasOverhead = Annotated[int, Field(ge=0, lt=2**88)]
"""The paymaster stores 88 bits."""


class MerkleTreeHook(Placed):
    """Inserts messages into the merkle tree whose root validators sign."""

    type: Literal["merkleTreeHook"] = "merkleTreeHook"


class ProtocolFee(Placed):
    """Takes a fee for every message. Owner and beneficiary are by default the core's owner."""

    type: Literal["protocolFee"]
    max_protocol_fee: Wei
    protocol_fee: Wei
    owner: Account | None = None
    beneficiary: Account | None = None

    @model_validator(mode="after")
    def _is_allowed(self) -> "ProtocolFee":
        if self.protocol_fee > self.max_protocol_fee:
            raise ValueError(
                f"protocolFee: {self.protocol_fee} is more than maxProtocolFee,"
                f" {self.max_protocol_fee}"
            )
        return self


class GasPrice(StrictFileModel):
    """Gas price of a remote chain and exchange rate of its coin; `tokenExchangeRate` is scaled by
    1e10.

    `tokenDecimals` and `typicalCost` are documentation; the contract does not store them.
    """

    gas_price: Uint128
    token_exchange_rate: Uint128
    token_decimals: NonNegativeInt | None = None
    typical_cost: dict[str, float] | None = None


class InterchainGasPaymaster(Placed):
    """Takes payment for deliveries to the chains in `oracleConfig` and `overhead`.

    The paymaster stores gas prices itself. With `oracleKey` they are in a separate StorageGasOracle
    instead, owned by that account. `tokenOracleConfig` has prices in ERC-20 tokens, by token and
    chain.
    """

    type: Literal["interchainGasPaymaster"] = "interchainGasPaymaster"
    owner: Account | None = None
    beneficiary: Account | None = None
    oracle_key: Account | None = None
    overhead: ByChain[GasOverhead] = Field(default_factory=dict)
    oracle_config: ByChain[GasPrice] = Field(default_factory=dict)
    token_oracle_config: dict[Account, ByChain[GasPrice]] = Field(default_factory=dict)
    quote_signers: tuple[Account, ...] = ()
    igp_version: Literal["latest"] | None = None

    @model_serializer(mode="wrap")
    def _without_empty_keys(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Omits these keys if they are empty, as the reference does."""
        rare = ("tokenOracleConfig", "quoteSigners")
        return {key: value for key, value in written(self).items() if value or key not in rare}

    @model_validator(mode="after")
    def _is_complete(self) -> "InterchainGasPaymaster":
        for chain in sorted(self.overhead.keys() ^ self.oracle_config.keys()):
            lacking = "oracleConfig" if chain in self.overhead else "overhead"
            raise ValueError(f"{lacking}.{chain}: required, but missing")
        return self


class PausableHook(Placed):
    """Accepts all messages, or none while paused."""

    type: Literal["pausableHook"]
    owner: Account | None = None
    paused: bool = False


class GuardedPausableHook(GuardedPausable):
    """A `pausableHook` that guardians can pause, too."""

    type: Literal["guardedPausableHook"]


class RoutingHook(Placed):
    """Calls the hook of a message's destination; messages to other destinations revert."""

    type: Literal["domainRoutingHook"]
    owner: Account | None = None
    domains: ByChain["Hook"] = Field(default_factory=dict)


class FallbackRoutingHook(Placed):
    """Calls the hook of a message's destination, or `fallback` for other destinations."""

    type: Literal["fallbackRoutingHook"]
    owner: Account | None = None
    domains: ByChain["Hook"] = Field(default_factory=dict)
    fallback: "Hook"


class RecipientRoutingHook(Placed):
    """A `domainRoutingHook` with separate hooks for some recipients, by destination and recipient.
    The zero address removes one."""

    type: Literal["destinationRecipientRoutingHook"]
    owner: Account | None = None
    domains: ByChain["Hook"] = Field(default_factory=dict)
    custom_hooks: ByChain[Mapping[Word, "Hook"]] = Field(default_factory=dict)


class AmountRoutingHook(Placed):
    """Calls `upperHook` for transfers of at least `threshold` message units, otherwise
    `lowerHook`."""

    type: Literal["amountRoutingHook"]
    lower_hook: "Hook"
    upper_hook: "Hook"
    threshold: Uint256


class AggregationHook(Placed):
    """Calls several hooks, in this order."""

    type: Literal["aggregationHook"]
    hooks: tuple["Hook", ...] = Field(min_length=1, max_length=255)


class DefaultHook(Placed):
    """Calls the Mailbox's current default hook."""

    type: Literal["defaultHook"]


class RateLimitedHook(RateLimited):
    """Limits the transfers that one token router, `sender`, sends."""

    type: Literal["rateLimitedHook"]
    sender: Account | None = None

    @model_validator(mode="after")
    def _can_refill(self) -> "RateLimitedHook":
        check_capacity(self)
        return self


class OpStackHook(Placed):
    """Announces messages to the module `ism` on `destinationChain` over that chain's native bridge.

    `ism` is by default the one in the registry. The hook has no owner: `owner` is only accepted
    because other tools write it.
    """

    type: Literal["opStackHook"]
    native_bridge: Account
    destination_chain: str
    ism: Account | None = None
    owner: Account | None = None

    def existing(self) -> dict[str, str | None]:
        return {**super().existing(), "nativeBridge": self.native_bridge}


class ArbL2ToL1Hook(Placed):
    """Announces messages to the module `ism` on the parent chain of an Arbitrum chain, and calls
    `childHook`, which is paid for executing the announcement there.

    `ism` is by default the registry's for `destinationChain`. `bridge` is a contract of the parent
    chain, and not used.
    """

    type: Literal["arbL2ToL1Hook"]
    arb_sys: Account
    destination_chain: str
    child_hook: "Hook"
    bridge: Account | None = None
    ism: Account | None = None

    def existing(self) -> dict[str, str | None]:
        return {**super().existing(), "arbSys": self.arb_sys}


class CcipHook(OverCcip):
    """Announces messages to the module `ism` on `destinationChain` over Chainlink CCIP.

    `ism` is by default the registry's for that chain.
    """

    type: Literal["ccipHook"]
    destination_chain: str
    ism: Account | None = None


class Erc5164Hook(Placed):
    """Announces messages to the module `ism` on `destinationChain` over an ERC-5164 `dispatcher`.

    `ism` is by default the registry's for that chain.
    """

    type: Literal["erc5164Hook"]
    dispatcher: Account
    destination_chain: str
    ism: Account | None = None

    def existing(self) -> dict[str, str | None]:
        return {**super().existing(), "dispatcher": self.dispatcher}


HOOKS: dict[str, type[Placed]] = {
    "merkleTreeHook": MerkleTreeHook,
    "protocolFee": ProtocolFee,
    "interchainGasPaymaster": InterchainGasPaymaster,
    "pausableHook": PausableHook,
    "guardedPausableHook": GuardedPausableHook,
    "domainRoutingHook": RoutingHook,
    "fallbackRoutingHook": FallbackRoutingHook,
    "destinationRecipientRoutingHook": RecipientRoutingHook,
    "amountRoutingHook": AmountRoutingHook,
    "aggregationHook": AggregationHook,
    "defaultHook": DefaultHook,
    "rateLimitedHook": RateLimitedHook,
    "opStackHook": OpStackHook,
    "arbL2ToL1Hook": ArbL2ToL1Hook,
    "ccipHook": CcipHook,
    "erc5164Hook": Erc5164Hook,
    **HYBRIDS,
}


def _tag(value: object) -> str:
    """Selects the member of the union: by `type` in a file, by class in code."""
    if isinstance(value, Placed):
        return TAG + type(value).__name__
    return TAG + (HOOKS[value["type"]].__name__ if isinstance(value, dict) else "address")


Hook: TypeAlias = Annotated[
    Annotated[MerkleTreeHook, Tag(f"{TAG}MerkleTreeHook")]
    | Annotated[ProtocolFee, Tag(f"{TAG}ProtocolFee")]
    | Annotated[InterchainGasPaymaster, Tag(f"{TAG}InterchainGasPaymaster")]
    | Annotated[PausableHook, Tag(f"{TAG}PausableHook")]
    | Annotated[GuardedPausableHook, Tag(f"{TAG}GuardedPausableHook")]
    | Annotated[RoutingHook, Tag(f"{TAG}RoutingHook")]
    | Annotated[FallbackRoutingHook, Tag(f"{TAG}FallbackRoutingHook")]
    | Annotated[RecipientRoutingHook, Tag(f"{TAG}RecipientRoutingHook")]
    | Annotated[AmountRoutingHook, Tag(f"{TAG}AmountRoutingHook")]
    | Annotated[AggregationHook, Tag(f"{TAG}AggregationHook")]
    | Annotated[DefaultHook, Tag(f"{TAG}DefaultHook")]
    | Annotated[RateLimitedHook, Tag(f"{TAG}RateLimitedHook")]
    | Annotated[OpStackHook, Tag(f"{TAG}OpStackHook")]
    | Annotated[ArbL2ToL1Hook, Tag(f"{TAG}ArbL2ToL1Hook")]
    | Annotated[CcipHook, Tag(f"{TAG}CcipHook")]
    | Annotated[Erc5164Hook, Tag(f"{TAG}Erc5164Hook")]
    | Annotated[NetFlow, Tag(f"{TAG}NetFlow")]
    | Annotated[Timelock, Tag(f"{TAG}Timelock")]
    | Annotated[DelayedFlow, Tag(f"{TAG}DelayedFlow")]
    | Annotated[HexAddress, Tag(f"{TAG}address")],
    Discriminator(_tag),
    one_of(HOOKS),
]
"""A hook to deploy, or the address of an existing one."""


def all_hooks(hook: Hook) -> Iterator[Hook]:
    """The hook and all hooks that it calls, each before those that it calls itself."""
    yield hook
    for nested in _called(hook):
        yield from all_hooks(nested)


def leaves(hook: Hook) -> int:
    """The most leaves that one message may insert into the merkle tree."""
    below = [leaves(nested) for nested in _called(hook)]
    count = sum(below) if isinstance(hook, AggregationHook) else max(below, default=0)
    return count + isinstance(hook, MerkleTreeHook)


def _called(hook: Hook) -> tuple[Hook, ...]:
    match hook:
        case AggregationHook():
            return hook.hooks
        case FallbackRoutingHook():
            return (*hook.domains.values(), hook.fallback)
        case RoutingHook():
            return tuple(hook.domains.values())
        case RecipientRoutingHook():
            custom = (value for hooks in hook.custom_hooks.values() for value in hooks.values())
            return (*hook.domains.values(), *(value for value in custom if value != ZERO_ADDRESS))
        case AmountRoutingHook():
            return (hook.lower_hook, hook.upper_hook)
        case ArbL2ToL1Hook():
            return (hook.child_hook,)
    return ()


for _model in (
    RoutingHook,
    FallbackRoutingHook,
    RecipientRoutingHook,
    AmountRoutingHook,
    AggregationHook,
    ArbL2ToL1Hook,
):
    _model.model_rebuild()
