"""Two chains for all tests of a file."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.support.building import Line, announce, close, line
from tests.support.devnet import Devnet, devnet

from hyperlane.store.database import Database


@pytest.fixture(scope="module")
def chains(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Devnet, Devnet, Path]]:
    folders = tmp_path_factory.mktemp("storages")
    with devnet("alpha", 1337) as source, devnet("beta", 7331) as target:
        announce(source, folders)
        yield source, target, folders


@pytest.fixture
async def way(chains: tuple[Devnet, Devnet, Path], tmp_path: Path) -> AsyncIterator[Line]:
    """A line between them, new for each test: nothing is remembered."""
    database = await Database.open(str(tmp_path / "db"))
    made = await line(*chains, database)
    yield made
    await close(made)
    await database.close()
