"""Sightings: signatures that a watchtower saw. They stay, whatever storages hold later."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hyperlane.protocol.checkpoint import Checkpoint, SignedCheckpoint
from hyperlane.protocol.typecasts import Address, Bytes32, address_to_bytes32
from hyperlane.store import tables
from hyperlane.store.database import Database

_SIGHTING = tables.sightings.c
_PLACES = 20
_KEYS_AT_ONCE = 500
"""Keys per statement; databases limit parameters."""
_OTHER = tables.other_trees.c
_UNSETTLED: ColumnElement[bool] = literal_column("NOT settled")
"""Spelled as in the index: SQLite would use none for `settled = 0`."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A signed checkpoint and the location that it was read from."""

    signed: SignedCheckpoint
    validator: Address
    """The address that the signature recovers to."""
    location: str
    fault: str | None = None
    """The FaultKind; None while none is known."""
    told: bool = False
    """Whether people were alerted to the fault."""


class SightingStore:
    """Sightings of one chain's checkpoints."""

    def __init__(self, database: Database, domain: int, merkle_tree_hook: Address) -> None:
        self._database = database
        self._domain = domain
        self._hook = address_to_bytes32(merkle_tree_hook)

    async def add(self, sightings: Sequence[Sighting], now: float) -> None:
        """Insert new sightings; for known ones, record a fault that was found since."""
        async with self._database.write() as connection:
            known = await self._known(connection, sightings)
            for item in sightings:
                if item.fault is not None and known.get(_key(item), item.fault) is None:
                    await connection.execute(
                        update(tables.sightings)
                        .where(self._is(item))
                        .values(fault=item.fault, settled=False)
                    )
            new = [item for item in sightings if _key(item) not in known]
            for table, values in (
                (tables.sightings, [self._values(item, now) for item in new]),
                (tables.other_trees, self._other_trees(new)),
            ):
                if values:
                    await connection.execute(
                        self._database.insert(table).on_conflict_do_nothing(), values
                    )

    async def _known(
        self, connection: AsyncConnection, sightings: Sequence[Sighting]
    ) -> dict[tuple[Address, Bytes32], str | None]:
        """The stored faults of those sightings that are stored."""
        digests = [item.signed.checkpoint.digest for item in sightings]
        rows = await connection.execute(
            select(_SIGHTING.validator, _SIGHTING.digest, _SIGHTING.fault).where(
                _SIGHTING.domain == self._domain, _SIGHTING.digest.in_(digests)
            )
        )
        return {(validator, digest): fault for validator, digest, fault in rows}

    async def open_faults(self) -> list[Sighting]:
        """Sightings with a fault that is not settled, oldest first."""
        return await self._select(
            _SIGHTING.fault.is_not(None) & _UNSETTLED, order=_SIGHTING.seen_at
        )

    async def of_index(self, validator: Address, index: int) -> list[Sighting]:
        """All sightings of a validator for one index."""
        return await self._select(
            (_SIGHTING.validator == validator) & (_SIGHTING.index == index),
            order=_SIGHTING.seen_at,
        )

    async def salt(self, sighting: Sighting, proposed: Bytes32) -> Bytes32:
        """The salt of a sighting: `proposed` the first time, and that one from then on."""
        async with self._database.write() as connection:
            await connection.execute(
                update(tables.sightings)
                .where(self._is(sighting), _SIGHTING.salt.is_(None))
                .values(salt=proposed)
            )
            rows = await connection.execute(select(_SIGHTING.salt).where(self._is(sighting)))
            kept: Bytes32 = rows.scalar_one()
        return kept

    async def mark_alerted(self, sighting: Sighting) -> None:
        """Record that people were alerted."""
        await self._set(sighting, told=True)

    async def settle(self, sighting: Sighting) -> None:
        """Record that nothing is left to do about a sighting."""
        await self._set(sighting, settled=True)

    async def reopen(self, validators: Iterable[Address]) -> None:
        """Reopen all settled faults of some validators."""
        ids = list(validators)
        async with self._database.write() as connection:
            for start in range(0, len(ids), _KEYS_AT_ONCE):
                await connection.execute(
                    update(tables.sightings)
                    .where(
                        _SIGHTING.domain == self._domain,
                        _SIGHTING.validator.in_(ids[start : start + _KEYS_AT_ONCE]),
                        _SIGHTING.fault.is_not(None),
                    )
                    .values(settled=False)
                )

    async def _set(self, sighting: Sighting, **values: bool) -> None:
        async with self._database.write() as connection:
            await connection.execute(
                update(tables.sightings).where(self._is(sighting)).values(**values)
            )

    async def highest_index(self, validator: Address, location: str) -> int | None:
        """The highest index seen without fault at a location; None if there is none."""
        async with self._database.read() as connection:
            found = await connection.execute(
                select(func.max(_SIGHTING.index)).where(
                    _SIGHTING.domain == self._domain,
                    _SIGHTING.validator == validator,
                    _SIGHTING.location == location,
                    _SIGHTING.fault.is_(None),
                )
            )
            index: int | None = found.scalar()
        return index

    async def indexes(self, validators: Iterable[Address], first: int, limit: int) -> list[int]:
        """Indexes from `first` on that any of the validators signed without fault, in order."""
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(_SIGHTING.index)
                .where(
                    _SIGHTING.domain == self._domain,
                    _SIGHTING.validator.in_(list(validators)),
                    _SIGHTING.index >= first,
                    _SIGHTING.fault.is_(None),
                )
                .distinct()
                .order_by(_SIGHTING.index)
                .limit(limit)
            )
            return list(rows.scalars())

    async def signed(
        self, validators: Iterable[Address], first: int, limit: int
    ) -> list[tuple[int, Address]]:
        """Validators and the indexes that they signed without fault, from `first` on, in order."""
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(_SIGHTING.index, _SIGHTING.validator)
                .where(
                    _SIGHTING.domain == self._domain,
                    _SIGHTING.validator.in_(list(validators)),
                    _SIGHTING.index >= first,
                    _SIGHTING.fault.is_(None),
                )
                .order_by(_SIGHTING.index)
                .limit(limit)
            )
            return [(index, validator) for index, validator in rows]

    async def places(self, index: int, validators: Iterable[Address]) -> list[str]:
        """Some locations where these validators had a signature without fault on a leaf."""
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(_SIGHTING.location)
                .where(
                    _SIGHTING.domain == self._domain,
                    _SIGHTING.index == index,
                    _SIGHTING.validator.in_(list(validators)),
                    _SIGHTING.fault.is_(None),
                )
                .distinct()
                .limit(_PLACES)
            )
            return list(rows.scalars())

    async def _select(self, condition: ColumnElement[bool], order: Any) -> list[Sighting]:
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(
                    _SIGHTING.root,
                    _SIGHTING.index,
                    _SIGHTING.message_id,
                    _SIGHTING.signature,
                    _SIGHTING.validator,
                    _SIGHTING.location,
                    _SIGHTING.fault,
                    _SIGHTING.told,
                    _OTHER.merkle_tree_hook,
                )
                .outerjoin_from(
                    tables.sightings, tables.other_trees, _OTHER.digest == _SIGHTING.digest
                )
                .where(_SIGHTING.domain == self._domain, condition)
                .order_by(order)
            )
            return [
                Sighting(
                    SignedCheckpoint(
                        Checkpoint(self._domain, other or self._hook, root, index, message_id),
                        signature,
                    ),
                    *rest,
                )
                for root, index, message_id, signature, *rest, other in rows
            ]

    def _is(self, item: Sighting) -> ColumnElement[bool]:
        checkpoint = item.signed.checkpoint
        return and_(
            _SIGHTING.domain == self._domain,
            _SIGHTING.validator == item.validator,
            _SIGHTING.index == checkpoint.index,
            _SIGHTING.digest == checkpoint.digest,
        )

    def _other_trees(self, sightings: Sequence[Sighting]) -> list[dict[str, object]]:
        seen = [item.signed.checkpoint for item in sightings]
        return [
            {"digest": each.digest, "merkle_tree_hook": each.merkle_tree_hook}
            for each in seen
            if each.merkle_tree_hook != self._hook
        ]

    def _values(self, item: Sighting, now: float) -> dict[str, object]:
        checkpoint = item.signed.checkpoint
        return {
            "domain": self._domain,
            "validator": item.validator,
            "index": checkpoint.index,
            "digest": checkpoint.digest,
            "root": checkpoint.root,
            "message_id": checkpoint.message_id,
            "signature": item.signed.signature,
            "location": item.location,
            "fault": item.fault,
            "told": False,
            "settled": item.fault is None,
            "seen_at": now,
        }


def _key(item: Sighting) -> tuple[Address, Bytes32]:
    return item.validator, item.signed.checkpoint.digest
