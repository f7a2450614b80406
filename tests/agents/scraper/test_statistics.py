"""Sums of traffic: hours that are closed, that change afterwards, and that still run."""

import itertools
from collections import Counter
from itertools import count
from math import ceil

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from tests.support.scraped import (
    delivered,
    dispatched,
    message,
    open_scraped,
    paid,
    transaction,
    write,
)

from hyperlane.agents.scraper.statistics import BUCKETS, TrafficWatcher, percentiles, total
from hyperlane.store.scraper import tables, writing
from hyperlane.store.scraper.forgetting import forget
from hyperlane.store.scraper.statistics import HOUR, Slot, StatisticsStore, Traffic
from hyperlane.store.scraper.tables import gas_payment

pytestmark = pytest.mark.quick

ALPHA, BETA, GAMMA = 1, 2, 3
NOON = 1_700_006_400 - 1_700_006_400 % HOUR
BIG = 2**200


@pytest.fixture
async def database(locate):
    made = await open_scraped(locate("scraped"), ALPHA, BETA, GAMMA)
    yield made
    await made.close()


@pytest.fixture
def store(database):
    return StatisticsStore(database, BUCKETS)


@pytest.fixture
def watcher(store):
    return TrafficWatcher(store)


async def send(database, height, at, sent, *payments, final=10**9):
    payments = [paid(sent, amount, 1 + number) for number, amount in enumerate(payments)]
    contents = transaction(dispatches=[dispatched(sent)], payments=payments)
    await write(database, sent.origin, height, at, contents, final=final)


async def deliver(database, height, at, sent, final=10**9):
    contents = transaction(deliveries=[delivered(sent)])
    await write(database, sent.destination, height, at, contents, final=final)


async def test_payments_that_a_node_made_up_do_not_stop_the_sums(database, store, watcher):
    await send(database, 1, NOON, message(0, ALPHA, BETA), *[2**256 - 1] * 10)
    await send(database, 2, NOON + HOUR, message(1, ALPHA, BETA))
    await watcher.step()
    sums = await store.traffic(NOON, NOON + HOUR)
    assert sums[Slot(NOON, ALPHA, BETA)].payment == 10**78 - 1


async def stored(store):
    """Sums that do not depend on what is in the table of messages."""
    async with store._database.read() as connection:
        found = await connection.exec_driver_sql(
            "SELECT hour, origin, destination, sent, delivered FROM hourly_traffic ORDER BY 1, 2, 3"
        )
        return [tuple(row) for row in found]


async def test_a_past_hour_is_summed_when_it_is_final(database, store, watcher):
    first, second = message(0, ALPHA, BETA), message(1, ALPHA, GAMMA)
    await send(database, 10, NOON, first, BIG, BIG, 5, final=9)
    await send(database, 11, NOON + HOUR - 1, second, 7, final=9)
    await deliver(database, 50, NOON + 4, first)
    await watcher.step()
    assert await stored(store) == []
    await write(database, ALPHA, 12, NOON + HOUR, final=9)
    await watcher.step()
    assert await stored(store) == [], "its blocks may still be dropped"

    async with database.write() as connection:
        await writing.finalise(connection, ALPHA, 0, 12, keep=12)
    await watcher.step()
    assert await stored(store) == [(NOON, ALPHA, BETA, 1, 1), (NOON, ALPHA, GAMMA, 1, 0)]
    traffic = await store.traffic(NOON, NOON + 2 * HOUR)
    assert traffic == {
        Slot(NOON, ALPHA, BETA): Traffic(1, 1, 2 * BIG + 5, Counter({4: 1})),
        Slot(NOON, ALPHA, GAMMA): Traffic(1, 0, 7, Counter()),
    }


