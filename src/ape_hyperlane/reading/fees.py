"""Reads the fee contracts of routers."""

from typing import Any

from pydantic import ValidationError

from ape_hyperlane.plans.views import ask, events
from ape_hyperlane.reading.hybrids import spelled_word
from ape_hyperlane.reading.source import Config, Source
from hyperlane.protocol.enums import FeeType
from hyperlane.registry.fields import ZERO_ADDRESS
from hyperlane.registry.token_fees import MAX_BPS_FEE, Curve

KIND = "fee contract"
CURVES = {
    FeeType.LINEAR: "LinearFee",
    FeeType.REGRESSIVE: "RegressiveFee",
    FeeType.PROGRESSIVE: "ProgressiveFee",
    FeeType.OFFCHAIN_QUOTED_LINEAR: "OffchainQuotedLinearFee",
}


def read_fee(source: Source, address: str) -> Config:
    """Config of a fee contract; its address if no config can name its kind."""
    return source.module(KIND, address, lambda fee: _read(source, fee))


def _read(source: Source, address: str) -> dict[str, Any] | None:
    number = ask(address, "feeType()", "uint8")
    match number:
        case FeeType.ROUTING:
            content = {"type": "RoutingFee", "feeContracts": _by_domain(source, address)}
        case FeeType.CROSS_COLLATERAL_ROUTING:
            fees = _by_router(source, address)
            content = {"type": "CrossCollateralRoutingFee", "feeContracts": fees}
        case _ if number in CURVES:
            content = _curve(address, CURVES[FeeType(number)])
        case _:
            source.unknown(KIND, address, f"of type {number}")
            return None
    return {**content, **source.owner(address)}


def _curve(address: str, kind: str) -> dict[str, Any]:
    maximum, half = ask(address, "maxFee()", "uint256"), ask(address, "halfAmount()", "uint256")
    content: dict[str, Any] = {"type": kind}
    if signers := ask(address, "quoteSigners()", "address[]"):
        content["quoteSigners"] = signers
    if (bps := _basis_points(kind, maximum, half)) is not None:
        return {**content, "bps": bps}
    return {**content, "maxFee": maximum, "halfAmount": half}


def _basis_points(kind: str, maximum: int, half: int) -> float | int | None:
    """The fee in basis points; None if no config with basis points makes this contract."""
    if maximum != MAX_BPS_FEE or not half or kind not in ("LinearFee", "OffchainQuotedLinearFee"):
        return None
    bps = round(maximum * 5_000 / half, 4)
    try:
        curve = Curve.model_validate({"type": "LinearFee", "bps": bps})
    except ValidationError:
        return None
    return bps if curve.parameters == (maximum, half) else None


def _by_domain(source: Source, address: str) -> dict[str, Any]:
    fees = {}
    for domain in source.domains(address):
        fee = ask(address, "feeContracts(uint32)", "address", domain)
        if fee not in (None, ZERO_ADDRESS):
            fees[source.key(domain)] = read_fee(source, fee)
    return fees


def _by_router(source: Source, address: str) -> dict[str, Any]:
    """Fees by destination and router: those that events name, since the contract has no list."""
    logged = events(address, "FeeContractSet(uint32,bytes32,address)")
    if logged is None:
        source.note(f"{address}: its feeContracts are in events, which the node does not search")
    fees: dict[str, Any] = {}
    for destination, router, _ in logged or ():
        domain = int.from_bytes(destination)
        fee = ask(address, "feeContracts(uint32,bytes32)", "address", domain, router)
        if fee not in (None, ZERO_ADDRESS):
            by_router = fees.setdefault(source.key(domain), {})
            by_router[spelled_word(router)] = read_fee(source, fee)
    return fees
