"""The copy of a chain in the database equals the chain, whatever it and its nodes did before."""

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from itertools import count
from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from tests.support.memory_chain import HOOK, MAILBOX, MemoryChain, delivering, message, sending

from hyperlane.agents.scraper.auditing import Auditor
from hyperlane.agents.scraper.following import Follower
from hyperlane.agents.scraper.reading import Piece
from hyperlane.chain.answers import Block as Header
from hyperlane.errors import ChainError
from hyperlane.metrics import Metrics
from hyperlane.store.database import Database
from hyperlane.store.migrations.schemas import SCRAPER
from hyperlane.store.scraper import tables


class World:
    """Two chains that send messages to each other, and one scraper."""

    def __init__(self, database, random):
        self.database, self.random = database, random
        self.chains = [MemoryChain(domain, random) for domain in (1, 2)]
        self.fresh, self.restarted = 0, 0
        self.days = count(0, 24 * 3600)
        self.start()

    def start(self):
        """A new process: nothing but the database is remembered."""
        self.restarted += 1
        self.followers = [
            Follower(chain, self.database, Metrics(), chunk=self.random.randint(1, 40))
            for chain in self.chains
        ]
        self.auditors = [
            Auditor(follower, self.database, MAILBOX, HOOK, clock=lambda: next(self.days))
            for follower in self.followers
        ]

    def grow(self, chain):
        made = []
        other = self.chains[2 - chain.domain]
        most = self.random.choice((0, 0, 1, 2))
        if most:
            self.fresh += 1
            first = chain.nonce()
            bodies = [self.random.randbytes(2) for _ in range(most)]
            messages = [
                message(first + at, chain.domain, other.domain, body)
                for at, body in enumerate(bodies)
            ]
            made.append(sending(self.random.randbytes(32), *messages))
        waiting = sorted(sent(other) - delivered(chain))
        if waiting and self.random.random() < 0.5:
            ids = self.random.sample(waiting, min(len(waiting), 2))
            made.append(delivering(self.random.randbytes(32), *ids))
        chain.grow(*made)

    def reorganise(self, chain, depth):
        """Drop blocks; some of what was in them is in the new ones, in the same order."""
        depth = min(depth, len(chain.blocks) - 1)
        dropped = chain.fork(depth)
        kept = 0
        for item in dropped:
            numbers = [dispatch.message.nonce for dispatch in item.dispatches]
            if numbers and numbers[0] != chain.nonce():
                continue
            if self.random.random() < 0.6:
                chain.grow(item)
                kept += 1
        for _ in range(depth - kept + self.random.randint(0, 2)):
            self.grow(chain)

    async def look(self, index, what):
        step = {
            "tip": self.followers[index].tip,
            "history": self.followers[index].history,
            "audit": self.auditors[index].step,
        }[what]
        try:
            await step()
        except ChainError:
            return

    async def settle(self):
        """Look at honest chains until nothing is left to do."""
        for chain in self.chains:
            chain.odd = lambda _what: False
            for _ in range(chain.finality + 1):
                chain.grow()
        for _ in range(8):
            for index in (0, 1):
                for what in ("tip", "history", "audit"):
                    await self.look(index, what)

    async def rows(self, *columns):
        async with self.database.read() as connection:
            return [tuple(row) for row in await connection.execute(select(*columns))]


def sent(chain):
    return {
        dispatch.message.id
        for block in chain.blocks
        for item in block.transactions
        for dispatch in item.dispatches
    }


def delivered(chain):
    return {
        delivery.message_id
        for block in chain.blocks
        for item in block.transactions
        for delivery in item.deliveries
    }


