"""Lateness, alerts and what counts as signed, with a driven clock."""

from itertools import permutations

import pytest

from hyperlane.agents.kathy.judging import GIVEN_UP_AFTER, Judge
from hyperlane.agents.kathy.observations import Observations, Side
from hyperlane.agents.relayer.metadata.modules import Aggregation, Multisig, Null, Unsatisfiable
from hyperlane.agents.relayer.metadata.redundancy import is_signed
from hyperlane.agents.relayer.reasons import NotReady, Reason
from hyperlane.errors import ChainError
from hyperlane.metrics import Metrics
from hyperlane.protocol.ism_metadata import ModuleType
from hyperlane.protocol.message import Message
from hyperlane.store.canaries import DAY, CanaryKey, CanaryStore, Outcome
from hyperlane.store.database import Database

pytestmark = pytest.mark.quick

ALPHA, BETA, GONE = 1, 2, 3
FIRST = CanaryKey(ALPHA, 1)
LATE_AFTER = 100
MESSAGE = Message(3, 5, ALPHA, bytes(32), BETA, bytes(32), b"canary")


class World:
    def __init__(self, database):
        self.now, self.told = 1000.0, []
        self.canaries, self.metrics = CanaryStore(database), Metrics()
        self.start()

    def start(self):
        """As a new process would."""
        self.seen = Observations(self.now)
        self.judge = Judge(
            canaries=self.canaries,
            chains={ALPHA: "alpha", BETA: "beta"},
            late_after=LATE_AFTER,
            alerter=self,
            seen=self.seen,
            metrics=self.metrics,
            clock=lambda: self.now,
        )

    async def tell(self, event, **facts):
        self.told.append((event, facts))

    tell_end = tell

    async def look(self, error=None, domains=(ALPHA, BETA)):
        async def step():
            if error is not None:
                raise ChainError(error)

        for domain in domains:
            for side in Side:
                if error is None:
                    await self.seen.noted(side, domain, step)
                else:
                    with pytest.raises(ChainError):
                        await self.seen.noted(side, domain, step)

    async def dispatch(self, key=FIRST, destination=BETA):
        await self.canaries.add(key, destination, self.now, 7)
        await self.canaries.change(
            key,
            message=MESSAGE.encode(),
            leaf_index=5,
            tx_hash=b"\5" * 32,
            block_number=9,
            dispatched_at=self.now,
            settled=True,
        )

    async def after(self, seconds):
        """What is told after some seconds."""
        self.now += seconds
        before = len(self.told)
        await self.judge.step()
        await self.judge.tell()
        return self.told[before:]

    def gauge(self, name):
        labels = {"origin": "alpha", "remote": "beta"}
        return self.metrics.registry.get_sample_value(f"hyperlane_kathy_{name}", labels)


@pytest.fixture
async def world(tmp_path):
    database = await Database.open(str(tmp_path))
    yield World(database)
    await database.close()


async def test_a_late_canary_is_told_once_through_restarts_and_once_when_it_arrives(world):
    await world.dispatch()
    await world.look()
    assert await world.after(LATE_AFTER) == []
    ((event, facts),) = await world.after(1)
    assert (event, facts["origin"], facts["destination"]) == ("canary.late", "alpha", "beta")
    assert (facts["id"], facts["stage"]) == (f"0x{MESSAGE.id.hex()}", "not delivered")
    assert (world.gauge("late"), world.gauge("overdue"), world.gauge("in_flight")) == (1, 1, 1)

    world.start()
    await world.look()
    assert await world.after(1000) == []
    await world.canaries.end(FIRST, Outcome.DELIVERED, world.now)
    ((event, facts),) = await world.after(1)
    assert (event, facts["seconds"]) == ("canary.recovered", LATE_AFTER + 1001)
    assert await world.after(1000) == []
    assert (world.gauge("overdue"), world.gauge("in_flight")) == (0, 0)


async def test_a_canary_that_was_late_and_delivered_before_people_were_told_is_told_in_order(world):
    await world.dispatch()
    await world.look()
    world.now += LATE_AFTER + 1
    await world.judge.step()
    await world.canaries.end(FIRST, Outcome.DELIVERED, world.now)
    told = await world.after(1) + await world.after(1)
    assert [event for event, _ in told] == ["canary.late", "canary.recovered"]


async def test_a_canary_that_is_in_time_is_not_told(world):
    await world.dispatch()
    await world.look()
    assert await world.after(LATE_AFTER) == []
    await world.canaries.end(FIRST, Outcome.DELIVERED, world.now)
    assert await world.after(1000) == []


async def test_after_a_restart_nothing_is_late_before_the_chains_were_asked(world):
    await world.dispatch()
    world.now += 10 * LATE_AFTER
    world.start()
    assert await world.after(59) == []
    await world.look(domains=[BETA])
    assert await world.after(0) == []
    assert [event for event, _ in await world.after(2)] == ["canary.late"], "it waits no longer"


