"""`core-config.yaml`: which security module, hooks and owner a Mailbox is deployed with."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from hyperlane.registry.models import FileModel, HexAddress, StrictFileModel


def _kind(value: Any) -> str | None:
    """What a tagged object says it is; an address needs no tag."""
    if isinstance(value, str | int):
        return "address"
    kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    return str(kind) if kind is not None else None


def _require_distinct(name: str, values: Sequence[object]) -> None:
    for index, value in enumerate(values):
        if value in values[:index]:
            raise ValueError(f"{name} has {value} twice; every entry must be another one")


def _require_threshold(threshold: int, count: int) -> None:
    if not 1 <= threshold <= count:
        raise ValueError(f"threshold is {threshold}; it must be from 1 to {count}")


class MultisigIsm(StrictFileModel):
    """Believes what enough of its validators signed."""

    type: Literal["messageIdMultisigIsm", "merkleRootMultisigIsm"]
    validators: Annotated[list[HexAddress], Field(min_length=1, max_length=255)]
    threshold: int

    @model_validator(mode="after")
    def _check(self) -> Self:
        _require_distinct("validators", self.validators)
        _require_threshold(self.threshold, len(self.validators))
        return self


class AggregationIsm(StrictFileModel):
    """Believes what enough of its modules believe."""

    type: Literal["staticAggregationIsm"]
    modules: Annotated[list["Ism"], Field(min_length=1, max_length=255)]
    threshold: int

    @model_validator(mode="after")
    def _check(self) -> Self:
        _require_distinct("modules", self.modules)
        _require_threshold(self.threshold, len(self.modules))
        return self


class TrustedRelayerIsm(StrictFileModel):
    """Believes what one relayer delivers."""

    type: Literal["trustedRelayerIsm"]
    relayer: HexAddress


class TestIsm(StrictFileModel):
    """Believes everything. For tests."""

    __test__ = False  # pytest: not a test class
    type: Literal["testIsm"]


Ism = Annotated[
    Annotated[HexAddress, Tag("address")]
    | Annotated[MultisigIsm, Tag("messageIdMultisigIsm")]
    | Annotated[MultisigIsm, Tag("merkleRootMultisigIsm")]
    | Annotated[AggregationIsm, Tag("staticAggregationIsm")]
    | Annotated[TrustedRelayerIsm, Tag("trustedRelayerIsm")]
    | Annotated[TestIsm, Tag("testIsm")],
    Discriminator(_kind),
]


class MerkleTreeHook(StrictFileModel):
    """Inserts messages into the tree that validators sign."""

    type: Literal["merkleTreeHook"]


Wei = Annotated[int, BeforeValidator(lambda value: int(value) if str(value).isdigit() else value)]
"""A number, or its decimal digits as text."""


class ProtocolFee(StrictFileModel):
    """Takes a fixed fee in wei."""

    type: Literal["protocolFee"]
    owner: HexAddress
    beneficiary: HexAddress
    max_protocol_fee: Annotated[Wei, Field(ge=0)]
    protocol_fee: Annotated[Wei, Field(ge=0)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.protocol_fee > self.max_protocol_fee:
            raise ValueError(
                f"protocolFee is {self.protocol_fee}; maxProtocolFee is {self.max_protocol_fee}"
            )
        return self


class GasPrice(FileModel):
    """What gas costs on a remote chain."""

    gas_price: Annotated[Wei, Field(ge=0, lt=2**128)]
    """In the remote chain's smallest units."""
    token_exchange_rate: Annotated[Wei, Field(ge=0, lt=2**128)]
    """Local smallest units for a remote one, times 1e10."""


class InterchainGasPaymaster(FileModel):
    """Takes payment for the gas of deliveries."""

    type: Literal["interchainGasPaymaster"]
    owner: HexAddress
    beneficiary: HexAddress
    overhead: dict[str, Annotated[int, Field(ge=0, lt=2**88)]] = Field(default_factory=dict)
    """Gas per message beside the recipient's own, by name of the remote chain."""
    oracle_config: dict[str, GasPrice] = Field(default_factory=dict)
    """By name of the remote chain."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if missing := sorted(set(self.overhead) ^ set(self.oracle_config)):
            raise ValueError(f"overhead and oracleConfig must both name {', '.join(missing)}")
        return self


class AggregationHook(StrictFileModel):
    """Calls several hooks, one after the other."""

    type: Literal["aggregationHook"]
    hooks: Annotated[list["Hook"], Field(min_length=1, max_length=255)]


Hook = Annotated[
    Annotated[HexAddress, Tag("address")]
    | Annotated[MerkleTreeHook, Tag("merkleTreeHook")]
    | Annotated[ProtocolFee, Tag("protocolFee")]
    | Annotated[InterchainGasPaymaster, Tag("interchainGasPaymaster")]
    | Annotated[AggregationHook, Tag("aggregationHook")],
    Discriminator(_kind),
]


class CoreConfig(StrictFileModel):
    """A core to deploy."""

    owner: HexAddress
    default_ism: Ism
    default_hook: Hook
    required_hook: Hook

    @classmethod
    def for_local_use(cls, owner: str) -> "CoreConfig":
        """What is deployed without a configuration: `owner` owns all and is the trusted relayer."""
        return cls.model_validate(
            {
                "owner": owner,
                "defaultIsm": {"type": "trustedRelayerIsm", "relayer": owner},
                "defaultHook": {
                    "type": "interchainGasPaymaster",
                    "owner": owner,
                    "beneficiary": owner,
                },
                "requiredHook": {"type": "merkleTreeHook"},
            }
        )
