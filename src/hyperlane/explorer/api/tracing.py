"""Endpoints that ask the chains about a message."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request

from hyperlane.errors import ChainError, ConfigError
from hyperlane.explorer.api import models
from hyperlane.explorer.api.caching import Kept
from hyperlane.explorer.api.parameters import MessageId, Wallet
from hyperlane.explorer.api.problems import ApiError, missing, responses
from hyperlane.explorer.limits import visitor
from hyperlane.explorer.queries.messages import message
from hyperlane.explorer.queries.records import Message
from hyperlane.explorer.tracing import Busy, Traces
from hyperlane.protocol.typecasts import Address, Bytes32, to_hex
from hyperlane.store.database import Database
from hyperlane.tracking.trace import CannotDeliver

_RETRY = 5
_ERRORS = responses(400, 404, 409, 429, 503)


def router(database: Database, traces: Traces | None) -> APIRouter:
    """The endpoints, of a database and what traces its messages."""
    api = APIRouter(route_class=Kept, tags=["tracing"])

    @api.get("/messages/{id}/trace", response_model=dict[str, Any], responses=_ERRORS)
    async def trace_message(id: MessageId, request: Request) -> dict[str, Any]:
        """Ask the chains where a message is: who has signed, why it is stuck, and what to do.

        The document is that of `ape hyperlane status --json`. It may take some seconds.
        """
        sent = await _sent(database, Bytes32(id))
        try:
            return await _tracing(traces).trace(sent, visitor(request))
        except (Busy, ChainError, ConfigError) as error:
            raise _refused(traces, error) from error

    @api.get("/messages/{id}/delivery", response_model=models.Call, responses=_ERRORS)
    async def prepare_delivery(
        id: MessageId, request: Request, sender: Wallet = None
    ) -> models.Call:
        """Prepare the transaction that delivers a message now, after simulating it.

        Anybody may send it, unless a module lets only some deliver. 409 if it would fail.
        """
        sent = await _sent(database, Bytes32(id))
        try:
            call = await _tracing(traces).call(sent, sender and Address(sender), visitor(request))
        except (Busy, ChainError, ConfigError) as error:
            raise _refused(traces, error) from error
        return models.Call.model_validate(call)

    return api


async def _sent(database: Database, message_id: Bytes32) -> Message:
    sent = await message(database, message_id)
    if sent is None:
        raise missing(
            f"no dispatch of message {to_hex(message_id)} is stored",
            "only messages that this server has indexed can be traced",
        )
    return sent


def _tracing(traces: Traces | None) -> Traces:
    if traces is None:
        raise ApiError(503, "this server has no chains to ask", retry_after=_RETRY)
    return traces


def _refused(traces: Traces | None, error: Exception) -> ApiError:
    said = str(_tracing(traces).chains.without_urls(str(error)))
    if isinstance(error, CannotDeliver):
        return ApiError(409, said)
    return ApiError(503, said, retry_after=_RETRY)
