"""Whose signatures a relayer finds, and which locations it asks for them."""

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from tests.support.devnet import key

from hyperlane.agents.relayer.origin.signatures import Signatures
from hyperlane.checkpoints.announced import AnnouncedLocation, NoAnswerInTime
from hyperlane.errors import StorageError
from hyperlane.protocol.checkpoint import Checkpoint, SignedCheckpoint
from hyperlane.protocol.typecasts import address_from_hex

HOOK, WRONG = b"\7" * 20, b"\x66" * 32
VALIDATOR = address_from_hex(key(1).address)
LEAF, TIMEOUT = 2, 10.0
TRUE = Checkpoint(1337, bytes(12) + HOOK, b"\1" * 32, LEAF, b"\2" * 32)


@dataclass
class World:
    """What is announced and what locations answer; time passes when one is slow."""

    announced: list[str] = field(default_factory=lambda: ["newest"])
    answers: dict[str, Any] = field(default_factory=dict)
    """A value, an error, or how many seconds it takes until it fails."""
    asked: list[str] = field(default_factory=list)
    passed: float = 0.0

    async def of(self, validators: Any) -> dict[bytes, list[str]]:
        return dict.fromkeys(validators, self.announced)

    async def read(self, location: AnnouncedLocation, what: Any, seconds: float) -> Any:
        self.asked.append(location.location)
        answer = self.answers.get(location.location)
        if isinstance(answer, float):
            self.passed += min(answer, seconds)
            if answer > seconds:
                raise NoAnswerInTime("no answer")
            raise StorageError("unusable")

        async def checkpoint(_index: int) -> Any:
            return answer

        return await what(SimpleNamespace(checkpoint=checkpoint))


@pytest.fixture
async def world(monkeypatch):
    made, loop = World(), asyncio.get_running_loop()
    real = loop.time
    monkeypatch.setattr(loop, "time", lambda: real() + made.passed)
    monkeypatch.setattr(AnnouncedLocation, "read", lambda *arguments: made.read(*arguments))
    return made


@pytest.fixture
def signatures(world):
    settings = SimpleNamespace(merkle_tree_hook=HOOK)
    chain: Any = SimpleNamespace(
        name="alpha", domain=1337, settings=settings, client=SimpleNamespace()
    )
    made = Signatures(chain, allow_local=True, timeout=TIMEOUT)
    made.announcements = world
    return made


def signed(signer: Any = None, **changes: Any) -> SignedCheckpoint:
    values = {name: getattr(TRUE, name) for name in TRUE.__dataclass_fields__}
    checkpoint = Checkpoint(**(values | changes))
    return SignedCheckpoint(checkpoint, checkpoint.sign(signer or key(1)))


@pytest.mark.parametrize(
    "found",
    [
        signed(origin=5),
        signed(merkle_tree_hook=WRONG),
        signed(index=LEAF - 1),
        signed(index=LEAF + 1),
        signed(key(2)),
    ],
    ids=["origin", "tree", "index before", "index after", "signer"],
)
async def test_what_is_not_of_this_leaf_and_validator_does_not_count(found, world, signatures):
    world.announced = ["newest", "older"]
    world.answers = {"newest": found}
    answer = await signatures.at([VALIDATOR], LEAF)
    assert answer.by_checkpoint == {}
    assert list(answer.absent) == [VALIDATOR]
    world.answers["older"] = signed()
    answer = await signatures.at([VALIDATOR], LEAF)
    assert answer.by_checkpoint == {TRUE: {VALIDATOR: signed().signature}}


async def test_the_three_newest_locations_are_asked_in_their_order(world, signatures):
    world.announced = ["newest", "second", "third", "fourth"]
    world.answers = {"fourth": signed()}
    assert (await signatures.at([VALIDATOR], LEAF)).by_checkpoint == {}
    assert world.asked == ["newest", "second", "third"]


async def test_who_announces_at_last_is_found_at_once(world, signatures):
    world.announced = []
    answer = await signatures.at([VALIDATOR], LEAF)
    assert answer.absent == {VALIDATOR: "announced no storage location"}
    world.announced, world.answers = ["newest"], {"newest": signed()}
    assert (await signatures.at([VALIDATOR], LEAF)).by_checkpoint


async def test_a_location_that_did_not_answer_is_left_alone_and_delays_nobody(world, signatures):
    world.announced = ["newest", "second"]
    world.answers = {"newest": 2 * TIMEOUT, "second": signed()}
    assert (await signatures.at([VALIDATOR], LEAF)).by_checkpoint == {}
    assert (await signatures.at([VALIDATOR], LEAF)).by_checkpoint
    assert world.asked == ["newest", "second"]


@pytest.mark.parametrize(("took", "again"), [(0.4, False), (0.6, True)])
async def test_one_that_had_to_wait_for_another_is_not_called_slow(took, again, world, signatures):
    world.announced = ["newest", "second"]
    world.answers = {"newest": took * TIMEOUT, "second": 2 * TIMEOUT}
    for _ in range(2):
        await signatures.at([VALIDATOR], LEAF)
    assert world.asked.count("second") == (2 if again else 1)
