"""Making the tables of the scraper's database."""

from hyperlane.store.database import Database
from hyperlane.store.scraper.tables import metadata


async def prepare(database: Database) -> None:
    """Make the tables that are missing."""
    async with database.write() as connection:
        await connection.run_sync(metadata.create_all)
