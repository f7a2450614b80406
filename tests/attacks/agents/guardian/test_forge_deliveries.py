"""Thieves whose signers sign anything deliver forged messages, in all ways that there are.

Each is found, and the pause is in force at most two blocks of the destination later: in a random
history, with the guardian looking at random moments. Time is the arena's: nothing here depends on
how fast the machine is.
"""

import pytest
from tests.support.devnet import key
from tests.support.guardian import (
    BLOCK_TIME,
    ENFORCED_PAUSE,
    FINALITY,
    ROUTES,
    SIGNERS,
    WAYS,
    Arena,
    Forged,
    Steps,
    guardian_config,
    guarding,
)
from tests.support.words import raw

MOST_BLOCKS = 2
SEED = 16
NO_HOOK = b"\x07" * 32


@pytest.mark.parametrize("attacks", [12, pytest.param(100, marks=pytest.mark.long)])
async def test_each_forged_delivery_is_stopped_within_two_blocks(attacks, arena, tmp_path):
    world = arena(SEED)
    async with guarding(world, guardian_config(world, tmp_path)) as guardian:
        await guardian.look()
        chosen = [(WAYS[at % len(WAYS)], world.dice.choice(ROUTES)) for at in range(attacks)]
        blocks = [await attack(world, guardian, *each) for each in chosen]
        assert max(blocks) <= MOST_BLOCKS
        stops = guardian.told.of("route.stopped")
        assert len({each["message_id"] for each in stops}) == attacks


async def attack(world: Arena, guardian: Steps, way: str, route: str) -> int:
    """One attack; how many blocks after the delivery the pause was in force."""
    dice, before = world.dice, await guardian.verdicts(world.target)
    honest = world.dispatch(dice.randint(1, 29))
    world.mine(world.origin)
    copied = dice.choice(honest) if dice.random() < 0.5 else None
    forged = world.forge(route, copied, NO_HOOK if dice.random() < 0.2 else None)
    world.plant(way, forged, honest)
    world.mine(world.target, dice.randint(1, BLOCK_TIME))
    assert world.target.delivered(forged.message), f"{way}, {route}: the attack itself fails"
    assert not world.is_paused()
    blocks = 0
    while not world.is_paused():
        assert blocks < 2 * MOST_BLOCKS, f"{way}, {route}: not stopped"
        await pass_a_block(world, guardian)
        blocks += 1
    await guardian.look()
    assert world.refusal(world.forge(route)) == ENFORCED_PAUSE
    await convict(world, guardian, forged, f"{way}, {route}")
    found = await guardian.verdicts(world.target)
    wrong = {each: found[each] for each in found.keys() - before.keys() if found[each] == "forged"}
    assert list(wrong) == [forged.id], "only the forged one"
    world.unpause()
    await guardian.look()
    return blocks


async def pass_a_block(world: Arena, guardian: Steps) -> None:
    """The time to the next block of the destination, in which the origin mines at least once."""
    moments = sorted(world.dice.sample(range(1, BLOCK_TIME), world.dice.randint(1, 4)))
    for earlier, moment in zip([0, *moments], moments, strict=False):
        world.mine(world.origin, moment - earlier)
        await guardian.look()
    world.mine(world.target, BLOCK_TIME - moments[-1])


async def convict(world: Arena, guardian: Steps, forged: Forged, what: str) -> None:
    """The signatures are found, wherever the delivery hid them."""
    for _ in range(FINALITY):
        world.mine(world.origin)
    await guardian.convict()
    faults = await guardian.faults(world.origin)
    assert {(raw(key(index)), forged.checkpoint.message_id) for index in SIGNERS} <= faults, (
        what,
        guardian.told.events[-2:],
    )
