"""A tree whose stored parts are damaged is noticed, and read from the chain again."""

from contextlib import suppress

import pytest
from sqlalchemy import text
from tests.support.building import Line, close, line

from hyperlane.agents.relayer.origin import follow
from hyperlane.errors import ChainError, TreeError
from hyperlane.protocol import merkle_part
from hyperlane.protocol.merkle import MerkleTree
from hyperlane.store import stored_tree, subtrees
from hyperlane.store.database import Database


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "_RECENT_LEAVES", 1)
    monkeypatch.setattr(merkle_part, "PART_DEPTH", 2)
    for module in (merkle_part, stored_tree, subtrees):
        monkeypatch.setattr(module, "PART_LEAVES", 4)


@pytest.fixture
def restarted(way, chains):
    """Sends some messages, damages the database by a statement, and starts again."""

    async def make(statement: str) -> Line:
        for _ in range(6):
            way.source.dispatch(way.target.chain_id, "0x" + "11" * 20)
        await way.origin.step()
        database: Database = way.origin.leaves.database
        async with database.write() as connection:
            assert (await connection.execute(text(statement))).rowcount
        source, target, folders = chains
        for _ in range(2):
            with suppress(ChainError):
                return await line(source, target, folders, database)
        raise AssertionError("it does not start")

    return make


def chain_root(way: Line) -> bytes:
    root: bytes = way.source.contracts["merkleTreeHook"].functions.root().call()
    return root


async def require_whole(made: Line, way: Line) -> None:
    tree = await made.origin.load(0, len(made.origin.tree) - 1)
    stored = await made.origin.leaves.leaves(0, len(tree))
    whole = MerkleTree(leaf.message_id for leaf in stored)
    assert tree.root() == whole.root() == chain_root(way)
    assert tree.proof(0, len(tree) - 1) == whole.proof(0, len(tree) - 1)


async def test_another_root_of_a_part_is_noticed_before_there_is_a_new_leaf(restarted, way):
    made = await restarted("UPDATE subtrees SET root = zeroblob(32) WHERE part = 0")
    await require_whole(made, way)
    await close(made)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE insertions SET message_id = zeroblob(32) WHERE leaf_index = 1",
        "DELETE FROM insertions WHERE leaf_index = 1",
    ],
)
async def test_leaves_that_do_not_give_the_root_of_their_part_are_read_again(
    statement, restarted, way
):
    made = await restarted(statement)
    with pytest.raises(TreeError):
        await made.origin.load(0)
    await made.origin.look()
    await require_whole(made, way)
    await close(made)
