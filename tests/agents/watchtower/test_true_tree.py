"""The tree that a watchtower holds signatures against: right in spite of nodes that are not."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from hyperlane.agents.runtime.indexer import SequenceRegressed
from hyperlane.agents.watchtower.judging import judge
from hyperlane.agents.watchtower.true_tree import TrueTree
from hyperlane.errors import ChainError
from hyperlane.metrics import Metrics
from hyperlane.protocol.checkpoint import Checkpoint, SignedCheckpoint
from hyperlane.protocol.merkle import MerkleTree
from hyperlane.store.sequences import Insertion

OTHER = b"\x66" * 32


def leaf(number: int) -> bytes:
    return bytes([number + 1]) * 32


@dataclass
class World:
    """A chain, an index of it and the store of that, in one."""

    blocks: list[int]
    """Of each leaf, the block."""
    logs: list[bytes] | None = None
    """What is read of leaves; as they are, unless said."""
    block: int = 100
    told: int | None = None
    """How many leaves the node counts that is asked; all, unless said."""
    regressed: bool = False
    """Whether the next look finds fewer leaves than are stored."""
    offset: int = 0
    """Another history has others."""
    stored: list[Insertion] = field(default_factory=list)
    forgotten: list[int] = field(default_factory=list)
    asked_at: list[int] = field(default_factory=list)

    name = "alpha"
    settings = SimpleNamespace(merkle_tree_hook=b"\7" * 20)

    @property
    def client(self) -> Any:
        return self

    @property
    def true(self) -> list[bytes]:
        return [
            leaf(number + self.offset)
            for number, block in enumerate(self.blocks)
            if block <= self.block
        ]

    async def final_block(self) -> int:
        return self.block

    async def count(self, _block: int) -> int:
        return len(self.true) if self.told is None else self.told

    async def call(self, _hook: bytes, _function: Any, *, block: int) -> tuple[bytes, int]:
        self.asked_at.append(block)
        leaves = self.true[: self.told]
        return MerkleTree(leaves).root(), len(leaves) - 1

    async def sync(self, _block: int) -> None:
        if self.regressed:
            self.regressed = False
            raise SequenceRegressed("fewer", len(self.true))
        read = self.true if self.logs is None else self.logs
        self.stored += [
            Insertion(number, read[number], self.blocks[number])
            for number in range(len(self.stored), len(read))
        ]

    async def reread(self, sequence: int) -> None:
        self.forgotten.append(sequence)
        self.stored = self.stored[:sequence]

    async def leaves(self, first: int, limit: int) -> list[Insertion]:
        return self.stored[first : first + limit]

    def tree(self) -> TrueTree:
        parts: Any = SimpleNamespace(name=self.name, client=self, settings=self.settings)
        index: Any = self
        store: Any = SimpleNamespace(leaves=self.leaves)
        return TrueTree(parts, index, store, Metrics())


@pytest.mark.parametrize(
    ("block", "first"), [(0, 0), (4, 0), (5, 1), (6, 1), (7, 3), (8, 3), (9, None), (10, None)]
)
async def test_the_first_leaf_after_a_block_is_of_a_later_one(block, first):
    """What came in the block of a rotation came before it, as far as anybody can know."""
    tree = World([5, 7, 7, 9]).tree()
    await tree.sync()
    assert await tree.first_after(block) == first


async def test_leaves_that_were_told_wrong_are_read_again():
    world = World([5, 7])
    world.logs = [leaf(0), OTHER]
    tree = world.tree()
    with pytest.raises(ChainError, match="the leaves do not give the root of block 100"):
        await tree.sync()
    world.logs = None
    await tree.sync()
    assert [tree.tree.leaf(number) for number in range(tree.count)] == world.true


async def test_after_a_reorg_the_tree_is_that_of_the_new_history():
    world = World([5, 7, 9])
    tree = world.tree()
    await tree.sync()
    world.blocks, world.offset, world.regressed = [5, 8], 10, True
    for _ in range(2):
        await tree.sync()
    assert [tree.tree.leaf(number) for number in range(tree.count)] == world.true
    assert world.forgotten == [0]


async def test_a_node_that_lags_has_nothing_read_again():
    world = World([5, 7, 9])
    tree = world.tree()
    await tree.sync()
    world.told = 2
    await tree.sync()
    assert tree.count == 3
    assert world.forgotten == []


async def test_a_leaf_that_is_stored_and_not_compared_yet_is_not_known():
    world = World([5, 7])
    await world.sync(100)
    tree = world.tree()
    with pytest.raises(ChainError, match="leaf 1 is not known"):
        await tree.block_of(1)
    await tree.sync()
    assert await tree.block_of(1) == 7


async def test_its_root_is_compared_at_the_final_block():
    world = World([5, 7, 105])
    tree = world.tree()
    await tree.sync()
    assert (tree.count, world.asked_at) == (2, [100])


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({}, None),
        ({"index": 2}, "message id"),
        ({"index": 3}, "premature"),
        ({"index": 4}, "premature"),
        ({"message_id": OTHER}, "message id"),
        ({"root": OTHER}, "root"),
        ({"merkle_tree_hook": OTHER, "index": 3}, "wrong tree"),
    ],
    ids=str,
)
def test_a_signature_is_judged_by_it(changes, fault):
    tree = MerkleTree([leaf(number) for number in range(3)])
    hook = bytes(32)
    true = {"merkle_tree_hook": hook, "root": tree.root(1), "index": 1, "message_id": leaf(1)}
    signed = SignedCheckpoint(Checkpoint(1337, **(true | changes)), bytes(65))
    assert judge(signed, tree, hook) == fault
