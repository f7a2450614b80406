"""Redundancy of modules on a real chain, for an origin whose clock and validators are driven."""

import pytest
from eth_utils import to_canonical_address
from sqlalchemy import select
from tests.support.canned import deploy_canned
from tests.support.devnet import key
from tests.support.scraped import dispatched, message, open_scraped, transaction, word, write
from tests.support.words import b32
from web3.utils.address import get_create_address

from hyperlane.agents.runtime.due_leaves import SIGNED_WITHIN
from hyperlane.agents.scraper.redundancy import Origin, RedundancyWatcher
from hyperlane.chain.abi import SecurityModule
from hyperlane.chain.client import Unreachable
from hyperlane.explorer.pages.rendering import _environment as environment
from hyperlane.protocol.token_message import Scale
from hyperlane.protocol.typecasts import address_from_hex
from hyperlane.store.scraper import progress, rows
from hyperlane.store.scraper.redundancy import DEFAULT, Finding, RedundancyStore, Subject
from hyperlane.store.scraper.tables import redundancy
from hyperlane.store.scraper.tokens import Token, TokenStore
from hyperlane.store.scraper.validators import Look, ValidatorStore

ALPHA, BETA, GAMMA = 1337, 7331, 9
START = 10**6
KEYS = [key(number).address for number in range(1, 5)]


def raw(contract):
    return address_from_hex(contract if isinstance(contract, str) else contract.address)


class World:
    """Modules on beta, and what is known of alpha's validators."""

    def __init__(self, alpha, beta, on_alpha, on_beta, database):
        self.alpha, self.beta, self.database, self.now = alpha, beta, database, START
        self.validators = ValidatorStore(database, ALPHA)
        self.store = RedundancyStore(database, BETA)
        self.tokens = TokenStore(database)
        self.origin = Origin(on_alpha, self.validators, lambda: self.now)
        self.watcher = RedundancyWatcher(
            on_beta, self.store, self.tokens, {ALPHA: self.origin}, lambda: self.now
        )
        self.nonce = 0

    @property
    def last(self):
        """Index of alpha's newest leaf."""
        return self.alpha.contracts["merkleTreeHook"].functions.count().call() - 1

    def dispatch(self):
        self.alpha.dispatch(BETA, key(3).address)

    async def is_read(self):
        """Note that all blocks of alpha are read."""
        async with self.database.write() as connection:
            await progress.move(self.database, connection, ALPHA, progress.Mark.TIP, 1)

    async def frequent(self, recipient, number=10, at=START):
        """Messages to a recipient."""
        for _ in range(number):
            self.nonce += 1
            sent = message(self.nonce, ALPHA, BETA, recipient=b32(recipient.address))
            contents = transaction(dispatches=[dispatched(sent)])
            await write(self.database, ALPHA, self.nonce, at, contents)

    async def signed(self, index, *keys, problem=None):
        """Note a look at storages of validators, which signed up to a leaf."""
        looks = [Look(raw(each), "s3://a/eu", None if problem else index, problem) for each in keys]
        await self.validators.record(looks, self.now)

    async def pass_bound(self):
        """Let the leaves of now become due."""
        await self.origin.step()
        self.now += SIGNED_WITHIN
        await self.origin.step()

    async def found(self, recipient=None):
        await self.watcher.step()
        subject = Subject(DEFAULT if recipient is None else raw(recipient), ALPHA)
        return await self.row(subject)

    async def row(self, subject):
        async with self.database.read() as connection:
            found = await connection.execute(
                select(redundancy).where(
                    redundancy.c.domain == BETA,
                    redundancy.c.recipient == subject.recipient,
                    redundancy.c.origin == subject.origin,
                )
            )
            return found.one_or_none()


@pytest.fixture
async def world(alpha, beta, on_alpha, on_beta, tmp_path):
    database = await open_scraped(tmp_path / "db", ALPHA, BETA)
    made = World(alpha, beta, on_alpha, on_beta, database)
    made.dispatch()
    await made.is_read()
    yield made
    await database.close()


@pytest.fixture
async def recipient(world, beta):
    """Of a module that wants two of three."""
    made = beta.recipient(beta.message_id_multisig(sorted(KEYS[:3]), 2))
    await world.frequent(made)
    return made


