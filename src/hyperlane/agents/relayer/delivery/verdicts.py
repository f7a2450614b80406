"""Verdicts: what a stage decided about deliveries.

The stages (preparation, submission, confirmation) read the chain and the store, decide, and return
verdicts. They write nothing: `outcomes.py` is the only writer. Those that it is given together are
stored in one database transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TypeAlias

from hyperlane.agents.relayer.reasons import Reason
from hyperlane.chain.client import Receipt
from hyperlane.protocol.typecasts import Bytes32
from hyperlane.store.operations import Operation
from hyperlane.store.transactions import Transaction

OUTAGE_PAUSE = 10.0
"""Seconds until an attempt is repeated that could not be made, such as while a node is down."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """Deliveries that the operator's lists exclude."""

    operations: Sequence[Operation]


@dataclass(frozen=True, slots=True)
class Impossible:
    """A delivery that can never succeed, whatever happens on any chain."""

    operation: Operation
    detail: str


@dataclass(frozen=True, slots=True)
class Parked:
    """A delivery that is checked again rarely, because its recipient keeps having no code."""

    operation: Operation
    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class Retry:
    """An attempt that failed. The next one follows by the schedule of its reason."""

    operation: Operation
    reason: Reason
    detail: str
    gas: int = 0
    """Gas that the attempt used in a block."""
    defect: Exception | None = None
    """The exception, where a defect of this program made the attempt fail."""


@dataclass(frozen=True, slots=True)
class Postponed:
    """Deliveries whose attempt could not be made, or was undone; it is not counted as a retry."""

    operations: Sequence[Operation]
    detail: str
    pause: float = OUTAGE_PAUSE
    submitted: bool = False
    """True if they count as submitted; otherwise only those still in preparation change."""


@dataclass(frozen=True, slots=True)
class DeliveredBefore:
    """Deliveries that the final chain had before this attempt."""

    operations: Sequence[Operation]


@dataclass(frozen=True, slots=True)
class FoundDelivered:
    """A delivery that somebody else made, as of `block`, which is not final."""

    operation: Operation
    block: int


@dataclass(frozen=True, slots=True)
class Sending:
    """Deliveries that are about to be sent in one transaction, each with its gas estimate."""

    operations: Sequence[Operation]
    estimates: Sequence[int]
    batch: str
    """Purpose of the transaction."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """Deliveries whose transaction was sent."""

    operations: Sequence[Operation]
    tx_hash: Bytes32


@dataclass(frozen=True, slots=True)
class Included:
    """Deliveries whose transaction is in a block that is not final."""

    operations: Sequence[Operation]
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Excluded:
    """Deliveries whose transaction was in a block that is no longer part of the chain."""

    operations: Sequence[Operation]


@dataclass(frozen=True, slots=True)
class Delivered:
    """Deliveries that a final block has."""

    operations: Sequence[Operation]
    gas: Mapping[Bytes32, int] = field(default_factory=dict)
    """Gas that our transaction used for each message, by message id."""


@dataclass(frozen=True, slots=True)
class Settled:
    """Outcome of all deliveries of one batch."""

    delivered: Delivered
    failed: Sequence[Retry | Postponed]
    transaction: Transaction | None = None
    """Our transaction, which is followed no longer; None for deliveries by others."""
    costs: Mapping[Bytes32, int] = field(default_factory=dict)
    """Wei that the transaction cost each delivered message, by message id."""
    failed_costs: Mapping[Bytes32, int] = field(default_factory=dict)
    """Wei that the transaction cost each message that it did not deliver."""

    @property
    def operations(self) -> Sequence[Operation]:
        """All deliveries of the batch."""
        failed = [
            [item.operation] if isinstance(item, Retry) else item.operations for item in self.failed
        ]
        return [*self.delivered.operations, *chain.from_iterable(failed)]


Verdict: TypeAlias = (
    Ignored
    | Impossible
    | Parked
    | Retry
    | Postponed
    | DeliveredBefore
    | FoundDelivered
    | Sending
    | Submitted
    | Included
    | Excluded
    | Delivered
    | Settled
)
