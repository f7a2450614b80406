"""The loops beside the following of chains, as the running scraper has them."""

import asyncio

from tests.support.agents import scraping
from tests.support.dishonest import DishonestValidator
from tests.support.words import b32

from hyperlane.protocol.typecasts import address_from_hex
from hyperlane.store.database import Database
from hyperlane.store.migrations.schemas import SCRAPER
from hyperlane.store.scraper.redundancy import DEFAULT, RedundancyStore, Subject
from hyperlane.store.scraper.tokens import TokenStore
from hyperlane.store.scraper.validators import ValidatorStore

ZERO = "0x" + "00" * 20


async def test_validators_routers_and_modules_are_looked_at(
    origin, target, scraper_config, tmp_path, monkeypatch
):
    for name in ("_ROUTERS_EVERY", "_MODULES_EVERY"):
        monkeypatch.setattr(f"hyperlane.agents.scraper.beside.{name}", 0.2)
    validator = DishonestValidator(origin, 1, tmp_path / "v1")
    validator.announce()
    router = origin.deploy("HypNative", 1, 1, origin.contracts["mailbox"].address)
    owner = origin.w3.eth.default_account
    origin.send(router.functions.initialize(ZERO, ZERO, owner))
    origin.send(router.functions.enrollRemoteRouter(7331, b32(router.address)))
    transfer = router.functions.transferRemote(7331, b32(owner), 5)
    origin.wait(transfer.transact({"value": 5}))
    await validator.storage.raise_latest_index(0)

    config = scraper_config(origin, target)
    async with scraping(config) as task:
        database = await Database.open(config["db"], SCRAPER)
        validators, tokens = ValidatorStore(database, 1337), TokenStore(database)
        modules, default = RedundancyStore(database, 7331), Subject(DEFAULT, 1337)
        try:
            while True:
                status = (await validators.statuses()).get(validator.address)
                token = next(iter(await tokens.all()), None)
                if status and token and default in await modules.checked():
                    break
                assert not task.done()
                await asyncio.sleep(0.1)
        finally:
            await database.close()
    assert "has no checkpoint" in status.problem
    assert token.router == address_from_hex(router.address)
    assert (token.locked, token.routers) == (5, {7331: (b32(router.address),)})
