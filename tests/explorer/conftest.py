"""A database with a small network in it, on SQLite."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.agents import origin, scraper_config, target, validator_config  # noqa: F401
from tests.support.databases import locate, postgres, server  # noqa: F401 - fixtures
from tests.support.explorer import opened
from tests.support.explorer_rows import Sample

from hyperlane.store.database import Database

NOW = int(time.time())


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(tmp_path) as database:
        yield database


@pytest.fixture
async def sample(database: Database) -> Sample:
    return await Sample.made(database, NOW)