def validators(row):
    return {each["address"]: each for each in row.module["validators"]}


async def test_live_signers_above_the_threshold_are_counted(world, recipient):
    await world.pass_bound()
    await world.signed(world.last, *KEYS[:3])
    row = await world.found(recipient)
    assert (row.spare, row.problem, row.checked_at) == (1, None, world.now)
    assert (row.module["delivers"], row.module["critical"], row.module["alone"]) == (True, [], [])
    assert (row.module["type"], row.module["threshold"]) == ("message_id_multisig", 2)
    assert row.module["due"] == world.last
    assert row.oldest_at == world.now
    shown = environment().from_string("{{ ui.module_tree(module) }}").render(module=row.module)
    assert all(f"/validators/{each}" in shown for each in KEYS[:3])
    assert "2 of 3 wanted" in shown

    world.now += 10
    await world.signed(world.last, KEYS[0], problem="http 503")
    row = await world.found(recipient)
    assert (row.spare, row.module["critical"]) == (0, sorted(KEYS[1:3]))
    seen = validators(row)[KEYS[0]]
    assert (seen["live"], seen["problem"], seen["latestLeaf"]) == (False, "http 503", world.last)
    await world.signed(world.last, KEYS[1], problem="http 503")
    row = await world.found(recipient)
    assert (row.spare, row.module["delivers"], row.module["critical"]) == (-1, False, [])


async def test_a_validator_that_stops_signing_dies_when_the_next_leaf_is_due(world, recipient):
    await world.pass_bound()
    await world.signed(world.last, *KEYS[:3])
    world.dispatch()
    await world.origin.step()
    assert (await world.found(recipient)).spare == 1, "it has time to sign"
    await world.pass_bound()
    assert (await world.found(recipient)).spare == -2
    await world.signed(world.last, *KEYS[:2])
    row = await world.found(recipient)
    assert (row.spare, row.module["due"]) == (0, world.last)
    assert row.oldest_at == START + SIGNED_WITHIN, "of the one that signed last long ago"


async def test_no_stale_count_calls_anybody_live(world, recipient, monkeypatch):
    """The node answers no more: that all signed the last known leaf proves nothing."""
    await world.pass_bound()
    await world.signed(world.last, *KEYS[:3])
    world.now += SIGNED_WITHIN + 1
    row = await world.found(recipient)
    assert (row.spare, row.module["delivers"]) == (None, None)
    assert row.problem == "alpha does not answer: how many leaves it has is unknown"


async def test_before_leaves_are_due_nobody_is_judged(world, recipient):
    await world.origin.step()
    await world.signed(world.last, *KEYS[:3])
    row = await world.found(recipient)
    assert (row.spare, row.module["critical"]) == (None, None)
    assert row.problem == "no message from alpha is old enough to tell who signs: wait two minutes"
    assert validators(row)[KEYS[0]]["latestLeaf"] == world.last


async def test_after_a_restart_old_leaves_are_due_at_once(world, recipient):
    """Leaves in final blocks that are much older than the newest are in the database."""
    hook = raw(world.alpha.contracts["merkleTreeHook"])
    leaf = rows.Insertion(hook, 0, b"\1" * 32)
    await write(world.database, ALPHA, 500, 1, transaction(insertions=[leaf]))
    await world.origin.step()
    await world.signed(0, *KEYS[:2])
    row = await world.found(recipient)
    assert (row.spare, row.module["due"], row.problem) == (0, 0, None)


async def test_storages_that_were_not_looked_at_since_the_start_are_no_reason_for_alarm(
    world, recipient
):
    world.now -= 1000
    await world.signed(world.last - 1, *KEYS[:3])
    world.now += 1000
    await world.pass_bound()
    row = await world.found(recipient)
    assert (row.spare, row.problem) == (
        None,
        "the storages of validators of alpha are not all looked at yet",
    )
    await world.signed(world.last - 1, *KEYS[:3])
    assert (await world.found(recipient)).spare == -2


