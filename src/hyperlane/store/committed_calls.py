"""Calls behind commitments of interchain accounts, kept from their post until they are old.

A row is found by the transaction that sent the commitment, not by the commitment alone: that is
public, and anybody can commit another account to it and have a message of their own reveal it.
"""

from dataclasses import asdict, dataclass
from enum import Enum

from sqlalchemy import delete, func, select

from hyperlane.protocol.typecasts import Address, Bytes32
from hyperlane.store import tables
from hyperlane.store.database import Database

_MOST_BETWEEN = 200
"""Messages of one origin between a commitment and what reveals it: they are sent in a row."""


@dataclass(frozen=True, slots=True)
class CallsKey:
    """Identity of posted calls: transaction, commitment, router and owner."""

    origin: int
    tx_hash: Bytes32
    commitment: Bytes32
    router: Bytes32
    """The sender of the messages."""
    owner: Bytes32
    """The owner of the account."""


@dataclass(frozen=True, slots=True)
class CommittedCalls:
    """Calls, and who may read them before they are revealed."""

    key: CallsKey
    salt: Bytes32
    calls: bytes
    """`abi.encode(Call[])`."""
    readers: tuple[Address, ...] | None
    """Relayers that may read them. Empty: anybody who asks. None: this relayer's own keys."""


class Added(Enum):
    """Outcome of storing calls."""

    NEW = "new"
    KNOWN = "known"
    """They were stored before, and stay as they were."""
    FULL = "full"


@dataclass(frozen=True, slots=True)
class CommittedCallsStore:
    """The calls of all origins."""

    database: Database

    async def add(self, item: CommittedCalls, now: float, most: int) -> Added:
        """Store calls; durable on return. At most so many are stored at once."""
        row = tables.committed_calls
        readers = None if item.readers is None else b"".join(item.readers)
        async with self.database.write() as connection:
            known = select(row.c.posted_at).filter_by(**asdict(item.key))
            if (await connection.execute(known)).first() is not None:
                return Added.KNOWN
            if (
                await connection.execute(select(func.count()).select_from(row))
            ).scalar_one() >= most:
                return Added.FULL
            await connection.execute(
                self.database.insert(row).values(
                    **asdict(item.key),
                    salt=item.salt,
                    calls=item.calls,
                    readers=readers,
                    posted_at=now,
                )
            )
        return Added.NEW

    async def get(self, key: CallsKey) -> CommittedCalls | None:
        """The calls that were posted for a key."""
        row = tables.committed_calls
        async with self.database.read() as connection:
            found = (
                await connection.execute(
                    select(row.c.salt, row.c.calls, row.c.readers).filter_by(**asdict(key))
                )
            ).one_or_none()
        if found is None:
            return None
        salt, calls, packed = found
        readers = None
        if packed is not None:
            readers = tuple(Address(packed[at : at + 20]) for at in range(0, len(packed), 20))
        return CommittedCalls(key, salt, calls, readers)

    async def sent_with(self, message_id: Bytes32) -> tuple[Bytes32, list[bytes]] | None:
        """The transaction that sent a message, and its encoded messages up to that one, in order.

        None for a message that is not stored.
        """
        row = tables.messages
        async with self.database.read() as connection:
            found = (
                await connection.execute(
                    select(row.c.origin, row.c.nonce, row.c.tx_hash).where(row.c.id == message_id)
                )
            ).first()
            if found is None:
                return None
            origin, nonce, tx_hash = found
            sent = await connection.execute(
                select(row.c.raw)
                .where(
                    row.c.origin == origin,
                    row.c.nonce.between(nonce - _MOST_BETWEEN, nonce),
                    row.c.tx_hash == tx_hash,
                )
                .order_by(row.c.nonce)
            )
            return tx_hash, [raw for (raw,) in sent]

    async def forget(self, before: float) -> int:
        """Delete calls that were posted before a time; returns how many are left."""
        row = tables.committed_calls
        async with self.database.write() as connection:
            await connection.execute(delete(row).where(row.c.posted_at < before))
            left = await connection.execute(select(func.count()).select_from(row))
            return int(left.scalar_one())
