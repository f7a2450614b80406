"""Decisions of a test about messages, and failed attempts at their delivery.

The chain forgets with every snapshot that is restored, and the same message may be dispatched
again. So each entry names a transaction on the destination: it holds as long as the chain has that.
Where a snapshot took the last entry back, the one before it holds again, so all are kept.
"""

import secrets
from collections import defaultdict
from dataclasses import dataclass

from web3.types import TxParams

from ape_hyperlane.testing.messages import Outcome, Status
from ape_hyperlane.testing.nodes import Node


@dataclass(frozen=True, slots=True)
class Decision:
    """Decision of a test about one message."""

    status: Status
    anchor: str
    """Hash of a transaction on the destination; without it the decision is void."""
    until: int | None = None
    """Number of the block that ends a delay."""


class Memory:
    """Decisions and failures by message."""

    def __init__(self) -> None:
        self._decisions: defaultdict[bytes, list[Decision]] = defaultdict(list)
        self._failures: defaultdict[bytes, list[Outcome]] = defaultdict(list)

    def decide(self, node: Node, message_id: bytes, status: Status, blocks: int | None) -> None:
        """Keeps a decision, with a transaction of its own on the destination as anchor."""
        # The same transaction must not come about again after a snapshot is restored.
        fields: TxParams = {"to": node.operator, "data": secrets.token_bytes(16)}
        sent = node.send(fields)
        until = None if blocks is None else sent.block + blocks
        self._decisions[message_id].append(Decision(status, sent.hash, until))

    def decision(self, node: Node, message_id: bytes) -> Decision | None:
        """The decision that holds; None if there is none."""
        made = self._decisions[message_id]
        while made and not node.has_transaction(made[-1].anchor):
            made.pop()
        if not made or made[-1].status is Status.QUEUED:
            return None
        until = made[-1].until
        return None if until is not None and node.block >= until else made[-1]

    def keep_failure(self, message_id: bytes, outcome: Outcome) -> None:
        """Keeps the outcome of a delivery that reverted."""
        self._failures[message_id].append(outcome)

    def failure(self, node: Node, message_id: bytes) -> Outcome | None:
        """The last failure that the chain still has."""
        seen = self._failures[message_id]
        while seen and not node.has_transaction(str(seen[-1].transaction)):
            seen.pop()
        return seen[-1] if seen else None
