"""When a validator that contradicts its chain halts for good, and when it waits and asks again."""

from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest
from tests.support.devnet import key

from hyperlane.agents.runtime.indexer import SequenceRegressed
from hyperlane.agents.validator.halting import Halted
from hyperlane.agents.validator.signing import CheckpointSigner, make_signer
from hyperlane.agents.validator.witnesses import Votes
from hyperlane.checkpoints.folder import FolderStorage
from hyperlane.errors import ChainError, DatabaseError
from hyperlane.metrics import Metrics
from hyperlane.protocol.checkpoint import Checkpoint
from hyperlane.protocol.merkle import IncrementalMerkle
from hyperlane.protocol.typecasts import address_from_hex, address_to_bytes32
from hyperlane.store.commitments import CheckpointStore, ObservedTree
from hyperlane.store.database import Database
from hyperlane.store.sequences import Insertion

pytestmark = pytest.mark.quick

HOOK, ACCOUNT = b"\7" * 20, key(1)
LEAVES = [bytes([number + 1]) * 32 for number in range(4)]
ALL = Votes(1, 1, 1)
SIGNED = 3
"""Leaves that it committed to before."""


def root_of(count: int) -> bytes:
    tree = IncrementalMerkle()
    for leaf in LEAVES[:count]:
        tree.insert(leaf)
    return tree.root()


class Killed(Exception):
    """As the process may be at any line."""


@dataclass
class World:
    """A chain, an index of it and those who confirm what it says, in one."""

    count_now: int = SIGNED
    """Leaves of the tree."""
    root: bytes | None = None
    """That the chain tells of; the right one, unless said."""
    block: int = 100
    too_many: bool = False
    """Whether logs tell of more leaves than the tree has."""
    confirmed: Votes = ALL
    """RPCs that say the same of the tree."""
    contradicted: Votes = ALL
    """RPCs whose logs lead to another one."""
    wrong_logs: bool = False
    """Whether the last leaf that is stored is another than the tree's."""
    distrusted: list[str] = field(default_factory=list)
    read_again_from: list[int] = field(default_factory=list)

    name, domain, reorg_period = "alpha", 1337, 0
    settings = SimpleNamespace(merkle_tree_hook=HOOK)
    store = SimpleNamespace(kind="insertions")

    @property
    def client(self) -> Any:
        return self

    @property
    def rpc(self) -> Any:
        return SimpleNamespace(distrust=lambda problem, _method: self.distrusted.append(problem))

    def distrust(self, _problem: str) -> None: ...

    async def final_block(self) -> int:
        return self.block

    async def call(self, *_: Any, block: int) -> tuple[bytes, int]:
        assert block == self.block
        return self.root or root_of(self.count_now), self.count_now - 1

    async def sync(self, _block: int) -> int:
        if self.too_many:
            raise SequenceRegressed("fewer than are stored", self.count_now)
        return 0

    async def reread(self, sequence: int) -> None:
        self.read_again_from.append(sequence)

    async def confirm(self, _tree: ObservedTree) -> None: ...

    async def testify(self) -> list[Any]:
        return []

    @property
    def subtrees(self) -> Any:
        """None: all leaves are read."""
        return self

    async def complete(self) -> None: ...

    async def roots(self) -> list[bytes]:
        return []

    async def leaves(self, first: int, limit: int) -> list[Insertion]:
        last = [b"\x77" * 32] if self.wrong_logs else LEAVES[-1:]
        stored = [Insertion(number, leaf, 1) for number, leaf in enumerate(LEAVES[:-1] + last)]
        return stored[first : first + limit]


class Indexer:
    """The part of a world that an index is."""

    def __init__(self, world: World) -> None:
        self.store, self.sync, self.reread = world.store, world.sync, world.reread
        self._world = world

    async def count(self, _block: int) -> int:
        return self._world.count_now


