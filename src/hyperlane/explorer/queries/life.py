"""The whole life of one message."""

from hyperlane.explorer.queries.records import Life
from hyperlane.protocol.typecasts import Bytes32
from hyperlane.store.database import Database


async def life(database: Database, message_id: Bytes32) -> Life | None:
    """All that is stored of a message; None if nothing is."""
    raise NotImplementedError