async def test_what_happens_later_to_a_closed_hour_is_added_and_taken_back(
    database, store, watcher
):
    early, late = message(0, ALPHA, BETA), message(1, ALPHA, BETA)
    await send(database, 10, NOON, early)
    await write(database, ALPHA, 90, NOON + 5 * HOUR)
    await watcher.step()
    assert await stored(store) == [(NOON, ALPHA, BETA, 1, 0)]

    await deliver(database, 50, NOON + 3 * HOUR, early, final=0)
    await watcher.step()
    assert await stored(store) == [(NOON, ALPHA, BETA, 1, 1)]
    await send(database, 9, NOON + 1, late, 3)  # history that is read after the tip
    await watcher.step()
    assert await stored(store) == [(NOON, ALPHA, BETA, 2, 1)]
    async with database.write() as connection:
        await writing.drop(connection, BETA, [50])
    await watcher.step()
    assert await stored(store) == [(NOON, ALPHA, BETA, 2, 0)]
    (traffic,) = (await store.traffic(NOON, NOON + HOUR)).values()
    assert (traffic.payment, traffic.delays) == (3, Counter())


async def test_hours_that_are_not_closed_are_counted_when_asked_for(database, store, watcher):
    for number in range(3):
        sent = message(number, ALPHA, BETA)
        await send(database, number, NOON + number * HOUR, sent, number, final=1)
        await deliver(database, number, NOON + number * HOUR + 2, sent)
    await watcher.step()
    assert [row[0] for row in await stored(store)] == [NOON, NOON + HOUR]
    found = await store.traffic(NOON, NOON + 3 * HOUR)
    assert {slot.hour: traffic for slot, traffic in found.items()} == {
        NOON + number * HOUR: Traffic(1, 1, number, Counter({2: 1})) for number in range(3)
    }
    assert list(await store.traffic(NOON + 1, NOON + HOUR + 1)) == [Slot(NOON + HOUR, ALPHA, BETA)]


async def test_a_restart_at_any_step_ends_in_the_same_sums(database, store, watcher, monkeypatch):
    sent = [message(number, ALPHA, BETA) for number in range(4)]
    for number, each in enumerate(sent):
        await send(database, number, NOON + number * HOUR, each, 1)
    await write(database, ALPHA, 90, NOON + 9 * HOUR)

    class Killed(Exception):
        pass

    monkeypatch.setattr("hyperlane.store.scraper.statistics._HOURS_AT_ONCE", 1)
    writes = database.write
    for allowed in (0, 1, 1, 2):
        left = [allowed]

        def few(left=left):
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            return writes()

        with monkeypatch.context() as patch:
            patch.setattr(type(database), "write", lambda _self, few=few: few())
            with pytest.raises(Killed):
                await TrafficWatcher(StatisticsStore(database, BUCKETS)).step()
    await deliver(database, 50, NOON + 10, sent[0])
    await watcher.step()
    rows = await stored(store)
    assert rows == [(NOON + n * HOUR, ALPHA, BETA, 1, int(n == 0)) for n in range(4)]
    await watcher.step()
    assert await stored(store) == rows


async def test_payments_on_other_chains_and_for_other_messages_do_not_count(database, store):
    sent = message(0, ALPHA, BETA)
    await send(database, 1, NOON, sent, 5)
    await write(database, GAMMA, 1, NOON, transaction(payments=[paid(sent, 1000)]))
    await write(database, ALPHA, 2, NOON, transaction(payments=[paid(message(9, ALPHA, BETA), 70)]))
    (traffic,) = (await store.traffic(NOON, NOON + HOUR)).values()
    assert traffic.payment == 5


async def test_clocks_of_chains_may_differ(database, store):
    sent = message(0, ALPHA, BETA)
    await send(database, 1, NOON, sent)
    await deliver(database, 1, NOON - 7, sent)
    (traffic,) = (await store.traffic(NOON, NOON + HOUR)).values()
    assert traffic.delays == Counter({0: 1})