class Witnesses(Indexer):
    """The part of a world that others confirm."""

    def __init__(self, world: World) -> None:
        self.confirm, self.testify = world.confirm, world.testify
        self._world = world

    async def count(self, _tree: Any) -> Any:
        return self._world.confirmed

    async def count_against(self, _signed: Any, _tree: Any) -> Any:
        return self._world.confirmed

    async def count_without(
        self, known: IncrementalMerkle, _signed: Any, _tree: Any, first_block: int
    ) -> Votes:
        assert (known.root(), first_block) == (root_of(SIGNED), 1)
        return self._world.contradicted


@pytest.fixture
async def made(tmp_path):
    """A signer that goes on after a restart, and its world."""
    database, world = await Database.open(str(tmp_path / "db")), World()
    commitments = CheckpointStore(database, 1337, HOOK, address_from_hex(ACCOUNT.address))
    hook = address_to_bytes32(HOOK)
    await commitments.commit(
        [Checkpoint(1337, hook, root_of(n + 1), n, LEAVES[n]) for n in range(SIGNED)]
    )
    parts: Any = world
    indexer: Any = Indexer(world)
    witnesses: Any = Witnesses(world)
    signer = make_signer(
        chain=parts,
        account=ACCOUNT,
        storage=FolderStorage(tmp_path / "v1"),
        commitments=commitments,
        indexer=indexer,
        leaves=parts,
        metrics=Metrics(),
        witnesses=witnesses,
    )
    await signer.resume()
    yield signer, world
    await database.close()


def is_flagged(tmp_path) -> bool:
    return (tmp_path / "v1/reorg_flag.json").exists()


def undecided(signer: CheckpointSigner) -> float | None:
    return signer.metrics.registry.get_sample_value(
        "hyperlane_validator_undecided", {"chain": "alpha"}
    )


async def test_logs_of_more_leaves_than_the_tree_has_are_the_nodes_fault(made, tmp_path):
    """While the tree has all that was signed: then nothing that was signed is in doubt."""
    signer, world = made
    world.too_many = True
    for _ in range(2):
        with pytest.raises(SequenceRegressed):
            await signer.step()
    assert world.read_again_from == [SIGNED] * 2
    assert not is_flagged(tmp_path)
    world.too_many = False
    await signer.step()


async def test_a_tree_without_a_leaf_that_was_signed_ends_it(made, tmp_path):
    signer, world = made
    world.too_many, world.count_now = True, SIGNED - 1
    with pytest.raises(Halted):
        await signer.step()
    assert is_flagged(tmp_path)


@pytest.mark.parametrize(("block", "ends"), [(99, False), (100, True), (101, True)])
async def test_a_tree_that_went_back_ends_it_unless_the_node_did(block, ends, made, tmp_path):
    signer, world = made
    world.count_now = SIGNED + 1
    await signer.step()
    world.count_now, world.block = SIGNED, block
    if ends:
        with pytest.raises(Halted, match="the tree went back from leaf 3 to leaf 2"):
            await signer.step()
    else:
        await signer.step()
    assert is_flagged(tmp_path) is ends


@pytest.mark.parametrize(
    ("confirmed", "ends", "distrusted"),
    [
        (Votes(3, 3, 3), True, 0),
        (Votes(2, 3, 3), True, 0),
        (Votes(2, 2, 3), True, 0),
        (Votes(1, 2, 2), False, 0),
        (Votes(1, 1, 2), False, 0),
        (Votes(1, 3, 3), False, 1),
        (Votes(0, 1, 1), False, 1),
        (Votes(0, 0, 1), False, 0),
    ],
)
async def test_another_root_ends_it_if_most_say_so_and_else_whoever_told_of_it_goes_last(
    confirmed, ends, distrusted, made, tmp_path
):
    signer, world = made
    world.root, world.confirmed = b"\x66" * 32, confirmed
    with pytest.raises(Halted if ends else ChainError):
        await signer.step()
    assert is_flagged(tmp_path) is ends
    assert len(world.distrusted) == distrusted
    assert undecided(signer) == (not ends)
    if not ends:
        world.root = None
        await signer.step()
        assert (undecided(signer), signer.doubt) == (0, "")


