"""Checkpoint storage in a folder, in the reference's file layout."""

import asyncio
import stat
from pathlib import Path

from hyperlane.checkpoints import documents
from hyperlane.checkpoints.documents import MAX_SIZE, ReorgReport
from hyperlane.errors import DecodeError, StorageError
from hyperlane.files import write_atomic
from hyperlane.protocol.announcement import Announcement
from hyperlane.protocol.checkpoint import SignedCheckpoint

_LATEST = "index.json"
_ANNOUNCEMENT = "announcement.json"
_METADATA = "metadata_latest.json"
_REORG_FLAG = "reorg_flag.json"


class FolderStorage:
    """A `file://` location. Every failure is a StorageError that names the file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.location = f"file://{folder}"

    async def latest_index(self) -> int | None:
        """See CheckpointReader."""
        content = await self._read(_LATEST)
        if content is None:
            return None
        try:
            return documents.parse_index(content)
        except DecodeError as error:
            raise StorageError(f"{self.folder / _LATEST}: {error}") from None

    async def checkpoint(self, index: int) -> SignedCheckpoint | None:
        """See CheckpointReader."""
        name = _checkpoint_name(index)
        content = await self._read(name)
        if content is None:
            return None
        try:
            return documents.parse_checkpoint(content)
        except DecodeError as error:
            raise StorageError(f"{self.folder / name}: {error}") from None

    async def has_reorg_flag(self) -> bool:
        """See CheckpointReader. Any file of that name counts, whatever it holds."""
        path = self.folder / _REORG_FLAG
        try:
            await asyncio.to_thread(path.lstat)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise StorageError(f"{path}: {error.strerror}") from None
        return True

    async def raise_latest_index(self, index: int) -> None:
        """See CheckpointStorage."""
        try:
            latest = await self.latest_index()
        except StorageError:
            latest = None
        if latest is None or latest < index:
            await self._write(_LATEST, str(index))

    async def write_checkpoint(self, signed: SignedCheckpoint) -> None:
        """See CheckpointStorage."""
        name = _checkpoint_name(signed.checkpoint.index)
        await self._write(name, documents.render_checkpoint(signed))

    async def write_announcement(self, announcement: Announcement, signature: bytes) -> None:
        """See CheckpointStorage."""
        await self._write(_ANNOUNCEMENT, documents.render_announcement(announcement, signature))

    async def write_metadata(self, document: str) -> None:
        """See CheckpointStorage."""
        await self._write(_METADATA, document)

    async def write_reorg_flag(self, report: ReorgReport) -> None:
        """See CheckpointStorage."""
        await self._write(_REORG_FLAG, documents.render_reorg_report(report))

    async def _read(self, name: str) -> bytes | None:
        return await asyncio.to_thread(_read_limited, self.folder / name)

    async def _write(self, name: str, content: str) -> None:
        path = self.folder / name
        try:
            await asyncio.to_thread(write_atomic, path, content)
        except OSError as error:
            raise StorageError(f"{path}: {error.strerror}") from None


def _checkpoint_name(index: int) -> str:
    return f"{index}_with_id.json"


def _read_limited(path: Path) -> bytes | None:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise StorageError(f"{path}: not a file")
        with path.open("rb") as file:
            content = file.read(MAX_SIZE + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror}") from None
    if len(content) > MAX_SIZE:
        raise StorageError(f"{path}: larger than {MAX_SIZE} bytes")
    return content
