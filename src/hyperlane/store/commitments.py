"""Commitments of a validator: the guard against signing two checkpoints for one index."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from sqlalchemy import ColumnElement, delete, func, literal_column, select, true, update

from hyperlane.protocol.checkpoint import Checkpoint
from hyperlane.protocol.reorg import ReorgReport
from hyperlane.protocol.typecasts import Address, Bytes32, address_to_bytes32
from hyperlane.store import tables
from hyperlane.store.database import Database

_UNPUBLISHED: ColumnElement[bool] = literal_column("NOT published")
"""Spelled as in the index: SQLite would use none for `published = 0`."""


@dataclass(frozen=True, slots=True)
class ObservedTree:
    """A final state of the chain's tree."""

    index: int
    """Index of its last leaf."""
    root: Bytes32
    block_number: int


class CheckpointStore:
    """One validator's commitments for one tree."""

    def __init__(
        self, database: Database, domain: int, merkle_tree_hook: Address, validator: Address
    ) -> None:
        self._database = database
        self._domain = domain
        self._hook = merkle_tree_hook
        self._validator = validator
        self._key = {"domain": domain, "merkle_tree_hook": merkle_tree_hook, "validator": validator}
        row = tables.checkpoints
        self._mine = (
            (row.c.domain == domain)
            & (row.c.merkle_tree_hook == merkle_tree_hook)
            & (row.c.validator == validator)
        )

    async def commit(self, checkpoints: Sequence[Checkpoint]) -> list[Checkpoint]:
        """Commit to sign `checkpoints`; durable on return.

        Returns the earlier commitments that contradict them, in which case nothing is committed:
        those indexes belong to other checkpoints for ever.
        """
        row = tables.checkpoints
        async with self._database.write() as connection:
            known = await connection.execute(
                select(row.c.index, row.c.root, row.c.message_id).where(
                    self._mine, row.c.index.in_([item.index for item in checkpoints])
                )
            )
            earlier = {item.index: item for item in map(self._checkpoint, known)}
            contradicted = [
                earlier[item.index] for item in checkpoints if earlier.get(item.index, item) != item
            ]
            new = [item for item in checkpoints if item.index not in earlier]
            if new and not contradicted:
                await connection.execute(
                    self._database.insert(row), [self._values(item) for item in new]
                )
        return contradicted

    async def unpublished(self, limit: int, before: int | None = None) -> list[Checkpoint]:
        """Committed checkpoints that are not published yet, highest index first; of indexes below
        `before`, if it is given."""
        row = tables.checkpoints
        below = true() if before is None else row.c.index < before
        async with self._database.read() as connection:
            found = await connection.execute(
                select(row.c.index, row.c.root, row.c.message_id)
                .where(self._mine, _UNPUBLISHED, below)
                .order_by(row.c.index.desc())
                .limit(limit)
            )
            return [self._checkpoint(item) for item in found]

    async def published(self, before: int, limit: int) -> list[Checkpoint]:
        """Published checkpoints of indexes below `before`, highest index first."""
        row = tables.checkpoints
        async with self._database.read() as connection:
            found = await connection.execute(
                select(row.c.index, row.c.root, row.c.message_id)
                .where(self._mine, row.c.published, row.c.index < before)
                .order_by(row.c.index.desc())
                .limit(limit)
            )
            return [self._checkpoint(item) for item in found]

    async def mark_published(self, indexes: Sequence[int]) -> None:
        """Record that checkpoints are in the storage."""
        await self._set_published(indexes, True)

    async def mark_unpublished(self, indexes: Sequence[int]) -> None:
        """Record that checkpoints may have been lost by the storage."""
        await self._set_published(indexes, False)

    async def _set_published(self, indexes: Sequence[int], published: bool) -> None:
        if not indexes:
            return
        row = tables.checkpoints
        async with self._database.write() as connection:
            await connection.execute(
                update(row).where(self._mine, row.c.index.in_(indexes)).values(published=published)
            )

    async def next_index(self) -> int:
        """The first index without a commitment."""
        row = tables.checkpoints
        async with self._database.read() as connection:
            highest = (
                await connection.execute(select(func.max(row.c.index)).where(self._mine))
            ).scalar()
        return 0 if highest is None else highest + 1

    async def observed(self) -> ObservedTree | None:
        """The last state of the chain's tree that agreed with the local one."""
        row = tables.observed_trees
        async with self._database.read() as connection:
            found = await connection.execute(
                select(row.c.index, row.c.root, row.c.block_number).where(
                    row.c.domain == self._domain
                )
            )
            seen = found.one_or_none()
        return None if seen is None else ObservedTree(*seen)

    async def observe(self, tree: ObservedTree) -> None:
        """Store a state of the chain's tree that agrees with the local one."""
        values = {
            "index": tree.index,
            "root": tree.root,
            "block_number": tree.block_number,
        }
        async with self._database.write() as connection:
            await connection.execute(
                self._database.insert(tables.observed_trees)
                .values(domain=self._domain, **values)
                .on_conflict_do_update(index_elements=["domain"], set_=values)
            )

    async def at(self, index: int) -> Checkpoint | None:
        """The commitment for an index; None if there is none."""
        row = tables.checkpoints
        async with self._database.read() as connection:
            found = await connection.execute(
                select(row.c.index, row.c.root, row.c.message_id).where(
                    self._mine, row.c.index == index
                )
            )
            item = found.one_or_none()
        return None if item is None else self._checkpoint(item)

    async def remember_reorg(self, report: ReorgReport) -> None:
        """Store the reorg that stopped the validator; durable on return."""
        async with self._database.write() as connection:
            await connection.execute(
                self._database.insert(tables.reorgs)
                .values(**self._key, **asdict(report))
                .on_conflict_do_nothing()
            )

    async def unflagged_reorg(self) -> ReorgReport | None:
        """The reorg that stopped the validator, while its storage has no flag of it yet."""
        row = tables.reorgs
        columns = [row.c[item.name] for item in fields(ReorgReport)]
        async with self._database.read() as connection:
            found = await connection.execute(select(*columns).filter_by(**self._key))
            item = found.one_or_none()
        return None if item is None else ReorgReport(*item)

    async def reorg_flagged(self) -> None:
        """Delete the stored reorg: the storage has the flag, which alone counts from now on."""
        async with self._database.write() as connection:
            await connection.execute(delete(tables.reorgs).filter_by(**self._key))

    def _checkpoint(self, row: Any) -> Checkpoint:
        index, root, message_id = row
        return Checkpoint(self._domain, address_to_bytes32(self._hook), root, index, message_id)

    def _values(self, checkpoint: Checkpoint) -> dict[str, object]:
        return {
            **self._key,
            "index": checkpoint.index,
            "root": checkpoint.root,
            "message_id": checkpoint.message_id,
            "published": False,
        }
