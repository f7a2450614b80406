"""Leaves that operators left out, and what a watchtower did about it."""

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import select, update

from hyperlane.protocol.typecasts import Address
from hyperlane.store import tables
from hyperlane.store.database import Database

_ROW = tables.censorships.c


class Stage(StrEnum):
    """How far it went."""

    TOLD = "told"
    """People were alerted."""
    OPEN = "open"
    """A challenge of ours is open, or about to be."""
    ANSWERED = "answered"
    """The operator signed at last. If we asked, the bond is gone."""
    RETURNED = "returned"
    """Our challenge ended without an answer, or never began: the bond is ours again."""


class CensorshipStore:
    """Of one chain."""

    def __init__(self, database: Database, domain: int) -> None:
        self._database = database
        self._domain = domain

    async def is_told(self, operator: Address, index: int) -> bool:
        """Whether anything was done about it before."""
        return index in await self._indexes(operator, tuple(Stage))

    async def answered(self, operator: Address) -> set[int]:
        """The leaves that an operator signed when it was challenged."""
        return await self._indexes(operator, (Stage.ANSWERED,))

    async def open(self) -> list[tuple[Address, int]]:
        """Operators and leaves of our open challenges."""
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(_ROW.operator, _ROW.index).where(
                    _ROW.domain == self._domain, _ROW.stage == Stage.OPEN
                )
            )
            return [(operator, index) for operator, index in rows]

    async def at_risk(self) -> int:
        """The bonds that are in open challenges or went to operators that answered."""
        async with self._database.read() as connection:
            bonds = await connection.execute(
                select(_ROW.bond).where(
                    _ROW.domain == self._domain, _ROW.stage.in_([Stage.OPEN, Stage.ANSWERED])
                )
            )
            return sum(int(bond) for bond in bonds.scalars())

    async def tell(self, operator: Address, index: int) -> None:
        """People were alerted."""
        async with self._database.write() as connection:
            await connection.execute(
                self._database.insert(tables.censorships)
                .values(**self._key(operator, index), stage=Stage.TOLD, bond="0")
                .on_conflict_do_nothing()
            )

    async def begin(self, operator: Address, index: int, bond: int) -> None:
        """A challenge with this bond is about to be opened, or was found open."""
        values = {"stage": Stage.OPEN, "bond": str(bond)}
        async with self._database.write() as connection:
            await connection.execute(
                self._database.insert(tables.censorships)
                .values(**self._key(operator, index), **values)
                .on_conflict_do_update(index_elements=["domain", "operator", "index"], set_=values)
            )

    async def close(self, operator: Address, index: int, stage: Stage) -> None:
        """Nothing of ours is open."""
        async with self._database.write() as connection:
            await connection.execute(
                update(tables.censorships)
                .filter_by(**self._key(operator, index))
                .values(stage=stage)
            )

    async def _indexes(self, operator: Address, stages: Sequence[Stage]) -> set[int]:
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(_ROW.index).where(
                    _ROW.domain == self._domain,
                    _ROW.operator == operator,
                    _ROW.stage.in_(stages),
                )
            )
            return set(rows.scalars())

    def _key(self, operator: Address, index: int) -> dict[str, object]:
        return {"domain": self._domain, "operator": operator, "index": index}
