"""Facts about one message, as they were found; amounts in wei, times in Unix seconds."""

from dataclasses import dataclass
from enum import StrEnum

from hyperlane.protocol.message import Message
from hyperlane.protocol.typecasts import Address, Bytes32

MAX_GAS = 5_000_000
"""Most gas for one transaction; a transfer over any known bridge uses a fifth of it."""
GAS_MARGIN = 1.2
"""Gas limit divided by estimate: the state may change between estimating and sending."""


class Stage(StrEnum):
    """Stage of a message; the names are part of the JSON."""

    DELIVERED = "delivered"
    NOT_FINAL = "waiting-for-finality"
    NO_CHAIN = "unknown-destination"
    SILENT = "destination-unreachable"
    NOT_IN_TREE = "not-in-tree"
    NO_RECIPIENT = "no-recipient"
    UNSIGNED = "awaiting-signatures"
    NO_METADATA = "no-metadata"
    REVERTS = "recipient-reverts"
    REFUSED = "refused"
    UNPAID = "unpaid"
    READY = "ready"


@dataclass(frozen=True, slots=True)
class Sent:
    """The dispatch."""

    chain: str
    block: int
    transaction: Bytes32
    time: int
    final_block: int
    """The newest final block when it was looked up."""

    @property
    def final(self) -> bool:
        """True if validators may sign the message: its block is final."""
        return self.block <= self.final_block


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment for the delivery's gas."""

    paymaster: Address
    gas: int
    amount: int
    transaction: Bytes32


@dataclass(frozen=True, slots=True)
class Paid:
    """All payments, and what the origin's paymaster would take."""

    payments: tuple[Payment, ...]
    paymaster: Address | None
    """The paymaster in the registry; None if it has none there."""
    quote: int | None = None
    """Its price for the gas that nobody paid for; None if it quotes none, or no gas is missing."""

    @property
    def gas(self) -> int:
        """Gas that was paid for."""
        return sum(each.gas for each in self.payments)

    @property
    def amount(self) -> int:
        """Sum of the payments."""
        return sum(each.amount for each in self.payments)


@dataclass(frozen=True, slots=True)
class Leaf:
    """The message's place in the merkle tree."""

    index: int
    block: int
    hook: Address
    count: int
    """Leaves in the tree when it was looked up."""


@dataclass(frozen=True, slots=True)
class Signer:
    """One validator of a multisig."""

    validator: Address
    weight: int
    signed: bool
    """True if it signed the message's leaf."""
    latest: int | None
    """The newest leaf that it claims to have signed."""
    latest_at: float | None
    """Time at which that signature was stored, as the storage says."""
    problem: str
    """Reason why there is no signature, as far as it is known."""


@dataclass(frozen=True, slots=True)
class Module:
    """One security module on the message's way."""

    address: Address
    kind: str
    below: tuple["Module", ...] = ()
    """Modules that it routes to or aggregates."""
    threshold: int | None = None
    signers: tuple[Signer, ...] = ()
    relayer: Address | None = None
    """The only address that may deliver."""
    problem: str = ""
    """Reason why it cannot be satisfied, if that lies in the module itself."""

    @property
    def signed_weight(self) -> int:
        """Weight of the validators that signed."""
        return sum(each.weight for each in self.signers if each.signed)


@dataclass(frozen=True, slots=True)
class Simulation:
    """An attempt to deliver now, without sending it."""

    stage: Stage
    """READY, or the stage at which the delivery is held up."""
    reason: str = ""
    """Decoded error of the refusal."""
    gas: int | None = None
    """Gas that the delivery takes."""
    sender: Address | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """The delivery, whoever made it."""

    chain: str
    block: int | None
    """Block of the delivery; None if the delivery's log is not found."""
    transaction: Bytes32 | None
    processor: Address | None
    final: bool
    gas: int | None = None
    time: int | None = None


@dataclass(frozen=True, slots=True)
class RelayerView:
    """Entry of a relayer's page about the message."""

    url: str
    problem: str = ""
    """Reason why it says nothing."""
    state: str | None = None
    status: str | None = None
    reason: str | None = None
    retries: int | None = None
    next_try_in: float | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that keeps the message from being delivered, and what to do about it."""

    stage: Stage
    what: str
    next: str


@dataclass(frozen=True, slots=True)
class Report:
    """All that is known about one message."""

    message: Message
    sent: Sent
    destination: str | None
    """Name of the chain; None if the registry has no chain of the domain."""
    paid: Paid
    leaf: Leaf | None = None
    module: Module | None = None
    simulation: Simulation | None = None
    delivery: Delivery | None = None
    relayer: RelayerView | None = None
    problems: tuple[Problem, ...] = ()
    """The one that has to be solved first comes first."""

    @property
    def stage(self) -> Stage:
        """Stage of the message."""
        if self.delivery is not None:
            return Stage.DELIVERED
        return self.problems[0].stage if self.problems else Stage.READY