@pytest.mark.parametrize(
    ("dispatched", "unsigned", "error", "stage", "detail"),
    [
        (False, None, None, "not mined", ""),
        (False, None, "no RPC answers", "not mined", "no RPC answers"),
        (True, "0xAB: nothing", None, "not signed", "0xAB: nothing"),
        (True, "0xAB: nothing", "no RPC answers", "not signed", "0xAB: nothing"),
        (True, None, None, "not delivered", ""),
        (True, None, "no RPC answers", "not delivered", "no RPC answers"),
    ],
)
async def test_the_stage_is_told(dispatched, unsigned, error, stage, detail, world):
    if dispatched:
        await world.dispatch()
    else:
        await world.canaries.add(FIRST, BETA, world.now, 7)
    if unsigned is not None:
        world.seen.unsigned[FIRST] = unsigned
    await world.look(error)
    ((_, facts),) = await world.after(LATE_AFTER + 1)
    assert (facts["stage"], facts["detail"]) == (stage, detail)


async def test_a_problem_that_is_over_is_not_told(world):
    await world.dispatch()
    await world.look("no RPC answers")
    await world.look()
    ((_, facts),) = await world.after(LATE_AFTER + 1)
    assert facts["detail"] == ""


async def test_after_a_week_a_canary_makes_room_unless_it_was_never_dispatched(world):
    await world.dispatch()
    unmined = CanaryKey(ALPHA, 2)
    await world.canaries.add(unmined, BETA, world.now, 7)
    await world.look()
    await world.after(GIVEN_UP_AFTER + 1)
    assert [canary.key for canary in await world.canaries.in_flight()] == [unmined]
    assert world.gauge("overdue") == 1


async def test_canaries_of_chains_that_were_taken_out_are_left_alone(world):
    await world.dispatch(destination=GONE)
    await world.look()
    assert await world.after(GIVEN_UP_AFTER + 1) == []
    assert len(await world.canaries.in_flight()) == 1


async def test_old_canaries_are_deleted_but_not_the_last_of_an_origin(world):
    for number in (1, 2, 3):
        await world.dispatch(CanaryKey(ALPHA, number))
    await world.dispatch(CanaryKey(BETA, 7), ALPHA)
    for number in (1, 3):
        await world.canaries.end(CanaryKey(ALPHA, number), Outcome.DELIVERED, world.now)
    await world.canaries.end(CanaryKey(BETA, 7), Outcome.DELIVERED, world.now)
    await world.canaries.prune(world.now + DAY)
    assert (await world.canaries.last(ALPHA)).sequence == 3
    assert (await world.canaries.last(BETA)).sequence == 7
    assert [canary.sequence for canary in await world.canaries.in_flight()] == [2]
    assert await world.canaries.spent(ALPHA, 0) == 2 * 7, "the first one is gone"


ONE, TWO, THREE = (bytes([number]) * 20 for number in (1, 2, 3))
NOBODY = bytes(20)


def multisig(*validators, threshold, weights=None):
    kind = ModuleType.MESSAGE_ID_MULTISIG
    weights = weights or (1,) * len(validators)
    return Multisig(NOBODY, kind, validators, weights, threshold)


BROKEN = Unsatisfiable(NOBODY, NotReady(Reason.ERROR_BUILDING_METADATA, "paused"))


@pytest.mark.parametrize(
    ("module", "signers", "enough"),
    [
        (multisig(ONE, TWO, threshold=2), [ONE], False),
        (multisig(ONE, TWO, threshold=2), [ONE, TWO], True),
        (multisig(ONE, TWO, threshold=1), [THREE], False),
        (multisig(ONE, TWO, threshold=5, weights=(4, 1)), [ONE], False),
        (multisig(ONE, TWO, threshold=4, weights=(4, 1)), [ONE], True),
        (Null(NOBODY), [], True),
        (BROKEN, [], False),
        (Aggregation(NOBODY, (multisig(ONE, threshold=1), BROKEN), 1), [], False),
        (Aggregation(NOBODY, (multisig(ONE, threshold=1), BROKEN), 1), [ONE], True),
        (Aggregation(NOBODY, (multisig(ONE, threshold=1), Null(NOBODY)), 2), [], False),
        (Aggregation(NOBODY, (multisig(ONE, threshold=1), Null(NOBODY)), 2), [ONE], True),
        (Aggregation(NOBODY, (multisig(ONE, threshold=1), Null(NOBODY)), 1), [], True),
        (
            Aggregation(NOBODY, (multisig(ONE, threshold=1), multisig(TWO, threshold=1)), 1),
            [TWO],
            True,
        ),
    ],
)
def test_what_is_signed(module, signers, enough):
    for order in permutations(signers):
        assert is_signed(module, order) is enough
