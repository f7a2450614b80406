"""Indexing against a node that is not to be trusted."""

from dataclasses import dataclass, field

import pytest

from hyperlane.agents.runtime.indexer import (
    IndexGap,
    IndexRange,
    SequenceIndexer,
    SequenceRegressed,
)
from hyperlane.chain.abi import MerkleTreeHook
from hyperlane.chain.client import Log
from hyperlane.errors import ChainError, ConfigError
from hyperlane.store.database import Database
from hyperlane.store.sequences import Insertion, InsertionStore

pytestmark = pytest.mark.quick

HOOK = b"\1" * 20


@dataclass
class Node:
    """Leaf n stands in block 10 * n + 10; `hidden` leaves are missing from the logs."""

    leaves: int = 0
    hidden: set[int] = field(default_factory=set)
    name: str = "alpha"
    deployed: int = 5
    """What the contract says."""
    late: dict[int, int] = field(default_factory=dict)
    """Leaves that the logs show in a later block."""
    code_since: int = 5
    state_since: int = 0
    """Before it, the node knows no state."""
    asked: list[tuple[int, int]] = field(default_factory=list)
    distrusted: list[str] = field(default_factory=list)
    log_span: int = 2**32

    async def call(self, _to, function, block="latest"):
        if function is MerkleTreeHook.deployed_block:
            return self.deployed
        return sum(10 * n + 10 <= block for n in range(self.leaves))

    async def has_code(self, _address, block="latest"):
        if block < self.state_since:
            raise ChainError(f"{self.name}: missing trie node")
        return block >= self.code_since

    def distrust(self, problem):
        self.distrusted.append(problem)

    async def logs(self, _address, _event, first, last):
        self.asked.append((first, last))
        shown = [n for n in range(self.leaves) if first <= 10 * n + 10 <= last]
        return [
            Log((), bytes([n]), self.late.get(n, 10 * n + 10), bytes(32), 0)
            for n in [*shown, *shown]
            if n not in self.hidden
        ]


def parse(log):
    return Insertion(log.data[0], bytes(31) + log.data, log.block_number)


@pytest.fixture
async def index(tmp_path):
    database = await Database.open(str(tmp_path))

    def make(node, **range_):
        return SequenceIndexer(
            client=node,
            contract=HOOK,
            event=MerkleTreeHook.INSERTED,
            counter=MerkleTreeHook.count,
            deployed_block=MerkleTreeHook.deployed_block,
            parse=parse,
            store=InsertionStore(database, 1),
            range=IndexRange(**range_),
            needs_all=True,
        )

    yield make
    await database.close()


async def stored(indexer):
    return [leaf.leaf_index for leaf in await indexer.store.leaves(0, 1000)]


async def test_all_events_are_stored_once_in_chunks(index):
    node = Node(leaves=9)
    indexer = index(node, chunk=30)
    assert await indexer.sync(55) == 5
    assert await indexer.sync(100) == 4
    assert await stored(indexer) == list(range(9))
    assert node.asked[:2] == [(5, 34), (35, 55)]


async def test_nothing_is_asked_while_nothing_is_new(index):
    node = Node(leaves=2)
    indexer = index(node)
    await indexer.sync(100)
    node.asked.clear()
    for block in (101, 200, 5000):
        assert await indexer.sync(block) == 0
    assert node.asked == []


async def test_a_gap_is_not_stored_over_and_heals(index):
    node = Node(leaves=6, hidden={3})
    indexer = index(node)
    for _ in range(2):
        with pytest.raises(IndexGap, match="merkle_tree_insertion 3 is missing"):
            await indexer.sync(100)
        assert await stored(indexer) == [0, 1, 2]
    assert len(node.distrusted) == 2
    node.hidden.clear()
    await indexer.sync(100)
    assert await stored(indexer) == list(range(6))


async def test_a_missing_tip_is_noticed_and_asked_for_again(index):
    node = Node(leaves=3, hidden={2})
    indexer = index(node)
    with pytest.raises(IndexGap, match="2 is counted by block 100, but no log shows it"):
        await indexer.sync(100)
    node.hidden.clear()
    node.asked.clear()
    await indexer.sync(100)
    assert node.asked == [(20, 100)]
    assert await stored(indexer) == [0, 1, 2]


