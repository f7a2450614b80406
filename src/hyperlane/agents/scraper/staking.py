"""Events of the contracts that hold stake, challenge for it, and slash it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from hyperlane.chain.abi import CHECKPOINT, Event, decode_values
from hyperlane.chain.ledger import Entry
from hyperlane.errors import ChainError
from hyperlane.protocol.typecasts import Address, to_hex
from hyperlane.store.scraper.rows import StakingEvent

_VALIDATOR = ("key", "newKey")
_AMOUNT = ("assets", "staked", "unbonding", "bond")
"""Values that hold an event's amount; where there are several, as in `Slashed`, they add up."""
_PARAMETERS = "(uint48,uint48,uint48,uint48,uint16,uint16,uint16,uint128,uint128)"


@dataclass(frozen=True)
class _Kind:
    """One event by its declaration in Solidity, tuples by their types."""

    declaration: str

    @cached_property
    def name(self) -> str:
        return self.declaration.partition("(")[0]

    @cached_property
    def values(self) -> Sequence[tuple[str, str, bool]]:
        """Name and type of each value, and whether it is indexed."""
        inside = self.declaration.partition("(")[2].removesuffix(")")
        words = [item.split() for item in inside.split(", ")] if inside else []
        return [(item[-1], item[0], "indexed" in item) for item in words]

    @cached_property
    def event(self) -> Event:
        types = ",".join(kind for _, kind, _ in self.values)
        data = tuple(kind for _, kind, indexed in self.values if not indexed)
        return Event(f"{self.name}({types})", data)

    def read(self, entry: Entry) -> Mapping[str, object]:
        """The values by name; ChainError for a log of another layout."""
        topics, data = iter(entry.topics[1:]), iter(self.event.decode(entry.data))
        if len(entry.topics) != 1 + sum(indexed for *_, indexed in self.values):
            raise ChainError(f"{self.declaration}: a log of it has {len(entry.topics)} topics")
        return {
            name: decode_values(self.name, (kind,), next(topics))[0] if indexed else next(data)
            for name, kind, indexed in self.values
        }


_KINDS: Sequence[_Kind] = tuple(
    map(
        _Kind,
        (
            "OperatorRegistered(address indexed operator, address indexed key, uint256 commission)",
            "KeyRotated(address indexed operator, address indexed oldKey, address indexed newKey,"
            " uint256 punishableUntil)",
            "CommissionLowered(address indexed operator, uint256 commission)",
            "OperatorLeft(address indexed operator)",
            "Staked(address indexed operator, address indexed delegator, uint256 assets,"
            " uint256 shares)",
            "Unstaked(address indexed operator, address indexed delegator,"
            " uint256 indexed unbonding, uint256 assets, uint256 maturesAt)",
            "Withdrawn(address indexed delegator, uint256 indexed unbonding, uint256 assets)",
            "Rewarded(address indexed operator, uint256 assets, uint256 commission)",
            "Slashed(address indexed operator, address indexed reporter, uint256 staked,"
            " uint256 unbonding, uint256 reward)",
            "Jailed(address indexed operator, uint256 until)",
            "Unjailed(address indexed operator)",
            "Tombstoned(address indexed operator)",
            "Collected(uint256 assets)",
            "FaultCommitted(bytes32 indexed commitment)",
            "FaultProven(address indexed operator, address indexed key, uint32 index,"
            " address indexed reporter)",
            "SnapshotTaken(uint256 indexed snapshot, uint32 count)",
            "Challenged(uint256 indexed challenge, address indexed operator, uint32 index,"
            " uint256 deadline, uint256 bond)",
            "Answered(uint256 indexed challenge, address indexed operator,"
            f" {CHECKPOINT} checkpoint, bytes signature)",
            "Unanswered(uint256 indexed challenge, address indexed operator)",
            f"ParametersScheduled({_PARAMETERS} parameters, uint256 readyAt)",
            "ParametersCancelled()",
            f"ParametersSet({_PARAMETERS} parameters)",
        ),
    )
)
_BY_TOPIC: Mapping[bytes, _Kind] = {kind.event.topic: kind for kind in _KINDS}
TOPICS = frozenset(_BY_TOPIC)
"""First topics of all of them."""


def staking_event(entry: Entry) -> StakingEvent:
    """The row of a log whose first topic is among `TOPICS`."""
    kind = _BY_TOPIC[entry.topics[0]]
    values = kind.read(entry)
    return StakingEvent(
        contract=entry.address,
        kind=kind.name,
        operator=_address(values, ("operator",)),
        validator=_address(values, _VALIDATOR),
        amount=_amount(values),
        fields={name: _shown(value) for name, value in values.items()},
        log_index=entry.index,
    )


def _address(values: Mapping[str, object], names: Sequence[str]) -> Address | None:
    found = next((values[name] for name in names if name in values), None)
    return Address(found) if isinstance(found, bytes) else None


def _amount(values: Mapping[str, object]) -> int | None:
    amounts = [values[name] for name in _AMOUNT if name in values]
    if "assets" in values:
        amounts = amounts[:1]  # `unbonding` is a withdrawal's number then
    return sum(each for each in amounts if isinstance(each, int)) if amounts else None


def _shown(value: object) -> str:
    if isinstance(value, bytes):
        return to_hex(value)
    if isinstance(value, tuple):
        return ",".join(map(_shown, value))
    return str(value)
