"""The read side of the scraper's database: what it finds, on SQLite and PostgreSQL."""

import random
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest
from tests.support.explorer_rows import (
    ALPHA,
    BETA,
    CHAINS,
    ETHER,
    GAMMA,
    OPERATOR,
    RELAYER,
    ROUTE,
    ROUTERS,
    SENDERS,
    VALIDATORS,
    Sample,
    address,
    busy,
    word,
)

from hyperlane.errors import DecodeError
from hyperlane.explorer.pages import words
from hyperlane.explorer.queries import messages as lists
from hyperlane.explorer.queries.accounts import account
from hyperlane.explorer.queries.chains import chain, chains, names
from hyperlane.explorer.queries.changes import changes, newest
from hyperlane.explorer.queries.life import life
from hyperlane.explorer.queries.messages import Wanted, message, messages, traffic
from hyperlane.explorer.queries.paging import Place, decode_place, encode_place
from hyperlane.explorer.queries.redundancy import of_message, redundancy, scarcest
from hyperlane.explorer.queries.routes import route, router_key, routes
from hyperlane.explorer.queries.search import Kind, search
from hyperlane.explorer.queries.stakes import _read as stakes
from hyperlane.explorer.queries.statistics import statistics
from hyperlane.explorer.queries.validators import coverage, staking_events, validator, validators
from hyperlane.protocol.hashing import keccak
from hyperlane.protocol.typecasts import to_checksum, to_hex
from hyperlane.store.database import Database
from hyperlane.store.migrations.schemas import SCRAPER
from hyperlane.store.scraper import tables
from hyperlane.store.scraper.rows import Announcement, Block, Insertion, StakingEvent
from hyperlane.store.scraper.writing import drop_above, store

NOW = 1_796_000_000

pytestmark = pytest.mark.quick


@pytest.fixture
async def anywhere(locate: Callable[[str], str]) -> AsyncIterator[Database]:
    """A database on each engine."""
    database = await Database.open(locate("explorer"), SCRAPER)
    yield database
    await database.close()


async def all_pages(database: Database, wanted: Wanted, limit: int) -> list[bytes]:
    found: list[bytes] = []
    after = None
    while True:
        page = await messages(database, wanted, after, limit)
        assert len(page.items) <= limit
        found += [each.id for each in page.items]
        if page.next is None:
            return found
        assert after is None or page.next < after
        after = decode_place(encode_place(page.next))


async def test_filters_and_pages_find_what_a_plain_look_finds(anywhere, monkeypatch):
    monkeypatch.setattr(lists, "_MOST_LOOKED_AT", 3)
    async with anywhere.together():
        sent = await busy(anywhere, NOW, 24)
    known = {each.id: await message(anywhere, each.id) for each in sent}
    ordered = sorted(known.values(), key=lambda each: (each.sent_at, each.number), reverse=True)
    chance = random.Random(7)
    some = chance.choice(ordered)
    for _ in range(40):
        wanted = Wanted(
            origin=chance.choice([None, None, some.origin]),
            destination=chance.choice([None, None, some.destination, 5]),
            sender=chance.choice([None, None, some.sender, word(SENDERS[1])]),
            recipient=chance.choice([None, None, some.recipient]),
            delivered=chance.choice([None, True, False]),
            since=chance.choice([None, some.sent_at, NOW - 40_000]),
            until=chance.choice([None, None, some.sent_at, NOW - 100]),
        )
        plain = [
            each.id
            for each in ordered
            if wanted.origin in (None, each.origin)
            and wanted.destination in (None, each.destination)
            and wanted.sender in (None, each.sender)
            and wanted.recipient in (None, each.recipient)
            and wanted.delivered in (None, each.delivered_at is not None)
            and (wanted.since is None or each.sent_at >= wanted.since)
            and (wanted.until is None or each.sent_at < wanted.until)
        ]
        limit = chance.choice([1, 2, 5, 100])
        assert await all_pages(anywhere, wanted, limit) == plain, wanted


