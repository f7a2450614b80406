"""A validator's own checkpoint storage in Google Cloud Storage.

Credentials are a file named in the settings, or the application default credentials that all tools
of Google use. `STORAGE_EMULATOR_HOST` names another server, as for those tools.
Relayers read without credentials, see `hyperlane.checkpoints.web`.
"""

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from hyperlane.checkpoints.documents import MAX_SIZE
from hyperlane.checkpoints.objects import GCS, ObjectStorage
from hyperlane.errors import ConfigError, StorageError, StorageUnreachable
from hyperlane.wording import one_line

_AT_ONCE = 8
"""Requests; the client keeps ten connections."""
_TIMEOUT = (5.0, 10.0)
"""Seconds to connect, and to wait for an answer."""
_TRIED_FOR = 20.0
"""Seconds in which a request is tried again."""
_SCOPE = "https://www.googleapis.com/auth/devstorage.read_write"
_TOKENS = "https://oauth2.googleapis.com/token"

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class GoogleCredentials:
    """Credentials for writing: one of two files, or the machine's default."""

    service_account_key: Path | None = None
    user_secrets: Path | None = None

    def load(self) -> Any:
        """Load them for Google's library; ConfigError names the setting, never a file's content."""
        from google.auth import default
        from google.auth.exceptions import DefaultCredentialsError

        if self.service_account_key is not None:
            return _service_account(self.service_account_key)
        if self.user_secrets is not None:
            return _user(self.user_secrets)
        try:
            credentials, _ = default(scopes=[_SCOPE])
        except DefaultCredentialsError as error:
            raise ConfigError(
                "checkpointSyncer: type gcs needs serviceAccountKey, userSecrets, or Google's"
                f" application default credentials: {one_line(str(error))}"
            ) from None
        return credentials


def _service_account(path: Path) -> Any:
    from google.oauth2.service_account import Credentials

    name = "checkpointSyncer.serviceAccountKey"
    content = _read_object(name, path)
    try:
        return Credentials.from_service_account_info(content, scopes=[_SCOPE])
    except Exception:  # whatever is wrong in it; the text may quote the key
        raise ConfigError(
            f"{name}: {path} is not the key file of a service account: create one for an account"
            " that may write into the bucket"
        ) from None


def _user(path: Path) -> Any:
    from google.oauth2.credentials import Credentials

    name = "checkpointSyncer.userSecrets"
    content = _read_object(name, path)
    parts = [content.get(key) for key in ("client_id", "client_secret", "refresh_token")]
    if not all(isinstance(item, str) and item for item in parts):
        raise ConfigError(
            f"{name}: {path} has no client_id, client_secret and refresh_token: create it with"
            " `gcloud auth application-default login`"
        )
    identity, secret, refresh = parts
    return Credentials(
        None,
        refresh_token=refresh,
        token_uri=content.get("token_uri") or _TOKENS,
        client_id=identity,
        client_secret=secret,
    )


def _read_object(name: str, path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"{name}: cannot read {path}: {error.strerror}") from None
    except ValueError:
        raise ConfigError(f"{name}: {path} is not JSON") from None
    if not isinstance(content, dict):
        raise ConfigError(f"{name}: {path} is not a JSON object")
    return content


@dataclass(slots=True)
class GcsStorage(ObjectStorage):
    """A `gs://bucket[/folder]/gcsAnnouncementKey` location that is ours to write."""

    bucket: str
    folder: str = ""
    credentials: GoogleCredentials = field(default_factory=GoogleCredentials)
    location: str = field(init=False)
    _threads: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(_AT_ONCE, "gcs"), init=False
    )
    _objects: Any = field(default=None, init=False, repr=False)

    names = GCS

    def __post_init__(self) -> None:
        self.folder = self.folder.strip("/")
        parts = filter(None, (f"gs://{self.bucket}", self.folder, GCS.announcement))
        self.location = "/".join(parts)

    async def _read(self, name: str) -> bytes | None:
        def read() -> bytes | None:
            from google.api_core.exceptions import NotFound

            content = _Bounded(self._show(name))
            try:
                self._blob(name).download_to_file(content, timeout=_TIMEOUT, retry=_retry())
            except NotFound:
                return None
            return bytes(content.content)

        return await self._run(name, read)

    async def _write(self, name: str, content: str) -> None:
        def write() -> None:
            blob = self._blob(name)
            # Else what is public is cached for an hour, and relayers get an old index.
            blob.cache_control = "no-store"
            blob.upload_from_string(
                content.encode(),
                content_type="application/json",
                timeout=_TIMEOUT,
                retry=_retry(),
            )

        await self._run(name, write)

    async def _run(self, name: str, action: Callable[[], Result]) -> Result:
        loop = asyncio.get_running_loop()
        # First of all: it says what is missing.
        await loop.run_in_executor(self._threads, self._connect)
        from google.api_core.exceptions import GoogleAPIError
        from google.auth.exceptions import GoogleAuthError
        from google.cloud.storage.exceptions import DataCorruption, InvalidResponse
        from urllib3.exceptions import HTTPError

        failures = (
            GoogleAPIError, GoogleAuthError, DataCorruption, InvalidResponse, HTTPError, OSError,
            ValueError,
        )  # fmt: skip
        try:
            return await loop.run_in_executor(self._threads, action)
        except failures as error:
            raise StorageUnreachable(f"{self._show(name)}: {one_line(str(error))}") from None

    def _blob(self, name: str) -> Any:
        return self._objects.blob(f"{self.folder}/{name}" if self.folder else name)

    def _connect(self) -> None:
        if self._objects is None:
            try:
                from google.cloud.storage import Client
            except ImportError:
                raise ConfigError("checkpointSyncer: type gcs needs ape-hyperlane[gcp]") from None
            client = Client(project=None, credentials=self.credentials.load())
            self._objects = client.bucket(self.bucket)


@dataclass(slots=True)
class _Bounded:
    """Content of an object; StorageError once it is too long."""

    name: str
    content: bytearray = field(default_factory=bytearray)

    def write(self, part: bytes) -> int:
        """Write as a file does."""
        self.content += part
        if len(self.content) > MAX_SIZE:
            raise StorageError(f"{self.name}: larger than {MAX_SIZE} bytes")
        return len(part)


def _retry() -> Any:
    """Retry policy, for writes too: the same content again changes nothing."""
    from google.cloud.storage.retry import DEFAULT_RETRY

    return DEFAULT_RETRY.with_timeout(_TRIED_FOR)
