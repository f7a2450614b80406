"""Validators: what they announced, how far they have signed, what they have at stake."""

from dataclasses import dataclass

from hyperlane.explorer.queries.records import StakingEvent
from hyperlane.protocol.typecasts import Address, Bytes32
from hyperlane.store.database import Database


@dataclass(frozen=True, slots=True)
class Announcement:
    """A storage location that a validator announced: strangers' text."""

    location: str
    time: int
    transaction: Bytes32


@dataclass(frozen=True, slots=True)
class Stake:
    """An operator's stake, as events add up."""

    contract: bytes
    operator: Address
    staked: int
    unbonding: int
    """Unstaked and not withdrawn, less what was confiscated of it."""
    slashed: int
    status: str
    """Active, jailed, left or tombstoned."""
    jailed_until: int | None


@dataclass(frozen=True, slots=True)
class Validator:
    """A validator of one chain."""

    domain: int
    address: Address
    announcements: tuple[Announcement, ...]
    """Newest first."""
    location: str | None
    """The location that was read."""
    leaf_index: int | None
    """The newest leaf that it claims signed."""
    leaves: int | None
    """Leaves of the chain's tree, as far as they are stored."""
    signed_at: float | None
    """When the newest leaf was first seen signed."""
    problem: str | None
    """Reason why the storage cannot be read."""
    checked_at: int | None
    """None if it was never looked at."""
    stake: Stake | None

    @property
    def lag(self) -> int | None:
        """Leaves of the tree that it has not signed; None if either is unknown."""
        if self.leaf_index is None or self.leaves is None:
            return None
        return max(0, self.leaves - 1 - self.leaf_index)


@dataclass(frozen=True, slots=True)
class Coverage:
    """A look at a validator's storage at which its newest leaf had changed."""

    leaf_index: int
    seen_at: float


async def validators(
    database: Database, domain: int, after: Address | None = None, limit: int = 200
) -> tuple[Validator, ...]:
    """Validators of a chain that are looked at, by address, above an address."""
    raise NotImplementedError


async def validator(database: Database, address: Address) -> tuple[Validator, ...]:
    """A validator on all chains that it is announced or looked at on; empty if on none."""
    raise NotImplementedError


async def coverage(
    database: Database, domain: int, address: Address, limit: int = 500
) -> tuple[Coverage, ...]:
    """The newest leaves that a validator was seen to sign, newest first."""
    raise NotImplementedError


async def staking_events(
    database: Database, operator: Address, limit: int = 100
) -> tuple[StakingEvent, ...]:
    """Events of an operator, newest first."""
    raise NotImplementedError
