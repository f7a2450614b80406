"""The commitment server's pages, under the reference's paths and in its JSON."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog
from aiohttp import web
from eth_abi.exceptions import DecodingError

from hyperlane.agents.relayer.commitments.book import Book, Pending, Refused
from hyperlane.agents.runtime.loops import repeat
from hyperlane.bounded_json import parse_json
from hyperlane.errors import ChainError, ConfigError, DecodeError
from hyperlane.metrics import Metrics
from hyperlane.pages import json_errors
from hyperlane.protocol.abi import decode, encode
from hyperlane.protocol.ccip_read import lookup_signing_hash
from hyperlane.protocol.hashing import keccak
from hyperlane.protocol.layout import preview
from hyperlane.protocol.message import Message
from hyperlane.protocol.posted_calls import read_posted_calls
from hyperlane.protocol.signature import eip191_digest, recover_signer
from hyperlane.protocol.typecasts import Address, address_from_hex, bytes_from_hex, to_hex
from hyperlane.settings import RelayerSettings
from hyperlane.wording import shown

log = structlog.get_logger()

_POST_PATH = "/callCommitments/calls"
_REVEAL_PATH = "/callCommitments/getCallsFromRevealMessage"
_SELECTOR = keccak(b"getCallsFromRevealMessage(bytes)")[:4]
_AT_ONCE = 16
"""Requests that are worked on at once: each may ask a node."""
_TIME_LIMIT = 20.0
"""Seconds for one request, its body included."""
_FORGETTING = 60.0
"""Seconds between two looks for calls that are old enough to be forgotten."""

Work = Callable[[web.Request], Awaitable[dict[str, Any]]]


@dataclass(slots=True)
class Pages:
    """Takes posts and questions, and answers for the book."""

    book: Book
    metrics: Metrics
    url: str
    """Address at which others reach this server: relayers sign it with their question."""
    _working: int = field(default=0, init=False)

    def routes(self) -> list[web.RouteDef]:
        """All pages."""
        return [
            web.get("/health", self.health),
            web.post(_POST_PATH, self.post),
            web.post(_REVEAL_PATH, self.reveal),
            web.get(_REVEAL_PATH + "/{sender}/{data}", self.reveal_to_anybody),
        ]

    async def health(self, _request: web.Request) -> web.Response:
        """Answer 200 while the program runs."""
        return web.json_response({"status": "alive"})

    async def post(self, request: web.Request) -> web.Response:
        """Store calls whose commitment was sent."""
        return await self._answer("post", request, self._post)

    async def reveal(self, request: web.Request) -> web.Response:
        """Give the calls behind a message to a relayer that may read them."""
        return await self._answer("reveal", request, self._reveal)

    async def reveal_to_anybody(self, request: web.Request) -> web.Response:
        """Give calls that anybody may read."""
        return await self._answer("reveal", request, self._reveal_to_anybody)

    async def _post(self, request: web.Request) -> dict[str, Any]:
        post = read_posted_calls(await _content(request))
        ids = await self.book.accept(post)
        return {"commitment": to_hex(post.commitment), "revealMessageIds": list(map(to_hex, ids))}

    async def _reveal(self, request: web.Request) -> dict[str, Any]:
        fields = await _content(request)
        if not isinstance(fields, dict):
            raise DecodeError(f"body: {shown(fields)} is not an object")
        sender = _address(fields.get("sender"))
        question = bytes_from_hex(fields.get("data", ""), "data")
        digest = eip191_digest(lookup_signing_hash(sender, question, self.url + _REVEAL_PATH))
        reader = recover_signer(digest, bytes_from_hex(fields.get("signature", ""), "signature"))
        return {"data": to_hex(await self.book.reveal(_message(question), sender, reader))}

    async def _reveal_to_anybody(self, request: web.Request) -> dict[str, Any]:
        sender = _address(request.match_info["sender"])
        text = request.match_info["data"].removesuffix(".json")
        message = _message(bytes_from_hex(text, "data"))
        return {"data": to_hex(await self.book.reveal(message, sender, None))}

    async def _answer(self, page: str, request: web.Request, work: Work) -> web.Response:
        status, content = await self._outcome(request, work)
        if status != 200:
            # What stands before the colon: what follows may show a part of the calls.
            why = content["error"].partition(":")[0]
            log.info("calls.refused", page=page, status=status, error=why)
        self.metrics.commitment_requests.labels(page, str(status)).inc()
        return web.json_response(content, status=status)

    async def _outcome(self, request: web.Request, work: Work) -> tuple[int, dict[str, Any]]:
        if self._working >= _AT_ONCE:
            error = _error(f"{_AT_ONCE} requests are worked on", "ask again")
            return 503, {"status": "pending", **error}
        self._working += 1
        try:
            async with asyncio.timeout(_TIME_LIMIT):
                return 200, await work(request)
        except Refused as error:
            status = {"status": "pending"} if isinstance(error, Pending) else {}
            return error.status, {**status, **_error(str(error), error.remedy)}
        except DecodeError as error:
            return 400, _error(str(error), "see docs/interchain-accounts.md, Commit and reveal")
        except web.HTTPRequestEntityTooLarge:
            return 413, _error("body: too large", "commit to fewer or shorter calls")
        except ChainError as error:
            return 502, _error(
                f"a chain's answer is of no use: {type(error).__name__}", "ask again"
            )
        except TimeoutError:
            return 504, _error(f"not done within {_TIME_LIMIT:g} s", "ask again")
        finally:
            self._working -= 1


@asynccontextmanager
async def serving(settings: RelayerSettings, book: Book, metrics: Metrics) -> AsyncIterator[int]:
    """Serve while the block runs; gives the port. ConfigError when it cannot be had."""
    host, port = settings.commitments_host, settings.commitments_port
    assert port is not None
    pages = Pages(book, metrics, settings.commitments_url.rstrip("/"))
    application = web.Application(
        middlewares=[json_errors], client_max_size=settings.commitments_max_size
    )
    application.add_routes(pages.routes())
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()

    for page in ("post", "reveal"):
        metrics.commitment_requests.labels(page, "200").set(0)

    async def forget() -> None:
        left = await book.store.forget(time.time() - settings.commitments_retention)
        metrics.commitments_stored.set(left)

    forgetting = asyncio.create_task(repeat("forget calls", _FORGETTING, forget))
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise ConfigError(
                f"commitmentsPort: {port}: cannot listen on {host}: {error}; set another port"
            ) from None
        taken = int(runner.addresses[0][1])
        log.info("commitments.started", url=f"http://{host}:{taken}")
        yield taken
    finally:
        forgetting.cancel()
        await asyncio.gather(forgetting, return_exceptions=True)
        await runner.cleanup()


async def _content(request: web.Request) -> Any:
    """The body, decoded from JSON."""
    try:
        return parse_json(await request.read())
    except ValueError as error:
        raise DecodeError(f"body: not JSON: {error}") from None


def _message(question: bytes) -> Message:
    """The message that a question is about: an encoded call of the service's one function."""
    if question[:4] != _SELECTOR:
        raise DecodeError(
            f"data: {preview(question)} is no call of getCallsFromRevealMessage(bytes)"
            f" ({to_hex(_SELECTOR)})"
        )
    try:
        (raw,) = decode(["bytes"], question[4:])
    except (DecodingError, OverflowError) as error:
        raise DecodeError(f"data: {preview(question)} has no message: {error}") from None
    # What is signed is the question and the URL in a row: bytes that mean nothing could be the
    # start of another URL, at which the module's owner was asked and got the signature.
    if question[4:] != encode(["bytes"], [raw]):
        raise DecodeError(f"data: {preview(question)} has more than a message, as ABI encodes it")
    return Message.decode(raw)


def _address(value: Any) -> Address:
    bytes_from_hex(value, "sender", 20)
    return address_from_hex(value.lower(), "sender")


def _error(error: str, remedy: str) -> dict[str, str]:
    return {"error": error, "remedy": remedy}
