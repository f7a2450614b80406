"""What a validator does about single leaves that its storage does not give or take."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tests.support.devnet import key

from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.validator.halting import Halted
from hyperlane.agents.validator.signing import make_signer
from hyperlane.checkpoints.folder import FolderStorage
from hyperlane.errors import StorageError
from hyperlane.metrics import Metrics
from hyperlane.protocol.checkpoint import Checkpoint, SignedCheckpoint
from hyperlane.protocol.typecasts import address_from_hex, address_to_bytes32
from hyperlane.store.commitments import CheckpointStore
from hyperlane.store.database import Database

pytestmark = pytest.mark.quick

HOOK, ACCOUNT = b"\7" * 20, key(1)


def checkpoint(index: int, root: bytes = b"\1" * 32) -> Checkpoint:
    return Checkpoint(1337, address_to_bytes32(HOOK), root, index, bytes([index]) * 32)


class Witnesses:
    async def testify(self) -> list[Any]:
        return []


class Settings:
    name, domain_id = "alpha", 1337


class Client:
    reorg_period = 5


@pytest.fixture
async def signer(tmp_path: Path):
    database = await Database.open(str(tmp_path / "db"))
    commitments = CheckpointStore(database, 1337, HOOK, address_from_hex(ACCOUNT.address))
    await commitments.commit([checkpoint(index) for index in range(6)])
    made = make_signer(
        chain=Chain(Settings(), Client()),  # type: ignore[arg-type]
        account=ACCOUNT,
        storage=FolderStorage(tmp_path / "v1"),
        commitments=commitments,
        indexer=None,  # type: ignore[arg-type]
        leaves=None,  # type: ignore[arg-type]
        metrics=Metrics(),
        witnesses=Witnesses(),
        at_once=2,
    )
    yield made
    await database.close()


def stored(tmp_path: Path) -> set[int]:
    return {int(path.name.split("_")[0]) for path in (tmp_path / "v1").glob("*_with_id.json")}


async def test_a_leaf_that_cannot_be_read_is_not_signed_and_holds_up_no_other(signer, tmp_path):
    (tmp_path / "v1").mkdir()
    (tmp_path / "v1/4_with_id.json").write_text("{")
    for _ in range(2):
        with pytest.raises(StorageError, match="nothing is signed for leaf 4 before"):
            await signer.publisher.publish(20)
        assert (tmp_path / "v1/4_with_id.json").read_text() == "{"
        assert stored(tmp_path) == set(range(6))
        assert (tmp_path / "v1/index.json").read_text() == "5"
        assert [item.index for item in await signer.publisher.commitments.unpublished(9)] == [4]
    (tmp_path / "v1/4_with_id.json").unlink()
    assert not await signer.publisher.publish(20)
    assert (await signer.publisher.storage.checkpoint(4)).checkpoint == checkpoint(4)


async def test_the_latest_index_is_the_highest_that_is_stored(signer, tmp_path):
    (tmp_path / "v1").mkdir()
    (tmp_path / "v1/5_with_id.json").write_text("{")
    with pytest.raises(StorageError, match="leaf 5"):
        await signer.publisher.publish(20)
    assert (tmp_path / "v1/index.json").read_text() == "4"


@pytest.mark.parametrize(
    "other",
    [
        checkpoint(3, b"\2" * 32),
        Checkpoint(1337, address_to_bytes32(HOOK), b"\1" * 32, 3, b"\x99" * 32),
    ],
    ids=["root", "message"],
)
async def test_another_signature_of_its_own_stops_it(signer, tmp_path, other):
    await signer.publisher.storage.write_checkpoint(SignedCheckpoint(other, other.sign(ACCOUNT)))
    with pytest.raises(Halted, match="another checkpoint 3"):
        await signer.publisher.publish(20)
    assert (tmp_path / "v1/reorg_flag.json").exists()
    assert (await signer.publisher.storage.checkpoint(3)).checkpoint == other
    assert 0 not in stored(tmp_path), "nothing is signed after a halt"


async def test_nothing_is_signed_beside_a_leaf_that_stops_it(signer, tmp_path, monkeypatch):
    """Leaf 2 is looked at together with leaf 3, and its storage answers a moment later."""
    other = checkpoint(3, b"\2" * 32)
    await signer.publisher.storage.write_checkpoint(SignedCheckpoint(other, other.sign(ACCOUNT)))
    read, flag, halted = FolderStorage.checkpoint, FolderStorage.write_reorg_flag, asyncio.Event()

    async def late(storage: FolderStorage, index: int) -> SignedCheckpoint | None:
        found = await read(storage, index)
        if index == 2:
            async with asyncio.timeout(60):
                await halted.wait()
        return found

    async def flagged(storage: FolderStorage, report: Any) -> None:
        await flag(storage, report)
        halted.set()

    monkeypatch.setattr(FolderStorage, "write_reorg_flag", flagged)
    monkeypatch.setattr(FolderStorage, "checkpoint", late)
    with pytest.raises(Halted, match="another checkpoint 3"):
        await signer.publisher.publish(20)
    assert stored(tmp_path) == {3, 4, 5}


async def test_what_a_storage_lost_is_signed_again_and_nothing_else_is_written(signer, tmp_path):
    publisher = signer.publisher
    while await publisher.publish(20):
        pass
    (tmp_path / "v1/1_with_id.json").unlink()
    (tmp_path / "v1/4_with_id.json").unlink()
    before = (tmp_path / "v1/3_with_id.json").stat()
    publisher.unchecked = 6
    await publisher.check()

    assert stored(tmp_path) == set(range(6))
    assert (tmp_path / "v1/3_with_id.json").stat().st_mtime_ns == before.st_mtime_ns
    assert publisher.unchecked == 0
    assert await publisher.commitments.unpublished(9) == []


async def test_a_leaf_that_cannot_be_read_keeps_no_other_from_being_looked_for(signer, tmp_path):
    publisher = signer.publisher
    while await publisher.publish(20):
        pass
    (tmp_path / "v1/1_with_id.json").unlink()
    (tmp_path / "v1/4_with_id.json").write_text("{")
    publisher.unchecked = 6
    with pytest.raises(StorageError, match="leaf 4"):
        await publisher.check()
    assert [item.index for item in await publisher.commitments.unpublished(9)] == [4]
    await publisher.check()

    assert stored(tmp_path) == set(range(6))
    assert (tmp_path / "v1/4_with_id.json").read_text() == "{"