async def check(world):
    """The database holds what the chains hold, and its changes lead to it."""
    times = {
        delivery.message_id: block.timestamp
        for chain in world.chains
        for block in chain.blocks
        for item in block.transactions
        for delivery in item.deliveries
    }
    messages = {
        (d.message.id, chain.domain, d.message.nonce, block.timestamp, times.get(d.message.id))
        for chain in world.chains
        for block in chain.blocks
        for item in block.transactions
        for d in item.dispatches
    }
    row = tables.message.c
    stored = await world.rows(row.msg_id, row.origin, row.nonce, row.sent_at, row.delivered_at)
    assert len(stored) == len(messages)
    assert set(stored) - messages == set()
    assert messages - set(stored) == set()
    row = tables.delivered_message.c
    shown = dict(await world.rows(row.msg_id, row.delivered_at))
    assert shown.items() <= times.items()
    # A delivery that a node left out is noticed by its message, which a reorg may have dropped.
    assert not {id_ for id_, *_ in messages} & (times.keys() - shown.keys())
    blocks = {
        (chain.domain, block.height, block.hash)
        for chain in world.chains
        for block in chain.blocks
        if any(
            item.dispatches or any(each.message_id in shown for each in item.deliveries)
            for item in block.transactions
        )
    }
    row = tables.block.c
    with_rows = select(tables.transaction.c.block_id)
    async with world.database.read() as connection:
        found = await connection.execute(
            select(row.domain, row.height, row.hash, row.final).where(row.id.in_(with_rows))
        )
        known = [tuple(item) for item in found]
    assert {item[:3] for item in known} == blocks
    assert all(item[3] for item in known)
    leaves = await world.rows(tables.merkle_tree_insertion.c.message_id)
    paid = await world.rows(tables.gas_payment.c.msg_id, tables.gas_payment.c.payment)
    assert sorted(leaves) == sorted((id_,) for id_, *_ in messages)
    assert sorted(paid) == sorted((id_, 2**255) for id_, *_ in messages)
    told = Counter()
    for kind, id_ in await world.rows(tables.change.c.kind, tables.change.c.msg_id):
        told[kind.removeprefix("un"), id_] += -1 if kind.startswith("un") else 1
    expected = Counter({("delivered", id_): 1 for id_ in shown})
    for kind in ("dispatched", "inserted", "paid"):
        expected.update((kind, id_) for id_, *_ in messages)
    assert +told == expected
    assert not [key for key, times in told.items() if times < 0]


@pytest.mark.quick
async def test_what_a_lying_chain_says_of_others_changes_nothing(tmp_path):
    """It tells of deliveries that are not on it, before and after the true ones, and drops them."""
    database = await Database.open(str(tmp_path), SCRAPER)
    world = World(database, Random(1))
    one, two = world.chains
    ours = [message(number, 1, 2) for number in range(3)]
    early, middle, late = (item.id for item in ours)
    one.grow(sending(b"l" * 32, *ours))
    one.grow(delivering(b"m" * 32, early, middle))
    two.grow(delivering(b"t" * 32, middle, late))
    one.grow(delivering(b"n" * 32, late))
    for chain in (0, 1, 0):
        await world.followers[chain].tip()
    row = tables.message.c
    shown = dict(await world.rows(row.msg_id, row.delivered_at))
    assert shown == {early: None, middle: 1010, late: 1010}
    one.fork(2)
    one.grow()
    for _ in range(2):
        await world.followers[0].tip()
    assert dict(await world.rows(row.msg_id, row.delivered_at)) == shown
    await database.close()


class Boasting(MemoryChain):
    """A chain whose node tells of blocks that are not there, for as long as `ahead` is set."""

    ahead, last = 0, 0

    async def head(self):
        block = await super().head()
        return Header(block.number + self.ahead, b"?" * 32, 1, 1, None) if self.ahead else block

    async def final(self):
        return await super().final() + self.ahead

    async def read(self, first, last, *, newest_first):
        if first >= len(self.blocks):
            return Piece(first, last, [], 0)
        end = min(last, len(self.blocks) - 1)
        return replace(await super().read(first, end, newest_first=newest_first), last=last)


