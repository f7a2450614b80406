"""The relayer's HTTP API for its operator."""

import time
import uuid
from collections.abc import Awaitable, Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from hyperlane.agents.relayer.reasons import HOUR, Reason
from hyperlane.bounded_json import parse_json
from hyperlane.errors import ConfigError, DecodeError
from hyperlane.pages import refusal
from hyperlane.protocol.typecasts import Bytes32, bytes_from_hex, to_hex
from hyperlane.settings.matching import matches, parse_rules
from hyperlane.store.operations import NEVER, OPEN, Operation, OperationStore, State
from hyperlane.store.payments import GasPaid
from hyperlane.wording import shown

_PAGE = 100
_LONGEST_PAGE = 1000
_LIST = 'send a matching list, such as [{"messageId": "0x…"}]'


@dataclass(frozen=True, slots=True)
class Api:
    """Serves the state of messages, and takes orders to retry them."""

    operations: OperationStore
    messages_of: Callable[[Bytes32, int], Awaitable[Sequence[Bytes32]]]
    """Looks up the ids of a transaction's messages, at most so many."""
    chain_name: Callable[[int], str]
    """Name of a chain by its domain."""
    served: Container[int]
    """Domains that this relayer delivers to."""
    clock: Callable[[], float] = time.time

    def routes(self) -> list[web.RouteDef]:
        """Routes for the agent's web server."""
        return [
            web.get("/messages/{id}", self.message),
            web.get("/transactions/{hash}", self.transaction),
            web.get("/list_operations", self.list_operations),
            web.post("/message_retry", self.retry),
        ]

    async def message(self, request: web.Request) -> web.Response:
        """Answer the state of one message, and what it waits for."""
        message_id = _word(request, "id", "a message's id; for a transaction: /transactions/0x…")
        operation = await self.operations.get(message_id)
        if operation is None:
            raise refusal(
                web.HTTPNotFound,
                f"id: no message {to_hex(message_id)} is known",
                "wait until its block is final and read; for a transaction's hash ask"
                f" /transactions/{to_hex(message_id)}; or: ape hyperlane status"
                f" {to_hex(message_id)}",
            )
        paid = (await self.operations.paid_for([operation]))[message_id]
        return web.json_response({**self._shown(operation), "gas": _gas(operation, paid)})

    async def transaction(self, request: web.Request) -> web.Response:
        """Answer the messages that a transaction sent or, if it is this relayer's, delivers."""
        tx_hash = _word(request, "hash", "a transaction's hash; for a message: /messages/0x…")
        ids = await self.messages_of(tx_hash, _LONGEST_PAGE)
        found = [item for each in ids if (item := await self.operations.get(each)) is not None]
        if not found:
            raise refusal(
                web.HTTPNotFound,
                f"hash: no message of transaction {to_hex(tx_hash)} is known",
                "wait until its block is final and read; for a message's id ask"
                f" /messages/{to_hex(tx_hash)}; or: ape hyperlane status {to_hex(tx_hash)}",
            )
        found.sort(key=lambda item: (item.message.origin, item.message.nonce))
        return web.json_response({"messages": [self._shown(item) for item in found]})

    async def list_operations(self, request: web.Request) -> web.Response:
        """List open deliveries, of all chains or one `destination_domain`, page by page."""
        destination = _number(request.query, "destination_domain")
        limit = min(_number(request.query, "limit") or _PAGE, _LONGEST_PAGE)
        found = await self.operations.listed(
            OPEN, destination=destination, after=_cursor(request.query), limit=limit
        )
        last = found[-1].message if len(found) == limit else None
        return web.json_response(
            {
                "operations": [self._shown(item) for item in found],
                "next": f"{last.origin}-{last.nonce}" if last else None,
            }
        )

    async def retry(self, request: web.Request) -> web.Response:
        """Retry at once the messages that a matching list matches.

        Attempts under way are left alone. For delivered messages the chain is asked again, and
        those that it does not have as delivered are retried.
        """
        if request.content_type != "application/json":
            # The web server refuses requests that name another site as their origin. This refuses
            # those that name none: without a preflight, browsers send forms and plain text only.
            raise _bad(
                f"Content-Type: {shown(request.content_type)}, expected application/json",
                "send the header Content-Type: application/json",
            )
        try:
            rules = parse_rules("body", parse_json(await request.read()))
        except ValueError as error:
            raise _bad(f"body: not JSON: {error}", _LIST) from None
        except ConfigError as error:
            raise _bad(str(error), _LIST) from None
        evaluated, matched = 0, 0
        after = (-1, -1)
        while found := await self.operations.listed(
            [State.PENDING, State.PREPARING, State.DROPPED, State.DELIVERED],
            after=after,
            limit=_LONGEST_PAGE,
        ):
            meant = [item.message.id for item in found if matches(rules, item.message)]
            await self.operations.change(
                meant,
                self.clock(),
                within=[State.PENDING, State.DROPPED],
                state=State.PENDING,
                next_attempt=self.clock(),
                reason=Reason.MANUAL,
            )
            await self.operations.change(
                meant, self.clock(), within=[State.DELIVERED], next_attempt=0.0
            )
            evaluated, matched = evaluated + len(found), matched + len(meant)
            after = found[-1].message.origin, found[-1].message.nonce
        return web.json_response(
            {"uuid": str(uuid.uuid4()), "evaluated": evaluated, "matched": matched}
        )

    def _shown(self, operation: Operation) -> dict[str, Any]:
        message = operation.message
        planned = message.destination in self.served and (
            operation.state is State.PENDING
            or (operation.state is State.DROPPED and operation.next_attempt < NEVER)
        )
        wait = max(0.0, operation.next_attempt - self.clock())
        return {
            "id": to_hex(message.id),
            "origin": self.chain_name(message.origin),
            "destination": self.chain_name(message.destination),
            "nonce": message.nonce,
            "sender": to_hex(message.sender),
            "recipient": to_hex(message.recipient),
            "state": operation.state,
            "status": self._status(operation, wait),
            "reason": operation.reason,
            "retries": operation.retries,
            "next_try_in": round(wait, 1) if planned else None,
            "transaction": to_hex(operation.tx_hash) if operation.tx_hash else None,
            "block": operation.block_number,
        }

    def _status(self, operation: Operation, wait: float) -> str:
        """Describe the state in one line for a person."""
        destination = operation.message.destination
        if operation.state in OPEN and destination not in self.served:
            return (
                f"this relayer does not serve {self.chain_name(destination)}: it is not among its"
                " relayChains"
            )
        match operation.state:
            case State.PENDING:
                why = operation.detail or "not tried yet"
                return f"{why}; next try in {wait:.0f} s" if wait else f"{why}; next try now"
            case State.PREPARING:
                return "being prepared"
            case State.SUBMITTED if operation.reason == Reason.ALREADY_SUBMITTED:
                return "delivered by somebody else, waiting for finality"
            case State.SUBMITTED:
                return "sent, waiting for a block"
            case State.INCLUDED:
                return f"in block {operation.block_number}, waiting for finality"
            case State.IGNORED:
                return "excluded by whitelist or blacklist"
            case State.DROPPED if operation.next_attempt < NEVER:
                return f"dropped: {operation.detail}; next look in {wait / HOUR:.0f} h"
            case State.DROPPED:
                return f"dropped: {operation.detail}"
            case State.DELIVERED:
                return "delivered"


