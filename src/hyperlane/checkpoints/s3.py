"""A validator's own checkpoint storage in an S3 bucket.

Credentials, and an endpoint other than Amazon's (`AWS_ENDPOINT_URL_S3`), are found as all AWS tools
find them. Relayers read without credentials, see `hyperlane.checkpoints.web`.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from hyperlane.checkpoints.documents import MAX_SIZE
from hyperlane.checkpoints.objects import S3, ObjectStorage
from hyperlane.errors import ConfigError, StorageError, StorageUnreachable

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_AT_ONCE = 32

Result = TypeVar("Result")


@dataclass(slots=True)
class S3Storage(ObjectStorage):
    """An `s3://bucket/region[/folder]` location that is ours to write."""

    bucket: str
    region: str
    folder: str = ""
    endpoint: str | None = None
    """URL of another service than Amazon's."""
    location: str = field(init=False)
    _threads: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(_AT_ONCE, "s3"), init=False
    )
    _client: "S3Client | None" = field(default=None, init=False)

    names = S3

    def __post_init__(self) -> None:
        self.folder = self.folder.strip("/")
        self.location = "/".join(filter(None, (f"s3://{self.bucket}/{self.region}", self.folder)))

    def _key(self, name: str) -> str:
        return f"{self.folder}/{name}" if self.folder else name

    async def _read(self, name: str) -> bytes | None:
        def read() -> bytes | None:
            client = self._connect()
            try:
                answer = client.get_object(Bucket=self.bucket, Key=self._key(name))
            except client.exceptions.NoSuchKey:
                return None
            with answer["Body"] as body:
                content = body.read(MAX_SIZE + 1)
            if len(content) > MAX_SIZE:
                raise StorageError(f"{self._show(name)}: larger than {MAX_SIZE} bytes")
            return content

        return await self._run(name, read)

    async def _write(self, name: str, content: str) -> None:
        def write() -> None:
            self._connect().put_object(
                Bucket=self.bucket,
                Key=self._key(name),
                Body=content.encode(),
                ContentType="application/json",
            )

        await self._run(name, write)

    async def _run(self, name: str, action: Callable[[], Result]) -> Result:
        from botocore.exceptions import BotoCoreError, ClientError
        from urllib3.exceptions import HTTPError

        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, action)
        except (BotoCoreError, ClientError, HTTPError, OSError, ValueError) as error:
            raise StorageUnreachable(f"{self._show(name)}: {error}") from None

    def _connect(self) -> "S3Client":
        if self._client is None:
            self._client = _session(self.region).client(
                "s3", config=_config(), endpoint_url=self.endpoint
            )
        return self._client


def _session(region: str) -> Any:
    try:
        from boto3.session import Session
    except ImportError:
        raise ConfigError("checkpointSyncer: S3 needs ape-hyperlane[s3]") from None
    return Session(region_name=region)


def _config() -> Any:
    from botocore.config import Config

    return Config(
        connect_timeout=5,
        read_timeout=10,
        retries={"total_max_attempts": 3, "mode": "standard"},
        max_pool_connections=_AT_ONCE,
    )