@pytest.mark.quick
@pytest.mark.parametrize("ahead", [40, 10_000])
async def test_blocks_that_a_node_made_up_hold_nothing_up_for_long(tmp_path, ahead):
    database, chain = await Database.open(str(tmp_path), SCRAPER), Boasting(1, Random(1))
    follower = Follower(chain, database, Metrics(), chunk=1000, clock=lambda: 0)

    async def look():
        for step in (follower.tip, follower.history):
            with suppress(ChainError):
                await step()

    chain.ahead = ahead
    await look()  # when nothing is stored yet
    for _ in range(9):
        chain.grow()
        for chain.ahead in (0, ahead):
            await look()
    chain.ahead = 0
    chain.grow(sending(b"h" * 32, message(0, 1, 2)))
    for now in (1, 299, 302):
        follower.clock = lambda now=now: now
        await look()
    async with database.read() as connection:
        found = await connection.execute(select(tables.message.c.msg_id))
        assert found.scalars().all() == [message(0, 1, 2).id]
        heights = await connection.execute(select(func.max(tables.block.c.height)))
        assert heights.scalar_one() < len(chain.blocks)
    await database.close()


@pytest.mark.quick
async def test_final_blocks_are_not_taken_back_before_other_urls_are_asked(tmp_path):
    world = World(await Database.open(str(tmp_path), SCRAPER), Random(1))
    chain, tip = world.chains[0], world.followers[0].tip
    chain.grow(sending(b"h" * 32, message(0, 1, 2)))
    for _ in range(8):
        chain.grow()
    await tip()
    await world.followers[0].history()
    ours, chain.blocks = chain.blocks, MemoryChain(1, Random(2)).blocks
    for _ in range(20):
        chain.grow()
    for _ in range(2):
        await tip()
    assert chain.distrusted == ["it shows another final block than 9 that is stored"]
    chain.blocks = ours
    await tip()
    assert world.followers[0].resets == 0
    await world.database.close()


@pytest.mark.quick
async def test_logs_that_no_node_has_are_read_for_less_and_less_often(tmp_path):
    world = World(await Database.open(str(tmp_path), SCRAPER), Random(1))
    chain, auditor = world.chains[0], world.auditors[0]
    chain.grow(sending(b"h" * 32, message(0, 1, 2)))
    for _ in range(5):
        chain.grow()
    chain.odd = lambda what: what == "omit"
    looks = []
    for now in range(0, 3600, 30):
        auditor.clock = lambda now=now: now
        before = len(chain.distrusted)
        for what in ("tip", "history", "audit"):
            await world.look(0, what)
        if "no log shows message 0" in chain.distrusted[before:]:
            looks.append(now)
    assert looks == [0, 60, 180, 420, 900, 1860]
    await world.database.close()


@pytest.mark.quick
@settings(max_examples=3, deadline=None, phases=[Phase.generate])
@given(seed=st.integers(0, 2**32))
def test_the_copy_equals_the_chains_after_forks_odd_answers_and_restarts(seed, tmp_path_factory):
    asyncio.run(_live(Random(seed), str(tmp_path_factory.mktemp("scraper"))))


@pytest.mark.parametrize("seed", [9002, 9013])
async def test_so_it_does_on_both_databases(seed, locate):
    await _live(Random(seed), locate("lived"))


async def _live(random, location):
    database = await Database.open(location, SCRAPER)
    try:
        world = World(database, random)
        for chain in world.chains:
            chain.most = random.choice((1, 5, 10**9))
            chain.odd = lambda what: random.random() < {"fail": 0.04, "omit": 0.05}.get(what, 0.1)
            for _ in range(random.choice((0, 20, 60))):
                world.grow(chain)
        for _ in range(60):
            index = random.randrange(2)
            match random.randrange(10):
                case 0:
                    world.reorganise(world.chains[index], random.randint(1, 4))
                case 1 if random.random() < 0.1:
                    world.reorganise(world.chains[index], random.randint(5, 12))
                case 2 if random.random() < 0.3:
                    world.start()
                case 3 | 4:
                    world.grow(world.chains[index])
                case 5:
                    await world.look(index, "history")
                case 6:
                    await world.look(index, "audit")
                case _:
                    await world.look(index, "tip")
        await world.settle()
        await check(world)
    finally:
        await database.close()
