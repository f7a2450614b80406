"""Events that chains number without gaps: sent messages (nonce) and tree leaves (leaf index).

The cursor is the block up to which all events are stored: below it, the numbers of a domain's rows
are consecutive. Rows of later blocks may be stored ahead of it.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import BigInteger, delete, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hyperlane.protocol.message import Message
from hyperlane.protocol.typecasts import Bytes32
from hyperlane.store import tables
from hyperlane.store.cursors import Cursor
from hyperlane.store.database import Database
from hyperlane.store.operations import State
from hyperlane.store.subtrees import SubtreeStore


class Numbered(Protocol):
    """An event with its number on its chain."""

    @property
    def sequence(self) -> int:
        """Nonce or leaf index."""

    @property
    def block_number(self) -> int:
        """Block that it was emitted in."""


Item = TypeVar("Item", bound=Numbered)


@dataclass(frozen=True, slots=True)
class Dispatched:
    """A message that a mailbox sent."""

    message: Message
    block_number: int
    tx_hash: Bytes32

    @property
    def sequence(self) -> int:
        """The mailbox's nonce."""
        return self.message.nonce


@dataclass(frozen=True, slots=True)
class Insertion:
    """A message id that became a leaf."""

    leaf_index: int
    message_id: Bytes32
    block_number: int

    @property
    def sequence(self) -> int:
        """The leaf index."""
        return self.leaf_index


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sequence is stored."""

    next_block: int | None
    """None before anything was indexed."""
    next_sequence: int | None
    """None while nothing is stored."""
    last_block: int | None
    """Block of the last stored event."""


class SequenceStore(ABC, Generic[Item]):
    """The stored events of one kind and domain."""

    kind: str
    _key: Any
    _owner: Any

    def __init__(self, database: Database, domain: int) -> None:
        self.database = database
        self.domain = domain
        self._cursor = Cursor(database, domain, self.kind)

    async def progress(self) -> Progress:
        """How far the events are stored, leaving out those stored ahead of the cursor."""
        async with self.database.read() as connection:
            next_block = await self._cursor.next_block(connection)
        last = None if next_block is None else await self.last(next_block)
        if last is None:
            return Progress(next_block, None, None)
        return Progress(next_block, last[0] + 1, last[1])

    async def last(self, before: int) -> tuple[int, int] | None:
        """Number and block of the last stored event in blocks below `before`."""
        block = self._key.table.c.block_number
        async with self.database.read() as connection:
            found = (
                await connection.execute(
                    select(self._key, block)
                    .where(self._owner == self.domain, block < before)
                    .order_by(self._key.desc())
                    .limit(1)
                )
            ).one_or_none()
        return None if found is None else (found[0], found[1])

    async def add(self, items: Sequence[Item], next_block: int) -> None:
        """Store consecutive events and move the cursor, both or neither."""
        async with self.database.write() as connection:
            await self._insert(connection, items)
            await self._cursor.move(connection, next_block)

    async def add_ahead(self, items: Sequence[Item]) -> None:
        """Store events of blocks that the cursor has not reached; it will come over them again."""
        async with self.database.write() as connection:
            await self._insert(connection, items)

    async def _insert(self, connection: AsyncConnection, items: Sequence[Item]) -> None:
        if items:
            await self.database.insert_many(
                connection, self._key.table, list(map(self._values, items))
            )
            await self._added(connection, items)

    async def forget(self, sequence: int) -> None:
        """Delete events from `sequence` on."""
        async with self.database.write() as connection:
            await connection.execute(
                delete(self._key.table).where(self._owner == self.domain, self._key >= sequence)
            )
            await self._forgotten(connection, sequence)

    @abstractmethod
    def _values(self, item: Item) -> dict[str, Any]:
        """The row of an event."""

    async def _added(self, connection: AsyncConnection, items: Sequence[Item]) -> None:
        """Write whatever else belongs into the transaction that stores `items`."""

    async def _forgotten(self, connection: AsyncConnection, sequence: int) -> None:
        """Write whatever else belongs into the transaction that deletes events."""


class InsertionStore(SequenceStore[Insertion]):
    """Leaves of the merkle tree."""

    kind = "merkle_tree_insertion"
    _key = tables.insertions.c.leaf_index
    _owner = tables.insertions.c.domain

    def __init__(self, database: Database, domain: int) -> None:
        super().__init__(database, domain)
        self.subtrees = SubtreeStore(database, domain)

    def _values(self, item: Insertion) -> dict[str, Any]:
        return {
            "domain": self.domain,
            "leaf_index": item.leaf_index,
            "message_id": item.message_id,
            "block_number": item.block_number,
        }

    async def _forgotten(self, connection: AsyncConnection, sequence: int) -> None:
        await self.subtrees.forget(connection, sequence)

    async def leaves(self, first: int, limit: int) -> list[Insertion]:
        """Leaves from index `first` on, in order."""
        row = tables.insertions
        async with self.database.read() as connection:
            found = await connection.execute(
                select(row.c.leaf_index, row.c.message_id, row.c.block_number)
                .where(row.c.domain == self.domain, row.c.leaf_index >= first)
                .order_by(row.c.leaf_index)
                .limit(limit)
            )
            return [Insertion(*item) for item in found]

    async def leaf_index(self, message_id: Bytes32) -> int | None:
        """The first leaf of a message; anyone may insert it again later."""
        row = tables.insertions
        async with self.database.read() as connection:
            found = await connection.execute(
                select(func.min(row.c.leaf_index)).where(
                    row.c.domain == self.domain, row.c.message_id == message_id
                )
            )
            index: int | None = found.scalar()
            return index

    async def without_message(self, first: int) -> tuple[int, int] | None:
        """A leaf whose message is not stored: its index, and the highest nonce stored before it.

        It is the first such leaf from index `first` on, of the blocks from that of the first stored
        message on; the nonce is that of the last message in earlier blocks. Only dispatched
        messages become leaves, so a node left the message's log out or gave another one instead.
        """
        leaf, message = tables.insertions.c, tables.messages.c
        ours = message.origin == self.domain
        begin = (
            select(message.block_number)
            .where(ours)
            .order_by(message.nonce)
            .limit(1)
            .scalar_subquery()
        )
        # Not by a condition on the origin: SQLite would search all of its messages for each leaf.
        origins = select(message.origin).where(message.id == leaf.message_id)
        known = literal(self.domain, BigInteger).in_(origins)
        async with self.database.look_through() as connection:
            stray = (
                await connection.execute(
                    select(leaf.leaf_index, leaf.block_number)
                    .where(leaf.domain == self.domain, leaf.leaf_index >= first)
                    .where(leaf.block_number >= begin, ~known)
                    .order_by(leaf.leaf_index)
                    .limit(1)
                )
            ).one_or_none()
            if stray is None:
                return None
            nonce = await connection.execute(
                select(func.max(message.nonce)).where(ours, message.block_number < stray[1])
            )
            return stray[0], nonce.scalar() or 0


class MessageStore(SequenceStore[Dispatched]):
    """Sent messages. Each gets an operation, its delivery."""

    kind = "dispatched_message"
    _key = tables.messages.c.nonce
    _owner = tables.messages.c.origin

    def __init__(self, database: Database, domain: int, make_operations: "MakeOperations") -> None:
        super().__init__(database, domain)
        self._make_operations = make_operations

    def _values(self, item: Dispatched) -> dict[str, Any]:
        return {
            "origin": self.domain,
            "nonce": item.message.nonce,
            "id": item.message.id,
            "raw": item.message.encode(),
            "block_number": item.block_number,
            "tx_hash": item.tx_hash,
        }

    async def get(self, nonce: int) -> Dispatched | None:
        """The message with a nonce, with the block and transaction that sent it."""
        row = tables.messages
        async with self.database.read() as connection:
            found = (
                await connection.execute(
                    select(row.c.raw, row.c.block_number, row.c.tx_hash).where(
                        row.c.origin == self.domain, row.c.nonce == nonce
                    )
                )
            ).one_or_none()
        return found and Dispatched(Message.decode(found[0]), found[1], found[2])

    async def _added(self, connection: AsyncConnection, items: Sequence[Dispatched]) -> None:
        await self._make_operations(connection, [item.message for item in items])

    async def _forgotten(self, connection: AsyncConnection, sequence: int) -> None:
        # A pending delivery has no transaction. Others are kept until their transaction is settled.
        row = tables.operations
        await connection.execute(
            delete(row).where(
                row.c.origin == self.domain,
                row.c.nonce >= sequence,
                row.c.state == State.PENDING,
            )
        )


class MakeOperations(Protocol):
    """Makes, in the given transaction, an operation of each message."""

    async def __call__(self, connection: AsyncConnection, messages: Sequence[Message]) -> None: ...
