"""Drafts of transactions: how accepted deliveries are packed into them, and with how much gas."""

from collections.abc import Sequence
from dataclasses import dataclass

from eth_hash.auto import keccak

from hyperlane.agents.relayer.delivery.batching import RECORD_GAS, Batching, calldata_gas
from hyperlane.agents.relayer.delivery.preparation import Prepared
from hyperlane.agents.relayer.delivery.verdicts import Sending
from hyperlane.agents.relayer.metadata import encode_batch, shared
from hyperlane.agents.runtime.sender import Wanted
from hyperlane.protocol.typecasts import Address, Bytes32
from hyperlane.store.operations import Operation


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one transaction at the moment."""

    batching: Batching
    block_gas: int
    """Gas limit of the latest block."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A transaction to be sent: its deliveries in order, and its fields."""

    prepared: Sequence[Prepared]
    estimates: Sequence[int]
    """Gas of each delivery."""
    to: Address | None
    """None: `data` is code to run."""
    data: bytes
    gas: int
    """Gas limit to ask for."""
    need: int
    """Gas limit that must be granted, or the transaction is not sent."""
    most_gas: int
    """Gas limit that must not be exceeded: that of a block."""
    simulated_at: float
    """Time of the simulation that it relies on."""

    @property
    def operations(self) -> Sequence[Operation]:
        """Its deliveries."""
        return [item.candidate.operation for item in self.prepared]

    @property
    def purpose(self) -> str:
        """Name of the batch: the sender has at most one live transaction for it."""
        return keccak(b"".join(item.message.id for item in self.operations)).hex()

    @property
    def wanted(self) -> Wanted:
        """The transaction as the sender takes it."""
        return Wanted(self.purpose, self.to, self.data, self.gas, self.need, self.most_gas)

    @property
    def sending(self) -> Sending:
        """Verdict to be stored before the transaction is sent."""
        return Sending(self.operations, self.estimates, self.purpose)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A delivery that succeeded in its simulation and is paid for."""

    prepared: Prepared
    gas: int
    """Gas that it needs in a transaction of its own, or more if more was paid for."""
    call_gas: int
    """Gas that it gets as a call of a batch."""
    size: int
    """Bytes of the transaction that would deliver it alone."""
    data_gas: int
    """Gas for those bytes."""

    @property
    def recipient(self) -> Bytes32:
        """Recipient of the message."""
        return self.prepared.candidate.operation.message.recipient


def make_draft(limits: Limits, batch: Sequence[Accepted], simulated_at: float) -> Draft:
    """Make the transaction that makes these deliveries."""
    prepared = [item.prepared for item in batch]
    encoded = encode_batch([item.metadata for item in prepared])
    messages = [item.candidate.operation.message.encode() for item in prepared]
    deliveries = list(zip(encoded.metadata, messages, strict=True))
    needs = _needs(batch)
    to, data = limits.batching.call(deliveries, needs, encoded.proofs)
    gas = limits.batching.gas_limit(needs, calldata_gas(data))
    need = needs[0] if len(needs) == 1 else gas
    return Draft(
        prepared,
        [item.gas for item in batch],
        to,
        data,
        gas,
        min(need, limits.block_gas),
        limits.block_gas,
        simulated_at,
    )


def _needs(batch: Sequence[Accepted]) -> list[int]:
    """Gas of each proof that is shown to a module first, then of each delivery.

    A proof takes no more than a delivery with that proof in it: its first message's is the bound.
    """
    if len(batch) == 1:
        return [batch[0].gas]
    gas = [item.call_gas for item in batch]
    proven = shared(item.prepared.metadata for item in batch)
    return [*(gas[place] for place, _ in proven.values()), *gas]


def pack(batching: Batching, items: Sequence[Accepted], ceiling: int) -> list[list[Accepted]]:
    """Fill transactions up to a gas ceiling; a delivery above it gets a transaction of its own.

    Neighbours in the tree stay together, because they share proofs.
    """
    ordered = sorted(items, key=lambda item: place(item.prepared))
    batches: list[list[Accepted]] = []
    for item in ordered:
        if batches and _fits(batching, [*batches[-1], item], ceiling):
            batches[-1].append(item)
        else:
            batches.append([item])
    return batches


def _fits(batching: Batching, items: Sequence[Accepted], ceiling: int) -> bool:
    data = sum(item.data_gas + RECORD_GAS for item in items)
    return (
        batching.fits([item.size for item in items])
        and batching.gas_limit(_needs(items), data) <= ceiling
    )


def place(item: Prepared) -> tuple[int, int]:
    """Place of a delivery among those that are sent together."""
    message = item.candidate.operation.message
    return message.origin, message.nonce
