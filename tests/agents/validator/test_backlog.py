"""What a validator does about a long backlog: it signs in pieces, by the rule for a single leaf."""

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.support.devnet import key

from hyperlane.agents.runtime.indexer import IndexRange, SequenceIndexer
from hyperlane.agents.validator import committing
from hyperlane.agents.validator.signing import CheckpointSigner, make_signer
from hyperlane.chain.abi import MerkleTreeHook
from hyperlane.chain.client import Log
from hyperlane.checkpoints.folder import FolderStorage
from hyperlane.errors import ChainError, StorageError
from hyperlane.metrics import Metrics
from hyperlane.protocol.checkpoint import SignedCheckpoint
from hyperlane.protocol.merkle import MerkleTree
from hyperlane.protocol.typecasts import Bytes32, address_from_hex
from hyperlane.store.commitments import CheckpointStore, ObservedTree
from hyperlane.store.database import Database
from hyperlane.store.sequences import Insertion, InsertionStore

pytestmark = pytest.mark.quick

HOOK, ACCOUNT = b"\7" * 20, key(1)
LEAVES = 60
"""Leaf n is in block n + 1."""
PIECE = 16
TREE = MerkleTree(bytes([n + 1]) * 32 for n in range(LEAVES + 9))


@dataclass
class Node:
    """A node with a backlog, whose logs and states can be wrong or missing."""

    final: int = LEAVES
    state_since: int = 0
    """Before this block, it knows no state."""
    wrong: dict[int, Bytes32] = field(default_factory=dict)
    """Leaves that its logs give in place of the tree's."""
    down: bool = False
    """Whether it answers nothing about trees."""
    events: list[str] = field(default_factory=list)
    """What happened, in order."""

    name, log_span, reorg_period = "alpha", 2**32, 0

    @property
    def rpc(self) -> Any:
        return self

    def distrust(self, *_: Any) -> None: ...

    async def final_block(self) -> int:
        return self.final

    async def call(self, _to: bytes, function: Any, *, block: int = 0) -> Any:
        if function is MerkleTreeHook.deployed_block:
            return 0
        if block < self.state_since or (self.down and function is MerkleTreeHook.latest_checkpoint):
            raise ChainError("alpha: missing trie node")
        if function is MerkleTreeHook.count:
            return block
        self.events.append(f"root {block}")
        return TREE.root(block - 1), block - 1

    async def has_code(self, _address: bytes, _block: int) -> bool:
        return True

    async def logs(self, _address: bytes, _event: Any, first: int, last: int) -> list[Log]:
        shown = range(max(first, 1) - 1, min(last, self.final))
        return [Log((), bytes([n]), n + 1, bytes(32), 0) for n in shown]

    def parse(self, log: Log) -> Insertion:
        index = log.data[0]
        return Insertion(index, self.wrong.get(index, TREE.leaf(index)), log.block_number)


class Witnesses:
    def __init__(self, node: Node) -> None:
        self.node = node

    async def confirm(self, tree: ObservedTree) -> None:
        self.node.events.append(f"confirm {tree.index}")

    async def count(self, _tree: Any) -> Any:
        raise ChainError("nobody confirms it")


@dataclass
class Made:
    folder: Path
    database: Database
    node: Node = field(default_factory=Node)
    at_once: int = 5

    def signer(self) -> CheckpointSigner:
        chain: Any = SimpleNamespace(
            name="alpha",
            domain=1337,
            client=self.node,
            settings=SimpleNamespace(merkle_tree_hook=HOOK),
        )
        client: Any = self.node
        witnesses: Any = Witnesses(self.node)
        address = address_from_hex(ACCOUNT.address)
        return make_signer(
            chain=chain,
            account=ACCOUNT,
            storage=FolderStorage(self.folder),
            commitments=CheckpointStore(self.database, 1337, HOOK, address),
            indexer=SequenceIndexer(
                client=client,
                contract=HOOK,
                event=MerkleTreeHook.INSERTED,
                counter=MerkleTreeHook.count,
                deployed_block=MerkleTreeHook.deployed_block,
                parse=self.node.parse,
                store=InsertionStore(self.database, 1337),
                range=IndexRange(chunk=8),
                needs_all=True,
            ),
            leaves=InsertionStore(self.database, 1337),
            metrics=Metrics(),
            witnesses=witnesses,
            at_once=self.at_once,
        )

    def signed(self) -> set[int]:
        return {int(path.name.split("_")[0]) for path in self.folder.glob("*_with_id.json")}


async def finish(signer: CheckpointSigner) -> int:
    """Step while there is more; returns how often."""
    for count in range(1, 100):
        if not await signer.step():
            return count
    raise AssertionError("never")


