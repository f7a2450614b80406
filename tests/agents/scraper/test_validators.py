"""What is believed of validators' storages, with a real chain and storages that lie or hang."""

import asyncio

import pytest
from aiohttp import web
from tests.support.agents import eventually, running
from tests.support.devnet import key
from tests.support.dishonest import DishonestValidator
from tests.support.scraped import open_scraped, transaction, write

from hyperlane.agents.scraper.validators import ValidatorWatcher
from hyperlane.chain.client import Unreachable
from hyperlane.checkpoints.web import Web
from hyperlane.protocol.checkpoint import Checkpoint
from hyperlane.protocol.typecasts import address_from_hex
from hyperlane.store.scraper import rows
from hyperlane.store.scraper.validators import ValidatorStore

ALPHA, BETA = 1337, 7331
STRANGER = b"\x99" * 20


class World:
    """A watcher of alpha, its validators, and what is stored of them."""

    def __init__(self, alpha, chain, database, web):
        self.alpha, self.database, self.now = alpha, database, 1000.0
        self.messages = [alpha.dispatch(BETA, key(3).address, bytes([n])) for n in range(3)]
        self.store = ValidatorStore(database, ALPHA)
        self.web, self.chain, self.height = web, chain, 0
        self.watcher = self.watch()
        # Other tests of this folder dispatched before.
        self.first = alpha.contracts["merkleTreeHook"].functions.count().call() - 3

    def watch(self, allow_local=True):
        return ValidatorWatcher(self.chain, self.store, allow_local, self.web, lambda: self.now)

    async def announced(self, validator, *locations, height=None):
        self.height += 1
        announcements = [
            rows.Announcement(validator, location, number)
            for number, location in enumerate(locations)
        ]
        await write(
            self.database,
            ALPHA,
            self.height if height is None else height,
            1,
            transaction(announcements=announcements),
        )

    async def announce(self, validator):
        await self.announced(validator.address, validator.storage.location)

    async def sign(self, validator, number, **changes):
        """Have a validator sign one of the three messages' leaves, and claim that it did."""
        values = {
            "origin": ALPHA,
            "merkle_tree_hook": validator.hook,
            "root": b"\1" * 32,
            "index": self.first + number,
            "message_id": self.messages[number].id,
        }
        checkpoint = Checkpoint(**(values | changes))
        await validator.publish(checkpoint)
        await validator.storage.raise_latest_index(checkpoint.index)

    async def look(self, watcher=None):
        self.now += 10
        await (watcher or self.watcher).look_at_proven()
        await (watcher or self.watcher).look_at_others()

    async def status(self, validator):
        return (await self.store.statuses())[validator]

    async def checkpoints(self):
        async with self.database.read() as connection:
            found = await connection.exec_driver_sql(
                "SELECT leaf_index, seen_at FROM validator_checkpoint ORDER BY id"
            )
            return [tuple(row) for row in found]


@pytest.fixture
async def world(alpha, on_alpha, tmp_path):
    database, client = await open_scraped(tmp_path / "db", ALPHA), Web()
    yield World(alpha, on_alpha, database, client)
    await client.close()
    await database.close()


@pytest.fixture
def validator(alpha, tmp_path):
    return DishonestValidator(alpha, 1, tmp_path / "v1")


async def test_a_signature_is_stored_when_it_is_new_and_a_look_each_time(world, validator):
    await world.announce(validator)
    await world.look()
    status = await world.status(validator.address)
    assert (status.index, status.problem) == (None, "it has signed nothing yet")

    await world.sign(validator, 0)
    await world.look()
    status = await world.status(validator.address)
    assert (status.location, status.index, status.problem, status.checked_at) == (
        validator.storage.location,
        world.first,
        None,
        1020,
    )
    await world.look()
    assert (await world.status(validator.address)).checked_at == 1030
    await world.sign(validator, 2)
    await world.look()
    assert await world.checkpoints() == [(world.first, 1020.0), (world.first + 2, 1040.0)]
    assert await world.store.seen_at([validator.address, STRANGER]) == {validator.address: 1040.0}


async def test_a_new_validator_is_looked_at_before_many_others_again(world, validator, monkeypatch):
    monkeypatch.setattr("hyperlane.agents.scraper.validators._PER_STEP", 2)
    for number in range(3):
        await world.announced(bytes([number]) * 20, "nowhere")
    await world.look()
    assert len(await world.store.statuses()) == 2
    await world.announce(validator)
    await world.look()
    assert set(await world.store.statuses()) >= {validator.address, b"\2" * 20}


async def test_a_claim_beyond_the_chain_is_a_problem_until_the_chain_has_the_leaf(world, validator):
    await world.announce(validator)
    await world.sign(validator, 1)
    await world.look()
    count = world.first + 3
    await world.sign(validator, 0, index=count)
    await world.look()
    status = await world.status(validator.address)
    assert status.problem == (
        f"it claims to have signed leaf {count}, but alpha has {count} leaves"
    )
    assert status.index == world.first + 1, "what was proven before stays"
    world.alpha.dispatch(BETA, key(3).address)
    await world.look()
    status = await world.status(validator.address)
    assert (status.index, status.problem) == (count, None)


async def test_what_a_validator_did_not_sign_itself_is_not_believed(world, validator, alpha):
    await world.announce(validator)
    other = DishonestValidator(alpha, 2, validator.storage.folder)
    await world.sign(other, 1)
    await world.look()
    status = await world.status(validator.address)
    assert status.index is None
    assert f"is signed by {key(2).address}" in status.problem
    assert await world.checkpoints() == []