async def test_validators_whose_announcements_may_be_unread_are_no_reason_for_alarm(
    world, recipient
):
    async with world.database.write() as connection:
        await progress.add_unread(connection, ALPHA, 0, 10)
    await world.pass_bound()
    await world.signed(world.last, *KEYS[:2])
    row = await world.found(recipient)
    assert (row.spare, row.problem) == (
        None,
        "the announcements of validators on alpha are not all read yet",
    )
    async with world.database.write() as connection:
        await progress.cut_unread(connection, ALPHA, -1)
    row = await world.found(recipient)
    assert row.spare == 0
    assert validators(row)[KEYS[2]]["problem"] == "it announced no storage"


async def test_the_default_module_of_the_mailbox_is_looked_at_without_any_message(world):
    row = await world.found()
    assert (row.spare, row.problem) == (None, None)
    assert (row.module["type"], row.module["open"], row.module["delivers"]) == ("null", True, True)


async def test_a_trusted_relayer_is_a_single_point_of_failure(world, beta):
    trusted = key(5).address
    ism = beta.deploy("TrustedRelayerIsm", beta.contracts["mailbox"].address, trusted)
    recipient = beta.recipient(ism)
    await world.frequent(recipient)
    row = await world.found(recipient)
    assert (row.module["relayer"], row.module["open"]) == (trusted, False)
    assert (row.module["alone"], row.module["critical"]) == ([trusted], [trusted])


@pytest.mark.parametrize(
    "pausable", [("PausableIsm", key(0).address), ("GuardedPausableIsm", key(0).address, [], 3600)]
)
async def test_modules_without_signatures_are_open_only_if_they_take_a_made_up_message(
    world, beta, pausable
):
    """A bridge's module wants no metadata either, but knows what was sent; a paused one stops."""
    paused = beta.deploy(*pausable)
    bridge = deploy_canned(beta, {SecurityModule.module_type: (6).to_bytes(32)})
    signed = beta.message_id_multisig(sorted(KEYS[:3]), 2)
    recipients = [
        beta.recipient(paused),
        beta.deploy("TestRecipient"),
        beta.recipient(beta.aggregation(sorted([paused.address, signed.address]), 2)),
    ]
    beta.send(recipients[1].functions.setInterchainSecurityModule(bridge))
    for each in recipients:
        await world.frequent(each)
    await world.pass_bound()
    await world.signed(world.last, *KEYS)
    rows = [await world.found(each) for each in recipients]
    assert [row.module["open"] for row in rows] == [True, False, False]
    assert [row.module["delivers"] for row in rows] == [True, True, True]
    beta.send(paused.functions.pause())
    first, _, last = [await world.found(each) for each in recipients]
    assert (first.module["open"], first.module["delivers"]) == (False, False)
    assert (last.module["delivers"], last.spare) == (False, None)
    assert last.problem == f"module {paused.address} is paused"


async def test_the_way_by_routing_and_aggregation_is_followed(world, beta):
    """A route for alpha leads to two parts; the scarcer of them counts."""
    parts = [
        beta.merkle_root_multisig(sorted(KEYS[:3]), 2),
        beta.message_id_multisig([KEYS[3]], 1),
    ]
    whole = beta.aggregation(sorted(part.address for part in parts), 2)
    routing = beta.deploy("DomainRoutingIsm")
    beta.send(routing.functions.initialize(key(0).address, [ALPHA], [whole.address]))
    recipient = beta.recipient(routing)
    await world.frequent(recipient)
    await world.pass_bound()
    await world.signed(world.last, *KEYS)
    row = await world.found(recipient)
    assert (row.spare, row.module["critical"]) == (0, [KEYS[3]])
    assert row.module["type"] == "routing"
    (below,) = row.module["modules"]
    assert (below["type"], below["threshold"]) == ("aggregation", 2)
    assert {part["type"]: len(part["validators"]) for part in below["modules"]} == {
        "merkle_root_multisig": 3,
        "message_id_multisig": 1,
    }


async def test_a_module_of_which_nothing_is_known_is_named(world, beta):
    odd = deploy_canned(beta, {SecurityModule.module_type: (99).to_bytes(32)})
    recipient = beta.deploy("TestRecipient")
    beta.send(recipient.functions.setInterchainSecurityModule(odd))
    await world.frequent(recipient)
    row = await world.found(recipient)
    assert (row.spare, row.module["delivers"]) == (None, False)
    assert row.problem.endswith("is of the unknown type 99")


