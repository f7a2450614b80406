"""The view of an origin that building metadata takes."""

from typing import Protocol

from hyperlane.agents.relayer.origin.signatures import Signatures
from hyperlane.agents.runtime.chain import Chain
from hyperlane.protocol.merkle import MerkleTree
from hyperlane.protocol.typecasts import Bytes32
from hyperlane.store.sequences import Dispatched


class Messages(Protocol):
    """Messages of one chain by nonce."""

    async def get(self, nonce: int) -> Dispatched | None:
        """The message with a nonce, with the block and transaction that sent it."""


class Provable(Protocol):
    """One chain whose messages can be proven: a relayer's `Origin`, or one that was traced."""

    @property
    def chain(self) -> Chain:
        """The chain."""

    @property
    def messages(self) -> Messages:
        """Its messages."""

    @property
    def signatures(self) -> Signatures:
        """Signatures of its validators."""

    @property
    def tree(self) -> MerkleTree:
        """Its tree, which proves leaves that were loaded. After a reorg it is another one."""

    async def load(self, *leaves: int) -> MerkleTree:
        """Load leaves, to prove them and take roots, and return the tree that has them.

        They stay loaded until something else is waited for.
        """

    async def leaf_index(self, message_id: Bytes32) -> int | None:
        """The leaf of a message in the tree; None while it has none."""
