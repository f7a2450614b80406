"""The tree of the stored leaves: parts are derived once, and nothing is read whole at a start."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import closing, contextmanager

import pytest
from sqlalchemy import event, select

from hyperlane.errors import StorageError, TreeError
from hyperlane.protocol.merkle import MerkleTree
from hyperlane.protocol.merkle_part import PART_LEAVES, part_root
from hyperlane.protocol.typecasts import Bytes32
from hyperlane.store import tables
from hyperlane.store.database import Database
from hyperlane.store.sequences import Insertion, InsertionStore
from hyperlane.store.stored_tree import StoredTree, stored_frontier

DOMAIN = 1337
MANY = 100 * PART_LEAVES + 600


def leaf(index: int, fork: int = 0) -> Bytes32:
    return Bytes32((index + fork * 2**40).to_bytes(32))


def insertions(indexes: Sequence[int], fork: int = 0) -> list[Insertion]:
    return [Insertion(index, leaf(index, fork), index) for index in indexes]


async def grown(leaves: InsertionStore) -> StoredTree:
    tree = StoredTree(leaves)
    async for _ in tree.grow():
        pass
    return tree


async def subtrees(database: Database) -> dict[int, bytes]:
    row = tables.subtrees.c
    async with database.read() as connection:
        found = await connection.execute(select(row.part, row.root).where(row.domain == DOMAIN))
        return dict(map(tuple, found))


def expected(count: int, fork_from: int | None = None) -> list[Bytes32]:
    return [leaf(i, int(fork_from is not None and i >= fork_from)) for i in range(count)]


@pytest.fixture
async def database(locate) -> AsyncIterator[Database]:
    opened = await Database.open(locate("tree"))
    yield opened
    await opened.close()


@pytest.fixture
def leaves(database: Database) -> InsertionStore:
    return InsertionStore(database, DOMAIN)


@pytest.fixture
async def other_program(database: Database) -> AsyncIterator[InsertionStore]:
    """What another program has of the same leaves, over connections of its own."""
    location = str(database.engine.url.render_as_string(hide_password=False))
    opened = await Database.open(database.location if "sqlite" in location else location)
    yield InsertionStore(opened, DOMAIN)
    await opened.close()


COUNT = 2 * PART_LEAVES + 100


async def test_roots_of_parts_are_stored_when_their_leaves_are(leaves):
    await leaves.add(insertions(range(PART_LEAVES + 5)), 9)
    tree = await grown(leaves)
    assert list(await subtrees(leaves.database)) == [0]

    await leaves.add(insertions(range(PART_LEAVES + 5, COUNT)), 99)
    async for _ in tree.grow():
        pass
    assert tree.root() == MerkleTree(expected(COUNT)).root()
    assert await subtrees(leaves.database) == {
        part: part_root(expected(COUNT)[part * PART_LEAVES :][:PART_LEAVES]) for part in (0, 1)
    }


async def test_roots_that_a_killed_program_left_out_are_stored_at_the_start(leaves):
    """As in a database of an older version, too."""
    await leaves.add(insertions(range(COUNT)), 99)
    assert await subtrees(leaves.database) == {}

    assert (await grown(leaves)).root() == MerkleTree(expected(COUNT)).root()
    assert list(await subtrees(leaves.database)) == [0, 1]


async def test_two_programs_can_store_roots_of_one_tree(leaves, other_program):
    """As a relayer and a validator with one database do."""
    await leaves.add(insertions(range(COUNT)), 99)
    await asyncio.gather(leaves.subtrees.complete(), other_program.subtrees.complete())
    assert (await grown(leaves)).root() == MerkleTree(expected(COUNT)).root()
    assert list(await subtrees(leaves.database)) == [0, 1]


async def test_no_root_outlives_leaves_that_another_program_forgets_meanwhile(
    leaves, other_program
):
    await leaves.add(insertions(range(COUNT)), 99)
    async with leaves.database.together():
        await leaves.subtrees.complete()
        forgetting = asyncio.create_task(other_program.forget(3))
        await asyncio.wait([forgetting], timeout=0.5)
    await forgetting
    assert await subtrees(leaves.database) == {}


async def test_proofs_and_roots_are_those_of_the_whole_tree_after_a_restart(leaves):
    await leaves.add(insertions(range(COUNT)), 99)
    await grown(leaves)
    whole, tree = MerkleTree(expected(COUNT)), await grown(leaves)
    for index, root in [(0, 0), (5, 1023), (1023, 1024), (7, COUNT - 1), (1500, 2047)]:
        await tree.load(index, root)
        assert tree.proof(index, root) == whole.proof(index, root)
        assert tree.root(root) == whole.root(root)


async def test_a_reorg_forgets_the_roots_of_its_parts(leaves):
    await leaves.add(insertions(range(COUNT)), 99)
    before, fork = await grown(leaves), PART_LEAVES + 3
    await leaves.forget(fork)
    assert list(await subtrees(leaves.database)) == [0]

    await leaves.add(insertions(range(fork, COUNT), 1), 99)
    whole = MerkleTree(expected(COUNT, fork))
    after = await grown(leaves)
    await after.load(fork, COUNT - 1)
    assert after.root() == whole.root() != before.root()
    assert after.proof(fork, COUNT - 1) == whole.proof(fork, COUNT - 1)
    assert (await grown(leaves)).root() == whole.root()


async def test_a_tree_from_before_a_reorg_does_not_take_the_new_leaves(leaves):
    await leaves.add(insertions(range(COUNT)), 99)
    await grown(leaves)
    before = await grown(leaves)
    await leaves.forget(3)
    with pytest.raises(TreeError):
        await before.load(3)

    await leaves.add(insertions(range(3, COUNT), 1), 99)
    with pytest.raises(TreeError):
        await before.load(3)


@pytest.mark.parametrize("count", [0, 1, PART_LEAVES, PART_LEAVES + 1, COUNT])
async def test_the_frontier_of_the_first_leaves_alone(count, leaves):
    await leaves.add(insertions(range(COUNT)), 99)
    frontier = await stored_frontier(leaves, count)

    assert frontier.count == count
    assert not count or frontier.root() == MerkleTree(expected(count)).root()


async def test_there_is_no_frontier_of_leaves_that_are_not_stored(leaves):
    await leaves.add(insertions(range(10)), 99)
    with pytest.raises(StorageError, match="leaf 10 of domain 1337 is not stored"):
        await stored_frontier(leaves, 11)


async def test_each_chain_has_its_own_roots(leaves):
    other = InsertionStore(leaves.database, 7)
    await leaves.add(insertions(range(PART_LEAVES)), 99)
    await other.add(insertions(range(PART_LEAVES), 1), 99)
    mine, its = await grown(leaves), await grown(other)
    await other.forget(0)

    assert mine.root() != its.root()
    assert list(await subtrees(leaves.database)) == [0]
    assert len(await grown(other)) == 0


@pytest.fixture(scope="module")
async def full(tmp_path_factory) -> AsyncIterator[Database]:
    """A database with many leaves, and the roots of their parts."""
    folder = tmp_path_factory.mktemp("full")
    database = await Database.open(str(folder))
    with closing(sqlite3.connect(database.name)) as connection, connection:
        rows = ((DOMAIN, index, leaf(index), index) for index in range(MANY))
        connection.executemany("INSERT INTO insertions VALUES (?, ?, ?, ?)", rows)
    await InsertionStore(database, DOMAIN).subtrees.complete()
    await database.close()
    reopened = await Database.open(str(folder))
    yield reopened
    await reopened.close()


@contextmanager
def steps(database: Database) -> Iterator[list[int]]:
    """Collects an entry for each 1,000 instructions of SQLite: it takes several to read a row."""
    found: list[int] = []

    def listen(connection, _record):
        connection.set_progress_handler(lambda: found.append(1), 1000)

    event.listen(database.engine.sync_engine, "connect", listen)
    database.engine.sync_engine.pool.dispose()
    yield found
    event.remove(database.engine.sync_engine, "connect", listen)


async def test_nothing_reads_all_leaves(full):
    leaves = InsertionStore(full, DOMAIN)
    with steps(full) as done:
        tree = await grown(leaves)
        await tree.load(5, MANY // 2)
        assert len(tree) == MANY
        assert (await stored_frontier(leaves, MANY)).root() == tree.root()
        assert await leaves.leaf_index(leaf(77)) == 77
        assert (await leaves.progress()).next_sequence is None
        assert await leaves.last(MANY) == (MANY - 1, MANY - 1)
    assert 0 < len(done) < MANY // 1000, "instructions of SQLite, in thousands"


async def test_proofs_among_many_leaves(full):
    tree = await grown(InsertionStore(full, DOMAIN))
    whole = MerkleTree(map(leaf, range(MANY)))
    for index, root in [(0, MANY - 1), (12_345, 65_432), (102_399, 102_400), (511, 52_427)]:
        await tree.load(index, root)
        assert tree.proof(index, root) == whole.proof(index, root)
        assert tree.root(root) == whole.root(root)
