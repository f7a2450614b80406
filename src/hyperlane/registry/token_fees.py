"""Configs of the fees that a router takes for transfers."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal, Self, TypeAlias

from eth_utils.crypto import keccak
from pydantic import Discriminator, Field, PlainSerializer, Tag, model_validator

from hyperlane.registry.fields import Account, ByChain, Wei, Word, check_members, one_of
from hyperlane.registry.models import TAG, HexAddress, StrictFileModel

DEFAULT_ROUTER = "0x" + keccak(text="RoutingFee.DEFAULT_ROUTER").hex()
"""Key of the fee for all routers without an own fee."""

MAX_BPS_FEE = (2**256 - 1) // 10**36
"""`maxFee` of a fee in basis points: so large that no transfer reaches half of it."""

LINEAR = ("LinearFee", "OffchainQuotedLinearFee")

BPS_STEP = Fraction(1, 10**4)


def _number(value: Decimal) -> int | float:
    return int(value) if value == int(value) else float(value)


Bps = Annotated[Decimal, Field(gt=0, le=10_000, decimal_places=4), PlainSerializer(_number)]


class Curve(StrictFileModel):
    """A fee that depends on the amount: at most `maxFee`, and half of that at `halfAmount`; or
    `bps` of the amount.

    `OffchainQuotedLinearFee` uses this fee where no quote signed by `quoteSigners` applies.
    """

    type: Literal["LinearFee", "ProgressiveFee", "RegressiveFee", "OffchainQuotedLinearFee"]
    address: Account | None = None
    """Address of an existing contract to use instead."""
    owner: Account | None = None
    token: Account | None = None
    max_fee: Wei | None = None
    half_amount: Wei | None = None
    bps: Bps | None = None
    quote_signers: tuple[Account, ...] = ()

    @model_validator(mode="after")
    def _has_parameters_or_bps(self) -> Self:
        if (self.max_fee is None) != (self.half_amount is None):
            lacking = "maxFee" if self.max_fee is None else "halfAmount"
            raise ValueError(f"{lacking}: required, but missing")
        if self.bps is None and self.max_fee is None:
            raise ValueError("bps: required, or maxFee and halfAmount, but all are missing")
        if self.bps is not None and self.type not in LINEAR:
            raise ValueError(f"bps: only for {' and '.join(LINEAR)}, not for {self.type}")
        if 0 in (self.max_fee, self.half_amount):
            raise ValueError("maxFee and halfAmount: 0, expected more; for no fee, remove tokenFee")
        if self.bps is not None and self.max_fee is not None:
            slope = Fraction(self.max_fee * 5_000, self.half_amount or 1)
            if abs(slope - Fraction(self.bps)) >= BPS_STEP:
                raise ValueError(f"bps: {self.bps}, but maxFee and halfAmount make {float(slope)}")
        return self

    @model_validator(mode="after")
    def _has_signers_if_quoted(self) -> Self:
        if self.type == "OffchainQuotedLinearFee":
            check_members("quoteSigners", self.quote_signers)
        elif self.quote_signers:
            raise ValueError(f"quoteSigners: only for OffchainQuotedLinearFee, not for {self.type}")
        return self

    @property
    def parameters(self) -> tuple[int, int]:
        """`maxFee` and `halfAmount`, also of a fee in `bps`."""
        if self.max_fee is not None and self.half_amount is not None:
            return self.max_fee, self.half_amount
        return MAX_BPS_FEE, int(MAX_BPS_FEE * 5_000 / Fraction(self.bps or 1))


class RoutingFee(StrictFileModel):
    """A fee per destination; other destinations are free."""

    type: Literal["RoutingFee"]
    address: Account | None = None
    """Address of an existing contract to use instead."""
    owner: Account | None = None
    token: Account | None = None
    fee_contracts: ByChain["TokenFee"] = Field(min_length=1)


class CrossCollateralRoutingFee(StrictFileModel):
    """A fee per destination and router, with `DEFAULT_ROUTER` for all other routers. Transfers
    without a fee are refused."""

    type: Literal["CrossCollateralRoutingFee"]
    address: Account | None = None
    """Address of an existing contract to use instead."""
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
    """Selects the member of the union: by `type` in a file, by class in code."""
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
"""A fee contract to deploy, or the address of an existing one."""

RoutingFee.model_rebuild()
CrossCollateralRoutingFee.model_rebuild()


def all_fees(config: TokenFee | None) -> list[str]:
    """Addresses of the existing fee contracts that a config names."""
    if isinstance(config, Curve):
        return [config.address] if config.address else []
    if isinstance(config, RoutingFee | CrossCollateralRoutingFee) and config.address:
        return [config.address, *all_fees(config.model_copy(update={"address": None}))]
    if isinstance(config, RoutingFee):
        return [address for fee in config.fee_contracts.values() for address in all_fees(fee)]
    if isinstance(config, CrossCollateralRoutingFee):
        by_router = config.fee_contracts.values()
        return [address for fees in by_router for fee in fees.values() for address in all_fees(fee)]
    return [config] if isinstance(config, str) else []