async def test_a_claim_without_a_signature_is_not_believed(world, validator):
    await world.announce(validator)
    await validator.storage.raise_latest_index(world.first)
    await world.look()
    status = await world.status(validator.address)
    assert status.index is None
    assert f"claims to have signed leaf {world.first}, but has no checkpoint" in status.problem


async def test_a_signature_of_another_message_than_the_chains_is_a_problem(world, validator):
    await world.announce(validator)
    hook = address_from_hex(world.alpha.contracts["merkleTreeHook"].address)
    leaf = rows.Insertion(hook, world.first, world.messages[0].id)
    await write(world.database, ALPHA, 500, 1, transaction(insertions=[leaf]))
    await world.sign(validator, 0, message_id=b"\6" * 32)
    await world.look()
    status = await world.status(validator.address)
    assert status.problem == f"it signed another message at leaf {world.first} than alpha has"
    assert status.index is None
    await world.sign(validator, 0)
    await world.look()
    assert (await world.status(validator.address)).problem is None


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("http://127.0.0.1:1/", "no reader for this kind of location"),
        ("http://169.254.169.254/latest", "no reader for this kind of location"),
        ("s3://bucket/../x", "not a bucket and names"),
        ("s3://a/127.0.0.1:80", "not a bucket and names"),
        ("file://elsewhere/x", "expected file:///path"),
        ("\x1b[31m\0<script>", "no reader for this kind of location"),
        ("s3://" + "a" * 3000, "3005 characters, at most 2048"),
        ("file:///proc/self/mem", "Not a directory"),
        ("", "no reader for this kind of location"),
    ],
)
async def test_locations_that_nobody_may_read_are_named_and_not_asked(
    world, validator, location, words
):
    await world.announce(validator)
    await world.announced(STRANGER, location)
    await world.sign(validator, 0)
    await world.look()
    status = await world.status(STRANGER)
    assert words in status.problem
    assert status.problem.isprintable()
    assert len(status.problem) < 1000
    assert (status.index, len(status.location) <= 2049) == (None, True)
    assert (await world.status(validator.address)).problem is None


async def test_local_storages_are_read_only_if_that_is_allowed(world, validator):
    await world.announce(validator)
    await world.sign(validator, 0)
    await world.look(world.watch(allow_local=False))
    status = await world.status(validator.address)
    assert "only with allowLocalCheckpointSyncers" in status.problem
    assert status.index is None


async def test_the_newest_locations_count_by_the_order_of_the_chain(world, validator, tmp_path):
    """They are stored out of order, as history is read backwards; only three are tried."""
    await world.sign(validator, 0)
    here, nowhere = validator.storage.location, [f"file://{tmp_path}/{n}" for n in range(3)]
    await world.announced(validator.address, here, height=20)
    await world.announced(validator.address, *nowhere, height=10)
    await world.look()
    assert (await world.status(validator.address)).problem is None
    await world.announced(validator.address, *nowhere[:2], height=30)
    await world.announced(STRANGER, here, *nowhere, height=31)
    assert (await world.store.announced(3))[STRANGER] == nowhere[::-1]
    await world.look(world.watch())
    status = await world.status(validator.address)
    assert (status.location, status.problem) == (here, None), "the third newest has signatures"
    assert (await world.status(STRANGER)).problem == "it has signed nothing yet"


class Bucket:
    """A server of buckets that never answers for one, until it is let go."""

    def __init__(self):
        self.asked, self.let_go = asyncio.Event(), asyncio.Event()

    async def answer(self, _request):
        self.asked.set()
        await self.let_go.wait()
        return web.Response(status=404)


async def test_one_storage_that_hangs_delays_no_other(world, validator, monkeypatch):
    bucket, application = Bucket(), web.Application()
    application.router.add_get("/{name:.*}", bucket.answer)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{runner.addresses[0][1]}")
    try:
        await world.announced(STRANGER, "s3://hangs/eu-west-1")
        await world.announce(validator)
        await world.sign(validator, 0)
        seen = []
        world.watcher._signatures.timeout = 10**6  # however slow this machine is

        async def watch():
            while validator.address not in seen:
                seen.extend(await world.store.statuses())
                await asyncio.sleep(0.05)

        async with running(world.watcher.look_at_others()) as looking:
            await bucket.asked.wait()
            async with running(watch()) as watching:
                await eventually(watching.done, looking)
            assert not looking.done()
            assert seen == [validator.address]
            # The next look at those that answer does not wait for it either.
            await world.sign(validator, 1)
            await world.watcher.look_at_proven()
            assert (await world.status(validator.address)).index == world.first + 1
            assert not looking.done()
            bucket.let_go.set()
            await eventually(looking.done)
        assert (await world.status(STRANGER)).problem == "it has signed nothing yet"
    finally:
        bucket.let_go.set()
        await runner.cleanup()


async def test_a_chain_that_does_not_answer_changes_nothing(world, validator, monkeypatch):
    await world.announce(validator)
    await world.sign(validator, 0)
    await world.look()
    before = await world.status(validator.address)
    watcher = world.watch()
    await world.sign(validator, 1)

    async def down(*_arguments, **_options):
        raise Unreachable("alpha: no node answers")

    monkeypatch.setattr(type(world.chain.client), "call", down)
    with pytest.raises(Unreachable, match="no node answers"):
        await world.look(watcher)
    assert await world.status(validator.address) == before
