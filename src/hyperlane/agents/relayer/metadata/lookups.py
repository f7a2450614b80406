"""Off-chain lookups (CCIP-Read): requests to the servers that modules name.

Anybody can deploy a module and so choose which URL this program requests. Therefore only public
addresses are contacted, over HTTP, without proxies or redirects, with a time limit and a limit on
the size of the answer.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp
from yarl import URL

from hyperlane.agents.relayer.reasons import NotReady, Reason
from hyperlane.bounded_json import parse_json
from hyperlane.errors import DecodeError, HyperlaneError
from hyperlane.protocol.ccip_read import OffchainLookup, lookup_signing_hash
from hyperlane.protocol.signature import eip191_digest, sign_digest
from hyperlane.protocol.typecasts import Bytes32, bytes_from_hex, to_hex
from hyperlane.public_addresses import public_socket
from hyperlane.wording import one_line, shown

if TYPE_CHECKING:
    from eth_account.signers.base import BaseAccount

_TIMEOUT = 30.0
_MAX_ANSWER = 1024 * 1024
_MAX_URLS = 10
_MAX_ERROR = 1000
"""Characters of a server's error in which "pending" is looked for."""
_PENDING_TRIES = 10
_PENDING_PAUSE = 1.0


class _LookupError(HyperlaneError):
    """One URL gave no metadata."""


class _PendingError(_LookupError):
    """The server does not have the metadata yet and wants to be asked again."""


@dataclass(slots=True)
class Lookups:
    """Requests metadata; each request is signed by the relayer's key."""

    account: "BaseAccount"
    allow_private: bool = False
    """True if loopback and private addresses may be contacted: for the operator's own servers."""
    timeout: float = _TIMEOUT
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def fetch(self, lookup: OffchainLookup, origin_tx: Bytes32 | None) -> bytes:
        """The metadata of the first URL, in the module's order, that has some.

        NotReady with each URL's problem when none has any.
        """
        problems = []
        connector = aiohttp.TCPConnector(
            socket_factory=None if self.allow_private else public_socket
        )
        async with aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=self.timeout),
            auto_decompress=False,
            headers={"Accept-Encoding": "identity"},
        ) as session:
            for template in lookup.urls[:_MAX_URLS]:
                try:
                    return await self._ask(session, lookup, template, origin_tx)
                except _LookupError as error:
                    problems.append(f"{one_line(template)}: {error}")
        detail = "; ".join(problems) or "the module names no URL"
        raise NotReady(Reason.COULD_NOT_FETCH_METADATA, f"no lookup succeeded: {detail}")

    async def _ask(
        self,
        session: aiohttp.ClientSession,
        lookup: OffchainLookup,
        template: str,
        origin_tx: Bytes32 | None,
    ) -> bytes:
        url = _url(
            template.replace("{sender}", to_hex(lookup.sender)).replace(
                "{data}", to_hex(lookup.call_data)
            )
        )
        body = None if "{data}" in template else self._question(lookup, template, origin_tx)
        for _ in range(_PENDING_TRIES):
            with contextlib.suppress(_PendingError):
                return _metadata(*await _exchange(session, url, body))
            await self.sleep(_PENDING_PAUSE)
        return _metadata(*await _exchange(session, url, body))

    def _question(
        self, lookup: OffchainLookup, template: str, origin_tx: Bytes32 | None
    ) -> dict[str, str | None]:
        digest = eip191_digest(lookup_signing_hash(lookup.sender, lookup.call_data, template))
        return {
            "data": to_hex(lookup.call_data),
            "sender": to_hex(lookup.sender),
            "signature": to_hex(sign_digest(digest, self.account)),
            "origin_tx_hash": None if origin_tx is None else to_hex(origin_tx),
        }


async def _exchange(
    session: aiohttp.ClientSession, url: URL, body: dict[str, str | None] | None
) -> tuple[int, bytes]:
    """Make one request; returns status and body."""
    try:
        async with session.request(
            "GET" if body is None else "POST", url, json=body, allow_redirects=False
        ) as response:
            content = bytearray()
            async for chunk in response.content.iter_any():
                content += chunk
                if len(content) > _MAX_ANSWER:
                    raise _LookupError(f"an answer of more than {_MAX_ANSWER} bytes")
            return response.status, bytes(content)
    except TimeoutError:
        raise _LookupError(f"no answer within {session.timeout.total:g} s") from None
    except aiohttp.ClientConnectorError as error:
        raise _LookupError(f"cannot connect: {error.os_error.strerror or error}") from None
    except (aiohttp.ClientError, ValueError, OSError) as error:
        raise _LookupError(one_line(f"{type(error).__name__}: {error}")) from None


def _metadata(status: int, content: bytes) -> bytes:
    """Parse the metadata out of an answer."""
    try:
        answer = parse_json(content)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise _LookupError(f"HTTP {status} with no JSON object")
    if answer.get("status") == "pending" or "pending" in _error(answer).lower():
        raise _PendingError(f"HTTP {status}: still pending after {_PENDING_TRIES} retries")
    if status != 200:
        raise _LookupError(f"HTTP {status}: {one_line(_error(answer), 100)}".rstrip(": "))
    try:
        return bytes_from_hex(answer["data"], "data")
    except KeyError:
        raise _LookupError("the answer has no data") from None
    except DecodeError as error:
        raise _LookupError(str(error)[:200]) from None


def _error(answer: dict[str, Any]) -> str:
    said = answer.get("error", "")
    return said[:_MAX_ERROR] if isinstance(said, str) else shown(said)


def _url(text: str) -> URL:
    try:
        url = URL(text)
    except ValueError as error:
        raise _LookupError(f"not a URL: {one_line(str(error))}") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise _LookupError("not an http:// or https:// URL")
    if url.user is not None or url.password is not None:
        raise _LookupError("a URL with credentials")
    return url