def _gas(operation: Operation, paid: GasPaid) -> dict[str, Any]:
    return {
        "payments": paid.payments,
        "paid_wei": str(paid.payment),
        "paid_gas": str(paid.gas),
        "used_gas": operation.gas_used,
        "used_wei": str(operation.wei_used),
        "failed_deliveries": operation.failures,
    }


def _number(query: Mapping[str, str], name: str) -> int | None:
    value = query.get(name)
    if value is None:
        return None
    if not _is_number(value):
        raise _bad(f"{name}: {shown(value)} is not a number below 2^32", f"such as {name}=1")
    return int(value)


def _cursor(query: Mapping[str, str]) -> tuple[int, int]:
    value = query.get("after")
    if value is None:
        return -1, -1
    origin, dash, nonce = value.partition("-")
    if not (dash and _is_number(origin) and _is_number(nonce)):
        raise _bad(
            f"after: {shown(value)} is not the `next` of another page", "leave it out to begin"
        )
    return int(origin), int(nonce)


def _is_number(text: str) -> bool:
    """Tell whether a text is a number below 2^32, as domains, nonces and limits are."""
    return text.isascii() and text.isdecimal() and len(text) <= 10 and int(text) < 2**32


def _word(request: web.Request, name: str, expected: str) -> Bytes32:
    """32 bytes of the path."""
    try:
        return Bytes32(bytes_from_hex(request.match_info[name], name, 32))
    except DecodeError as error:
        raise _bad(str(error), f"give 0x and 64 hex digits: {expected}") from None


def _bad(message: str, remedy: str) -> web.HTTPException:
    return refusal(web.HTTPBadRequest, message, remedy)
