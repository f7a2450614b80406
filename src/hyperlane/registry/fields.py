"""What configs of hooks, modules and routes are made of: amounts, accounts, maps by chain."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, model_validator

from hyperlane.registry.models import HexAddress, StrictFileModel, suggest
from hyperlane.wording import shown

ZERO_ADDRESS = "0x" + 40 * "0"
DAY = 24 * 60 * 60

Uint256 = Annotated[int, Field(ge=0, lt=2**256)]
Wei = Annotated[Uint256, PlainSerializer(str)]
"""Written as text, as readers have it for whom numbers end at 2**53."""
Uint128 = Annotated[int, Field(ge=0, lt=2**128), PlainSerializer(str)]
Url = Annotated[str, Field(pattern="^https?://")]


def _account(address: str) -> str:
    if address == ZERO_ADDRESS:
        raise ValueError("the zero address; expected one that somebody holds")
    return address


Account = Annotated[HexAddress, AfterValidator(_account)]
"""An address that signs, owns or is paid. Contracts refuse zero for most of them, but only when
half of the others are deployed."""

CONTRACT_VERSION = "12.1.0"
"""What the contracts answer to `PACKAGE_VERSION()`."""


def _not_newer(version: str) -> str:
    parts = version.split(".")
    plain = len(parts) == 3 and all(part.isdecimal() and len(part) < 9 for part in parts)
    if not plain or list(map(int, parts)) > list(map(int, CONTRACT_VERSION.split("."))):
        raise ValueError(
            f"{shown(version)}, expected {CONTRACT_VERSION!r}, or an older one, in whose place that"
            " is deployed; remove this key to have what there is"
        )
    return version


ContractVersion = Annotated[str, AfterValidator(_not_newer)]
"""What a file asks for: ours, or what it was written for."""

Word = Annotated[str, Field(pattern="^0x([0-9a-fA-F]{40}|[0-9a-fA-F]{64})$")]
"""An address, or the 32 bytes that messages name somebody by."""


def word(text: str) -> bytes:
    """The 32 bytes of a `Word`."""
    return bytes.fromhex(text[2:]).rjust(32, b"\0")


def _text_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(chain): content for chain, content in value.items()}
    return value


Value = TypeVar("Value")
ByChain = Annotated[Mapping[str, Value], BeforeValidator(_text_keys)]
"""By remote chain: a name in the registry, or a domain."""


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


class Placed(StrictFileModel):
    """What is deployed, or was: `address` names one that exists and is used instead."""

    address: Account | None = None

    def existing(self) -> dict[str, str | None]:
        """The contracts that must be there already, by key."""
        return {"address": self.address}


class OverCcip(Placed):
    """Uses Chainlink CCIP: `router` is its contract on this chain, `chainSelector` its number of
    the other chain. Without both it is one that exists: at `address`, or what the registry has."""

    router: Account | None = None
    chain_selector: Annotated[int, Field(ge=0, lt=2**64)] | None = None

    @model_validator(mode="after")
    def _says_both(self) -> Self:
        if (self.router is None) != (self.chain_selector is None):
            lacking = "router" if self.router is None else "chainSelector"
            raise ValueError(f"{lacking}: required, but missing")
        return self

    def existing(self) -> dict[str, str | None]:
        return {**super().existing(), "router": self.router}


class RateLimited(Placed):
    """A bucket of `maxCapacity` message units that fills up again within `duration` seconds."""

    max_capacity: Wei
    duration: Annotated[int, Field(gt=0, lt=2**64)] = DAY
    owner: Account | None = None

    @property
    def capacity(self) -> int:
        """What fits: the contract refills by whole units a second."""
        return self.max_capacity // self.duration * self.duration


def check_capacity(config: RateLimited) -> None:
    """ValueError for a bucket that would never fill."""
    if config.max_capacity < config.duration:
        raise ValueError(
            f"maxCapacity: {config.max_capacity}, expected at least duration, {config.duration}"
        )


def check_set(key: str, values: Sequence[object], threshold: int) -> None:
    """ValueError for a set that could not be satisfied, or that counts somebody twice."""
    check_members(key, values)
    if not 1 <= threshold <= len(values):
        raise ValueError(
            f"threshold: {threshold}, expected 1 to {len(values)}, one for each of {key}"
        )


def check_distinct(key: str, values: Sequence[object]) -> None:
    """ValueError for the same twice."""
    for index, value in enumerate(values):
        if value in values[:index]:
            name = value if isinstance(value, str) else f"number {index}"
            raise ValueError(f"{key}: {name} appears twice")


def check_members(key: str, values: Sequence[object]) -> None:
    """ValueError for too many, none, or the same twice."""
    check_distinct(key, values)
    if not 1 <= len(values) <= 255:
        raise ValueError(f"{key}: {len(values)} given, expected 1 to 255")


def one_of(known: Mapping[str, type[StrictFileModel]]) -> BeforeValidator:
    """Says which types there are when a mapping has none of them."""

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
