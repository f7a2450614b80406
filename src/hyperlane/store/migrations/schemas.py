"""The two kinds of databases, and what tells which kind and revision one is.

Alembic is not imported here: most databases that are opened are at the newest revision.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sqlalchemy import Column, Connection, MetaData, String, Table, inspect, select

from hyperlane.errors import DatabaseError
from hyperlane.store import tables

REVISION_TABLE = "schema_revision"
"""Alembic's table; not by Alembic's name for it, which other programs in the database may use."""

_VERSIONS = ("2", "3")
"""Versions of the agents' databases from before Alembic that can be migrated."""

_revision = Table(REVISION_TABLE, MetaData(), Column("version_num", String(32)))


class OtherKind(DatabaseError):
    """Failure to open a database because it is of another schema."""


@dataclass(frozen=True)
class Schema:
    """A kind of database."""

    name: str
    owner: str
    """Who uses it, for errors."""
    file_name: str
    """Of the SQLite file in the database's folder."""
    folder: Path
    """The folder with the migrations, a file for each revision, named as the revision is."""

    @cached_property
    def revisions(self) -> tuple[str, ...]:
        """All revisions, oldest first."""
        return tuple(sorted(path.stem for path in self.folder.glob(f"{self.name}_*.py")))

    @property
    def newest(self) -> str:
        """The revision that this program works with."""
        return self.revisions[-1]

    def check(self, stored: str | None, database: str) -> None:
        """Raise DatabaseError unless the stored revision can be used or migrated."""
        if stored is None or stored in self.revisions:
            return
        kind = AGENTS.name if stored.isdecimal() else stored.rpartition("_")[0]
        if kind == self.name and stored in _VERSIONS:
            return
        for other in (AGENTS, SCRAPER):
            if other.name == kind != self.name:
                raise OtherKind(
                    f"db: {database} is the database of {other.owner}, not of {self.owner}: use"
                    " another db; each needs its own"
                )
        oldest = _VERSIONS[0] if self.name == AGENTS.name else self.revisions[0]
        raise DatabaseError(
            f"db: {database} has schema version {stored}; this program reads {oldest} to"
            f" {self.newest}: use the version of the program that made it, or another db"
        )


_HERE = Path(__file__).parent
AGENTS = Schema("agents", "an agent", "hyperlane.sqlite", _HERE / "agents")
SCRAPER = Schema("scraper", "the scraper", "scraper.sqlite", _HERE / "scraper")


def stored_revision(connection: Connection) -> str | None:
    """The revision that a database has; its version if it is from before Alembic, None if new."""
    names = inspect(connection)
    if names.has_table(REVISION_TABLE):
        return connection.execute(select(_revision.c.version_num)).scalar()
    if names.has_table(tables.schema.name):
        version = connection.execute(select(tables.schema.c.version)).scalar()
        return None if version is None else str(version)
    return None