async def test_a_leaf_in_too_late_a_block_hides_no_later_leaf(index):
    node = Node(leaves=6, hidden={3, 4}, late={2: 95})
    indexer = index(node)
    with pytest.raises(IndexGap):
        await indexer.sync(100)
    node.hidden.clear()
    node.late.clear()
    for _ in range(10):
        try:
            await indexer.sync(100)
        except IndexGap:
            continue
        break
    assert await stored(indexer) == list(range(6))


async def test_a_node_that_lags_is_waited_for_and_one_that_forgot_is_an_error(index):
    indexer = index(Node(leaves=5))
    await indexer.sync(100)
    assert await indexer.sync(30) == 0
    indexer.client = Node(leaves=4)
    with pytest.raises(SequenceRegressed, match="5 are stored, the chain has 4 at block 100"):
        await indexer.sync(100)


async def test_starting_after_the_first_leaf_is_an_error(index):
    with pytest.raises(ConfigError, match=r"chains\.alpha\.index\.from: 25 is after"):
        await index(Node(leaves=5), first_block=25).sync(100)


@pytest.mark.parametrize("deployed", [0, 4, 6, 99, 10**9])
async def test_it_begins_where_the_code_appears_whatever_number_the_contract_says(deployed, index):
    """As on Arbitrum, where the contract says a block number of Ethereum."""
    node = Node(leaves=9, deployed=deployed)
    assert await index(node, chunk=30).sync(100) == 9
    assert node.asked[0] == (5, 34)


@pytest.mark.parametrize(("deployed", "first"), [(5, 5), (10**9, 0)])
async def test_without_old_states_the_contract_is_believed_as_far_as_it_can_be_true(
    deployed, first, index
):
    node = Node(leaves=9, deployed=deployed, state_since=90)
    assert await index(node, chunk=30).sync(100) == 9
    assert node.asked[0][0] == first


async def test_it_looks_further_back_when_the_first_event_is_not_where_the_code_appeared(index):
    """As with a node that says there was no code where it has only forgotten it."""
    node = Node(leaves=9, code_since=70)
    indexer = index(node)
    for _ in range(3):  # 70, 35, 17, 8
        with pytest.raises(IndexGap):
            await indexer.sync(100)
    assert await indexer.sync(100) == 9
    assert await stored(indexer) == list(range(9))


async def test_a_restart_goes_on_where_it_was(index):
    node = Node(leaves=5)
    await index(node, chunk=20).sync(55)
    node.asked.clear()
    node.leaves = 6
    again = index(node, chunk=20)
    assert await again.sync(64) == 1
    assert await stored(again) == list(range(6))
    assert node.asked == [(56, 64)]


async def test_the_tip_goes_before_a_backlog_and_leaves_no_hole(index):
    node = Node(leaves=100)
    indexer = index(node, chunk=50)
    assert await indexer.peek(1000) == 2 * 25, "each log twice"
    assert await indexer.peek(1000) == 0
    assert await stored(indexer) == list(range(75, 100))
    slices = 0
    while not indexer.complete or slices == 0:
        await indexer.sync(1000, seconds=0.002)
        slices += 1
    assert slices > 1
    assert await stored(indexer) == list(range(100))
    assert (await indexer.store.progress()).next_sequence == 100


async def test_what_is_read_ahead_hides_no_gap(index):
    node = Node(leaves=100)
    indexer = index(node, chunk=50)
    await indexer.peek(1000)
    node.hidden = {70}
    with pytest.raises(IndexGap, match="70 is missing"):
        await indexer.sync(1000)
    restarted = index(node, chunk=50)
    assert (await restarted.store.progress()).next_sequence == 69
    node.hidden.clear()
    await restarted.sync(1000)
    assert await stored(restarted) == list(range(100))


async def test_nothing_is_read_ahead_without_a_backlog(index):
    node = Node(leaves=20)
    indexer = index(node)
    assert await indexer.peek(200) == 0
    await indexer.sync(200)
    assert await indexer.peek(300) == 0
    assert node.asked == [(5, 200)]
