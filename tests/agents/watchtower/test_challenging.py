"""What a watchtower stakes on challenges, which it ends, and whose answers it takes."""

from collections.abc import AsyncIterator, Callable
from dataclasses import astuple, dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from eth_abi.abi import encode
from tests.support.devnet import key

from hyperlane.agents.runtime.challenges import Challenge
from hyperlane.agents.watchtower import challenging
from hyperlane.agents.watchtower.challenging import Challenger
from hyperlane.chain.abi import CensorshipChallenges, StakingManager, Token
from hyperlane.protocol.checkpoint import Checkpoint
from hyperlane.protocol.merkle import MerkleTree
from hyperlane.store.censorships import CensorshipStore
from hyperlane.store.database import Database

BOND, GRACE, NOW = 100, 600, 10_000
ME, FRIEND, OPERATOR, OTHER, HOOK = (bytes([number]) * 20 for number in range(1, 6))
WRONG = b"\x66" * 32
LEAF = 2
TREE = MerkleTree([bytes([number]) * 32 for number in range(4)])
OPEN, RESOLVE = CensorshipChallenges.open, CensorshipChallenges.resolve


@dataclass
class World:
    """The challenges of a chain, its tree and what is kept of signatures, in one."""

    now: int = NOW
    snapshots: list[tuple[int, int]] = field(default_factory=lambda: [(0, 4)])
    """When each was taken, and of how many leaves."""
    places: int = 0
    """Challenges that an operator is under."""
    gain: int = 0
    asked: int = 0
    punished: bool = False
    """Whether an operator is in jail."""
    challenges: list[Challenge] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)
    sent: list[bytes] = field(default_factory=list)
    kept: list[Any] = field(default_factory=list)

    name = "alpha"
    address = ME
    hook = bytes(12) + HOOK
    tree = TREE

    @property
    def client(self) -> Any:
        return self

    async def block(self) -> Any:
        return SimpleNamespace(timestamp=self.now, number=9)

    async def call(self, _to: bytes, function: Any, *arguments: Any, **_: Any) -> Any:
        parameters = [0] * 9
        parameters[StakingManager.CHALLENGE_BOND] = BOND
        answers: dict[Any, Callable[..., Any]] = {
            StakingManager.parameters: lambda: parameters,
            StakingManager.token: lambda: HOOK,
            StakingManager.is_accountable: lambda _operator: not self.punished,
            StakingManager.pools: lambda _operator: (0, 0),
            StakingManager.unbonding_pools: lambda _operator: (0, 0),
            Token.allowance: lambda _owner, _spender: 2**96,
            CensorshipChallenges.asked: lambda _operator, _index: self.asked,
            CensorshipChallenges.open_count: lambda _operator: self.places,
            CensorshipChallenges.owed: lambda _challenger: 0,
            CensorshipChallenges.resolve: lambda _number: self.gain,
            CensorshipChallenges.snapshot_count: lambda: len(self.snapshots),
            CensorshipChallenges.snapshots: lambda number: self.snapshots[number],
        }
        return answers[function](*arguments)

    async def contract(self) -> bytes:
        return HOOK

    async def read(self) -> list[Challenge]:
        return self.challenges

    async def logs(self, *_: Any) -> list[Any]:
        return self.answers

    async def block_of(self, _index: int) -> int:
        return 1

    async def add(self, sightings: list[Any], _now: float) -> None:
        self.kept += sightings

    async def unanswered(self, *_: Any) -> None: ...

    def answered(self, operator: bytes, root: bytes = TREE.root(LEAF)) -> None:
        checkpoint = Checkpoint(1337, self.hook, root, LEAF, TREE.leaf(LEAF))
        signature = checkpoint.sign(key(1))
        topics = (bytes(32), bytes(32), bytes(12) + operator)
        data = encode(CensorshipChallenges.ANSWERED.data_types, [astuple(checkpoint), signature])
        self.answers.append(SimpleNamespace(topics=topics, data=data))


@dataclass
class Tower:
    """A watchtower, the world that it sees and what it wrote down."""

    world: World
    store: CensorshipStore
    challenger: Challenger

    async def challenge(self, operator: bytes = OPERATOR, since: int = 0) -> None:
        await self.challenger.challenge(operator, LEAF, since, GRACE)

    @property
    def opened(self) -> list[bytes]:
        return [data for data in self.world.sent if data[:4] == OPEN.selector]

    @property
    def resolved(self) -> list[bytes]:
        return [data for data in self.world.sent if data[:4] == RESOLVE.selector]


@pytest.fixture
async def tower(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Tower]:
    database, world = await Database.open("sqlite+aiosqlite://"), World()

    async def execute(_chain: Any, _sender: Any, _purpose: str, _to: bytes, data: bytes) -> Any:
        world.sent.append(data)
        return SimpleNamespace(block_number=9)

    monkeypatch.setattr(challenging, "execute", execute)
    parts: Any = world
    store = CensorshipStore(database, 1337)
    made = Challenger(parts, parts, bytes(20), BOND, parts, parts, store, parts, parts)
    yield Tower(world, store, made)
    await database.close()


