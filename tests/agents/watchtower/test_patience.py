"""When a watchtower notes, looks, tells and challenges: at its second, and not before."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.watchtower import censoring
from hyperlane.agents.watchtower.censoring import CensorshipWatch, Laggard
from hyperlane.agents.watchtower.inspecting import Verdict
from hyperlane.agents.watchtower.operators import accountable_set
from hyperlane.chain.abi import StakingManager
from hyperlane.errors import ChainError

pytestmark = pytest.mark.quick

MARGIN, GRACE, SINCE = 60, 600, 10_000
OPERATOR, KEY, FORMER, OTHER = (bytes([number]) * 20 for number in range(1, 5))


@dataclass
class Fake:
    """Chain, inspector, store, alerts and challenger in one, which writes down what is wanted."""

    age: int = 0
    verdict: Verdict = Verdict.LEFT_OUT
    told: bool = False
    busy: bool = False
    done: list[str] = field(default_factory=list)
    asked: list[Any] = field(default_factory=list)
    by_key: tuple[int, ...] = (0,)
    """What the operator's key signed; somebody else signed three leaves."""
    by_former: tuple[int, ...] = ()
    replaced_at: int | None = 2
    """The first leaf after the rotation; None while there is none that is final."""
    active_since: int = 0

    @property
    def client(self) -> Any:
        return self

    name = "alpha"

    async def settle(self) -> None: ...

    async def block(self, number: int | None = None) -> Any:
        return replace(Block(), timestamp=SINCE + (self.age if number is None else 0))

    async def block_of(self, _index: int) -> int:
        return 7

    async def call(self, _to: bytes, function: Any, *_: Any) -> Any:
        if function is StakingManager.parameters:
            values = [0] * 9
            values[StakingManager.GRACE_PERIOD] = GRACE
            return values
        if function is StakingManager.accountable_set:
            return [(OPERATOR, KEY, 1)], 0
        assert function is StakingManager.active_since
        return self.active_since

    async def sync(self) -> None: ...

    def operator_of(self, key: bytes) -> bytes | None:
        return OPERATOR if key in (KEY, FORMER) else None

    async def counting(self, operator: bytes, current: bytes) -> dict[bytes, int | None]:
        assert (operator, current) == (OPERATOR, KEY)
        return {KEY: None, FORMER: self.replaced_at}

    async def signed(self, keys: Any, first: int, limit: int) -> list[tuple[int, bytes]]:
        made = {KEY: self.by_key, FORMER: self.by_former}
        rows = sorted((index, key) for key in keys for index in made[key] if index >= first)
        return rows[:limit]

    async def indexes(self, validators: Any, first: int, _limit: int) -> list[int]:
        assert list(validators) == [OTHER]
        return list(range(first, 3))

    async def answered(self, _operator: bytes) -> set[int]:
        return set()

    async def note(self, _index: int) -> None:
        self.done.append("note")

    async def inspect(self, keys: Any, others: Any, index: int) -> Verdict:
        assert others == [OTHER]
        self.done.append("inspect")
        self.asked.append((set(keys), index))
        return self.verdict

    async def is_alerted(self, *_: Any) -> bool:
        return self.told

    async def is_asking(self, _operator: bytes) -> bool:
        return self.busy

    async def tell(self, *_: Any) -> None: ...

    async def censorship(self, *_: Any) -> None:
        self.done.append("alert")

    async def challenge(self, *_: Any) -> None:
        self.done.append("challenge")


@dataclass(frozen=True)
class Block:
    timestamp: int = 0


def watching(fake: Fake, *, challenges: bool = True) -> CensorshipWatch:
    parts: Any = fake
    return CensorshipWatch(
        chain=parts,
        manager=bytes(20),
        margin=MARGIN,
        announced=lambda: [KEY, FORMER, OTHER],
        keys=parts,
        inspector=parts,
        tree=parts,
        sightings=parts,
        store=parts,
        alerts=parts,
        challenger=parts if challenges else None,
    )


async def step(fake: Fake, *, challenges: bool = True) -> list[str]:
    await watching(fake, challenges=challenges).step()
    return fake.done


@pytest.mark.parametrize(
    ("age", "done"),
    [
        (MARGIN - 1, []),
        (MARGIN, ["note"]),
        (GRACE, ["note"]),
        (GRACE + MARGIN - 1, ["note"]),
        (GRACE + MARGIN, ["note", "inspect", "alert", "challenge"]),
    ],
)
async def test_each_thing_has_its_second(age, done):
    assert await step(Fake(age)) == done