@pytest.fixture
async def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Made]:
    monkeypatch.setattr(committing, "_LEAVES_PER_PIECE", PIECE)
    database = await Database.open(str(tmp_path / "db"))
    yield Made(tmp_path / "v1", database)
    await database.close()


async def test_it_signs_before_all_is_indexed_and_does_not_pause_before_all_is_signed(made):
    signer = made.signer()
    await signer.resume()

    assert await signer.step()
    progress = await signer.committer.indexer.store.progress()
    assert made.signed()
    assert max(made.signed()) == (progress.next_sequence or 0) - 1 < LEAVES - 1

    await finish(signer)
    assert made.signed() == set(range(LEAVES))
    storage = signer.publisher.storage
    for index in range(LEAVES):
        stored = await storage.checkpoint(index)
        assert stored is not None
        assert stored.checkpoint.root == TREE.root(index)
    assert (made.folder / "index.json").read_text() == str(LEAVES - 1)


async def test_each_piece_is_confirmed_at_a_final_block_of_its_own(made):
    signer = made.signer()
    await signer.resume()
    await finish(signer)

    blocks = [int(event.split()[1]) for event in made.node.events if event.startswith("root")]
    confirmed = [int(event.split()[1]) for event in made.node.events if event.startswith("conf")]
    assert blocks == sorted(blocks)
    assert blocks[-1] == made.node.final
    assert {block - 1 for block in blocks} == set(confirmed)
    assert len(set(confirmed)) >= LEAVES // (2 * PIECE)


async def test_without_the_state_of_old_blocks_it_signs_once_all_is_indexed(made):
    made.node.state_since = LEAVES - 1
    signer = made.signer()
    await signer.resume()
    await finish(signer)

    assert made.signed() == set(range(LEAVES))
    assert [event for event in made.node.events if event.startswith("conf")] == [
        f"confirm {LEAVES - 1}"
    ]


async def test_a_node_that_is_down_for_a_while_does_not_end_signing_in_pieces(made):
    signer = made.signer()
    await signer.resume()
    made.node.down = True
    for _ in range(2):
        with pytest.raises(ChainError):
            await signer.step()
    assert made.signed() == set()
    made.node.down = False

    assert await signer.step()
    assert made.signed()
    assert max(made.signed()) < LEAVES - 1
    await finish(signer)
    assert made.signed() == set(range(LEAVES))


async def test_nothing_of_a_piece_is_signed_whose_leaves_do_not_give_the_root(made):
    wrong = 2 * PIECE + 3
    made.node.wrong[wrong] = Bytes32(b"\x77" * 32)
    signer = made.signer()
    await signer.resume()
    for _ in range(20):
        try:
            await signer.step()
        except ChainError:
            continue
    assert made.signed()
    assert max(made.signed()) < wrong
    made.node.wrong.clear()
    for _ in range(2):
        try:
            await finish(signer)
        except ChainError:
            continue
    assert made.signed() == set(range(LEAVES))


async def test_after_a_kill_it_goes_on_with_the_next_piece(made):
    first = made.signer()
    await first.resume()
    await first.step()
    committed = first.committer.tree.count
    second = made.signer()
    await second.resume()
    assert second.committer.tree.count == committed
    assert second.committer.tree.root() == TREE.root(committed - 1)

    await finish(second)
    assert made.signed() == set(range(LEAVES))


async def test_a_storage_that_fails_within_a_piece_leaves_no_gap_and_no_second_signature(
    made, monkeypatch
):
    signer = made.signer()
    await signer.resume()
    storage, writes = signer.publisher.storage, []
    write = storage.write_checkpoint

    async def fail_often(signed: SignedCheckpoint) -> None:
        writes.append(signed)
        if len(writes) % 3 == 0:
            raise StorageError("refused")
        await write(signed)
        if len(writes) % 7 == 0:
            raise StorageError("written, and not confirmed")

    monkeypatch.setattr(storage, "write_checkpoint", fail_often)
    for _ in range(100):
        with suppress(StorageError):
            if not await signer.step():
                break
        if len(writes) > 30:  # as after a kill
            signer = made.signer()
            signer.publisher.storage = storage
            await signer.resume()
            del writes[:]
    assert made.signed() == set(range(LEAVES))
    assert await signer.publisher.commitments.unpublished(9) == []
    for index in made.signed():
        stored = await storage.checkpoint(index)
        assert stored is not None
        assert stored.checkpoint.root == TREE.root(index)


async def test_one_leaf_that_cannot_be_read_keeps_no_older_ones_from_being_signed(made):
    made.at_once = 1
    made.folder.mkdir()
    (made.folder / "20_with_id.json").write_text("{")
    signer = made.signer()
    await signer.resume()
    for _ in range(300):
        with suppress(StorageError):
            await signer.step()
    assert made.signed() == set(range(LEAVES))
