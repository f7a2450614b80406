"""`core-config.yaml`: what a core deployment should look like.

Keys and types are the reference's. Every key may be left out; `CoreConfig` says what that means.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    NonNegativeInt,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)

from hyperlane.registry.models import TAG, HexAddress, StrictFileModel, suggest

Wei = Annotated[int, Field(ge=0, lt=2**256)]
Uint128 = Annotated[int, Field(ge=0, lt=2**128)]
GasOverhead = Annotated[int, Field(ge=0, lt=2**88)]
"""88 bits is what the paymaster stores."""

ZERO_ADDRESS = "0x" + 40 * "0"
NO_PROXIES = "contracts are deployed without proxies; remove this key"


def _account(address: str) -> str:
    if address == ZERO_ADDRESS:
        raise ValueError("the zero address; expected one that somebody holds")
    return address


Account = Annotated[HexAddress, AfterValidator(_account)]
"""An address that signs, owns or is paid. Contracts refuse zero for most of them, but only when
half of the others are deployed."""


class MultisigIsm(StrictFileModel):
    """Believes what `threshold` of the validators have signed."""

    type: Literal["messageIdMultisigIsm", "merkleRootMultisigIsm"]
    validators: tuple[Account, ...]
    threshold: int

    @model_validator(mode="after")
    def _is_satisfiable(self) -> "MultisigIsm":
        _check_set("validators", self.validators, self.threshold)
        return self


class AggregationIsm(StrictFileModel):
    """Believes what `threshold` of the modules believe."""

    type: Literal["staticAggregationIsm"]
    modules: tuple["Ism", ...]
    threshold: int

    @model_validator(mode="after")
    def _is_satisfiable(self) -> "AggregationIsm":
        _check_set("modules", self.modules, self.threshold)
        return self


class TrustedRelayerIsm(StrictFileModel):
    """Believes what one account delivers: the deployer, if none is named."""

    type: Literal["trustedRelayerIsm"] = "trustedRelayerIsm"
    relayer: Account | None = None


class TestIsm(StrictFileModel):
    """Believes everything. For tests."""

    __test__ = False  # not a test class, whatever its name says

    type: Literal["testIsm"]


class MerkleTreeHook(StrictFileModel):
    """Inserts every message into the tree that validators sign."""

    type: Literal["merkleTreeHook"] = "merkleTreeHook"


class ProtocolFee(StrictFileModel):
    """Takes a fee for every message; owner and beneficiary are the core's owner unless named."""

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
    """What gas on a remote chain costs: `tokenExchangeRate` is scaled by 1e10."""

    gas_price: Uint128
    token_exchange_rate: Uint128
    token_decimals: NonNegativeInt | None = None


