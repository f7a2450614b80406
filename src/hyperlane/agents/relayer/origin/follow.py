"""The sending side: copies one chain's messages into the store, and its leaves into a tree."""

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import structlog

from hyperlane.agents.relayer.origin.payments import PaymentIndexer
from hyperlane.agents.relayer.origin.signatures import Signatures
from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.indexer import SequenceIndexer, SequenceRegressed
from hyperlane.agents.runtime.loops import all_ended
from hyperlane.agents.runtime.pulse import Pulse
from hyperlane.chain.abi import MerkleTreeHook
from hyperlane.chain.calls import view
from hyperlane.errors import ChainError, TreeError
from hyperlane.metrics import Metrics
from hyperlane.protocol.typecasts import Bytes32
from hyperlane.store.sequences import Dispatched, Insertion, InsertionStore, MessageStore
from hyperlane.store.stored_tree import StoredTree

log = structlog.get_logger()

_BACKLOG_SECONDS = 1.0
"""Seconds for which the backlog is read between two reads of the newest blocks."""
_RECENT_LEAVES = 20_000
"""Leaves whose index is kept in memory, and among which missing messages are looked for."""
_IDLE_LONGEST = 30.0
"""Seconds after which new payments are looked for, though there is no new message."""
_REREADS = 3
"""How often logs are read again for the message of one leaf."""


