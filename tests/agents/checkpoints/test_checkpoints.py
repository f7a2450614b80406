"""Checkpoint documents and folders: what we read from strangers."""

import json
import os

import pytest
from tests.support.devnet import key

from hyperlane.checkpoints.documents import MAX_SIZE, parse_checkpoint, render_checkpoint
from hyperlane.checkpoints.folder import FolderStorage
from hyperlane.checkpoints.storage import open_reader
from hyperlane.checkpoints.web import Web
from hyperlane.errors import DecodeError, StorageError
from hyperlane.protocol.checkpoint import Checkpoint, SignedCheckpoint

pytestmark = pytest.mark.quick

CHECKPOINT = Checkpoint(1337, b"\1" * 32, b"\2" * 32, 7, b"\3" * 32)
SIGNED = SignedCheckpoint(CHECKPOINT, CHECKPOINT.sign(key(1)))


def document():
    return json.loads(render_checkpoint(SIGNED))


def test_what_is_written_is_read():
    assert parse_checkpoint(render_checkpoint(SIGNED).encode()) == SIGNED


def test_the_forms_of_others_are_read():
    other = document()
    other["checkpoint"] = other.pop("value")
    other["signature"] = other.pop("serialized_signature")
    other["more"] = {"of": "this"}
    assert parse_checkpoint(json.dumps(other).encode()) == SIGNED


def test_small_r_and_s_are_written_without_leading_zeros_and_read_back():
    signature = bytes(30) + b"\1\2" + bytes(31) + b"\3" + b"\x1b"
    signed = SignedCheckpoint(CHECKPOINT, signature)
    text = render_checkpoint(signed)
    assert json.loads(text)["signature"] == {"r": "0x102", "s": "0x3", "v": 27}
    assert parse_checkpoint(text.encode()) == signed


def broken(path, value):
    content = document()
    inner = content
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return json.dumps(content).encode()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "not JSON"),
        (b"[" * 50_000, "document: not JSON: "),
        (b"[]", "not a JSON object"),
        (b"{}", "value: None is not a JSON object"),
        (broken(["value", "message_id"], "0x12"), "message_id"),
        (broken(["value", "checkpoint", "index"], 2**32), "index"),
        (broken(["value", "checkpoint", "index"], True), "index"),
        (broken(["value", "checkpoint", "index"], "7"), "index"),
        (broken(["value", "checkpoint", "root"], None), "root"),
        (broken(["signature", "v"], 29), "signature.v"),
        (broken(["signature", "r"], "0x" + "f" * 65), "signature.r"),
        (broken(["signature", "s"], 5), "signature.s"),
        (broken(["signature"], "0x12"), "signature"),
    ],
)
def test_a_malformed_document_names_its_field(text, message):
    with pytest.raises(DecodeError, match=message):
        parse_checkpoint(text)


async def test_the_file_is_named(tmp_path):
    storage = FolderStorage(tmp_path)
    (tmp_path / "7_with_id.json").write_text("no JSON")
    (tmp_path / "8_with_id.json").write_text(" " * (MAX_SIZE + 1))
    (tmp_path / "9_with_id.json").mkdir()
    for index, problem in ((7, "not JSON"), (8, "larger than"), (9, "not a file")):
        with pytest.raises(StorageError, match=rf"{tmp_path}/{index}_with_id\.json: .*{problem}"):
            await storage.checkpoint(index)
    assert await storage.checkpoint(10) is None


async def test_the_latest_index_never_goes_down(tmp_path):
    storage = FolderStorage(tmp_path)
    assert await storage.latest_index() is None
    for index in (3, 1, 5, 4):
        await storage.raise_latest_index(index)
    assert (tmp_path / "index.json").read_text() == "5"


async def test_any_reorg_flag_counts(tmp_path):
    storage = FolderStorage(tmp_path)
    assert not await storage.has_reorg_flag()
    (tmp_path / "reorg_flag.json").symlink_to(tmp_path / "nowhere")
    assert await storage.has_reorg_flag()


def test_local_locations_are_read_only_when_allowed():
    reader = open_reader("file:///var/x", allow_local=True, web=Web())
    assert isinstance(reader, FolderStorage)
    assert reader.folder.as_posix() == "/var/x"
    with pytest.raises(StorageError, match="allowLocalCheckpointSyncers"):
        open_reader("file:///var/x", allow_local=False, web=Web())
    with pytest.raises(StorageError, match="no reader"):
        open_reader("ipfs://x", allow_local=True, web=Web())


async def test_a_folder_says_when_a_checkpoint_was_stored(tmp_path):
    storage = FolderStorage(tmp_path)
    await storage.write_checkpoint(SIGNED)
    (file,) = tmp_path.iterdir()
    os.utime(file, (1_700_000_000, 1_700_000_000))
    assert await storage.written_at(7) == 1_700_000_000
    assert await storage.written_at(8) is None
