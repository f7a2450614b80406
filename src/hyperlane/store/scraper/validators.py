"""Validators of one chain: what they announced, and what was last seen in their storages."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from hyperlane.protocol.typecasts import Address, Bytes32
from hyperlane.store.database import Database
from hyperlane.store.scraper.progress import Mark, marks
from hyperlane.store.scraper.tables import (
    block,
    merkle_tree_insertion,
    transaction,
    unread,
    validator_announcement,
    validator_checkpoint,
    validator_status,
)


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a validator's storage."""

    validator: Address
    location: str | None
    """Where it was read; None if nowhere."""
    index: int | None
    """The newest leaf whose signature was verified; None if none was."""
    problem: str | None
    """Why it could not be read, or not be believed."""


@dataclass(frozen=True, slots=True)
class Status:
    """What is known of a validator."""

    location: str | None
    index: int | None
    """The newest leaf whose signature was verified, in the last look or before it."""
    problem: str | None
    checked_at: int


class ValidatorStore:
    """The validators of one chain."""

    def __init__(self, database: Database, domain: int) -> None:
        self._database = database
        self._domain = domain

    async def announced(self, most: int) -> dict[Address, list[str]]:
        """The newest locations of each validator, at most so many, newest first."""
        row = validator_announcement.c
        order = (block.c.height.desc(), row.log_index.desc())
        ranked = (
            select(
                row.validator,
                row.storage_location,
                func.row_number().over(partition_by=row.validator, order_by=order).label("rank"),
            )
            .join(transaction, transaction.c.id == row.tx_id)
            .join(block, block.c.id == transaction.c.block_id)
            .where(row.domain == self._domain)
            .subquery()
        )
        found: dict[Address, list[str]] = {}
        async with self._database.read() as connection:
            for validator, location in await connection.execute(
                select(ranked.c.validator, ranked.c.storage_location)
                .where(ranked.c.rank <= most)
                .order_by(ranked.c.validator, ranked.c.rank)
            ):
                found.setdefault(Address(validator), []).append(location)
        return found

    async def statuses(self, validators: Sequence[Address] | None = None) -> dict[Address, Status]:
        """What is known of all validators, or of these; without those never looked at."""
        row = validator_status.c
        which = () if validators is None else (row.validator.in_(validators),)
        async with self._database.read() as connection:
            found = await connection.execute(
                select(
                    row.validator, row.storage_location, row.leaf_index, row.problem, row.checked_at
                ).where(row.domain == self._domain, *which)
            )
            return {Address(validator): Status(*rest) for validator, *rest in found}

    async def seen_at(self, validators: Sequence[Address]) -> dict[Address, float]:
        """When the newest signature of each validator was first seen; without those that have
        none."""
        row = validator_checkpoint.c
        async with self._database.read() as connection:
            found = await connection.execute(
                select(row.validator, func.max(row.seen_at))
                .where(row.domain == self._domain, row.validator.in_(validators))
                .group_by(row.validator)
            )
            return {Address(validator): seen_at for validator, seen_at in found}

    async def is_behind(self) -> bool:
        """Whether blocks of the chain are still to be read for the first time."""
        ahead = unread.c.domain == self._domain, unread.c.again.is_(False)
        async with self._database.read() as connection:
            if Mark.TIP not in await marks(connection, self._domain):
                return True
            found = await connection.execute(select(unread.c.id).where(*ahead).limit(1))
            return found.scalar() is not None

    async def leaves(self, hook: Address, until: float) -> int:
        """Count the leaves in final blocks up to a time, as far as they are stored."""
        row = merkle_tree_insertion.c
        async with self._database.read() as connection:
            found = await connection.execute(
                select(row.leaf_index)
                .join(transaction, transaction.c.id == row.tx_id)
                .join(block, block.c.id == transaction.c.block_id)
                .where(
                    row.domain == self._domain,
                    row.merkle_tree_hook == hook,
                    block.c.final,
                    block.c.timestamp <= until,
                )
                .order_by(row.leaf_index.desc())
                .limit(1)
            )
            last = found.scalar()
            return 0 if last is None else int(last) + 1

    async def final_leaf(self, hook: Address, index: int) -> Bytes32 | None:
        """Message id of a leaf in a final block; None if none is stored."""
        row = merkle_tree_insertion.c
        async with self._database.read() as connection:
            found = await connection.execute(
                select(row.message_id)
                .join(transaction, transaction.c.id == row.tx_id)
                .join(block, block.c.id == transaction.c.block_id)
                .where(
                    row.domain == self._domain,
                    row.merkle_tree_hook == hook,
                    row.leaf_index == index,
                    block.c.final,
                )
            )
            message_id: bytes | None = found.scalar()
        return None if message_id is None else Bytes32(message_id)

    async def record(self, looks: Sequence[Look], now: float) -> None:
        """Store looks. A failed one leaves the newest verified leaf as it was."""
        async with self._database.write() as connection:
            for look in looks:
                new = self._database.insert(validator_status).values(
                    domain=self._domain,
                    validator=look.validator,
                    storage_location=look.location,
                    leaf_index=look.index,
                    problem=look.problem,
                    checked_at=int(now),
                )
                kept = validator_status.c
                await connection.execute(
                    new.on_conflict_do_update(
                        index_elements=["domain", "validator"],
                        set_={
                            "storage_location": func.coalesce(
                                new.excluded.storage_location, kept.storage_location
                            ),
                            "leaf_index": func.coalesce(new.excluded.leaf_index, kept.leaf_index),
                            "problem": new.excluded.problem,
                            "checked_at": new.excluded.checked_at,
                        },
                    )
                )
                if look.index is not None:
                    await connection.execute(
                        self._database.insert(validator_checkpoint)
                        .values(
                            domain=self._domain,
                            validator=look.validator,
                            leaf_index=look.index,
                            seen_at=now,
                        )
                        .on_conflict_do_nothing()
                    )
