"""Endpoints of messages and transactions."""

from fastapi import APIRouter

from hyperlane.explorer.api import models
from hyperlane.explorer.api.caching import Kept
from hyperlane.explorer.api.parameters import (
    Cursor,
    Destination,
    Hash,
    Limit,
    MessageId,
    Origin,
    Recipient,
    Sender,
    Since,
    Status,
    Until,
    read_cursor,
)
from hyperlane.explorer.api.problems import missing, responses
from hyperlane.explorer.queries.life import life
from hyperlane.explorer.queries.messages import Wanted, messages, traffic
from hyperlane.explorer.queries.paging import DEFAULT, encode_place
from hyperlane.protocol.typecasts import Bytes32, to_hex
from hyperlane.store.database import Database

_ELSEWHERE = "GET /api/v1/search finds anything, GET /api/v1/chains tells what is indexed"


def router(database: Database) -> APIRouter:
    """The endpoints, of a database."""
    routes = APIRouter(route_class=Kept, tags=["messages"])

    @routes.get("/messages", response_model=models.Messages, responses=responses(400, 429, 503))
    async def list_messages(
        origin: Origin = None,
        destination: Destination = None,
        sender: Sender = None,
        recipient: Recipient = None,
        status: Status = None,
        since: Since = None,
        until: Until = None,
        cursor: Cursor = None,
        limit: Limit = DEFAULT,
    ) -> models.Messages:
        """List messages, newest first.

        All parameters that are given must hold at once.
        """
        wanted = Wanted(
            origin=origin,
            destination=destination,
            sender=sender,
            recipient=recipient,
            delivered=None if status is None else status == "delivered",
            since=since,
            until=until,
        )
        page = await messages(database, wanted, read_cursor(cursor), limit)
        following = None if page.next is None else encode_place(page.next)
        return models.Messages.model_validate({"items": page.items, "next": following})

    @routes.get(
        "/messages/{id}", response_model=models.Life, responses=responses(400, 404, 429, 503)
    )
    async def get_message(id: MessageId) -> models.Life:
        """Get the whole life of a message: dispatch, leaf, payments, signatures, delivery."""
        found = await life(database, Bytes32(id))
        if found is None:
            raise missing(f"no message {to_hex(id)} is stored", _ELSEWHERE)
        return models.Life.model_validate(found)

    @routes.get(
        "/transactions/{hash}",
        response_model=models.Transactions,
        responses=responses(400, 404, 429, 503),
    )
    async def get_transaction(hash: Hash) -> models.Transactions:
        """Get the messages that a transaction dispatched or delivered."""
        found = await traffic(database, Bytes32(hash))
        if not found:
            raise missing(f"no transaction {to_hex(hash)} is stored", _ELSEWHERE)
        items = [
            {
                "transaction": each.transaction,
                "dispatched": each.dispatched,
                "delivered": each.delivered,
                "deliveries": [
                    {"id": its, "delivery": delivery} for its, delivery in each.deliveries
                ],
            }
            for each in found
        ]
        return models.Transactions.model_validate({"items": items})

    return routes
