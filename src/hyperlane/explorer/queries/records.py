"""Records of a message's life, as the database has them."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import floor
from typing import Any, Literal

from hyperlane.protocol.typecasts import Address, Bytes32
from hyperlane.store.scraper.tokens import Token


@dataclass(frozen=True, slots=True)
class Message:
    """A dispatched message, as lists show it."""

    number: int
    """Number of its row; with `sent_at`, its place in lists."""
    id: Bytes32
    origin: int
    destination: int
    nonce: int
    sender: Bytes32
    recipient: Bytes32
    mailbox: bytes
    sent_at: int
    delivered_at: int | None
    """None while no delivery is stored."""
    transaction: Bytes32
    block: int
    final: bool
    """False while the chain may still drop the dispatch's block."""

    @property
    def delay(self) -> int | None:
        """Seconds from dispatch to delivery, by the chains' clocks; None while undelivered."""
        return None if self.delivered_at is None else max(0, self.delivered_at - self.sent_at)


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction and its block."""

    hash: Bytes32
    domain: int
    block: int
    block_hash: Bytes32
    time: int
    final: bool
    sender: Address
    recipient: bytes | None
    nonce: int
    gas_limit: int
    gas_used: int
    effective_gas_price: int | None

    @property
    def fee(self) -> int | None:
        """Price of the gas that was used; None if the node did not tell the price."""
        price = self.effective_gas_price
        return None if price is None else price * self.gas_used


@dataclass(frozen=True, slots=True)
class Insertion:
    """A message's leaf of a merkle tree."""

    hook: bytes
    leaf_index: int
    transaction: Transaction


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment for the gas of a message's delivery."""

    paymaster: bytes
    payment: int
    gas_amount: int
    destination: int
    transaction: Transaction


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message's delivery, by the transaction's sender."""

    mailbox: bytes
    domain: int
    transaction: Transaction


@dataclass(frozen=True, slots=True)
class Transfer:
    """Tokens that a message carries: sent on its origin, or received on its destination."""

    direction: Literal["sent", "received"]
    domain: int
    router: bytes
    remote: int
    recipient: bytes
    amount: int
    """In the units of messages, which routers' events have as well; the id of an NFT."""
    transaction: Bytes32
    token: Token | None
    """None while the router has not been read."""

    @property
    def units(self) -> int:
        """Amount in the units of the router's token, rounded down as on delivery; of messages while
        the router has not been read."""
        return self.amount if self.token is None else floor(self.amount / self.token.ratio)


@dataclass(frozen=True, slots=True)
class Signature:
    """Time at which a validator of the message's origin was seen to have signed its leaf."""

    validator: Address
    seen_at: float | None
    """None while it has not."""
    at_first_look: bool
    """True if it was signed when the storage was first looked at: then `seen_at` says nothing of
    the delay."""
    delay: float | None
    """Seconds from the dispatch to `seen_at`; None if unknown."""
    newest: int | None
    """The newest leaf that the validator claims signed."""
    problem: str | None
    """Reason why its storage cannot be read."""


@dataclass(frozen=True, slots=True)
class StakingEvent:
    """An event of StakingManager, or of a contract that slashes."""

    kind: str
    contract: bytes
    operator: bytes | None
    validator: bytes | None
    amount: int | None
    fields: Mapping[str, Any]
    transaction: Transaction


@dataclass(frozen=True, slots=True)
class Life:
    """All that is stored of a message."""

    id: Bytes32
    message: Message | None
    """None if only its delivery is stored."""
    body: bytes | None
    dispatch: Transaction | None
    insertions: tuple[Insertion, ...]
    payments: tuple[Payment, ...]
    delivery: Delivery | None
    transfers: tuple[Transfer, ...]
    signatures: tuple[Signature, ...]
    """One for each validator of the origin that is watched; none while it has no leaf."""
    staking: tuple[StakingEvent, ...]
    """Slashing and jailing of the origin's operators for this leaf, and challenges of it."""