async def test_a_rare_match_takes_several_bounded_looks(database, monkeypatch):
    monkeypatch.setattr(lists, "_MOST_LOOKED_AT", 2)
    sample = await Sample.made(database, NOW)
    rare = await sample.dispatch(ALPHA, BETA, NOW - 900, sender=SENDERS[0])
    for number in range(5):
        await sample.dispatch(ALPHA, GAMMA, NOW - 800 + number, sender=SENDERS[0])
    wanted = Wanted(sender=word(SENDERS[0]), destination=BETA)
    first = await messages(database, wanted)
    assert first.items == ()
    assert first.next is not None
    assert await all_pages(database, wanted, 10) == [rare.id]


def test_only_places_that_were_given_out_are_read():
    assert decode_place(encode_place(Place(5, 2**40))) == Place(5, 2**40)
    for text in ("", "x", "AAAA", encode_place(Place(1, 2)) + "=", "Ω" * 22, "A" * 5000, "\0"):
        with pytest.raises(DecodeError, match="cursor"):
            decode_place(text)


async def test_a_life_has_all_that_happened(anywhere):
    sample = await Sample.made(anywhere, NOW)
    sent = await sample.dispatch(ALPHA, BETA, NOW - 100, tokens=3 * ETHER)
    await sample.token(ALPHA)
    before = await life(anywhere, sent.id)
    assert before.delivery is None
    assert before.message.delivered_at is None
    first, second, third = VALIDATORS[ALPHA]
    await sample.look(ALPHA, first, {0: NOW - 90.5})
    await sample.look(ALPHA, second, {}, problem="no answer in time")
    await sample.dispatch(ALPHA, GAMMA, NOW - 80)
    await sample.look(ALPHA, third, {1: NOW - 70.0})
    await sample.deliver(sent, NOW - 60, 3 * ETHER)

    found = await life(anywhere, sent.id)
    assert found.body == sent.body
    assert found.message.delay == 40
    assert found.dispatch.time == NOW - 100
    assert found.dispatch.fee == 128_688 * 2 * 10**9
    assert [each.leaf_index for each in found.insertions] == [0]
    assert [(each.payment, each.gas_amount) for each in found.payments] == [
        (ETHER // 5000, 220_000)
    ]
    assert found.delivery.transaction.time == NOW - 60
    assert [(each.direction, each.amount) for each in found.transfers] == [
        ("sent", 3 * ETHER),
        ("received", 3 * ETHER),
    ]
    assert found.transfers[0].token.symbol == "ETH"
    assert found.transfers[1].token is None
    seen = {each.validator: each for each in found.signatures}
    assert (seen[first].seen_at, seen[first].at_first_look) == (NOW - 90.5, True)
    assert (seen[second].seen_at, seen[second].problem) == (None, "no answer in time")
    assert seen[third].delay is None
    assert await life(anywhere, b"\7" * 32) is None


async def test_a_delay_is_told_once_an_earlier_look_is_known(database):
    sample = await Sample.made(database, NOW)
    await sample.dispatch(ALPHA, BETA, NOW - 200)
    late = await sample.dispatch(ALPHA, BETA, NOW - 100)
    await sample.look(ALPHA, VALIDATORS[ALPHA][0], {0: NOW - 190.0, 1: NOW - 88.0})
    (signature,) = (await life(database, late.id)).signatures
    assert (signature.delay, signature.at_first_look) == (12.0, False)


async def test_a_delivery_without_its_dispatch_is_a_life_too(anywhere):
    sample = await Sample.made(anywhere, NOW)
    foreign = replace(await sample.dispatch(ALPHA, BETA, NOW - 100), nonce=77, origin=5)
    await sample.deliver(foreign, NOW)
    found = await life(anywhere, foreign.id)
    assert found.message is None
    assert found.delivery.domain == BETA
    (one,) = await traffic(anywhere, found.delivery.transaction.hash)
    assert one.delivered == ()
    assert [message_id for message_id, _ in one.deliveries] == [foreign.id]
    (hit,) = await search(anywhere, to_hex(foreign.id))
    assert hit.kind is Kind.MESSAGE


async def test_a_transaction_shows_what_it_dispatched_and_delivered(anywhere):
    sample = await Sample.made(anywhere, NOW)
    sent = await sample.dispatch(ALPHA, BETA, NOW - 100)
    await sample.deliver(sent, NOW - 50)
    found = await life(anywhere, sent.id)
    (origin,) = await traffic(anywhere, found.dispatch.hash)
    (target,) = await traffic(anywhere, found.delivery.transaction.hash)
    assert [each.id for each in origin.dispatched] == [sent.id]
    assert [each.id for each in target.delivered] == [sent.id]
    assert await traffic(anywhere, b"\7" * 32) == ()
    async with anywhere.write() as connection:
        await connection.execute(tables.message.update().values(destination=GAMMA))
    (target,) = await traffic(anywhere, target.transaction.hash)
    assert (target.delivered, target.deliveries) == ((), ()), "it is not for this chain"


async def test_chains_tell_how_far_they_are(anywhere):
    sample = await Sample.made(anywhere, NOW)
    await sample.dispatch(ALPHA, BETA, NOW - 100)
    await sample.dispatch(ALPHA, BETA, NOW - 90)
    found = {each.domain: each for each in await chains(anywhere)}
    assert found[ALPHA].leaves == 2
    assert (found[ALPHA].block, found[ALPHA].block_time) == (6_000_002, NOW - 90)
    assert found[BETA].block is None
    assert await chain(anywhere, ALPHA) == found[ALPHA]
    assert await chain(anywhere, 5) is None
    assert await names(anywhere) == CHAINS


async def test_validators_are_read_with_lag_and_stake(anywhere):
    async with anywhere.together():
        await busy(anywhere, NOW, 12)
    found = await validators(anywhere, ALPHA)
    assert [each.address for each in found] == sorted(VALIDATORS[ALPHA])
    silent = next(each for each in found if each.problem)
    assert silent.lag == (silent.leaves or 0) - 1
    assert all(each.announcements for each in found)
    after = found[0].address
    assert [each.address for each in await validators(anywhere, ALPHA, after, 1)] == [
        found[1].address
    ]
    (one,) = await validator(anywhere, VALIDATORS[ALPHA][0])
    assert one.stake.staked == 32 * ETHER
    assert await validator(anywhere, address("nobody")) == ()
    looks = await coverage(anywhere, ALPHA, VALIDATORS[ALPHA][0])
    assert [each.leaf_index for each in looks] == sorted(
        (each.leaf_index for each in looks), reverse=True
    )
    assert [each.kind for each in await staking_events(anywhere, OPERATOR)] == [
        "Staked",
        "OperatorRegistered",
    ]


async def test_stake_adds_up_over_all_events(database):
    sample = await Sample.made(database, NOW)
    key, staking = VALIDATORS[ALPHA][0], address("staking")
    events = [
        ("OperatorRegistered", None, {}),
        ("Staked", 100, {}),
        ("Rewarded", 10, {}),
        ("Unstaked", 30, {}),
        ("Slashed", 25, {"staked": "20", "unbonding": "5"}),
        ("Jailed", None, {"until": "1800000000"}),
    ]
    blocks = []
    for number, (kind, amount, fields) in enumerate(events):
        validator_ = key if number == 0 else None
        row = StakingEvent(staking, kind, OPERATOR, validator_, amount, fields, number)
        made = sample.transaction(f"{kind}", OPERATOR, staking, staking=[row])
        blocks.append(Block(number, keccak(b"%d" % number), NOW + number, [made]))
    for block in reversed(blocks):
        assert await stakes(database, [key], ALPHA) == {}, "it may have been staked before"
        async with database.write() as connection:
            await store(database, connection, ALPHA, [block], final=9)
    newest_first = [kind for kind, *_ in reversed(events)]
    assert [each.kind for each in await staking_events(database, OPERATOR)] == newest_first
    (stake,) = (await stakes(database, [key], ALPHA)).values()
    assert (stake.staked, stake.slashed) == (60, 25)
    assert (stake.status, stake.jailed_until) == ("jailed", 1_800_000_000)
    assert await stakes(database, [key], BETA) == {}
    other = VALIDATORS[ALPHA][1]
    rotated = StakingEvent(staking, "KeyRotated", OPERATOR, other, None, {}, 0)
    made = sample.transaction("rotated", OPERATOR, staking, staking=[rotated])
    await sample.block(ALPHA, NOW + 9, made)
    assert await stakes(database, [key, other], ALPHA) == {other: stake}


async def test_what_is_newest_is_told_by_blocks_and_not_by_the_order_of_reading(anywhere):
    """History is read after the newest blocks."""
    sample = await Sample.made(anywhere, NOW)
    key, leaf = VALIDATORS[ALPHA][0], b"\1" * 32
    for height, location in ((20, "s3://new/eu"), (10, "s3://old/eu")):
        tree = address(location)
        made = sample.transaction(
            location,
            key,
            key,
            announcements=[Announcement(key, location, 0)],
            insertions=[Insertion(tree, height + each, leaf) for each in range(2)],
        )
        block = Block(height, keccak(location.encode()), NOW + height, [made])
        async with anywhere.write() as connection:
            await store(anywhere, connection, ALPHA, [block], final=99)
    await sample.look(ALPHA, key, {20: NOW})
    for (found,) in (await validator(anywhere, key), await validators(anywhere, ALPHA)):
        assert found.announcements[0].location == "s3://new/eu"
        assert (found.leaves, found.lag, found.waiting_since) == (22, 1, NOW + 20)
    assert (await chain(anywhere, ALPHA)).leaves == 22


async def test_challenges_of_a_leaf_belong_to_its_life(database):
    sample = await Sample.made(database, NOW)
    sent = await sample.dispatch(ALPHA, BETA, NOW - 100)
    key, contract = VALIDATORS[ALPHA][0], address("challenges")
    await sample.look(ALPHA, key, {})
    events = [
        ("OperatorRegistered", key, {}),
        ("Challenged", None, {"challenge": "1", "index": "0"}),
        ("Challenged", None, {"challenge": "2", "index": "9"}),
        ("Unanswered", None, {"challenge": "1"}),
        ("Unanswered", None, {"challenge": "2"}),
    ]
    for number, (kind, validator_, fields) in enumerate(events):
        row = StakingEvent(contract, kind, OPERATOR, validator_, None, fields, 0)
        label = f"{kind} {number}"
        await sample.block(
            ALPHA, NOW + number, sample.transaction(label, OPERATOR, contract, staking=[row])
        )
    found = await life(database, sent.id)
    assert [(each.kind, each.fields["challenge"]) for each in found.staking] == [
        ("Challenged", "1"),
        ("Unanswered", "1"),
    ]


async def test_routes_are_found_by_name_and_by_router(anywhere):
    sample = await Sample.made(anywhere, NOW)
    for domain in CHAINS:
        await sample.token(domain)
    stranger = address("stranger")
    enrolled = {str(ALPHA): [to_hex(word(ROUTERS[ALPHA]))]}
    await sample.token(BETA, router=stranger, route=None, routers=enrolled)
    listed = await routes(anywhere)
    assert listed.complete
    named, other = listed.routes
    assert (named.name, len(named.routers)) == (ROUTE, 3)
    assert [each.router for each in other.routers] == [stranger]
    assert [link.mutual for link in other.links] == [False]
    assert (named.locked, named.minted, named.missing) == (40, 36, 0)
    assert await route(anywhere, ROUTE) == named
    assert await route(anywhere, router_key(GAMMA, ROUTERS[GAMMA])) == named
    assert (await route(anywhere, router_key(BETA, stranger))).routers == other.routers
    for key in ("", "x", "1:0x", "1:0xzz", "99999999999:0x00", "١:0x00", ROUTE.lower()):
        assert await route(anywhere, key) is None


async def test_redundancy_is_listed_scarcest_first_or_by_domain(anywhere):
    sample = await Sample.made(anywhere, NOW)
    await sample.redundancy(BETA, ALPHA, 1)
    await sample.redundancy(BETA, GAMMA, None)
    await sample.redundancy(ALPHA, BETA, 0, recipient=address("app"))
    assert [each.spare for each in await scarcest(anywhere)] == [0, 1]
    everything = await redundancy(anywhere)
    keys = [(each.domain, each.recipient, each.origin) for each in everything]
    assert keys == sorted(keys)
    assert [each.origin for each in await redundancy(anywhere, BETA)] == sorted([ALPHA, GAMMA])
    assert await redundancy(anywhere, after=keys[0]) == everything[1:]
    own = await of_message(anywhere, BETA, ALPHA, word(address("app")))
    assert own.recipient == address("app")
    assert (await of_message(anywhere, ALPHA, BETA, word(address("app")))).recipient == b""
    assert await of_message(anywhere, 1, 2, word(address("app"))) is None


async def test_changes_come_in_order_and_tell_of_dropped_blocks(anywhere):
    sample = await Sample.made(anywhere, NOW)
    assert await newest(anywhere) == 0
    sent = await sample.dispatch(ALPHA, BETA, NOW - 100)
    await sample.deliver(sent, NOW - 50)
    found = await changes(anywhere)
    assert [each.kind for each in found] == ["dispatched", "inserted", "paid", "delivered"]
    assert {each.life.message.id for each in found} == {sent.id}
    numbers = [each.number for each in found]
    assert await changes(anywhere, numbers[1]) == found[2:]
    assert await changes(anywhere, numbers[0], 1) == found[1:2]
    async with anywhere.write() as connection:
        await drop_above(connection, ALPHA, 0)
    after = await changes(anywhere, numbers[-1])
    assert {each.kind for each in after} == {"undispatched", "uninserted", "unpaid"}
    assert {each.life.message for each in after} == {None}
    assert await newest(anywhere) == after[-1].number


async def test_payments_in_different_coins_are_never_added_up(anywhere):
    sample = await Sample.made(anywhere, NOW)
    for origin, other in ((ALPHA, BETA), (ALPHA, GAMMA), (BETA, GAMMA)):
        await sample.dispatch(origin, other, NOW - 100)
    each = ETHER // 5000
    found = await statistics(anywhere, NOW - 86_400, NOW)
    assert found.payments == {ALPHA: 2 * each, BETA: each}
    assert [hour.payments for hour in found.hours] == [found.payments]
    only = await statistics(anywhere, NOW - 86_400, NOW, origin=BETA)
    assert only.payments == {BETA: each}


async def test_transfers_are_in_the_units_of_their_router(anywhere):
    """Events are in the units of messages: eighteen digits here, six in the token."""
    sample = await Sample.made(anywhere, NOW)
    sent = await sample.dispatch(ALPHA, BETA, NOW - 100, tokens=25 * 10**17 + 1)
    (transfer,) = (await life(anywhere, sent.id)).transfers
    assert words.own_amount(transfer.units, transfer.token) == f"{25 * 10**17 + 1:,} units"
    await sample.token(ALPHA, decimals=6, scale_numerator=10**12)
    (transfer,) = (await life(anywhere, sent.id)).transfers
    assert words.own_amount(transfer.units, transfer.token) == "2.5"
    async with anywhere.write() as connection:
        await connection.execute(tables.token.update().values(counted="share"))
    (transfer,) = (await life(anywhere, sent.id)).transfers
    assert words.own_amount(transfer.units, transfer.token) == "2,500,000 shares"


async def test_statistics_add_up(anywhere):
    sample = await Sample.made(anywhere, NOW)
    for number in range(4):
        sent = await sample.dispatch(ALPHA, BETA if number else GAMMA, NOW - 7000 + number)
        if number:
            await sample.deliver(sent, NOW - 6990 + number)
    found = await statistics(anywhere, NOW - 86_400, NOW)
    assert (sum(hour.sent for hour in found.hours), found.percentile(0.5)) == (4, 9.5)
    assert [(pair.destination, pair.sent, pair.delivered) for pair in found.pairs] == [
        (BETA, 3, 3),
        (GAMMA, 1, 0),
    ]
    assert (await statistics(anywhere, NOW - 86_400, NOW, destination=GAMMA)).percentile(
        0.5
    ) is None


async def test_an_account_has_what_its_transactions_and_tokens_did(anywhere):
    sample = await Sample.made(anywhere, NOW)
    sent = [await sample.dispatch(ALPHA, BETA, NOW - 100 + number, tokens=1) for number in range(2)]
    await sample.deliver(sent[0], NOW - 50, 1)

    async def ids(address: bytes) -> list[list[bytes]]:
        found = await account(anywhere, address, 10)
        lists = (found.dispatched, found.received, found.delivered)
        return [[each.id for each in those] for those in lists]

    assert await ids(word(SENDERS[0])) == [[sent[0].id], [], []]
    assert await ids(SENDERS[1]) == [[sent[1].id], [sent[1].id, sent[0].id], []]
    assert await ids(RELAYER) == [[], [], [sent[0].id]]
    assert await ids(address("nobody")) == [[], [], []]
    async with anywhere.write() as connection:
        for table in (tables.token_transfer, tables.delivered_message):
            await connection.execute(table.update().values(domain=GAMMA))
    assert await ids(SENDERS[1]) == [[sent[1].id], [], []], "only their own chains tell of them"
    assert await ids(RELAYER) == [[], [], []]


async def test_search_takes_anything_in_any_spelling(anywhere):
    sample = await Sample.made(anywhere, NOW)
    sent = await sample.dispatch(ALPHA, BETA, NOW - 100, tokens=ETHER)
    other = await sample.dispatch(ALPHA, BETA, NOW - 90, sender=SENDERS[2])
    for domain in CHAINS:
        await sample.token(domain)
    await sample.announce(ALPHA, VALIDATORS[ALPHA][0], "s3://x", NOW)
    found = await life(anywhere, sent.id)

    async def kinds(text: str) -> list[Kind]:
        return [each.kind for each in await search(anywhere, text)]

    identity = to_hex(sent.id)
    for spelling in (
        identity,
        identity.upper().replace("0X", "0x"),
        identity.upper(),
        identity[2:],
        f"  {identity}\n",
        f"https://explorer.example/message/{identity}?tab=x#y",
        f"\0{identity}\0",
        f'"{identity}",',
        f"message id: {identity}.",
        f"https://explorer.example/?search={identity[2:]}",
        identity[:8],
        f"{identity[:8]}…{identity[-6:]}",
        f"{identity[:8]}...{identity[-4:].upper()}",
    ):
        assert await kinds(spelling) == [Kind.MESSAGE], spelling
    assert await kinds(to_hex(found.dispatch.hash)) == [Kind.TRANSACTION]
    sender = SENDERS[2]
    for spelling in (to_hex(sender), to_checksum(sender), sender.hex().upper(), word(sender).hex()):
        assert await kinds(spelling) == [Kind.ADDRESS], spelling
    assert await kinds(to_hex(VALIDATORS[ALPHA][0])) == [Kind.VALIDATOR]
    assert await kinds(to_hex(ROUTERS[BETA])) == [Kind.ROUTE, Kind.ADDRESS]
    assert await kinds(to_hex(other.recipient)) == [Kind.ADDRESS]
    wallet = found.dispatch.sender
    assert await kinds(to_hex(wallet)) == [Kind.ADDRESS]
    assert await kinds(to_hex(SENDERS[1])) == [Kind.ADDRESS]  # tokens were for it
    assert await kinds(f"https://x.example/block/{found.dispatch.block}") == [Kind.TRANSACTION]
    assert await kinds(f"block {found.dispatch.block}") == [Kind.TRANSACTION]
    for spelling in ("ETH", "eth", " Ether"):
        assert [each.key for each in await search(anywhere, spelling)] == [ROUTE], spelling
    for spelling in ("sepolia", "SEPOLIA", " Sepolia ", str(ALPHA), f"domain {ALPHA}"):
        assert [each.key for each in await search(anywhere, spelling)] == [str(ALPHA)], spelling
    for spelling in ("base", "Base Sepolia", "base-sepolia"):
        assert await kinds(spelling) == [Kind.CHAIN], spelling
    for spelling in (ROUTE, ROUTE.lower()):
        assert [each.key for each in await search(anywhere, spelling)] == [ROUTE], spelling
    for nothing in (
        "",
        " ",
        "0x",
        "0x12",
        identity[:7],
        f"{identity[:8]}…0000",
        "x" * 10_000,
        "'; DROP TABLE message; --",
        "%",
        "\0",
    ):
        assert await kinds(nothing) == [], nothing
