"""Readers of other validators' storages over HTTPS, without credentials: S3 and Google Cloud.

They have no time-outs of their own: callers set them.

`AWS_ENDPOINT_URL_S3` and `STORAGE_EMULATOR_HOST` name other servers that speak these protocols, as
for all tools of those clouds.
"""

import os
import re
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from urllib.parse import quote

import aiohttp

from hyperlane.checkpoints.documents import MAX_SIZE
from hyperlane.checkpoints.objects import GCS, S3, Names, ObjectReader
from hyperlane.errors import StorageError, StorageUnreachable

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_REGION = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
"""One label of a host name, as the region becomes part of one."""
_BUSY = (408, 425, 429)
"""Statuses after which the same question may get another answer; those from 500 on too."""


@dataclass(slots=True)
class Web:
    """Client session that all readers share."""

    _session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def session(self) -> aiohttp.ClientSession:
        """The session, opened when first needed, without cookies."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                cookie_jar=aiohttp.DummyCookieJar(),
                connector=aiohttp.TCPConnector(limit=256, limit_per_host=64),
            )
        return self._session


@dataclass(slots=True)
class WebReader(ObjectReader):
    """A bucket that everyone may read."""

    names: Names
    location: str
    base: str
    """URL of the objects, up to their names."""
    web: Web = field(repr=False)

    async def _read(self, name: str) -> bytes | None:
        url = f"{self.base}/{quote(name)}"
        try:
            async with self.web.session().get(url, allow_redirects=False) as response:
                if response.status == 404:
                    return None
                if response.status >= 500 or response.status in _BUSY:
                    raise StorageUnreachable(f"{self._show(name)}: HTTP {response.status}")
                if response.status != 200:
                    raise StorageError(f"{self._show(name)}: HTTP {response.status}")
                content = await _read_limited(response)
        except aiohttp.ClientError as error:
            raise StorageUnreachable(f"{self._show(name)}: {type(error).__name__}") from None
        if content is None:
            raise StorageError(f"{self._show(name)}: larger than {MAX_SIZE} bytes")
        return content

    async def _written_at(self, name: str) -> float | None:
        url = f"{self.base}/{quote(name)}"
        try:
            async with self.web.session().head(url, allow_redirects=False) as response:
                stated = response.headers.get("Last-Modified", "")
                return parsedate_to_datetime(stated).timestamp() if response.ok else None
        except (aiohttp.ClientError, ValueError):
            return None


async def _read_limited(response: aiohttp.ClientResponse) -> bytes | None:
    content = bytearray()
    async for part in response.content.iter_any():
        content += part
        if len(content) > MAX_SIZE:
            return None
    return bytes(content)


def s3_reader(location: str, web: Web) -> WebReader:
    """`s3://bucket/region[/folder]`; StorageError if it is malformed."""
    bucket, *folder = _words(location)
    region = folder.pop(0) if folder else ""
    if not _REGION.fullmatch(region):
        raise StorageError(f"{location[:100]}: expected s3://bucket/region[/folder]")
    server = (
        os.environ.get("AWS_ENDPOINT_URL_S3")
        or os.environ.get("AWS_ENDPOINT_URL")
        or f"https://s3.{region}.amazonaws.com"
    )
    return WebReader(S3, location, _join(server, bucket, *folder), web)


def gcs_reader(location: str, web: Web) -> WebReader:
    """`gs://bucket[/folder][/gcsAnnouncementKey]`; StorageError if it is malformed."""
    bucket, *folder = _words(location)
    if folder and folder[-1] == GCS.announcement:
        folder.pop()
    server = os.environ.get("STORAGE_EMULATOR_HOST") or "https://storage.googleapis.com"
    return WebReader(GCS, location, _join(server, bucket, *folder), web)


def _words(location: str) -> list[str]:
    """Bucket and further segments, checked so that none names another server or folder."""
    words = location.partition("://")[2].rstrip("/").split("/")
    if not all(map(_WORD.fullmatch, words)):
        raise StorageError(f"{location[:100]}: not a bucket and names of letters, digits and ._-")
    return words


def _join(server: str, *words: str) -> str:
    return "/".join([server.rstrip("/"), *words])
