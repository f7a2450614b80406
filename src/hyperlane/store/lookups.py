"""Looking messages up for people: rarely, so without indices that every message would pay for."""

from sqlalchemy import select, union

from hyperlane.protocol.typecasts import Bytes32
from hyperlane.store import tables
from hyperlane.store.database import Database


async def messages_of(database: Database, tx_hash: Bytes32, limit: int) -> list[Bytes32]:
    """Ids of messages that a transaction sent, or that one of this relayer delivers."""
    sent, delivered = tables.messages.c, tables.operations.c
    async with database.look_through() as connection:
        found = await connection.execute(
            union(
                select(sent.id).where(sent.tx_hash == tx_hash),
                select(delivered.message_id).where(delivered.tx_hash == tx_hash),
            ).limit(limit)
        )
        return [Bytes32(row[0]) for row in found]
