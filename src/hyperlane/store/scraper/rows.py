"""Rows of one block: its transactions, and what the contracts logged in each of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hyperlane.protocol.message import Message
from hyperlane.protocol.typecasts import Address, Bytes32


class Direction(StrEnum):
    """Which end of a message a router was at."""

    SENT = "sent"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True)
class Dispatch:
    """A message that a mailbox sent."""

    message: Message
    mailbox: Address
    log_index: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message that a mailbox delivered."""

    message_id: Bytes32
    mailbox: Address
    log_index: int


@dataclass(frozen=True, slots=True)
class Insertion:
    """A leaf of a merkle tree."""

    hook: Address
    leaf_index: int
    message_id: Bytes32


@dataclass(frozen=True, slots=True)
class Payment:
    """Gas that was paid for on the origin."""

    message_id: Bytes32
    paymaster: Address
    destination: int
    payment: int
    gas_amount: int
    log_index: int


@dataclass(frozen=True, slots=True)
class Transfer:
    """Tokens that a router sent or received with a message."""

    message_id: Bytes32
    router: Address
    direction: Direction
    remote: int
    recipient: Bytes32
    amount: int
    log_index: int


@dataclass(frozen=True, slots=True)
class Announcement:
    """A storage location that a validator announced."""

    validator: Address
    location: str
    log_index: int


@dataclass(frozen=True, slots=True)
class StakingEvent:
    """An event of the contracts that hold or slash stake."""

    contract: Address
    kind: str
    operator: Address | None
    validator: Address | None
    amount: int | None
    fields: Mapping[str, str]
    """All of its values by name: numbers in decimal, bytes in hex."""
    log_index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """An included transaction, with its rows in the order of its logs."""

    hash: Bytes32
    nonce: int
    sender: Address
    recipient: Address | None
    """None: it created a contract."""
    gas_limit: int
    gas_price: int | None
    max_fee_per_gas: int | None
    max_priority_fee_per_gas: int | None
    effective_gas_price: int | None
    gas_used: int
    cumulative_gas_used: int
    input: bytes
    dispatches: Sequence[Dispatch] = ()
    deliveries: Sequence[Delivery] = ()
    insertions: Sequence[Insertion] = ()
    payments: Sequence[Payment] = ()
    transfers: Sequence[Transfer] = ()
    announcements: Sequence[Announcement] = ()
    staking: Sequence[StakingEvent] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """A block of one chain, and its transactions that have rows; none for an anchor."""

    height: int
    hash: Bytes32
    timestamp: int
    """Unix seconds."""
    transactions: Sequence[Transaction] = ()