async def test_a_module_of_an_endless_answer_is_not_decoded(world, beta):
    answers = {SecurityModule.module_type: (5).to_bytes(32)}
    answers[SecurityModule.validators_and_threshold] = 2**20
    recipient = beta.deploy("TestRecipient")
    beta.send(recipient.functions.setInterchainSecurityModule(deploy_canned(beta, answers)))
    await world.frequent(recipient)
    row = await world.found(recipient)
    assert (row.spare, row.module["delivers"]) == (None, False)
    assert "returned 1048576 bytes, expected at most 32768" in row.problem


async def test_a_module_that_has_itself_as_parts_is_cut(world, beta):
    """Its address is that of the next contract, which it is."""
    owner = key(0).address
    address = get_create_address(owner, beta.w3.eth.get_transaction_count(owner))
    itself = word(to_canonical_address(address))
    answer = b"".join(n.to_bytes(32) for n in (64, 50, 50)) + itself * 50
    made = deploy_canned(
        beta,
        {
            SecurityModule.module_type: (2).to_bytes(32),
            SecurityModule.modules_and_threshold: answer,
        },
    )
    assert made == address
    recipient = beta.deploy("TestRecipient")
    beta.send(recipient.functions.setInterchainSecurityModule(made))
    await world.frequent(recipient)
    row = await world.found(recipient)
    assert (row.spare, row.module["delivers"]) == (None, False)
    shown, count = [row.module], 0
    while shown:
        count += 1
        shown += shown.pop()["modules"]
    assert count == 100


async def test_routers_are_looked_at_for_the_origins_that_they_are_enrolled_with(world, beta):
    router = beta.recipient(beta.message_id_multisig([KEYS[0]], 1))
    await world.tokens.save(
        Token(
            domain=BETA,
            router=raw(router),
            token=None,
            standard=None,
            name=None,
            symbol=None,
            decimals=None,
            counted="token",
            scale=Scale(),
            route=None,
            routers={ALPHA: [b"\1" * 32], GAMMA: [b"\2" * 32]},
            locked=None,
            minted=None,
            checked_at=0,
        )
    )
    await world.pass_bound()
    await world.signed(world.last, KEYS[0])
    row = await world.found(router)
    assert (row.spare, row.module["alone"]) == (0, [KEYS[0]])
    assert await world.row(Subject(raw(router), GAMMA)) is None, "it is not scraped"


async def test_those_that_get_no_more_messages_are_forgotten(world, recipient, beta):
    rare = beta.recipient()
    await world.frequent(rare, number=9)
    await world.watcher.step()
    assert set(await world.store.checked()) == {
        Subject(DEFAULT, ALPHA),
        Subject(raw(recipient), ALPHA),
    }
    world.now += 8 * 24 * 3600
    await world.watcher.step()
    assert set(await world.store.checked()) == {Subject(DEFAULT, ALPHA)}


async def test_a_chain_that_does_not_answer_changes_nothing(world, recipient, monkeypatch):
    await world.pass_bound()
    await world.signed(world.last, *KEYS[:3])
    before = await world.found(recipient)

    async def down(*_arguments, **_options):
        raise Unreachable("beta: no node answers")

    monkeypatch.setattr("hyperlane.chain.client.ChainClient.call", down)
    world.now += 1
    with pytest.raises(Unreachable):
        await world.watcher.step()
    assert await world.row(Subject(raw(recipient), ALPHA)) == before


@pytest.mark.parametrize(
    ("spare", "held"), [(10**10, 10**10), (2**100, 2**63 - 1), (-(2**100), 1 - 2**63)]
)
async def test_weights_of_any_size_are_stored(locate, spare, held):
    database = await open_scraped(locate("weights"), BETA)
    finding = Finding({}, spare, None, None)
    await RedundancyStore(database, BETA).record(Subject(DEFAULT, ALPHA), finding, 1)
    async with database.read() as connection:
        assert (await connection.execute(select(redundancy.c.spare))).scalar_one() == held
    await database.close()