async def test_more_changes_than_are_read_at_once_are_all_read(
    database, store, watcher, monkeypatch
):
    monkeypatch.setattr("hyperlane.store.scraper.statistics._CHANGES_AT_ONCE", 2)
    await write(database, ALPHA, 90, NOON + 9 * HOUR)
    await watcher.step()
    for number in range(5):
        await send(database, number, NOON + number * HOUR, message(number, ALPHA, BETA))
    await watcher.step()
    assert len(await stored(store)) == 5


async def test_hours_whose_final_blocks_the_chain_drops_are_summed_again(database, store, watcher):
    """A reorganisation deeper than finality: what was sent may be sent in another hour, or not."""
    kept, moved, gone = (message(number, ALPHA, BETA) for number in range(3))
    for number, sent in enumerate((kept, moved, gone)):
        await send(database, 10 + number, NOON + number * HOUR, sent, 7)
    await write(database, ALPHA, 90, NOON + 5 * HOUR)
    await watcher.step()
    assert len(await stored(store)) == 3
    async with database.write() as connection:
        await writing.drop_above(connection, ALPHA, 10)
    await send(database, 11, NOON + 3 * HOUR, moved, 9, final=10)
    for _ in range(2):
        traffic = await store.traffic(NOON, NOON + 6 * HOUR)
        assert {slot.hour - NOON: each.payment for slot, each in traffic.items()} == {
            0: 7,
            3 * HOUR: 9,
        }
        await write(database, ALPHA, 91, NOON + 9 * HOUR)
        async with database.write() as connection:
            await writing.finalise(connection, ALPHA, 0, 91, keep=91)
        await watcher.step()
    assert [row[0] for row in await stored(store)] == [NOON, NOON + 3 * HOUR]


async def test_forgetting_a_chain_leaves_what_others_sent_to_it(database, store, watcher):
    waiting, arrived, back = (
        message(0, ALPHA, BETA),
        message(1, ALPHA, BETA),
        message(0, BETA, ALPHA),
    )
    for number, sent in enumerate((waiting, arrived)):
        await send(database, 10 + number, NOON + number * HOUR, sent)
    await send(database, 1, NOON, back)
    await deliver(database, 2, NOON + HOUR, arrived)
    for domain in (ALPHA, BETA):
        await write(database, domain, 90, NOON + 5 * HOUR)
    await watcher.step()
    async with database.write() as connection:
        for domain in (ALPHA, BETA):
            values = {"domain": domain, "chain_id": domain, "mailbox": b"", "merkle_tree_hook": b""}
            await connection.execute(tables.deployments.insert().values(values))
    await forget(database, BETA)
    await watcher.step()
    assert await stored(store) == [(NOON + n * HOUR, ALPHA, BETA, 1, 0) for n in range(2)]
    assert set(await store.traffic(0, 2 * NOON)) == {
        Slot(NOON, ALPHA, BETA),
        Slot(NOON + HOUR, ALPHA, BETA),
    }


