"""Rows of one transaction, out of its logs.

Logs count only from the chain's configured contracts: anybody can log the same events. The
exception are transfers of warp routes, whose routers nobody configures: they count with a message
of the same transaction that the same contract sent or received.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hyperlane.agents.scraper import staking
from hyperlane.chain.abi import (
    Event,
    GasPaymaster,
    Mailbox,
    MerkleTreeHook,
    TokenRouter,
    ValidatorAnnounce,
)
from hyperlane.chain.ledger import Entry, Outcome, Sought, Transaction
from hyperlane.errors import ChainError
from hyperlane.protocol.message import Message
from hyperlane.protocol.typecasts import Address, Bytes32
from hyperlane.store.scraper import rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Contracts:
    """The contracts of one chain whose logs count."""

    mailbox: Address
    merkle_tree_hook: Address
    validator_announce: Address
    paymasters: frozenset[Address] = frozenset()
    staking: frozenset[Address] = frozenset()
    """The StakingManager, and the contracts that challenge and slash."""

    @property
    def sought(self) -> Sought:
        """The logs that show which transactions have rows."""
        own = {self.mailbox, self.merkle_tree_hook, self.validator_announce}
        return Sought(
            frozenset(own | self.paymasters | self.staking),
            frozenset(_SOUGHT | (staking.TOPICS if self.staking else set())),
        )


_PAYMENTS = (GasPaymaster.GAS_PAYMENT.topic, GasPaymaster.OLD_GAS_PAYMENT.topic)
_SOUGHT = {
    Mailbox.DISPATCH.topic,
    Mailbox.PROCESS_ID.topic,
    MerkleTreeHook.INSERTED.topic,
    ValidatorAnnounce.ANNOUNCED.topic,
    *_PAYMENTS,
}
READ = frozenset(
    _SOUGHT
    | staking.TOPICS
    | {Mailbox.PROCESS.topic, TokenRouter.SENT.topic, TokenRouter.RECEIVED.topic}
)
"""Topics of the logs of a transaction that are read."""


def transaction(contracts: Contracts, sent: Transaction, outcome: Outcome) -> rows.Transaction:
    """The transaction with all of its rows; ChainError for a log that does not decode."""
    found = _Found(contracts)
    for entry in sorted(outcome.entries, key=lambda item: item.index):
        found.add(entry)
    return rows.Transaction(
        hash=sent.hash,
        nonce=sent.nonce,
        sender=sent.sender,
        recipient=sent.recipient,
        gas_limit=sent.gas_limit,
        gas_price=sent.gas_price,
        max_fee_per_gas=sent.max_fee_per_gas,
        max_priority_fee_per_gas=sent.max_priority_fee_per_gas,
        effective_gas_price=outcome.gas_price,
        gas_used=outcome.gas_used,
        cumulative_gas_used=outcome.cumulative_gas_used,
        input=sent.input,
        dispatches=found.dispatches,
        deliveries=[item.row for item in found.deliveries],
        insertions=found.insertions,
        payments=found.payments,
        transfers=found.transfers(),
        announcements=found.announcements,
        staking=found.staking,
    )


@dataclass(frozen=True, slots=True)
class _Delivered:
    row: rows.Delivery
    origin: int
    recipient: Address


@dataclass(slots=True)
class _Found:
    """Rows found so far, in the order of the logs."""

    contracts: Contracts
    dispatches: list[rows.Dispatch] = field(default_factory=list)
    deliveries: list[_Delivered] = field(default_factory=list)
    insertions: list[rows.Insertion] = field(default_factory=list)
    payments: list[rows.Payment] = field(default_factory=list)
    announcements: list[rows.Announcement] = field(default_factory=list)
    staking: list[rows.StakingEvent] = field(default_factory=list)
    _process: Entry | None = None
    """The last `Process` log; the `ProcessId` that follows it is of the same message."""
    _transfers: list[Entry] = field(default_factory=list)

    def add(self, entry: Entry) -> None:
        """Read one log, if it is of a contract that counts."""
        topic = entry.topics[0]
        if topic in (TokenRouter.SENT.topic, TokenRouter.RECEIVED.topic):
            self._transfers.append(entry)
        elif entry.address == self.contracts.mailbox:
            self._add_of_mailbox(entry, topic)
        elif entry.address == self.contracts.merkle_tree_hook:
            if topic == MerkleTreeHook.INSERTED.topic:
                message_id, index = MerkleTreeHook.INSERTED.decode(entry.data)
                self.insertions.append(rows.Insertion(entry.address, index, Bytes32(message_id)))
        elif entry.address in self.contracts.paymasters and topic in _PAYMENTS:
            self._add_payment(entry)
        elif entry.address == self.contracts.validator_announce:
            if topic == ValidatorAnnounce.ANNOUNCED.topic:
                (location,) = ValidatorAnnounce.ANNOUNCED.decode(entry.data)
                (validator,) = _indexed(entry, ValidatorAnnounce.ANNOUNCED, 1)
                self.announcements.append(
                    rows.Announcement(_address(validator), location, entry.index)
                )
        elif entry.address in self.contracts.staking and topic in staking.TOPICS:
            self.staking.append(staking.staking_event(entry))

    def transfers(self) -> Sequence[rows.Transfer]:
        """Transfers of routers with a message; each message is of one transfer."""
        sent, received = list(self.dispatches), list(self.deliveries)
        found = []
        for entry in self._transfers:
            match = _take_sent(entry, sent) or _take_received(entry, received)
            if match is not None:
                found.append(match)
        return found

    def _add_of_mailbox(self, entry: Entry, topic: Bytes32) -> None:
        if topic == Mailbox.DISPATCH.topic:
            (raw,) = Mailbox.DISPATCH.decode(entry.data)
            message = Message.decode(raw)
            self.dispatches.append(rows.Dispatch(message, entry.address, entry.index))
        elif topic == Mailbox.PROCESS.topic:
            self._process = entry
        elif topic == Mailbox.PROCESS_ID.topic:
            (message_id,) = _indexed(entry, Mailbox.PROCESS_ID, 1)
            if self._process is None:
                raise ChainError("ProcessId: no Process is logged before it")
            origin, _, recipient = _indexed(self._process, Mailbox.PROCESS, 3)
            row = rows.Delivery(message_id, entry.address, entry.index)
            self.deliveries.append(_Delivered(row, int.from_bytes(origin), _address(recipient)))

    def _add_payment(self, entry: Entry) -> None:
        if entry.topics[0] == GasPaymaster.GAS_PAYMENT.topic:
            gas, payment = GasPaymaster.GAS_PAYMENT.decode(entry.data)
            message_id, destination = _indexed(entry, GasPaymaster.GAS_PAYMENT, 2)
            remote = int.from_bytes(destination[28:])
        else:
            gas, payment = GasPaymaster.OLD_GAS_PAYMENT.decode(entry.data)
            (message_id,) = _indexed(entry, GasPaymaster.OLD_GAS_PAYMENT, 1)
            # The event does not tell; the message does if it is of the same transaction.
            same = (item.message for item in self.dispatches if item.message.id == message_id)
            remote = next((message.destination for message in same), 0)
        self.payments.append(
            rows.Payment(message_id, entry.address, remote, payment, gas, entry.index)
        )


def _take_sent(entry: Entry, messages: list[rows.Dispatch]) -> rows.Transfer | None:
    """The transfer with the first message of the same router and destination, which it uses up."""
    if entry.topics[0] != TokenRouter.SENT.topic:
        return None
    remote, recipient, amount = _transfer(entry)
    sender = bytes(12) + entry.address
    for item in messages:
        if item.message.sender == sender and item.message.destination == remote:
            messages.remove(item)
            return rows.Transfer(
                item.message.id, entry.address, rows.Direction.SENT, remote, recipient, amount,
                entry.index,
            )  # fmt: skip
    return None


def _take_received(entry: Entry, deliveries: list[_Delivered]) -> rows.Transfer | None:
    if entry.topics[0] != TokenRouter.RECEIVED.topic:
        return None
    remote, recipient, amount = _transfer(entry)
    for item in deliveries:
        if item.recipient == entry.address and item.origin == remote:
            deliveries.remove(item)
            return rows.Transfer(
                item.row.message_id, entry.address, rows.Direction.RECEIVED, remote, recipient,
                amount, entry.index,
            )  # fmt: skip
    return None


def _transfer(entry: Entry) -> tuple[int, Bytes32, int]:
    """Remote domain, recipient and amount: zeros, which match nothing, for a stranger's layout."""
    if len(entry.topics) != 3 or len(entry.data) != 32:
        return 0, Bytes32(bytes(32)), 0
    return int.from_bytes(entry.topics[1]), entry.topics[2], int.from_bytes(entry.data)


def _indexed(entry: Entry, event: Event, count: int) -> tuple[Bytes32, ...]:
    """The indexed values; ChainError if there are not `count`."""
    if len(entry.topics) != count + 1:
        raise ChainError(f"{event.signature}: a log of it has {len(entry.topics)} topics")
    return entry.topics[1:]


def _address(topic: Bytes32) -> Address:
    return Address(topic[12:])
