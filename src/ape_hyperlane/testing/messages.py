"""Messages of a test network, and what became of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ape.api import ReceiptAPI

from ape_hyperlane.testing.errors import TestKitError
from ape_hyperlane.testing.reverts import Revert
from ape_hyperlane.testing.words import short
from hyperlane.protocol.message import Message
from hyperlane.protocol.typecasts import bytes32_to_address, to_checksum, to_hex

if TYPE_CHECKING:
    from ape_hyperlane.testing.chains import LocalChain
    from ape_hyperlane.testing.network import LocalNetwork


class Status(StrEnum):
    """Status of a message."""

    QUEUED = "queued"
    """Dispatched, and nobody tried to deliver it."""
    HELD = "held"
    """Dispatched, and kept back by `hold` or `delay`."""
    DROPPED = "dropped"
    """Lost by `drop`."""
    FAILED = "failed"
    """The last attempt to deliver it reverted; it may be tried again."""
    DELIVERED = "delivered"
    """Delivered."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Outcome of a message at the time when it was asked for."""

    message: "InterchainMessage"
    status: Status
    reason: str = ""
    """Reason why it is not delivered, in words; empty when it is, or when nobody tried."""
    revert: Revert | None = None
    """The error that the delivery reverted with."""
    transaction: str | None = None
    """Hash of the transaction that delivered it, or failed to."""
    gas_used: int | None = None
    """Gas that this transaction used."""
    block: int | None = None
    """Number of its block, on the destination."""

    @property
    def queued(self) -> bool:
        return self.status is Status.QUEUED

    @property
    def delivered(self) -> bool:
        return self.status is Status.DELIVERED

    @property
    def failed(self) -> bool:
        return self.status is Status.FAILED

    @property
    def receipt(self) -> ReceiptAPI:
        """ape's receipt of the transaction. TestKitError when there is none."""
        if self.transaction is None:
            raise TestKitError(
                f"{self!r} has no receipt: nobody tried to deliver it; deliver it first"
            )
        return self.message.destination.node.receipt(self.transaction)

    def __repr__(self) -> str:
        gas = "" if self.gas_used is None else f", {self.gas_used:,} gas"
        why = f": {self.reason}" if self.reason else ""
        return f"<{self.status.value}{gas}, {self.message.title}{why}>"


@dataclass(frozen=True)
class InterchainMessage:
    """A dispatched message. Two are equal when their ids and networks are."""

    network: "LocalNetwork"
    content: Message
    """All fields as they are on the wire."""
    origin: "LocalChain" = field(compare=False)
    destination: "LocalChain" = field(compare=False)
    dispatch_transaction: str = field(compare=False)
    """Hash of the transaction that dispatched it."""
    dispatch_block: int = field(compare=False)
    """Number of its block, on the origin."""

    @property
    def id(self) -> str:
        """The id, as 0x and hex digits."""
        return to_hex(self.content.id)

    @property
    def nonce(self) -> int:
        """Number of messages that the origin had dispatched before."""
        return self.content.nonce

    @property
    def sender(self) -> str:
        """Address of the contract or account that dispatched it."""
        return to_checksum(bytes32_to_address(self.content.sender, "message.sender"))

    @property
    def recipient(self) -> str:
        """Address of the contract that is to handle it."""
        return to_checksum(bytes32_to_address(self.content.recipient, "message.recipient"))

    @property
    def body(self) -> bytes:
        """The content for the recipient."""
        return self.content.body

    @property
    def title(self) -> str:
        """Id and way, for people."""
        way = f"{self.origin.name}→{self.destination.name}"
        return f"message {short(self.content.id)} {way} #{self.nonce}"

    @property
    def outcome(self) -> Outcome:
        """Outcome of the message so far, as the chain has it."""
        return self.network.outcome_of(self)

    @property
    def status(self) -> Status:
        """Status of the message now."""
        return self.outcome.status

    @property
    def delivered(self) -> bool:
        return self.outcome.delivered

    def deliver(self, metadata: bytes | None = None) -> Outcome:
        """Delivers it now, also when it is held or dropped. A revert is an outcome, not an error.

        `metadata` replaces what the kit would hand to the security module. TestKitError when it is
        delivered already: `replay` is for that.
        """
        if self.delivered:
            raise TestKitError(
                f"{self.title} is delivered already, in {self.outcome.transaction}; replay() tries"
                " again and returns how the Mailbox refuses"
            )
        return self.network.attempt(self, metadata=metadata)

    def replay(self) -> Outcome:
        """Delivers it a second time: the Mailbox is expected to refuse. TestKitError when it is not
        delivered yet."""
        if not self.delivered:
            raise TestKitError(
                f"{self.title} is {self.status.value}, so there is nothing to replay; deliver() it"
                " first"
            )
        return self.network.attempt(self, altered={})

    def deliver_as(self, **changes: Any) -> Outcome:
        """Delivers a forged copy, with this message's true metadata.

        `changes` are fields of the copy: `origin` (the name of a chain), `sender`, `recipient`,
        `body`, `nonce`. A security module that verifies refuses it; without verification the copy
        reaches the recipient, which has to refuse a sender that it does not know.
        """
        return self.network.attempt(self, altered=changes)

    def drop(self) -> None:
        """Loses it: `deliver_all` passes over it. `release` finds it again."""
        self.network.decide(self, Status.DROPPED)

    def hold(self) -> None:
        """Keeps it back until `release`."""
        self.network.decide(self, Status.HELD)

    def delay(self, blocks: int) -> None:
        """Keeps it back until the destination has `blocks` more blocks."""
        if blocks < 1:
            raise TestKitError(f"blocks: {blocks}, expected 1 or more")
        self.network.decide(self, Status.HELD, blocks)

    def release(self) -> None:
        """Takes back `drop`, `hold` and `delay`."""
        self.network.decide(self, Status.QUEUED)

    def __hash__(self) -> int:
        return hash(self.content.id)

    def __repr__(self) -> str:
        return f"<{self.title}>"


CHANGEABLE = ("origin", "sender", "recipient", "body", "nonce")
"""Fields that `deliver_as` takes."""


def require_changes(changes: Mapping[str, Any]) -> None:
    """TestKitError for a field that a forged copy cannot have."""
    for name in changes:
        if name not in CHANGEABLE:
            raise TestKitError(
                f"{name}: no field of a copy; expected one of {', '.join(CHANGEABLE)}"
            )


Order = Callable[[Sequence[InterchainMessage]], Iterable[InterchainMessage]]


def in_order(waiting: Sequence[InterchainMessage], order: Order) -> Sequence[InterchainMessage]:
    """The waiting messages in another order. TestKitError unless each is there once."""
    ordered = list(order(waiting))
    for message in waiting:
        if (times := ordered.count(message)) != 1:
            what = "left out" if not times else "there more than once"
            raise TestKitError(
                f"order: {message!r} is {what}; expected each waiting message once: hold() or"
                " drop() those that are to wait"
            )
    return ordered