class InterchainGasPaymaster(StrictFileModel):
    """Takes payment for deliveries, to the chains named in `oracleConfig` and `overhead`.

    Chains are registry names or domains. Gas data is kept by the paymaster itself; `oracleKey`
    names an account that shall set it instead of the owner, in a StorageGasOracle of its own.
    """

    type: Literal["interchainGasPaymaster"] = "interchainGasPaymaster"
    owner: Account | None = None
    beneficiary: Account | None = None
    oracle_key: Account | None = None
    overhead: Mapping[str, GasOverhead] = Field(default_factory=dict)
    oracle_config: Mapping[str, GasPrice] = Field(default_factory=dict)

    @field_validator("overhead", "oracle_config", mode="before")
    @classmethod
    def _names(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return {str(chain): content for chain, content in value.items()}
        return value

    @model_validator(mode="after")
    def _is_complete(self) -> "InterchainGasPaymaster":
        for chain in sorted(self.overhead.keys() ^ self.oracle_config.keys()):
            lacking = "oracleConfig" if chain in self.overhead else "overhead"
            raise ValueError(f"{lacking}.{chain}: required, but missing")
        return self


class AggregationHook(StrictFileModel):
    """Calls several hooks in this order."""

    type: Literal["aggregationHook"]
    hooks: tuple["Hook", ...] = Field(min_length=1, max_length=255)


ISMS = {
    "messageIdMultisigIsm": MultisigIsm,
    "merkleRootMultisigIsm": MultisigIsm,
    "staticAggregationIsm": AggregationIsm,
    "trustedRelayerIsm": TrustedRelayerIsm,
    "testIsm": TestIsm,
}
HOOKS = {
    "merkleTreeHook": MerkleTreeHook,
    "protocolFee": ProtocolFee,
    "interchainGasPaymaster": InterchainGasPaymaster,
    "aggregationHook": AggregationHook,
}
_ADDRESS = f"{TAG}address"


def _tag(value: object) -> str:
    """Which member of a union: by `type` in a file, by class in code."""
    if isinstance(value, StrictFileModel):
        return TAG + type(value).__name__
    if isinstance(value, dict):
        return TAG + {**ISMS, **HOOKS}[value["type"]].__name__
    return _ADDRESS


def _one_of(known: Mapping[str, type[StrictFileModel]]) -> BeforeValidator:
    def check(value: object) -> object:
        if isinstance(value, dict):
            if "type" not in value:
                raise ValueError(f"type: required, but missing; {suggest('', known)}")
            if str(value["type"]) not in known:
                raise ValueError(
                    f"type: unknown {value['type']!r}; {suggest(value['type'], known)}"
                )
        return value

    return BeforeValidator(check)


_AddressMember: TypeAlias = Annotated[HexAddress, Tag(_ADDRESS)]

Ism: TypeAlias = Annotated[
    Annotated[MultisigIsm, Tag(f"{TAG}MultisigIsm")]
    | Annotated[AggregationIsm, Tag(f"{TAG}AggregationIsm")]
    | Annotated[TrustedRelayerIsm, Tag(f"{TAG}TrustedRelayerIsm")]
    | Annotated[TestIsm, Tag(f"{TAG}TestIsm")]
    | _AddressMember,
    Discriminator(_tag),
    _one_of(ISMS),
]
"""A module to deploy, or the address of one that exists."""

Hook: TypeAlias = Annotated[
    Annotated[MerkleTreeHook, Tag(f"{TAG}MerkleTreeHook")]
    | Annotated[ProtocolFee, Tag(f"{TAG}ProtocolFee")]
    | Annotated[InterchainGasPaymaster, Tag(f"{TAG}InterchainGasPaymaster")]
    | Annotated[AggregationHook, Tag(f"{TAG}AggregationHook")]
    | _AddressMember,
    Discriminator(_tag),
    _one_of(HOOKS),
]
"""A hook to deploy, or the address of one that exists."""


class CoreConfig(StrictFileModel):
    """The core of a deployment: who owns it, what it believes, what its messages go through.

    Left out: the deployer owns it and is the only relayer that is believed, every message goes into
    the merkle tree, and deliveries are paid to a gas paymaster.
    """

    owner: Account | None = None
    default_ism: Ism = TrustedRelayerIsm()
    default_hook: Hook = InterchainGasPaymaster()
    required_hook: Hook = MerkleTreeHook()

    @model_validator(mode="before")
    @classmethod
    def _no_proxy_admin(cls, value: Any) -> Any:
        if isinstance(value, dict) and "proxyAdmin" in value:
            raise ValueError(f"proxyAdmin: {NO_PROXIES}")
        return value

    @field_validator("required_hook")
    @classmethod
    def _no_way_around_the_tree(cls, hook: Hook, info: ValidationInfo) -> Hook:
        """A fee alone would leave no tree: it is taken beside the tree, unless the default hook has
        one (docs/decisions/0004)."""
        if not isinstance(hook, ProtocolFee) or "default_hook" not in info.data:
            return hook
        if any(isinstance(other, MerkleTreeHook) for other in _unfolded(info.data["default_hook"])):
            return hook
        return AggregationHook(type="aggregationHook", hooks=(MerkleTreeHook(), hook))

    @model_validator(mode="after")
    def _one_of_each_hook(self) -> "CoreConfig":
        seen: set[str] = set()
        for hook in self.hooks():
            if not isinstance(hook, str | AggregationHook):
                if hook.type in seen:
                    raise ValueError(f"{hook.type}: appears twice among the hooks; expected once")
                seen.add(hook.type)
        return self

    def hooks(self) -> "Iterator[Hook]":
        """All hooks, aggregated ones after their aggregation."""
        return _unfolded(self.default_hook, self.required_hook)

    def isms(self) -> "Iterator[Ism]":
        """All modules, aggregated ones after their aggregation."""
        waiting: list[Ism] = [self.default_ism]
        while waiting:
            ism = waiting.pop()
            yield ism
            if isinstance(ism, AggregationIsm):
                waiting.extend(ism.modules)


def _unfolded(*hooks: Hook) -> Iterator[Hook]:
    waiting = [*hooks]
    while waiting:
        hook = waiting.pop()
        yield hook
        if isinstance(hook, AggregationHook):
            waiting.extend(hook.hooks)


def _check_set(key: str, values: Sequence[object], threshold: int) -> None:
    for index, value in enumerate(values):
        if value in values[:index]:
            raise ValueError(f"{key}: {value} appears twice")
    if not 1 <= len(values) <= 255:
        raise ValueError(f"{key}: {len(values)} given, expected 1 to 255")
    if not 1 <= threshold <= len(values):
        raise ValueError(
            f"threshold: {threshold}, expected 1 to {len(values)}, one for each of {key}"
        )


for _model in (AggregationIsm, AggregationHook, CoreConfig):
    _model.model_rebuild()