@dataclass(slots=True, kw_only=True)
class Origin:
    """One chain as the source of messages."""

    chain: Chain
    dispatches: SequenceIndexer[Dispatched]
    insertions: SequenceIndexer[Insertion]
    leaves: InsertionStore
    messages: MessageStore
    signatures: Signatures
    metrics: Metrics
    news: Callable[[], None]
    """Called when there are new messages to deliver or new leaves to prove them with."""
    payments: PaymentIndexer | None = None
    """None where no paymaster is configured."""
    tree: StoredTree = field(init=False)
    _recent: OrderedDict[Bytes32, int] = field(default_factory=OrderedDict)
    """Index of the newest leaves by message id, oldest first; most look-ups are for these."""
    _matched: int = 0
    """All leaves before this one have their message, or were given up on."""
    _rereads: int = 0
    """How often logs were read again for the message of that leaf."""
    _indexed_to: int = -1
    """Final block of the last step that stored all events up to it."""
    _damaged: bool = False
    """True if stored leaves do not give the tree that was derived from them."""
    pulse: Pulse = field(init=False)
    """Tells whether there may be new messages or leaves."""

    def __post_init__(self) -> None:
        self.tree = StoredTree(self.leaves)
        sources = (self.dispatches, self.insertions)
        counters = ((item.contract, item.counter) for item in sources)
        self.pulse = self.chain.pulse(*counters, longest=_IDLE_LONGEST)

    async def look(self) -> None:
        """Index up to the final block if something may have happened."""
        if self._damaged or await self.pulse.worth_a_look():
            await self.step()
            self.pulse.looked((self.dispatches.counted, self.insertions.counted))

    async def step(self) -> None:
        """Index up to the final block.

        While there is a backlog, the newest messages are read first, so that they need not wait for
        the old ones.
        """
        while True:
            block = await self.chain.client.final_block()
            self.metrics.block_height.labels(self.chain.name).set(block)
            if self._damaged:
                await self._reread(self.insertions, 0)
            if block == self._indexed_to:
                return
            await self._read_ahead(block)
            # Leaves before messages: a delivery without its leaf would fail and wait for a retry.
            leaves = await self._sync_leaves_and_payments(block)
            built_anew = not len(self.tree)
            await self._grow()
            if leaves or (built_anew and len(self.tree)):
                await self._require_agreement(block)
            new = await self.dispatches.peek(block)
            new += await self._sync(self.dispatches, block, _BACKLOG_SECONDS)
            if new or leaves:
                self.news()
            if self.dispatches.complete:
                await self._require_messages()
                self._indexed_to = block
                return

    async def leaf_index(self, message_id: Bytes32) -> int | None:
        """The leaf of a message in the tree; None while it has none."""
        index = self._recent.get(message_id)
        if index is None:
            index = await self.leaves.leaf_index(message_id)
        return index if index is not None and index < len(self.tree) else None

    async def load(self, *leaves: int) -> StoredTree:
        """See Provable."""
        tree = self.tree
        try:
            await tree.load(*leaves)
        except TreeError:
            # One from before a reorg has other leaves than those that are stored by now.
            self._damaged = self._damaged or tree is self.tree
            raise
        return tree

    async def _read_ahead(self, block: int) -> None:
        """Read in one request what the rest of the step asks for, if there may be news."""
        calls = self.insertions.calls(block) if self.pulse.awake else []
        if calls:
            hook = self.chain.settings.merkle_tree_hook
            calls.append(view(hook, MerkleTreeHook.latest_checkpoint, block=block))
            calls += self.dispatches.calls(block)
            calls += self.payments.calls(block) if self.payments is not None else []
        await self.chain.client.read_ahead(sorted(calls, key=lambda call: call.blocks))

    async def _require_agreement(self, block: int) -> None:
        """ChainError when the chain's root differs from ours; then all leaves are read again.

        The root comes from the hook's state and the leaves from its logs, so a node that shows
        wrong logs is noticed. While the hook has another number of leaves nothing can be compared.
        """
        root, index = await self.chain.client.call(
            self.chain.settings.merkle_tree_hook, MerkleTreeHook.latest_checkpoint, block=block
        )
        if index != len(self.tree) - 1 or root == self.tree.root():
            return
        self.chain.client.distrust("the leaves of its logs do not give the root of its tree")
        for indexer in (self.insertions, self.dispatches):
            await self._reread(indexer, 0)
        raise ChainError(f"{self.chain.name}: the tree has another root at block {block}")

    async def _require_messages(self) -> None:
        """ChainError when a leaf's message is missing: a node gave a wrong log. It is read again.

        After `_REREADS` times the leaf is given up on, because there may be nothing to find: a
        message that was sent before `index.from` can get its leaf after it.
        """
        first = max(self._matched, len(self.tree) - _RECENT_LEAVES)
        stray = await self.leaves.without_message(first)
        if stray is None:
            self._matched, self._rereads = len(self.tree), 0
            return
        leaf, nonce = stray
        if leaf == self._matched and self._rereads >= _REREADS:
            self._matched, self._rereads = leaf + 1, 0
            return await self._require_messages()
        self._rereads = self._rereads + 1 if leaf == self._matched else 1
        self._matched = leaf
        problem = f"no log shows the message of leaf {leaf}"
        self.chain.client.distrust(problem)
        await self.dispatches.reread(nonce)
        raise ChainError(f"{self.chain.name}: {problem}")

    async def _sync_leaves_and_payments(self, block: int) -> int:
        """Index both at once; returns how many leaves are new."""
        leaves, _ = await all_ended(self._sync(self.insertions, block), self._sync_payments(block))
        return cast(int, leaves)

    async def _sync_payments(self, block: int) -> int:
        if self.payments is None:
            return 0
        added = await self.payments.sync(block)
        self._show(self.payments.store.kind, added, block)
        return added

    async def _sync(
        self, indexer: SequenceIndexer[Any], block: int, seconds: float = math.inf
    ) -> int:
        try:
            added = await indexer.sync(block, seconds)
        except SequenceRegressed as error:
            await self._reread(indexer, error.count)
            added = await indexer.sync(block, seconds)
        self._show(indexer.store.kind, added, block)
        return added

    async def _reread(self, indexer: SequenceIndexer[Any], sequence: int) -> None:
        """Read events from `sequence` on again, because the stored ones are not the chain's.

        The tree cannot drop leaves, so it is built anew from the store.
        """
        kind = indexer.store.kind
        log.warning("chain.reorganised", chain=self.chain.name, kind=kind, from_number=sequence)
        await indexer.reread(sequence)
        self.tree, self._damaged, self._indexed_to = StoredTree(self.leaves), False, -1
        self._recent.clear()
        self._matched = self._rereads = 0

    def _show(self, kind: str, added: int, block: int) -> None:
        self.metrics.stored_events.labels(kind, self.chain.name).inc(added)
        self.metrics.sync_height.labels(kind, self.chain.name).set(block)

    async def _grow(self) -> None:
        """Append the store's new leaves to the tree."""
        async for new in self.tree.grow():
            for leaf in new:
                self._recent.setdefault(leaf.message_id, leaf.leaf_index)
            while len(self._recent) > _RECENT_LEAVES:
                self._recent.popitem(last=False)
        self.metrics.latest_insertion.labels(self.chain.name).set(len(self.tree) - 1)
