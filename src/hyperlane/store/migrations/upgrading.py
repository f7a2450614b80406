"""Brings a database to its newest revision."""

import structlog
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, inspect

from hyperlane.errors import DatabaseError
from hyperlane.store import tables
from hyperlane.store.migrations.schemas import REVISION_TABLE, Schema, stored_revision
from hyperlane.store.scraper import tables as scraper_tables

log = structlog.get_logger()

TABLES: dict[str, MetaData] = {"agents": tables.metadata, "scraper": scraper_tables.metadata}
"""What the newest revision of each schema has."""


def upgrade(connection: Connection, schema: Schema, database: str) -> None:
    """Run the migrations that a database lacks, in the transaction that the connection is in.

    The caller has the lock that keeps others from doing the same.
    """
    stored = stored_revision(connection)
    schema.check(stored, database)
    if stored == schema.newest:
        return
    if stored is None:
        _see_that_names_are_free(connection, schema, database)
    else:
        log.warning(
            "database.migrating",
            db=database,
            from_revision=stored,
            to_revision=schema.newest,
            hint="an older program cannot open it afterwards. To back it up first, stop this"
            " program: a migration that is interrupted leaves the database as it was. See"
            " docs/operate/backup.md",
        )
    run(connection, schema, schema.newest)
    if connection.dialect.name == "sqlite":  # which passed over foreign keys meanwhile
        _see_that_nothing_dangles(connection, database)


def run(connection: Connection, schema: Schema, revision: str) -> None:
    """Run the migrations that lead to a revision."""
    stored = stored_revision(connection)
    below = stored if stored in schema.revisions else "base"
    scripts = ScriptDirectory(schema.folder, version_locations=[schema.folder])
    context = MigrationContext.configure(connection, opts={"version_table": REVISION_TABLE})
    # Handed over instead of Alembic's global `op`: another database may be opened meanwhile.
    operations = Operations(context)
    for script in reversed(list(scripts.iterate_revisions(revision, below))):
        script.module.upgrade(operations)
    context.stamp(scripts, revision)


def _see_that_nothing_dangles(connection: Connection, database: str) -> None:
    dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if dangling is not None:
        raise DatabaseError(
            f"db: {database}: a row of {dangling.table} would refer to a row of {dangling.parent}"
            " that is not there; nothing was migrated: report it, and use the version of the"
            " program that made the database"
        )


def _see_that_names_are_free(connection: Connection, schema: Schema, database: str) -> None:
    taken = set(TABLES[schema.name].tables) & set(inspect(connection).get_table_names())
    if taken:
        raise DatabaseError(
            f"db: {database} has tables of another program ({', '.join(sorted(taken))}): use an"
            " empty database"
        )
