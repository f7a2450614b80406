"""Leaves that operators left out, and the challenges that a watchtower opened about them."""

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import select, update

from hyperlane.protocol.typecasts import Address
from hyperlane.store import tables
from hyperlane.store.database import Database

_ROW = tables.censorships.c


class Stage(StrEnum):
    """Progress of one operator's missing signature on one leaf."""

    TOLD = "told"
    """People were alerted."""
    OPEN = "open"
    """A challenge of this watchtower is open, or about to be."""
    ANSWERED = "answered"
    """The operator signed at last. If this watchtower had opened the challenge, its bond is
    lost."""
    RETURNED = "returned"
    """The challenge ended without an answer, or never began: the bond was returned."""


class CensorshipStore:
    """Missing signatures on the leaves of one chain."""

    def __init__(self, database: Database, domain: int) -> None:
        self._database = database
        self._domain = domain

    async def is_alerted(self, operator: Address, index: int) -> bool:
        """Whether people were alerted to it before."""
        return index in await self._indexes(operator, tuple(Stage))

    async def answered(self, operator: Address) -> set[int]:
        """Leaves that an operator signed when it was challenged."""
        return await self._indexes(operator, (Stage.ANSWERED,))

    async def open(self) -> list[tuple[Address, int]]:
        """Operators and leaves of this watchtower's open challenges."""
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(_ROW.operator, _ROW.index).where(
                    _ROW.domain == self._domain, _ROW.stage == Stage.OPEN
                )
            )
            return [(operator, index) for operator, index in rows]

    async def at_risk(self) -> int:
        """Sum of the bonds in open challenges and of those lost to operators that answered."""
        async with self._database.read() as connection:
            bonds = await connection.execute(
                select(_ROW.bond).where(
                    _ROW.domain == self._domain, _ROW.stage.in_([Stage.OPEN, Stage.ANSWERED])
                )
            )
            return sum(int(bond) for bond in bonds.scalars())

    async def tell(self, operator: Address, index: int) -> None:
        """Record that people were alerted."""
        async with self._database.write() as connection:
            await connection.execute(
                self._database.insert(tables.censorships)
                .values(**self._key(operator, index), stage=Stage.TOLD, bond="0")
                .on_conflict_do_nothing()
            )

    async def begin(self, operator: Address, index: int, bond: int) -> None:
        """Record a challenge with this bond that is about to be opened, or was found open."""
        values = {"stage": Stage.OPEN, "bond": str(bond)}
        async with self._database.write() as connection:
            await connection.execute(
                self._database.insert(tables.censorships)
                .values(**self._key(operator, index), **values)
                .on_conflict_do_update(index_elements=["domain", "operator", "index"], set_=values)
            )

    async def close(self, operator: Address, index: int, stage: Stage) -> None:
        """Record that this watchtower has no challenge open for the leaf."""
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
