"""Forgets one chain in a database of any kind."""

from pathlib import Path

from hyperlane.store import forget as agents
from hyperlane.store.database import Database
from hyperlane.store.migrations.schemas import AGENTS, SCRAPER, OtherKind
from hyperlane.store.scraper import forgetting as scraper

_FORGET = {AGENTS: agents.forget, SCRAPER: scraper.forget}


async def forget(location: str, domain: int) -> int:
    """Delete what is stored of a chain at a location, and return the number of rows.

    DatabaseError where it cannot be forgotten, or nothing is known of it.
    """
    schema = SCRAPER if (Path(location) / SCRAPER.file_name).exists() else AGENTS
    try:
        database = await Database.open(location, schema)
    except OtherKind:  # behind a URL, only the database tells
        schema = SCRAPER
        database = await Database.open(location, schema)
    try:
        return await _FORGET[schema](database, domain)
    finally:
        await database.close()
