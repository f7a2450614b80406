"""Honest histories in which much goes wrong, and nothing is stopped: a false stop costs money, too.

Blocks are replaced below finality, nodes are down during waves of deliveries, lag, or lie, one of
three at a time. Whatever was dispatched and delivered ends as genuine.
"""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.support import faults
from tests.support.devnet import devnet, key
from tests.support.guardian import (
    BLOCK_TIME,
    FINALITY,
    GUARDIAN,
    Arena,
    Steps,
    guardian_config,
    guarding,
)
from tests.support.proxy import Proxy, misbehaving

from hyperlane.protocol.message import Message

RPCS = 3
STEPS = 30
WAVE = 100
TROUBLES = ("outage", "lie", "reorg")
ACTIONS = ("dispatch", "dispatch", "deliver", "deliver", "reorg", "lie", "outage", "lag", "alien")
UNWATCHED = 99
SLOW = {"hangs", "is slow"}


def _later(seconds: int) -> Any:
    return lambda found: (
        found and {**found, "timestamp": hex(int(found["timestamp"], 16) + seconds)}
    )


def _elsewhere(found: Any) -> Any:
    return found and {**found, "hash": "0x" + "ee" * 32}


LIES = {
    **{name: row for name, row in faults.FAULTS.items() if name not in SLOW},
    "blocks are of later": lambda node: node.alter("eth_getBlockByNumber", _later(3600)),
    "blocks are others": lambda node: node.alter("eth_getBlockByNumber", _elsewhere),
    "one block less": lambda node: node.freeze(1),
    "knows nothing": lambda node: node.refuse("*", {"code": -32000, "message": "unknown block"}),
}


