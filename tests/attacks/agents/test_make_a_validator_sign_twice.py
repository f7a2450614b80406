"""A validator lost what it knew, and is to sign another checkpoint for an index."""

import asyncio
import shutil
from pathlib import Path

import pytest
from tests.support.agents import eventually, validating
from tests.support.devnet import key

from hyperlane.agents.validator.halting import Halted
from hyperlane.checkpoints.folder import FolderStorage
from hyperlane.errors import StorageError


def documents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.glob("*_with_id.json")}


@pytest.fixture
async def reorganised(origin, validator_config, tmp_path):
    """The database of before leaf 1, the storage of after it, and a chain with another leaf 1."""
    folder, config = tmp_path / "v1", validator_config(origin)
    origin.dispatch(7331, key(3).address, b"first")
    async with validating(config) as task:
        await eventually(lambda: (folder / "index.json").exists(), task)
    shutil.copytree(config["db"], tmp_path / "backup")
    snapshot = origin.rpc("evm_snapshot")
    origin.dispatch(7331, key(3).address, b"second")
    async with validating(config) as task:
        await eventually(lambda: (folder / "1_with_id.json").exists(), task)
    shutil.rmtree(config["db"])
    shutil.copytree(tmp_path / "backup", config["db"])
    origin.rpc("evm_revert", snapshot)
    origin.dispatch(7331, key(3).address, b"another second")
    origin.mine(5)
    return folder, config


async def test_a_storage_that_cannot_be_read_is_not_taken_for_empty(reorganised, monkeypatch):
    folder, config = reorganised
    before, asked = documents(folder), []

    async def unreadable(_storage: FolderStorage, index: int) -> None:
        asked.append(index)
        raise StorageError("HTTP 503")

    with monkeypatch.context() as patch:
        patch.setattr(FolderStorage, "checkpoint", unreadable)
        for _ in range(2):  # a restart makes no difference
            async with validating(config) as task:
                await eventually(lambda: asked.count(1) > 1, task)
            asked.clear()
    assert documents(folder) == before
    async with validating(config) as task:
        with pytest.raises(BaseExceptionGroup) as halted:
            await asyncio.wait_for(task, 60)
    assert halted.group_contains(Halted, match="the storage has another checkpoint 1")
    assert documents(folder) == before


@pytest.mark.parametrize("content", [b"", b"{", b"x" * 60_000], ids=["empty", "half", "long"])
async def test_nor_is_an_object_that_makes_no_sense(reorganised, content, monkeypatch):
    folder, config = reorganised
    (folder / "1_with_id.json").write_bytes(content)
    genuine, asked = FolderStorage.checkpoint, []

    async def count(storage: FolderStorage, index: int) -> object:
        asked.append(index)
        return await genuine(storage, index)

    monkeypatch.setattr(FolderStorage, "checkpoint", count)
    async with validating(config) as task:
        await eventually(lambda: asked.count(1) > 1, task)
        assert not task.done()
    assert (folder / "1_with_id.json").read_bytes() == content


async def test_one_object_that_makes_no_sense_holds_up_no_other_leaf(
    origin, validator_config, tmp_path
):
    folder = tmp_path / "v1"
    folder.mkdir()
    (folder / "1_with_id.json").write_text("{")
    for number in range(4):
        origin.dispatch(7331, key(3).address, bytes([number]))
    config = validator_config(origin, maxSignConcurrency=2)
    async with validating(config) as task:
        await eventually(lambda: {"0_with_id.json", "3_with_id.json"} <= documents(folder).keys())
        await eventually(lambda: (folder / "index.json").exists(), task)
    assert (folder / "index.json").read_text() == "3"
    assert (folder / "1_with_id.json").read_text() == "{"


async def test_two_hosts_with_one_key_do_not_sign_against_each_other(
    origin, validator_config, tmp_path
):
    """Databases of their own, one storage: the second finds what the first signed."""
    folder = tmp_path / "v1"
    snapshot = origin.rpc("evm_snapshot")
    origin.dispatch(7331, key(3).address, b"first")
    async with validating(validator_config(origin)) as task:
        await eventually(lambda: (folder / "0_with_id.json").exists(), task)
    before = documents(folder)
    origin.rpc("evm_revert", snapshot)
    origin.dispatch(7331, key(3).address, b"another first")
    elsewhere = validator_config(origin, db=str(tmp_path / "elsewhere"))
    async with validating(elsewhere) as task:
        with pytest.raises(BaseExceptionGroup) as halted:
            await asyncio.wait_for(task, 60)
    assert halted.group_contains(Halted)
    assert documents(folder) == before
