"""A guardian that is killed, stands beside another one, has lost its key, or bids too little."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from tests.support.devnet import key
from tests.support.guardian import (
    BLOCK_TIME,
    FINALITY,
    GUARDIAN,
    PAUSE,
    SECOND_GUARDIAN,
    Arena,
    Forged,
    Steps,
    guardian_config,
    guarding,
    stop,
)

from hyperlane.agents.runtime.sender import Sender
from hyperlane.store.deliveries import DeliveryStore, Outcome, Verdict

USUAL, SPIKE = 30 * 10**9, 50
"""Base fee, and how many times of it suddenly."""


class Killed(BaseException):
    """The process ends."""


def deliver(world: Arena, route: str = "its own") -> Forged:
    """A forged delivery in the next block."""
    forged = world.forge(route)
    world.plant("process", forged, [])
    world.mine(world.target)
    assert world.target.delivered(forged.message)
    return forged


async def pass_a_block(world: Arena, *guardians: Steps) -> None:
    world.mine(world.origin, BLOCK_TIME - 1)
    await asyncio.gather(*(guardian.look() for guardian in guardians))
    world.mine(world.target)


async def until_final(world: Arena, *guardians: Steps) -> None:
    for _ in range(FINALITY + 4):
        await pass_a_block(world, *guardians)


def pauses(world: Arena) -> list[str]:
    """Who paused, in order."""
    logs = world.pause.events.Paused().get_logs(from_block=0)
    return [item["args"]["account"] for item in logs]


def _after(owner: type, name: str, when: Callable[..., bool] = lambda *_: True) -> Any:
    def patch(patches: pytest.MonkeyPatch) -> None:
        original = getattr(owner, name)

        async def killed(*arguments: Any) -> Any:
            answer = await original(*arguments)
            if when(*arguments):
                raise Killed
            return answer

        patches.setattr(owner, name, killed)

    return patch


def _before(owner: type, name: str, when: Callable[..., bool] = lambda *_: True) -> Any:
    def patch(patches: pytest.MonkeyPatch) -> None:
        original = getattr(owner, name)

        async def killed(*arguments: Any) -> Any:
            if when(*arguments):
                raise Killed
            return await original(*arguments)

        patches.setattr(owner, name, killed)

    return patch


def _noted(outcome: Outcome) -> Callable[..., bool]:
    return lambda _store, _delivery, _stop, stopped: stopped.outcome is outcome


POINTS = {
    "before the delivery is stored": _before(DeliveryStore, "add", lambda _, new, *__: bool(new)),
    "after the delivery is stored": _after(DeliveryStore, "add", lambda _, new, *__: bool(new)),
    "after the verdict is stored": _after(
        DeliveryStore, "judge", lambda _store, _delivery, verdict, *_: verdict is Verdict.FORGED
    ),
    "after the pause is signed": _before(Sender, "_broadcast"),
    "after the pause is sent": _after(Sender, "_broadcast"),
    "before the sending is recorded": _before(DeliveryStore, "note", _noted(Outcome.SENT)),
    "before its effect is recorded": _before(DeliveryStore, "note", _noted(Outcome.STOPPED)),
    "before its finality is recorded": _before(DeliveryStore, "note", _noted(Outcome.FINAL)),
    "before the end is recorded": _before(DeliveryStore, "stopped"),
}


@pytest.mark.parametrize("point", POINTS)
async def test_a_guardian_that_is_killed_pauses_once_all_the_same(
    point, arena, tmp_path, monkeypatch
):
    world = arena(1)
    config = guardian_config(world, tmp_path)
    async with guarding(world, config) as guardian:
        await guardian.look()
    forged = deliver(world)
    with monkeypatch.context() as patches:
        POINTS[point](patches)
        with pytest.raises(Killed):
            async with guarding(world, config) as guardian:
                await until_final(world, guardian)
    async with guarding(world, config) as guardian:
        await until_final(world, guardian)
        assert (await guardian.verdicts(world.target))[forged.id] == "forged"
        assert not guardian.told.of("route.unstopped")
        assert not await guardian.guardian.stopper.stores[world.target.name].to_stop()
    assert pauses(world) == [key(GUARDIAN).address]
    assert world.is_paused()


@pytest.mark.parametrize("index", [GUARDIAN, SECOND_GUARDIAN], ids=["one key", "two keys"])
async def test_two_guardians_do_not_hinder_each_other(index, arena, tmp_path):
    world = arena(2)
    configs = [
        guardian_config(world, tmp_path / str(at), stops=[stop(world, each)])
        for at, each in enumerate((GUARDIAN, index))
    ]
    async with guarding(world, configs[0]) as first, guarding(world, configs[1]) as second:
        await asyncio.gather(first.look(), second.look())
        deliver(world)
        await pass_a_block(world, first, second)
        await pass_a_block(world, first, second)
        assert world.is_paused()
        await until_final(world, first, second)
        for each in (first, second):
            assert each.told.of("route.stopped")
            assert not await each.guardian.stopper.stores[world.target.name].to_stop()
        before = pauses(world)
        assert set(before) == {key(GUARDIAN).address, key(index).address}
        world.unpause()
        await until_final(world, first, second)
        assert pauses(world) == before, "the owner's word stands"
        deliver(world)
        await pass_a_block(world, first, second)
        await pass_a_block(world, first, second)
        assert world.is_paused()


async def test_a_stolen_key_pauses_once_and_does_nothing_else(arena):
    world = arena(3)
    thief, pause = key(GUARDIAN).address, world.pause.functions
    forbidden = {
        "unpause": pause.unpause(),
        "name guardians": pause.setGuardians([key(5).address], True),
        "remove guardians": pause.setGuardians([key(SECOND_GUARDIAN).address], False),
        "pause for longer": pause.setGuardianPause(2 * PAUSE),
        "take over": pause.transferOwnership(thief),
        "give up": pause.renounceOwnership(),
    }
    for name, call in forbidden.items():
        assert refused(call, thief), name
    world.include(world.target, pause.pause(), sender=GUARDIAN)
    assert world.is_paused()
    assert refused(pause.pause(), thief)
    world.mine(world.target, PAUSE)
    assert not world.is_paused(), "it ends by itself"
    assert refused(pause.pause(), thief)
    for name, call in forbidden.items():
        assert refused(call, thief), name
    remove = pause.setGuardians([thief], False)
    world.include(world.target, remove)
    assert refused(pause.pause(), thief)
    world.include(world.target, pause.pause(), sender=SECOND_GUARDIAN)
    assert world.is_paused()


async def test_a_spent_key_does_not_keep_the_second_one_from_stopping(arena, tmp_path):
    world = arena(4)
    stops = [stop(world, each) for each in (GUARDIAN, SECOND_GUARDIAN)]
    async with guarding(world, guardian_config(world, tmp_path, stops=stops)) as guardian:
        await guardian.look()
        world.include(world.target, world.pause.functions.pause(), sender=GUARDIAN)
        world.mine(world.target, PAUSE)
        assert not world.is_paused()
        deliver(world)
        await pass_a_block(world, guardian)
        await pass_a_block(world, guardian)
        assert world.is_paused()
        assert pauses(world) == [key(each).address for each in (GUARDIAN, SECOND_GUARDIAN)]


async def test_a_pause_that_a_fee_spike_keeps_out_is_raised_until_it_is_in(arena, tmp_path):
    world = arena(5)
    async with guarding(world, guardian_config(world, tmp_path)) as guardian:
        await guardian.look()
        set_base_fee(world, USUAL)
        deliver(world)
        world.mine(world.origin, BLOCK_TIME - 1)
        await guardian.look()
        blocks = 0
        while not world.is_paused():
            assert blocks < 5, "it is not raised enough"
            set_base_fee(world, SPIKE * USUAL)
            world.mine(world.target)
            blocks += 1
            world.mine(world.origin, BLOCK_TIME - 1)
            await guardian.look()
        assert blocks > 1, "the spike kept it out"
        assert pauses(world) == [key(GUARDIAN).address]


def set_base_fee(world: Arena, fee: int) -> None:
    world.target.rpc("anvil_setNextBlockBaseFeePerGas", hex(fee))


def refused(call: Any, sender: str) -> bool:
    try:
        call.call({"from": sender})
    except Exception as error:
        return "0x" in str(error)
    return False
