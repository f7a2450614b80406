"""Ways to put deliveries into a transaction: one by one, or many at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeAlias

from hyperlane.agents.relayer.metadata import Proof
from hyperlane.chain.abi import Mailbox, Multicall3, SecurityModule
from hyperlane.chain.client import ChainClient, Reverted, RpcError
from hyperlane.protocol.typecasts import Address

Delivery: TypeAlias = tuple[bytes, bytes]
"""Metadata and encoded message."""

_MAX_GAS = 2**24
"""Most gas of one transaction, EIP-7825."""
_TRANSACTION_GAS = 75_000
"""For the transaction itself, and in case an estimate is short."""
_ITEM_GAS = 5_000
"""What a batch adds to each delivery."""


class Kind(Enum):
    """How several messages go into one transaction."""

    ALONE = auto()
    """Not at all."""
    MAILBOX = auto()
    """By the mailbox's own `processBatch`."""
    MULTICALL = auto()
    """By Multicall3, which then is the one who delivers."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """Makes transactions for one mailbox."""

    kind: Kind
    mailbox: Address
    multicall: Address
    max_size: int
    """Messages in one transaction."""

    def caller(self, sender: Address) -> Address:
        """Who calls the mailbox in a batch that `sender` sends."""
        return self.multicall if self.kind is Kind.MULTICALL else sender

    def call(
        self, deliveries: Sequence[Delivery], proofs: Sequence[Proof] = ()
    ) -> tuple[Address, bytes]:
        """Where to send what: deliveries, after modules were shown some proofs."""
        if len(deliveries) == 1:
            return self.mailbox, Mailbox.process.encode(*deliveries[0])
        shown = [(item.module, item.metadata, item.origin, item.message_id) for item in proofs]
        if self.kind is Kind.MAILBOX:
            metadata, messages = zip(*deliveries, strict=True)
            return self.mailbox, Mailbox.process_batch.encode(shown, metadata, messages)
        calls = [(item[0], True, SecurityModule.remember.encode(*item[1:])) for item in shown]
        calls += [(self.mailbox, True, Mailbox.process.encode(*item)) for item in deliveries]
        return self.multicall, Multicall3.aggregate.encode(calls)


async def find_carrier(
    client: ChainClient, mailbox: Address, multicall: Address, max_size: int
) -> Carrier:
    """The best way that the chain has."""
    kind = Kind.ALONE
    if max_size > 1:
        if await _has_process_batch(client, mailbox):
            kind = Kind.MAILBOX
        elif await client.has_code(multicall):
            kind = Kind.MULTICALL
    return Carrier(kind, mailbox, multicall, 1 if kind is Kind.ALONE else max_size)


async def _has_process_batch(client: ChainClient, mailbox: Address) -> bool:
    """A mailbox with `processBatch` says so by its own error for lists of unequal length."""
    try:
        await client.call(mailbox, Mailbox.process_batch, [], [], [b""])
    except Reverted as error:
        lengths = (0).to_bytes(32) + (1).to_bytes(32)
        return error.data == Mailbox.BATCH_LENGTH_MISMATCH + lengths
    except RpcError:
        pass
    return False


def gas_limit(needs: Sequence[int]) -> int:
    """Gas with which each proof and delivery of a batch surely gets what it needs.

    `processBatch` gives each an equal share of fifteen sixteenths of what is left.
    """
    left = 0
    for remaining, need in enumerate(reversed(needs), start=1):
        left = max(need * remaining * 16 // 15, left + need) + _ITEM_GAS
    return left + _TRANSACTION_GAS


def gas_ceiling(block_limit: int) -> int:
    """Most gas that a batch should take: others want to be in the block too."""
    return min(block_limit // 2, _MAX_GAS)