@pytest.mark.parametrize(
    ("budget", "asked"), [(BOND - 1, []), (BOND, [1]), (2 * BOND - 1, [1]), (2 * BOND, [1, 2])]
)
async def test_all_bonds_that_are_out_stay_within_the_budget(tower, budget, asked):
    tower.challenger.budget = budget
    for operator in (OPERATOR, OTHER):
        await tower.challenge(operator)
    operators = (OPERATOR, OTHER)[: len(asked)]
    assert tower.opened == [OPEN.encode(each, LEAF, 0, BOND) for each in operators]
    assert await tower.store.at_risk() == len(asked) * BOND


async def test_what_it_finds_open_of_its_own_counts_as_spent(tower):
    """As after a restart with another database."""
    tower.challenger.budget = 4 * BOND
    tower.world.challenges = [Challenge(0, ME, NOW, LEAF, OTHER, 4 * BOND)]
    await tower.challenger.settle()
    await tower.challenge()
    assert tower.opened == []


async def test_each_further_challenge_of_an_operator_takes_twice_the_bond(tower):
    tower.challenger.budget = 4 * BOND
    tower.world.places = 2
    await tower.challenge()
    assert tower.opened == [OPEN.encode(OPERATOR, LEAF, 0, 4 * BOND)]


@pytest.mark.parametrize(
    ("taken", "since", "opens"),
    [
        (NOW - GRACE, 0, True),
        (NOW - GRACE + 1, 0, False),
        (0, NOW - GRACE, True),
        (0, NOW - GRACE + 1, False),
    ],
)
async def test_both_the_snapshot_and_the_duty_are_as_old_as_the_grace_period(
    tower, taken, since, opens
):
    tower.world.snapshots = [(taken, LEAF + 1)]
    await tower.challenge(since=since)
    assert bool(tower.opened) is opens


async def test_the_snapshot_is_the_first_that_has_the_leaf(tower):
    tower.world.snapshots = [(0, leaves) for leaves in (LEAF - 1, LEAF, LEAF + 1, LEAF + 1, 9)]
    await tower.challenge()
    assert tower.opened == [OPEN.encode(OPERATOR, LEAF, 2, BOND)]


@pytest.mark.parametrize(("deadline", "ends"), [(NOW, False), (NOW - 1, True)])
@pytest.mark.parametrize("challenger", [ME, FRIEND], ids=["ours", "of another"])
async def test_a_challenge_ends_after_its_deadline_and_not_at_it(tower, challenger, deadline, ends):
    tower.world.gain = 1
    tower.world.challenges = [Challenge(7, challenger, deadline, LEAF, OPERATOR, BOND)]
    await tower.challenger.settle()
    assert tower.resolved == ([RESOLVE.encode(7)] if ends else [])


@pytest.mark.parametrize(("gain", "places", "ends"), [(0, 7, False), (0, 8, True), (1, 1, True)])
async def test_it_ends_a_challenge_of_another_for_a_gain_or_for_a_place(tower, gain, places, ends):
    tower.world.gain, tower.world.places = gain, places
    tower.world.challenges = [Challenge(7, FRIEND, 0, LEAF, OPERATOR, BOND)]
    await tower.challenger.settle()
    assert tower.resolved == ([RESOLVE.encode(7)] if ends else [])


@pytest.mark.parametrize(
    ("operator", "at_risk"), [(OPERATOR, BOND), (OTHER, 0)], ids=["its own", "of another"]
)
async def test_only_the_operators_own_answer_takes_the_bond(tower, operator, at_risk):
    await tower.challenge()
    tower.world.answered(operator)
    await tower.challenger.settle()
    assert await tower.store.at_risk() == at_risk
    assert len(tower.world.kept) == bool(at_risk)
    assert await tower.store.answered(OPERATOR) == ({LEAF} if at_risk else set())


async def test_of_two_answers_the_last_one_is_looked_at(tower):
    """The first one counted no more after its key was replaced."""
    await tower.challenge()
    tower.world.answered(OPERATOR, WRONG)
    tower.world.answered(OPERATOR)
    await tower.challenger.settle()
    (kept,) = tower.world.kept
    assert (kept.signed.checkpoint.root, kept.fault) == (TREE.root(LEAF), None)


@pytest.mark.parametrize("punished", [True, False])
@pytest.mark.parametrize(
    ("leaf", "deadline", "ends"),
    [(LEAF, NOW - 1, True), (LEAF + 1, NOW - 1, True), (LEAF + 1, NOW, False)],
)
async def test_overdue_challenges_of_others_are_out_of_the_way_before_it_asks(
    tower, leaf, deadline, ends, punished
):
    tower.challenger.budget = 2 * BOND
    tower.world.places, tower.world.punished = 1, punished
    tower.world.challenges = [Challenge(7, FRIEND, deadline, leaf, OPERATOR, BOND)]
    await tower.challenge()
    assert tower.resolved == ([RESOLVE.encode(7)] if ends else [])
    assert bool(tower.opened) is not punished


@pytest.mark.parametrize("places", [0, 1])
async def test_a_leaf_that_another_asks_for_is_not_asked_for_again(tower, places):
    """Once it is overdue it ends, which gives the leaf free, even if it takes no place any more."""
    tower.world.asked, tower.world.places = 1, places
    for deadline, ended in ((NOW, []), (NOW - 1, [RESOLVE.encode(7)])):
        tower.world.challenges = [Challenge(7, FRIEND, deadline, LEAF, OPERATOR, BOND)]
        await tower.challenge()
        assert tower.resolved == ended
    assert tower.opened == []
