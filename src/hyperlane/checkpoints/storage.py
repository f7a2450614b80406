"""What a checkpoint storage can do, and how a location string becomes one."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote

from hyperlane.checkpoints.documents import RpcResponse
from hyperlane.checkpoints.folder import FolderStorage
from hyperlane.checkpoints.web import Web, gcs_reader, s3_reader
from hyperlane.errors import StorageError
from hyperlane.protocol.announcement import Announcement
from hyperlane.protocol.checkpoint import SignedCheckpoint
from hyperlane.protocol.reorg import ReorgReport


class CheckpointReader(Protocol):
    """Somebody's signatures. Nothing in it is to be trusted before it is checked."""

    async def latest_index(self) -> int | None:
        """The highest index the validator says it signed; None if it says nothing yet."""

    async def checkpoint(self, index: int) -> SignedCheckpoint | None:
        """What is stored for an index; None if nothing is; StorageError if it is unusable."""

    async def has_reorg_flag(self) -> bool:
        """Whether the validator stopped because its chain contradicted it."""


class CheckpointStorage(CheckpointReader, Protocol):
    """One's own."""

    location: str
    """As announced on chain."""

    @property
    def reorg_flag(self) -> str:
        """Where a person finds the flag, to remove it."""

    async def require_writable(self) -> None:
        """ConfigError when it is certain that nothing can be written."""

    async def raise_latest_index(self, index: int) -> None:
        """Make `index` the latest, unless a higher one is."""

    async def write_checkpoint(self, signed: SignedCheckpoint) -> None:
        """Store or replace the document of its index."""

    async def write_announcement(self, announcement: Announcement, signature: bytes) -> None:
        """Store or replace the announcement."""

    async def write_metadata(self, document: str) -> None:
        """Store or replace what kind of program signs."""

    async def write_reorg_flag(self, report: ReorgReport) -> None:
        """Leave the sign that stops this validator for good."""

    async def write_rpc_responses(self, responses: Sequence[RpcResponse]) -> None:
        """Store what each RPC said then."""


def open_reader(location: str, *, allow_local: bool, web: Web) -> CheckpointReader:
    """A reader for an announced location; StorageError for what cannot or must not be read."""
    scheme = location.partition("://")[0]
    if scheme == "s3":
        return s3_reader(location, web)
    if scheme == "gs":
        return gcs_reader(location, web)
    if scheme == "file":
        if not allow_local:
            raise StorageError(
                f"{location[:100]}: local storage is read only with allowLocalCheckpointSyncers"
            )
        return FolderStorage(_folder(location))
    raise StorageError(
        f"{location[:100]}: no reader for this kind of location, expected s3://, gs:// or file://"
    )


def _folder(location: str) -> Path:
    """The path of `file:///path`; StorageError if no file system could have it."""
    host, slash, path = location.removeprefix("file://").partition("/")
    folder = unquote(path)
    if host not in ("", "localhost") or not slash or not folder.isprintable():
        raise StorageError(f"{location[:100]}: expected file:///path")
    return Path("/", folder)
