"""Decisions of a test about messages, and failed attempts at their delivery.

The chain forgets with every snapshot that is restored, and the same message may be dispatched
again. So each entry names a transaction on the destination: it holds as long as the chain has that.
"""

import secrets
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
        self._decisions: dict[bytes, Decision] = {}
        self._failures: dict[bytes, Outcome] = {}

    def decide(self, node: Node, message_id: bytes, status: Status, blocks: int | None) -> None:
        """Keeps a decision, with a transaction of its own on the destination as anchor."""
        # The same transaction must not come about again after a snapshot is restored.
        fields: TxParams = {"to": node.operator, "data": secrets.token_bytes(16)}
        sent = node.send(fields)
        until = None if blocks is None else sent.block + blocks
        self._decisions[message_id] = Decision(status, sent.hash, until)

    def decision(self, node: Node, message_id: bytes) -> Decision | None:
        """The decision that holds; None if there is none."""
        found = self._decisions.get(message_id)
        if found is None or not node.has_transaction(found.anchor):
            return None
        if found.status is Status.QUEUED:
            return None
        return None if found.until is not None and node.block >= found.until else found

    def keep_failure(self, message_id: bytes, outcome: Outcome) -> None:
        """Keeps the outcome of a delivery that reverted."""
        self._failures[message_id] = outcome

    def failure(self, node: Node, message_id: bytes) -> Outcome | None:
        """The last failure that the chain still has."""
        found = self._failures.get(message_id)
        if found is None or not node.has_transaction(str(found.transaction)):
            return None
        return found