@pytest.mark.parametrize(
    ("active_since", "done"),
    [(SINCE, ["note", "inspect", "alert", "challenge"]), (SINCE + 1, ["note"])],
)
async def test_nobody_is_late_for_what_came_before_it_was_active(active_since, done):
    assert await step(Fake(GRACE + MARGIN, active_since=active_since)) == done


@pytest.mark.parametrize(
    ("by_key", "by_former", "first", "keys"),
    [
        ((), (), 0, {KEY, FORMER}),
        ((0,), (), 1, {KEY, FORMER}),
        ((1,), (), 0, {KEY, FORMER}),
        ((1, 2), (), 0, {KEY, FORMER}),
        ((0, 2), (), 1, {KEY, FORMER}),
        ((0, 1), (), 2, {KEY}),
        ((1,), (0,), 2, {KEY}),
        ((), (0, 1, 2), 2, {KEY}),
    ],
)
async def test_it_looks_for_the_first_leaf_that_no_key_signed_that_counts(
    by_key, by_former, first, keys
):
    fake = Fake(GRACE + MARGIN, by_key=by_key, by_former=by_former)
    await step(fake)
    assert fake.asked == [(keys, first)]


@pytest.mark.parametrize(("by_key", "by_former"), [((0, 1, 2), ()), ((2,), (0, 1))])
async def test_an_operator_that_signed_everything_is_left_in_peace(by_key, by_former):
    assert await step(Fake(GRACE + MARGIN, by_key=by_key, by_former=by_former)) == []


async def test_nothing_is_said_of_leaves_beyond_the_signatures_that_were_read(monkeypatch):
    """Two keys signed the first leaf, which fills what is read at once."""
    monkeypatch.setattr(censoring, "_LEAVES_AT_ONCE", 2)
    fake = Fake(GRACE + MARGIN, by_key=(0, 1, 2), by_former=(0,))
    watch = watching(fake)
    for _ in range(3):
        await watch.step()
    assert fake.done == []


async def test_what_a_former_key_signed_counts_no_more_once_its_end_is_known():
    """A rotation is seen at the latest block at once, the leaf that it ends with when it is
    final."""
    fake = Fake(GRACE + MARGIN, by_key=(2,), by_former=(0, 1, 2), replaced_at=None)
    watch = watching(fake)
    await watch.step()
    assert fake.done == []
    fake.replaced_at = 1
    await watch.step()
    assert fake.asked == [({KEY}, 1)]


@pytest.mark.parametrize("verdict", [Verdict.SIGNED, Verdict.UNKNOWN])
async def test_what_was_not_found_missing_is_neither_told_nor_challenged(verdict):
    assert await step(Fake(GRACE + MARGIN, verdict)) == ["note", "inspect"]


async def test_what_was_told_is_told_once():
    assert await step(Fake(GRACE + MARGIN, told=True)) == ["note", "inspect", "challenge"]


async def test_nobody_is_looked_at_again_while_a_challenge_is_open_or_none_can_be():
    assert await step(Fake(GRACE + MARGIN, told=True, busy=True)) == ["note"]
    assert await step(Fake(GRACE + MARGIN, told=True), challenges=False) == []


async def test_an_accountable_set_of_more_than_a_page_is_read_to_its_end():
    members = [(number.to_bytes(20), bytes(20), 1) for number in range(250)]
    starts = []

    class Client:
        async def call(self, _to: bytes, _function: Any, first: int, count: int) -> Any:
            starts.append(first)
            end = first + count
            return members[first:end], end if end < len(members) else 0

    chain = Chain(None, Client())  # type: ignore[arg-type]
    assert await accountable_set(chain, bytes(20)) == members
    assert starts == [0, 100, 200]


async def test_one_operator_that_cannot_be_looked_at_keeps_no_other_waiting(monkeypatch):
    done = []

    async def two(_watch: CensorshipWatch) -> list[Laggard]:
        return [
            Laggard(operator=bytes([n]) * 20, key=KEY, keys=[KEY], others=[OTHER], index=n, since=0)
            for n in (1, 2)
        ]

    async def inspect(self: Fake, _keys: Any, _others: Any, index: int) -> Verdict:
        done.append(index)
        if index == 1:
            raise ChainError("no RPC answers")
        return Verdict.LEFT_OUT

    monkeypatch.setattr(CensorshipWatch, "_laggards", two)
    monkeypatch.setattr(Fake, "inspect", inspect)
    fake = Fake(GRACE + MARGIN)
    with pytest.raises(ChainError, match="no RPC"):
        await step(fake)
    assert done == [1, 2]
    assert fake.done.count("challenge") == 1
