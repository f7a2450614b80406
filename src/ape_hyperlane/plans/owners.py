"""Owners that are contracts: Safes and timelocks, told by their views."""

from dataclasses import dataclass
from typing import TypeAlias

from ape_hyperlane.plans.chain import has_code, is_plain_key
from ape_hyperlane.plans.views import ask


@dataclass(frozen=True, slots=True)
class Safe:
    """A Safe: a contract that does what enough of its owners sign."""

    address: str
    threshold: int
    owners: int

    def __str__(self) -> str:
        return f"Safe {self.address} of {self.threshold} of {self.owners} owners"


@dataclass(frozen=True, slots=True)
class Timelock:
    """OpenZeppelin's TimelockController: does what was scheduled at least `delay` seconds ago."""

    address: str
    delay: int

    def __str__(self) -> str:
        return f"timelock {self.address} with a delay of {self.delay} s"


@dataclass(frozen=True, slots=True)
class Stranger:
    """An owner for whom no transactions can be written: a key, or a contract of another kind."""

    address: str
    has_code: bool

    def __str__(self) -> str:
        what = "a contract that is neither Safe nor timelock" if self.has_code else "a key"
        return f"{self.address}, {what}"


Owner: TypeAlias = Safe | Timelock | Stranger


def owner_at(address: str) -> Owner:
    """The kind of owner at an address."""
    threshold, owners = ask(address, "getThreshold()", "uint256"), _owners(address)
    if threshold and owners and ask(address, "VERSION()", "string") is not None:
        return Safe(address, int(threshold), len(owners))
    delay = ask(address, "getMinDelay()", "uint256")
    if delay is not None and ask(address, "getTimestamp(bytes32)", "uint256", bytes(32)) == 0:
        return Timelock(address, int(delay))
    return Stranger(address, has_code(address))


def single_key(address: str) -> str | None:
    """Description of an account that a single key controls; None for other accounts."""
    if is_plain_key(address):
        return "a plain key"
    owner = owner_at(address)
    alone = isinstance(owner, Safe) and owner.threshold == 1
    return "a Safe for which one owner signs alone" if alone else None


def _owners(address: str) -> list[str]:
    return list(ask(address, "getOwners()", "address[]") or ())
