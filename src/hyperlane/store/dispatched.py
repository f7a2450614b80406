"""Messages that a watched origin sent: those in final blocks, and those that were ever at its tip.

Unlike the relayer's `messages` they are not delivered, and a message that the chain drops is
remembered: whoever delivered it did not forge it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select

from hyperlane.protocol.typecasts import Bytes32
from hyperlane.store import tables
from hyperlane.store.sequences import SequenceStore

_FINAL = tables.dispatched_ids.c
_TIP = tables.tip_dispatches.c
_COLUMNS = ("nonce", "id", "block_number", "block_hash")


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that an origin's Mailbox sent."""

    nonce: int
    id: Bytes32
    block_number: int
    block_hash: bytes

    @property
    def sequence(self) -> int:
        """The Mailbox's nonce."""
        return self.nonce


class SentStore(SequenceStore[Sent]):
    """Messages that one origin sent in final blocks, and those seen at its tip."""

    kind = "watched_dispatch"
    _key = tables.dispatched_ids.c.nonce
    _owner = tables.dispatched_ids.c.origin

    def _values(self, item: Sent) -> dict[str, Any]:
        return {
            "origin": self.domain,
            "nonce": item.nonce,
            "id": item.id,
            "block_number": item.block_number,
            "block_hash": item.block_hash,
        }

    async def find(self, message_id: Bytes32) -> Sent | None:
        """The message with an id, of those in final blocks."""
        return await self._one(_FINAL, _FINAL.id == message_id)

    async def at(self, nonce: int) -> Sent | None:
        """The message with a nonce, of those in final blocks."""
        return await self._one(_FINAL, _FINAL.nonce == nonce)

    async def seen(self, message_id: Bytes32) -> Sent | None:
        """The message with an id, of those that were at the tip at some time."""
        return await self._one(_TIP, _TIP.id == message_id)

    async def see(self, sent: Sequence[Sent]) -> None:
        """Record messages at the tip."""
        if not sent:
            return
        async with self.database.write() as connection:
            await connection.execute(
                self.database.insert(tables.tip_dispatches).on_conflict_do_nothing(),
                [self._values(item) for item in sent],
            )

    async def forget_sights(self) -> None:
        """Delete the records of messages at the tip that are in final blocks by now."""
        is_final = (
            select(_FINAL.nonce).where(_FINAL.origin == self.domain, _FINAL.id == _TIP.id).exists()
        )
        async with self.database.write() as connection:
            await connection.execute(
                delete(tables.tip_dispatches).where(_TIP.origin == self.domain, is_final)
            )

    async def from_nonce(self, nonce: int) -> list[Sent]:
        """Messages in final blocks from a nonce on, in order."""
        async with self.database.read() as connection:
            rows = await connection.execute(
                select(*(_FINAL[name] for name in _COLUMNS))
                .where(_FINAL.origin == self.domain, _FINAL.nonce >= nonce)
                .order_by(_FINAL.nonce)
            )
            return [Sent(*row) for row in rows]

    async def _one(self, row: Any, condition: Any) -> Sent | None:
        async with self.database.read() as connection:
            found = await connection.execute(
                select(*(row[name] for name in _COLUMNS))
                .where(row.origin == self.domain, condition)
                .limit(1)
            )
            first = found.one_or_none()
        return None if first is None else Sent(*first)
