"""Checkpoint storages: what they can do, and opening them by location or by settings."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote

from hyperlane.checkpoints.documents import RpcHashes, RpcResponse
from hyperlane.checkpoints.folder import FolderStorage
from hyperlane.checkpoints.gcs import GcsStorage, GoogleCredentials
from hyperlane.checkpoints.s3 import S3Storage
from hyperlane.checkpoints.web import Web, gcs_reader, s3_reader
from hyperlane.errors import StorageError
from hyperlane.protocol.announcement import Announcement
from hyperlane.protocol.checkpoint import SignedCheckpoint
from hyperlane.protocol.reorg import ReorgReport
from hyperlane.settings.agents import CheckpointSyncerSettings


class CheckpointReader(Protocol):
    """A validator's storage as others read it. Nothing in it is trusted before it is checked."""

    location: str
    """Location as announced on chain."""

    async def latest_index(self) -> int | None:
        """The highest index that the validator claims to have signed; None without a claim."""

    async def checkpoint(self, index: int) -> SignedCheckpoint | None:
        """The stored checkpoint of an index; None if there is none; StorageError if unusable."""

    async def written_at(self, index: int) -> float | None:
        """Time at which the checkpoint of an index was stored, in Unix seconds; None if unknown."""

    async def has_reorg_flag(self) -> bool:
        """Whether the validator stopped because its chain contradicted it."""

    async def rpcs(self) -> frozenset[RpcHashes] | None:
        """The RPCs that the validator says it uses; None if it says nothing."""


class CheckpointStorage(CheckpointReader, Protocol):
    """The storage that a validator writes."""

    @property
    def reorg_flag(self) -> str:
        """Place of the reorg flag, for a person who removes it."""

    async def require_writable(self) -> None:
        """ConfigError when it is certain that nothing can be written."""

    async def raise_latest_index(self, index: int) -> None:
        """Make `index` the latest, unless a higher one is."""

    async def write_checkpoint(self, signed: SignedCheckpoint) -> None:
        """Store or replace the document of its index."""

    async def write_announcement(self, announcement: Announcement, signature: bytes) -> None:
        """Store or replace the announcement."""

    async def write_metadata(self, document: str) -> None:
        """Store or replace the description of the signing program."""

    async def write_reorg_flag(self, report: ReorgReport) -> None:
        """Store the reorg flag, which stops this validator for good."""

    async def write_rpc_responses(self, responses: Sequence[RpcResponse]) -> None:
        """Store the answers of each RPC at the time of the reorg."""


def open_storage(syncer: CheckpointSyncerSettings) -> CheckpointStorage:
    """The storage that a validator's settings name; nothing is read or written yet."""
    if syncer.type == "gcs":
        assert syncer.bucket is not None
        credentials = GoogleCredentials(syncer.service_account_key, syncer.user_secrets)
        return GcsStorage(syncer.bucket, syncer.folder, credentials)
    if syncer.type == "s3":
        assert syncer.bucket is not None
        assert syncer.region is not None
        return S3Storage(syncer.bucket, syncer.region, syncer.folder, syncer.endpoint)
    assert syncer.path is not None
    return FolderStorage(syncer.path.absolute())


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
