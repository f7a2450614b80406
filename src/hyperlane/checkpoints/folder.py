"""Checkpoint storage in a folder, in the reference's file layout."""

import asyncio
import stat
import tempfile
from pathlib import Path

from hyperlane.checkpoints.documents import MAX_SIZE
from hyperlane.checkpoints.objects import FOLDER, ObjectStorage
from hyperlane.errors import ConfigError, StorageError, StorageUnreachable
from hyperlane.files import write_atomic


class FolderStorage(ObjectStorage):
    """A `file://` location."""

    names = FOLDER

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.location = f"file://{folder}"

    def _show(self, name: str) -> str:
        return str(self.folder / name)

    async def _exists(self, name: str) -> bool:
        path = self.folder / name
        try:
            await asyncio.to_thread(path.lstat)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise StorageUnreachable(f"{path}: {error.strerror}") from None
        return True

    async def _written_at(self, name: str) -> float | None:
        try:
            return (await asyncio.to_thread((self.folder / name).stat)).st_mtime
        except OSError:
            return None

    async def require_writable(self) -> None:
        """See CheckpointStorage."""
        try:
            await asyncio.to_thread(_try_to_write, self.folder)
        except OSError as error:
            raise ConfigError(
                f"checkpointSyncer.path: {self.folder}: cannot be written: {error.strerror}; give a"
                " folder that the user of the validator may create and write"
            ) from None

    async def _read(self, name: str) -> bytes | None:
        return await asyncio.to_thread(_read_limited, self.folder / name)

    async def _write(self, name: str, content: str) -> None:
        path = self.folder / name
        try:
            await asyncio.to_thread(write_atomic, path, content)
        except OSError as error:
            raise StorageError(f"{path}: {error.strerror}") from None


def _try_to_write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass


def _read_limited(path: Path) -> bytes | None:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise StorageError(f"{path}: not a file")
        with path.open("rb") as file:
            content = file.read(MAX_SIZE + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StorageUnreachable(f"{path}: {error.strerror}") from None
    if len(content) > MAX_SIZE:
        raise StorageError(f"{path}: larger than {MAX_SIZE} bytes")
    return content