@given(st.data())
@settings(
    max_examples=10,
    deadline=None,
    phases=(Phase.reuse, Phase.generate),  # looking for a smaller case takes long
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_whatever_happens_in_whatever_order_the_sums_are_those_of_the_tables(emptied, data):
    """Messages, deliveries and payments of any hour, reorganisations, restarts and steps between:
    what is told is what one would count by hand."""
    database, sent = await emptied(), {}
    heights = {ALPHA: count(1), BETA: count(1)}

    async def anything():
        what = data.draw(st.sampled_from(("send", "send", "deliver", "pay", "drop", "step")))
        origin = data.draw(st.sampled_from((ALPHA, BETA)))
        other, height = ALPHA + BETA - origin, next(heights[origin])
        at, final = NOON + height * data.draw(st.sampled_from((600, HOUR))), 10**9
        if data.draw(st.booleans()):
            final = height - 1
        if what == "send":
            sent[origin, height] = message(height, origin, other)
            await send(database, height, at, sent[origin, height], *data.draw(PAID), final=final)
        elif what == "drop":
            async with database.write() as connection:
                await writing.drop_above(connection, origin, data.draw(st.integers(0, height)))
        elif what == "step":
            await TrafficWatcher(StatisticsStore(database, BUCKETS)).step()
        elif sent:
            one = data.draw(st.sampled_from(list(sent.values())))
            rows = transaction(deliveries=[delivered(one)])
            if what == "pay" or one.destination != origin or await is_delivered(database, one):
                rows = transaction(payments=[paid(one, data.draw(st.integers(0, BIG)))])
            await write(database, origin, height, at, rows, final=final)

    for _ in range(data.draw(st.integers(1, 14))):
        await anything()
    await TrafficWatcher(StatisticsStore(database, BUCKETS)).step()
    told = await StatisticsStore(database, BUCKETS).traffic(0, 2 * NOON)
    assert told == await counted(database)


@pytest.fixture
def emptied(database):
    """Empty the tables, which is quicker than a database for each example."""

    async def empty():
        async with database.write() as connection:
            for table in reversed(tables.metadata.sorted_tables):
                if table is not tables.domain:
                    await connection.execute(table.delete())
        return database

    return empty


async def is_delivered(database, sent):
    row = tables.delivered_message.c
    async with database.read() as connection:
        found = await connection.execute(select(row.id).where(row.msg_id == sent.id))
        return found.first() is not None


PAID = st.lists(st.integers(0, BIG), max_size=2)


async def counted(database):
    """All traffic, counted row by row."""
    found = {}
    async with database.read() as connection:
        payments = (await connection.execute(select(gas_payment))).all()
        for row in (await connection.execute(select(tables.message))).all():
            slot = Slot(row.sent_at - row.sent_at % HOUR, row.origin, row.destination)
            traffic = found.setdefault(slot, Traffic())
            traffic.sent += 1
            traffic.payment += sum(
                each.payment
                for each in payments
                if each.msg_id == row.msg_id and each.domain == row.origin
            )
            if row.delivered_at is not None:
                delay = max(0, row.delivered_at - row.sent_at)
                traffic.delivered += 1
                traffic.delays[next(bound for bound in BUCKETS if delay <= bound)] += 1
    return found


DELAYS = st.lists(st.integers(0, 20 * 24 * 3600), min_size=1, max_size=200)


def bucketed(delays):
    return Counter(next(bound for bound in BUCKETS if delay <= bound) for delay in delays)


@given(DELAYS, st.sampled_from([0.5, 0.9, 0.99, 1.0]))
def test_a_percentile_is_in_the_bucket_of_the_true_one(delays, share):
    true = sorted(delays)[ceil(share * len(delays)) - 1]
    bound = next(bound for bound in BUCKETS if true <= bound)
    below = max((each for each in BUCKETS if each < bound), default=0)
    (found,) = percentiles(bucketed(delays), [share])
    assert found is not None
    assert below <= found <= bound


@given(DELAYS, DELAYS)
def test_percentiles_of_added_hours_are_those_of_all_deliveries(some, others):
    parts = [Traffic(1, 1, 2, bucketed(some)), Traffic(3, 2, 5, bucketed(others))]
    both = total(parts)
    assert (both.sent, both.delivered) == (4, 3)
    assert both.delays == bucketed(some + others)
    assert parts[0].delays == bucketed(some), "they are left as they were"
    rising = [each for each in percentiles(both.delays, [0.5, 0.9, 0.99]) if each is not None]
    assert len(rising) == 3
    assert rising == sorted(rising)


def test_without_deliveries_there_are_no_percentiles():
    assert percentiles({}, [0.5, 0.99]) == [None, None]
    assert percentiles({5: 0}, [0.5]) == [None]


def test_buckets_rise_and_are_no_wider_than_a_fifth():
    assert list(BUCKETS) == sorted(set(BUCKETS))
    assert BUCKETS[:11] == tuple(range(11))
    assert all(b - a <= max(1, a / 5) for a, b in itertools.pairwise(BUCKETS))
