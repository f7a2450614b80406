"""The chains and agents of tests/agents, and strangers who announce what they like."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_hash.auto import keccak
from tests.agents.building import announce, close, line
from tests.agents.conftest import (
    liar,
    messages,
    origin,
    validator_config,
    watchtower_config,
    webhook,
)
from tests.agents.devnet import Devnet, devnet

from hyperlane.store.database import Database

__all__ = ["liar", "messages", "origin", "validator_config", "watchtower_config", "webhook"]

_PAGED = (
    "announcedValidatorCount()",
    "announcedValidators(uint256,uint256)",
    "announcedStorageLocationCount(address)",
    "announcedStorageLocations(address,uint256,uint256)",
)


def without_pages(chain: Devnet) -> None:
    """Make its ValidatorAnnounce like other people's: the functions for pages are not there."""
    address = chain.contracts["validatorAnnounce"].address
    code = bytes(chain.w3.eth.get_code(address))
    for number, signature in enumerate(_PAGED):
        selector = keccak(signature.encode())[:4]
        assert selector in code
        code = code.replace(selector, bytes([0xFF, 0xFF, 0xFF, number]))
    chain.rpc("anvil_setCode", address, "0x" + code.hex())


@pytest.fixture(params=["in pages", "in one call"])
def asked(request: pytest.FixtureRequest) -> Callable[[Devnet], None]:
    """Makes a chain's announcements readable in this way."""
    return without_pages if request.param == "in one call" else lambda _chain: None


@pytest.fixture(scope="module")
def chains(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Devnet, Devnet, Path]]:
    folders = tmp_path_factory.mktemp("storages")
    with devnet("alpha", 1337) as source, devnet("beta", 7331) as target:
        announce(source, folders)
        yield source, target, folders


@pytest.fixture
async def way(chains: tuple[Devnet, Devnet, Path], tmp_path: Path) -> Any:
    """A line between them, new for each test: nothing is remembered."""
    database = await Database.open(str(tmp_path / "db"))
    made = await line(*chains, database)
    yield made
    await made.origin.signatures.web.close()
    await close(made)
    await database.close()