@pytest.mark.parametrize(("block", "ends"), [(99, False), (100, True), (101, True)])
async def test_a_tree_without_any_leaf_ends_it_unless_the_node_lags(block, ends, made, tmp_path):
    signer, world = made
    world.count_now = SIGNED + 1
    await signer.step()
    world.count_now, world.block = 0, block
    if ends:
        with pytest.raises(Halted, match="the tree went back from leaf 3 to none"):
            await signer.step()
    else:
        await signer.step()
    assert is_flagged(tmp_path) is ends


async def test_a_leaf_that_was_seen_and_not_signed_may_go(made, tmp_path, monkeypatch):
    """As if it was killed between seeing and committing, before a reorg."""
    signer, world = made
    await signer.committer.commitments.observe(ObservedTree(SIGNED, root_of(SIGNED + 1), 100))
    world.block = 101
    await signer.step()
    assert not is_flagged(tmp_path)
    world.count_now = SIGNED - 1
    with pytest.raises(Halted):
        await signer.step()


async def test_it_does_not_go_on_from_leaves_that_it_did_not_commit_to(made, monkeypatch):
    """Whatever comes next would contradict them."""
    signer, world = made
    genuine = world.leaves

    async def others(first: int, limit: int) -> list[Insertion]:
        return [replace(leaf, message_id=b"\x77" * 32) for leaf in await genuine(first, limit)]

    monkeypatch.setattr(world, "leaves", others)
    with pytest.raises(DatabaseError, match="committed to for leaf 2"):
        await signer.resume()


async def test_the_flag_is_written_though_the_database_takes_nothing(made, tmp_path, monkeypatch):
    signer, world = made

    async def full(*_: Any) -> None:
        raise DatabaseError("db: disk is full")

    monkeypatch.setattr(CheckpointStore, "remember_reorg", full)
    world.root = b"\x66" * 32
    with pytest.raises(Halted):
        await signer.step()
    assert is_flagged(tmp_path)


@pytest.mark.parametrize(
    ("contradicted", "ends"),
    [
        (Votes(1, 1, 1), True),
        (Votes(2, 2, 3), True),
        (Votes(2, 3, 3), False),
        (Votes(3, 4, 4), False),
        (Votes(1, 2, 2), False),
        (Votes(1, 1, 2), False),
        (Votes(0, 1, 1), False),
        (Votes(0, 0, 1), False),
    ],
)
async def test_leaves_of_another_root_end_it_if_most_have_them_and_are_else_read_again(
    contradicted, ends, made, tmp_path
):
    """Leaves that lead to the root cannot be made up: one RPC that has them shows that all others
    are wrong."""
    signer, world = made
    world.count_now, world.wrong_logs = SIGNED + 1, True
    world.contradicted = contradicted
    with pytest.raises(Halted if ends else ChainError):
        await signer.step()
    assert is_flagged(tmp_path) is ends
    assert world.read_again_from == [SIGNED]
    if not ends:
        assert undecided(signer) == 1
        assert "nothing is signed meanwhile" in signer.doubt
        assert str(contradicted) in signer.doubt
        world.wrong_logs = False
        await signer.step()
        assert await signer.committer.commitments.next_index() == SIGNED + 1
        assert (undecided(signer), signer.doubt) == (0, "")


async def test_what_is_committed_was_observed_before_whatever_kills_it(made, monkeypatch):
    signer, world = made
    commitments = signer.committer.commitments
    await signer.step()
    world.count_now = SIGNED + 1
    commit = CheckpointStore.commit

    async def killed(self: CheckpointStore, batch: Any) -> Any:
        await commit(self, batch)
        raise Killed

    monkeypatch.setattr(CheckpointStore, "commit", killed)
    with pytest.raises(Killed):
        await signer.step()
    observed = await commitments.observed()
    assert observed is not None
    assert observed.index == await commitments.next_index() - 1 == SIGNED
