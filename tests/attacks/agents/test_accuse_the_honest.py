"""A watchtower is to challenge an operator that signed, because of what it could not read."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.devnet import key

from hyperlane.agents.watchtower import inspecting
from hyperlane.agents.watchtower.inspecting import CUT_OFF, DARK, Inspector, Verdict
from hyperlane.checkpoints.announced import AnnouncedLocation, NoAnswerInTime
from hyperlane.errors import ChainError, StorageError, StorageUnreachable
from hyperlane.protocol.checkpoint import Checkpoint, SignedCheckpoint
from hyperlane.protocol.merkle import MerkleTree
from hyperlane.protocol.typecasts import address_from_hex

KEY, FORMER, STRANGER = key(1), key(2), key(3)
HOOK = bytes(12) + b"\7" * 20
LEAVES = [bytes([number]) * 32 for number in range(4)]
LEAF = 2
TREE = MerkleTree(LEAVES)


def address(account: Any) -> bytes:
    return address_from_hex(account.address)


def signed(account: Any, **changes: Any) -> SignedCheckpoint:
    values = {
        "origin": 1337,
        "merkle_tree_hook": HOOK,
        "root": TREE.root(LEAF),
        "index": LEAF,
        "message_id": LEAVES[LEAF],
        **changes,
    }
    checkpoint = Checkpoint(**values)
    return SignedCheckpoint(checkpoint, checkpoint.sign(account))


TRUE, BY_FORMER = signed(KEY), signed(FORMER)
ANSWERS: dict[str, Any] = {
    "signed": TRUE,
    "signed with a former key": BY_FORMER,
    "nothing": None,
    "unusable": StorageError("not JSON"),
    "another index": signed(KEY, index=1),
    "a false root": signed(KEY, root=bytes(32)),
    "by somebody else": signed(STRANGER),
    "HTTP 503": StorageUnreachable("HTTP 503"),
    "slow": NoAnswerInTime("no answer"),
}
"""What a location answers."""
SIGNED = ("signed", "signed with a former key")
SILENT = ("HTTP 503", "slow")


@dataclass
class Settings:
    merkle_tree_hook: bytes = HOOK[12:]


@dataclass
class FakeChain:
    settings: Settings = field(default_factory=Settings)
    name: str = "alpha"
    domain: int = 1337


@dataclass
class FakeTree:
    tree: MerkleTree = TREE


class FakeSightings:
    def __init__(self, places: list[str]) -> None:
        self.kept: list[Any] = []
        self.elsewhere = places

    async def add(self, sightings: list[Any], _now: float) -> None:
        self.kept += sightings

    async def places(self, _index: int, _validators: list[bytes]) -> list[str]:
        return self.elsewhere


@dataclass
class World:
    """Storages, and an inspector that reads them."""

    answers: dict[bytes, dict[str, str]]
    others_have_it: bool = True
    now: float = 0.0
    read: list[str] = field(default_factory=list)
    unreadable: set[bytes] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.sightings = FakeSightings(["elsewhere"])
        self.inspector = Inspector(
            chain=FakeChain(),  # type: ignore[arg-type]
            announcements=self,  # type: ignore[arg-type]
            tree=FakeTree(),  # type: ignore[arg-type]
            sightings=self.sightings,  # type: ignore[arg-type]
            allow_local=True,
            web=None,  # type: ignore[arg-type]
            clock=lambda: self.now,
        )

    async def of(self, validators: list[bytes]) -> dict[bytes, Any]:
        return {
            each: ChainError("no RPC") if each in self.unreadable else list(self.answers[each])
            for each in validators
        }

    async def answer(self, location: AnnouncedLocation, *_: Any) -> Any:
        self.read.append(location.location)
        if location.location == "elsewhere":
            return signed(STRANGER) if self.others_have_it else None
        (kind,) = (
            own[location.location] for own in self.answers.values() if location.location in own
        )
        found = ANSWERS[kind]
        if isinstance(found, Exception):
            raise found
        return found

    async def inspect(self, keys: list[bytes] | None = None) -> Verdict:
        self.read.clear()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(AnnouncedLocation, "read", lambda *args: self.answer(*args))
            return await self.inspector.inspect(
                list(self.answers) if keys is None else keys, [address(STRANGER)], LEAF
            )


_KINDS = st.sampled_from(sorted(ANSWERS))
_LOCATIONS = st.tuples(st.lists(_KINDS, max_size=4), st.lists(_KINDS, max_size=4))
_MOMENTS = st.lists(
    st.tuples(st.floats(0, DARK), _LOCATIONS, st.booleans()), min_size=1, max_size=6
)


async def _nobody_is_accused_unread(moments: list[Any]) -> None:
    """`moments`: seconds since the last look, what each location answers, whether others do."""
    world = World({address(KEY): {}, address(FORMER): {}})
    silent: dict[str, float] = {}
    for seconds, kinds, others in moments:
        world.now += seconds
        world.others_have_it = others
        for owner, own in zip(world.answers, kinds, strict=True):
            world.answers[owner] = {f"{owner.hex()}/{n}": kind for n, kind in enumerate(own)}
        answers = {place: kind for own in world.answers.values() for place, kind in own.items()}
        for place, kind in answers.items():
            if kind in SILENT:
                silent.setdefault(place, world.now)
            else:
                silent.pop(place, None)
        verdict = await world.inspect()
        assert set(world.read) - {"elsewhere"} == set(answers), "each was read, now"
        open_questions = [
            place
            for place, kind in answers.items()
            if kind in SILENT and (world.now - silent[place] < DARK or not others)
        ]
        if set(answers.values()).intersection(SIGNED):
            assert verdict is Verdict.SIGNED
        elif open_questions:
            assert verdict is Verdict.UNKNOWN
        else:
            assert verdict is Verdict.LEFT_OUT


@given(_MOMENTS)
async def test_nobody_is_accused_on_the_strength_of_not_having_looked(moments):
    await _nobody_is_accused_unread(moments)


@pytest.mark.long
@settings(max_examples=20_000)
@given(_MOMENTS)
async def test_nobody_is_accused_on_the_strength_of_not_having_looked_long(moments):
    await _nobody_is_accused_unread(moments)


async def test_a_day_of_silence_is_no_way_out_while_others_can_be_read():
    world = World({address(KEY): {"own": "HTTP 503"}})
    assert await world.inspect() is Verdict.UNKNOWN
    world.now = DARK - 1
    assert await world.inspect() is Verdict.UNKNOWN
    world.now = DARK
    world.others_have_it = False
    assert await world.inspect() is Verdict.UNKNOWN, "it may be our own network"
    world.others_have_it = True
    assert await world.inspect() is Verdict.LEFT_OUT


@pytest.mark.parametrize("near", ["s3://theirs/eu-west-1", "gs://theirs"])
async def test_silence_of_a_whole_service_is_our_network_for_three_days_and_no_longer(near):
    """An accomplice with a silent storage beside it gets an operator two days more, no longer."""
    world = World({address(KEY): {"s3://own/us-east-1": "HTTP 503"}})
    world.sightings.elsewhere = [near, "elsewhere"]
    world.answers[address(STRANGER)] = {near: "HTTP 503"}
    keys = [address(KEY)]
    assert await world.inspect(keys) is Verdict.UNKNOWN
    cut_off = near.startswith("s3")
    for now, verdict in (
        (DARK, Verdict.UNKNOWN if cut_off else Verdict.LEFT_OUT),
        (CUT_OFF - 1, Verdict.UNKNOWN if cut_off else Verdict.LEFT_OUT),
        (CUT_OFF, Verdict.LEFT_OUT),
    ):
        world.now = now
        assert await world.inspect(keys) is verdict


async def test_an_answer_begins_the_day_anew():
    world = World({address(KEY): {"own": "HTTP 503"}})
    assert await world.inspect() is Verdict.UNKNOWN
    world.now, world.answers[address(KEY)]["own"] = DARK - 1, "nothing"
    assert await world.inspect() is Verdict.LEFT_OUT
    world.now, world.answers[address(KEY)]["own"] = DARK, "HTTP 503"
    assert await world.inspect() is Verdict.UNKNOWN


async def test_of_very_many_locations_the_newest_are_read(monkeypatch):
    monkeypatch.setattr(inspecting, "_MOST_PLACES", 2)
    world = World({address(KEY): dict.fromkeys("abc", "nothing")})
    world.answers[address(KEY)]["a"] = "signed"
    assert await world.inspect() is Verdict.SIGNED
    assert sorted(world.read) == ["a", "b"]


async def test_what_is_not_known_to_be_announced_accuses_nobody():
    world = World({address(KEY): {}, address(FORMER): {"old": "signed"}})
    world.unreadable = {address(FORMER)}
    with pytest.raises(ChainError):
        await world.inspect()


async def test_what_an_inspection_finds_is_kept_and_judged():
    world = World({address(KEY): {"own": "a false root", "other": "signed"}})
    assert await world.inspect() is Verdict.SIGNED
    assert {item.fault for item in world.sightings.kept} == {None, "root"}