@dataclass
class History:
    """One honest history, and what it has delivered."""

    world: Arena
    nodes: dict[str, list[Proxy]]
    guardian: Steps
    waiting: list[Message] = field(default_factory=list)
    """Dispatched, in a block that may be replaced."""
    seen: set[bytes] = field(default_factory=set)
    """Ids that the guardian has read of the tip."""
    delivered: dict[bytes, int] = field(default_factory=dict)
    """By id, domain of the origin."""
    done: Counter[str] = field(default_factory=Counter)

    @property
    def dice(self) -> random.Random:
        return self.world.dice

    async def step(self) -> None:
        name = self.dice.choice(ACTIONS)
        self.done[name] += 1
        await getattr(self, f"_{name}")()
        await self._pass_time()

    async def _pass_time(self) -> None:
        for _ in range(self.dice.randint(1, 3)):
            self.world.mine(self.world.origin, self.dice.randint(1, 4))
        await self._look()
        if self.dice.random() < 0.5:
            self.world.mine(self.world.target, self.dice.randint(1, BLOCK_TIME))
            await self._look()

    async def wave(self, size: int, trouble: str) -> None:
        """Delivers many messages at once, in trouble."""
        if trouble == "reorg":  # what is replaced was delivered by nobody
            self.world.dispatch(self.dice.randint(1, 9))
            await self._look()
            self.world.reorganise(self.world.origin, self.dice.randint(1, FINALITY - 1))
        sent = self.world.dispatch(size)
        for _ in range(FINALITY):
            self.world.mine(self.world.origin)
        chosen = self.nodes[self.world.origin.name]
        if trouble == "outage":
            for node in chosen:
                node.stop()
        else:
            chosen = [self.dice.choice(chosen)]
            LIES[self.dice.choice(sorted(LIES))](chosen[0])
        self.world.deliver(sent[: size // 2])
        await self._look()
        self.world.deliver(sent[size // 2 :])
        await self._look()
        self.world.mine(self.world.origin)
        await self._look()
        faults.end(chosen)
        await self._pass_time()

    async def _look(self) -> None:
        tip = {message.id for message in self.waiting}
        if await self.guardian.try_to_look():
            self.seen |= tip

    async def _dispatch(self) -> None:
        self.waiting += self.world.dispatch(self.dice.randint(1, 5))

    async def _deliver(self) -> None:
        """Delivers what is final, and what the guardian has seen to exist."""
        final = self.world.head(self.world.origin)["number"] - FINALITY
        ready = [each for each in self._dispatched(final) if each.id not in self.delivered]
        ready += [each for each in self.waiting if each.id in self.seen and each not in ready]
        ready = [each for each in ready if not self.world.target.delivered(each)]
        chosen = self.dice.sample(ready, self.dice.randint(0, min(10, len(ready))))
        if chosen:
            self.world.deliver(chosen)
            self.delivered |= {each.id: each.origin for each in chosen}

    def _dispatched(self, last: int) -> list[Message]:
        return self.world.dispatched(0, last)

    async def _reorg(self) -> None:
        """Replaces blocks that are not final by empty ones."""
        self.world.reorganise(self.world.origin, self.dice.randint(1, FINALITY - 1))
        alive = {each.id for each in self._dispatched(self.world.head(self.world.origin)["number"])}
        self.waiting = [each for each in self.waiting if each.id in alive]

    async def _lie(self) -> None:
        """One of three RPCs of a chain says something else."""
        name = self.dice.choice(sorted(LIES))
        node = self.dice.choice(self.nodes[self.dice.choice(sorted(self.nodes))])
        LIES[name](node)
        await self._deliver()
        self.world.mine(self.world.origin)
        await self._look()
        faults.end([node])

    async def _outage(self) -> None:
        """No RPC of the origin is there while messages are delivered."""
        down = self.nodes[self.world.origin.name]
        for node in down:
            node.stop()
        await self._deliver()
        await self._look()
        self.world.mine(self.world.target, BLOCK_TIME)
        await self._look()
        faults.end(down)

    async def _lag(self) -> None:
        """The origin's RPCs stand still, while messages are sent and delivered."""
        slow = self.nodes[self.world.origin.name]
        for node in slow:
            node.freeze(self.dice.randint(0, 1))
        sent = self.world.dispatch(self.dice.randint(1, 3))
        self.waiting += sent
        self.world.deliver(sent)
        self.delivered |= {each.id: each.origin for each in sent}
        await self._look()
        self.world.mine(self.world.target, BLOCK_TIME)
        await self._look()
        faults.end(slow)
        # A block with a delivered message stays: nobody can tell it from a forgery otherwise.
        for _ in range(FINALITY):
            self.world.mine(self.world.origin)

    async def _alien(self) -> None:
        """A message of an origin that nobody watches."""
        message = self.world.foreign(UNWATCHED)
        self.world.deliver([message])
        self.delivered[message.id] = UNWATCHED


@contextmanager
def three_nodes(world: Arena) -> Iterator[dict[str, list[Proxy]]]:
    with ExitStack() as stack:
        yield {
            chain.name: [stack.enter_context(misbehaving(chain.url)) for _ in range(RPCS)]
            for chain in world.chains
        }


def config_of(
    world: Arena, nodes: dict[str, list[Proxy]], folder: Path, finality: int = FINALITY
) -> dict[str, Any]:
    config = guardian_config(world, folder)
    for name, chain in config["chains"].items():
        chain["rpcUrls"] = [{"http": node.url} for node in nodes[name]]
    config["chains"][world.target.name]["blocks"]["reorgPeriod"] = finality
    return config


async def settle(world: Arena, guardian: Steps) -> dict[bytes, str]:
    """The verdicts when all nodes are well again and all blocks final."""
    for chain in world.chains:
        for _ in range(FINALITY + 1):
            world.mine(chain)
    for _ in range(100):  # RPCs that failed are given a rest
        looked = await guardian.try_to_look()
        found = await guardian.verdicts(world.target)
        if looked and not {"undecided", "not final"} & set(found.values()):
            return found
        world.mine(world.origin, BLOCK_TIME)
    raise AssertionError(f"undecided for ever: {Counter(found.values())}")


def nothing_was_stopped(world: Arena, guardian: Steps) -> None:
    assert not guardian.told.of("delivery.forged")
    assert not world.is_paused()
    assert world.target.w3.eth.get_transaction_count(key(GUARDIAN).address, "pending") == 0


@pytest.mark.parametrize("histories", [2, pytest.param(40, marks=pytest.mark.long)])
async def test_no_honest_history_stops_anything(histories, tmp_path):
    with devnet("alpha", 1337) as origin, devnet("beta", 7331) as target:
        world = Arena(origin, target, random.Random(0))
        done: Counter[str] = Counter()
        for seed in range(histories):
            world.dice = random.Random(seed)
            with three_nodes(world) as nodes:
                done += await live_through(world, nodes, tmp_path / str(seed))
        assert all(done[name] for name in ACTIONS)


@pytest.mark.parametrize("waves", [3, pytest.param(100, marks=pytest.mark.long)])
async def test_a_flood_of_honest_deliveries_stops_nothing(waves, tmp_path):
    """A hundred messages a wave: the long form has 10,000."""
    with devnet("alpha", 1337) as origin, devnet("beta", 7331) as target:
        world = Arena(origin, target, random.Random(waves))
        with three_nodes(world) as nodes:
            async with guarding(world, config_of(world, nodes, tmp_path)) as guardian:
                await guardian.look()
                history = History(world, nodes, guardian)
                for wave in range(waves):
                    await history.wave(WAVE, TROUBLES[wave % len(TROUBLES)])
                found = await settle(world, guardian)
                nothing_was_stopped(world, guardian)
                assert Counter(found.values()) == {"genuine": waves * WAVE}


async def live_through(world: Arena, nodes: dict[str, list[Proxy]], folder: Path) -> Counter[str]:
    async with guarding(world, config_of(world, nodes, folder)) as guardian:
        await guardian.look()
        history = History(world, nodes, guardian)
        for _ in range(STEPS):
            await history.step()
        found = await settle(world, guardian)
        nothing_was_stopped(world, guardian)
        assert_as_they_were(history, found)
    # Begun anew, it reads again what was delivered long ago.
    async with guarding(world, config_of(world, nodes, folder / "again", 10_000)) as guardian:
        again = await settle(world, guardian)
        nothing_was_stopped(world, guardian)
        assert history.delivered.keys() <= again.keys()
    return history.done


def assert_as_they_were(history: History, found: dict[bytes, str]) -> None:
    alive = {
        each.id for each in history._dispatched(history.world.head(history.world.origin)["number"])
    }
    for message_id, origin in history.delivered.items():
        if origin == UNWATCHED:
            assert found[message_id] == "unwatched"
        else:
            assert found[message_id] == ("genuine" if message_id in alive else "dropped")
