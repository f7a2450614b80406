"""Base of all checkpoint storages: named JSON objects, checked when read, written whole."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from hyperlane.checkpoints import documents
from hyperlane.checkpoints.documents import RpcHashes, RpcResponse
from hyperlane.errors import DecodeError, StorageError
from hyperlane.protocol.announcement import Announcement
from hyperlane.protocol.checkpoint import SignedCheckpoint
from hyperlane.protocol.reorg import ReorgReport

Parsed = TypeVar("Parsed")


@dataclass(frozen=True, slots=True)
class Names:
    """Names of the reference's objects in one kind of storage."""

    checkpoint: str
    """Name with the placeholder `{index}`."""
    latest: str
    announcement: str = "announcement.json"
    metadata: str = "metadata_latest.json"
    reorg_flag: str = "reorg_flag.json"
    rpc_responses: str = "reorg_rpc_responses.json"


FOLDER = Names("{index}_with_id.json", "index.json")
S3 = Names("checkpoint_{index}_with_id.json", "checkpoint_latest_index.json")
GCS = Names(
    "checkpoint_{index}_with_id.json",
    "gcsLatestIndexKey",
    "gcsAnnouncementKey",
    "gcsMetadataKey",
    "gcsReorgFlagKey",
    "gcsReorgRpcResponsesKey",
)


class ObjectReader(ABC):
    """A CheckpointReader over named objects. Every failure is a StorageError naming the object."""

    names: Names
    location: str
    """Location as announced on chain."""

    async def latest_index(self) -> int | None:
        """See CheckpointReader."""
        return await self._parsed(self.names.latest, documents.parse_index)

    async def checkpoint(self, index: int) -> SignedCheckpoint | None:
        """See CheckpointReader."""
        name = self.names.checkpoint.format(index=index)
        return await self._parsed(name, documents.parse_checkpoint)

    async def rpcs(self) -> frozenset[RpcHashes] | None:
        """See CheckpointReader."""
        return await self._parsed(self.names.metadata, documents.parse_rpcs)

    async def written_at(self, index: int) -> float | None:
        """See CheckpointReader."""
        return await self._written_at(self.names.checkpoint.format(index=index))

    async def has_reorg_flag(self) -> bool:
        """See CheckpointReader. Any object of that name counts, whatever it holds."""
        return await self._exists(self.names.reorg_flag)

    async def _parsed(self, name: str, parse: Callable[[bytes], Parsed]) -> Parsed | None:
        content = await self._read(name)
        if content is None:
            return None
        try:
            return parse(content)
        except DecodeError as error:
            raise StorageError(f"{self._show(name)}: {error}") from None

    async def _exists(self, name: str) -> bool:
        return await self._read(name) is not None

    async def _written_at(self, _name: str) -> float | None:
        return None

    def _show(self, name: str) -> str:
        # Locations in Google Cloud Storage end with the name of the announcement.
        folder = self.location.removesuffix(f"/{self.names.announcement}")
        return f"{folder}/{name}"

    @abstractmethod
    async def _read(self, name: str) -> bytes | None:
        """The content of an object, None if there is none; StorageError."""


class ObjectStorage(ObjectReader):
    """A CheckpointStorage over named objects."""

    @property
    def reorg_flag(self) -> str:
        """See CheckpointStorage."""
        return self._show(self.names.reorg_flag)

    async def require_writable(self) -> None:
        """See CheckpointStorage. A failure over a network may pass, so it is never certain."""

    async def raise_latest_index(self, index: int) -> None:
        """See CheckpointStorage. An index that is no number is replaced, an unreadable one not."""
        content = await self._read(self.names.latest)
        try:
            latest = -1 if content is None else documents.parse_index(content)
        except DecodeError:
            latest = -1
        if latest < index:
            await self._write(self.names.latest, str(index))

    async def write_checkpoint(self, signed: SignedCheckpoint) -> None:
        """See CheckpointStorage."""
        name = self.names.checkpoint.format(index=signed.checkpoint.index)
        await self._write(name, documents.render_checkpoint(signed))

    async def write_announcement(self, announcement: Announcement, signature: bytes) -> None:
        """See CheckpointStorage."""
        await self._write(
            self.names.announcement, documents.render_announcement(announcement, signature)
        )

    async def write_metadata(self, document: str) -> None:
        """See CheckpointStorage."""
        await self._write(self.names.metadata, document)

    async def write_reorg_flag(self, report: ReorgReport) -> None:
        """See CheckpointStorage."""
        await self._write(self.names.reorg_flag, documents.render_reorg_report(report))

    async def write_rpc_responses(self, responses: Sequence[RpcResponse]) -> None:
        """See CheckpointStorage."""
        await self._write(self.names.rpc_responses, documents.render_rpc_responses(responses))

    @abstractmethod
    async def _write(self, name: str, content: str) -> None:
        """Replace an object; StorageError."""
