"""Field types of configs: amounts, accounts, maps by chain; and shared checks."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, model_validator

from hyperlane.registry.models import HexAddress, StrictFileModel, suggest
from hyperlane.wording import shown

ZERO_ADDRESS = "0x" + 40 * "0"
HOUR = 60 * 60
DAY = 24 * HOUR
LONGEST_GUARDIAN_PAUSE = 30 * DAY
"""`GuardedPausable.LONGEST_GUARDIAN_PAUSE`, in seconds."""

Uint256 = Annotated[int, Field(ge=0, lt=2**256)]
Wei = Annotated[Uint256, PlainSerializer(str)]
"""Written as text, since JavaScript readers round numbers above 2**53."""
Uint128 = Annotated[int, Field(ge=0, lt=2**128), PlainSerializer(str)]
Url = Annotated[str, Field(pattern="^https?://")]


def _account(address: str) -> str:
    if address == ZERO_ADDRESS:
        raise ValueError("the zero address; expected the address of an account")
    return address


Account = Annotated[HexAddress, AfterValidator(_account)]
"""An address other than zero: an owner, signer or recipient. Contracts refuse most zero addresses
as well, but only in the middle of a deployment."""

CONTRACT_VERSION = "12.1.0"
"""Result of the contracts' `PACKAGE_VERSION()`."""


def _not_newer(version: str) -> str:
    parts = version.split(".")
    plain = len(parts) == 3 and all(part.isdecimal() and len(part) < 9 for part in parts)
    if not plain or list(map(int, parts)) > list(map(int, CONTRACT_VERSION.split("."))):
        raise ValueError(
            f"{shown(version)}, expected {CONTRACT_VERSION!r}, or an older one, instead of which"
            f" {CONTRACT_VERSION} is deployed; or remove this key"
        )
    return version


ContractVersion = Annotated[str, AfterValidator(_not_newer)]
"""The version that a file asks for: the contracts' own, or an older one."""

Word = Annotated[str, Field(pattern="^0x([0-9a-fA-F]{40}|[0-9a-fA-F]{64})$")]
"""An address, or 32 bytes, as messages encode addresses."""


def word(text: str) -> bytes:
    """The 32 bytes of a `Word`."""
    return bytes.fromhex(text[2:]).rjust(32, b"\0")


def _text_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(chain): content for chain, content in value.items()}
    return value


Value = TypeVar("Value")
ByChain = Annotated[Mapping[str, Value], BeforeValidator(_text_keys)]
"""A mapping by remote chain: a name in the registry, or a domain."""


def _fraction(value: Any) -> Any:
    """Parses a number, or a mapping of numerator and denominator."""
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
    """The reference's format, with text for numbers that its readers would round."""
    numerator, denominator = map(_exact, scale.as_integer_ratio())
    if denominator == 1 and isinstance(numerator, int):
        return numerator
    return {"numerator": numerator, "denominator": denominator}


def _exact(value: int) -> int | str:
    return value if value < 2**53 else str(value)


Scale = Annotated[Fraction, BeforeValidator(_fraction), PlainSerializer(_spelled)]
"""Message units per smallest unit of the token."""


class Placed(StrictFileModel):
    """A contract to deploy, unless `address` names an existing one to use instead."""

    address: Account | None = None

    def existing(self) -> dict[str, str | None]:
        """The contracts that must exist before the deployment, by key."""
        return {"address": self.address}


class OverCcip(Placed):
    """A contract over Chainlink CCIP: `router` is CCIP's contract on this chain, `chainSelector`
    its number of the other chain. Without both, an existing contract is used: the one at `address`,
    or the registry's."""

    router: Account | None = None
    chain_selector: Annotated[int, Field(ge=0, lt=2**64)] | None = None

    @model_validator(mode="after")
    def _has_both_or_neither(self) -> Self:
        if (self.router is None) != (self.chain_selector is None):
            lacking = "router" if self.router is None else "chainSelector"
            raise ValueError(f"{lacking}: required, but missing")
        return self

    def existing(self) -> dict[str, str | None]:
        return {**super().existing(), "router": self.router}


class RateLimited(Placed):
    """A rate limit: a bucket of `maxCapacity` message units that refills in `duration` seconds."""

    max_capacity: Wei
    duration: Annotated[int, Field(gt=0, lt=2**64)] = DAY
    owner: Account | None = None

    @property
    def capacity(self) -> int:
        """The bucket's size: a multiple of `duration`, since it refills by whole units a second."""
        return self.max_capacity // self.duration * self.duration


class GuardedPausable(Placed):
    """A pausable contract that each of `guardians` can pause for `guardianPause` seconds, once;
    again only after the owner has acted. `paused`: true while the owner has paused it; a guardian's
    pause is no part of the config."""

    owner: Account | None = None
    paused: bool = False
    guardians: tuple[Account, ...] = ()
    guardian_pause: Annotated[int, Field(gt=0, le=LONGEST_GUARDIAN_PAUSE)] = 6 * HOUR

    @model_validator(mode="after")
    def _are_distinct(self) -> Self:
        check_distinct("guardians", self.guardians)
        return self


def check_capacity(config: RateLimited) -> None:
    """ValueError for a bucket that would never refill."""
    if config.max_capacity < config.duration:
        raise ValueError(
            f"maxCapacity: {config.max_capacity}, expected at least duration, {config.duration}"
        )


def check_set(key: str, values: Sequence[object], threshold: int) -> None:
    """ValueError for a threshold that cannot be reached, and for duplicate members."""
    check_members(key, values)
    if not 1 <= threshold <= len(values):
        raise ValueError(
            f"threshold: {threshold}, expected 1 to {len(values)}, one for each of {key}"
        )


def check_distinct(key: str, values: Sequence[object]) -> None:
    """ValueError for duplicates."""
    for index, value in enumerate(values):
        if value in values[:index]:
            name = value if isinstance(value, str) else f"number {index}"
            raise ValueError(f"{key}: {name} appears twice")


def check_members(key: str, values: Sequence[object]) -> None:
    """ValueError for no members, for more than 255, and for duplicates."""
    check_distinct(key, values)
    if not 1 <= len(values) <= 255:
        raise ValueError(f"{key}: {len(values)} given, expected 1 to 255")


def one_of(known: Mapping[str, type[StrictFileModel]]) -> BeforeValidator:
    """A validator that refuses a mapping without a known `type` and names the known ones."""

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
