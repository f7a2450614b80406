"""An operator wants to count as signing, and to have its lies forgotten, by changing keys.

It rotates and goes on with the former key, which modules have no more; or a key is its own for a
moment only.
"""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.agents.watchtower.test_watchtower import seen, settled
from tests.support.agents import eventually, validating, watching
from tests.support.devnet import key
from tests.support.staking import GRACE, deploy_staking
from web3 import Web3

from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.watchtower import keys as keys_module
from hyperlane.agents.watchtower.censoring import CensorshipWatch
from hyperlane.agents.watchtower.keys import OperatorKeys
from hyperlane.chain.abi import StakingManager
from hyperlane.chain.client import ChainClient, Log
from hyperlane.chain.rpc import RpcPool
from hyperlane.protocol.checkpoint import Checkpoint, SignedCheckpoint
from hyperlane.protocol.typecasts import address_from_hex
from hyperlane.settings import ChainSettings
from hyperlane.store.censorships import CensorshipStore
from hyperlane.store.database import Database
from hyperlane.store.keys import Bound, KeyStore
from hyperlane.store.sightings import Sighting, SightingStore

MARGIN = 60
TOWER = key(9)
WRONG = b"\x66" * 32


@pytest.fixture
def stake(origin):
    return deploy_staking(origin)


@pytest.fixture
def tower(watchtower_config, stake, origin):
    stake.fund(TOWER)
    chain = origin.settings(
        stakingManager=stake.manager.address, signer={"key": TOWER.key.hex()}, challengeBudget=250
    )
    chains = {origin.name: chain}
    return watchtower_config(origin, chains=chains, censorshipMargin=MARGIN, interval=0.2)


def rotate(stake, operator: int, to: Any) -> None:
    proof = stake.possession(key(operator).address, to)
    stake.send(key(operator), stake.manager.functions.rotateKey(to.address, proof))


class TestGoingOnWithTheFormerKey:
    async def test_is_leaving_out_all_that_comes_after(
        self, tower, validator_config, stake, origin, liar, messages
    ):
        stake.register(1, key(1))
        censor = stake.register(2, liar.account)
        rotate(stake, 2, key(6))
        messages.append(origin.dispatch(7331, key(3).address, b"after"))
        for index in range(4):
            await liar.publish(liar.true(messages, index))
        opened = stake.challenges.events.Challenged()
        honest = validator_config(
            origin, chains={origin.name: origin.settings(stakingManager=stake.manager.address)}
        )
        async with validating(honest), watching(tower) as task:
            await seen(tower, origin, liar.address, 3)
            stake.pass_time(MARGIN)
            await eventually(lambda: stake.challenges.functions.snapshotCount().call(), task)
            stake.pass_time(GRACE)
            await eventually(lambda: opened.get_logs(from_block=0), task)
        (challenge,) = [item["args"] for item in opened.get_logs(from_block=0)]
        assert (challenge["operator"], challenge["index"]) == (censor, 3)


async def test_a_key_between_two_looks_costs_the_stake_for_what_it_signed_before(
    tower, stake, origin, liar, messages
):
    await liar.publish(Checkpoint(1337, liar.hook, WRONG, 1, messages[1].id))
    async with watching(tower):
        await seen(tower, origin, liar.address, 1)
        await settled(tower, origin)
    operator = stake.register(2, liar.account)
    rotate(stake, 2, key(6))
    async with watching(tower) as task:

        def done() -> bool:
            origin.mine()
            return stake.status(operator) == "Tombstoned"

        await eventually(done, task)


async def test_strangers_who_announce_make_no_question_about_each_of_their_keys(
    tower, stake, origin, monkeypatch, tmp_path
):
    """Keys are read from logs: what a step asks the chain is the same for one key and for many."""
    stake.register(1, key(1))
    asked: list[str] = []
    counts = []
    selectors = {
        Web3.keccak(text=item.signature)[:4].hex()
        for item in (StakingManager.operator_of, StakingManager.operator_state)
    }
    exchange = RpcPool.exchange

    async def counting(self: RpcPool, calls: Any) -> Any:
        asked.extend(call.method for call in calls)
        for call in calls:
            if call.method == "eth_call":
                assert call.params[0]["data"][2:10] not in selectors
        return await exchange(self, calls)

    monkeypatch.setattr(RpcPool, "exchange", counting)
    database = await Database.open(str(tmp_path / "db"))
    settings = ChainSettings.model_validate(origin.settings(stakingManager=stake.manager.address))
    manager = address_from_hex(stake.manager.address)
    chain = Chain(settings, ChainClient("alpha", origin.chain_id, [origin.url], 0))
    try:
        for strangers in (1, 500):
            announced = [number.to_bytes(20) for number in range(1, strangers + 1)]
            tree: Any = World()
            watch = CensorshipWatch(
                chain=chain,
                manager=manager,
                margin=MARGIN,
                announced=lambda announced=announced: announced,
                keys=OperatorKeys(chain, manager, tree, KeyStore(database, 1337, manager)),
                inspector=None,
                tree=tree,
                sightings=SightingStore(database, 1337, settings.merkle_tree_hook),
                store=CensorshipStore(database, 1337),
                alerts=None,
                challenger=None,
            )
            await watch._laggards()
            asked.clear()
            await watch._laggards()
            counts.append(len(asked))
    finally:
        await chain.client.close()
        await database.close()
    assert counts[0] == counts[1] <= 4


@dataclass
class World:
    """A chain on which leaves come and an operator rotates; one of either in each block."""

    leaves: list[int] = field(default_factory=list)
    """Their blocks."""
    keys: list[Bound] = field(default_factory=list)
    block: int = 0

    @property
    def count(self) -> int:
        return len(self.leaves)

    async def first_after(self, block: int) -> int | None:
        return next((leaf for leaf, at in enumerate(self.leaves) if at > block), None)

    def comes(self, what: str) -> None:
        self.block += 1
        if what == "leaf":
            self.leaves.append(self.block)
        else:
            number = len(self.keys) + 1
            self.keys.append(Bound(OPERATOR, number.to_bytes(20), self.block, 0))

    def counts(self, key: bytes, leaf: int) -> bool:
        """Whether a key was the operator's when the leaf came, or later."""
        (place,) = (place for place, item in enumerate(self.keys) if item.key == key)
        following = self.keys[place + 1 : place + 2]
        return not following or self.leaves[leaf] <= following[0].block_number


OPERATOR, HONEST = b"\x77" * 20, b"\x88" * 20


class Lagging:
    """A chain of one manager whose node has not all logs at first."""

    name, block = "alpha", 1_000
    settings = SimpleNamespace(index=SimpleNamespace(chunk=100), merkle_tree_hook=bytes(20))

    def __init__(self) -> None:
        self.rotations: list[Log] = []

    @property
    def client(self) -> Any:
        return self

    async def final_block(self) -> int:
        return self.block

    async def logs(self, _manager: bytes, event: Any, first: int, last: int) -> list[Log]:
        own = self.rotations if event is StakingManager.ROTATED else []
        return [item for item in own if first <= item.block_number <= last]


@pytest.mark.parametrize(("behind", "found"), [(1, True), (64, True), (65, False)])
async def test_a_rotation_that_a_node_told_too_late_is_not_missed(behind, found):
    """Of the last 64 blocks."""
    database, chain = await Database.open("sqlite+aiosqlite://"), Lagging()
    manager, key = bytes(20), b"\x99" * 20
    store = KeyStore(database, 1337, manager)
    await store.add([], 1)
    parts: Any = chain
    keys = OperatorKeys(parts, manager, parts, store)
    await keys.sync()
    assert key not in keys.all()
    chain.block += 1
    topics = tuple(bytes(12) + item for item in (bytes(20), OPERATOR, bytes(20), key))
    place = chain.block - behind
    chain.rotations.append(Log(topics, b"", place, bytes(32), 0))
    await keys.sync()
    assert keys.operator_of(key) == (OPERATOR if found else None)
    await database.close()


async def test_the_first_look_goes_back_to_when_the_tree_was_deployed(monkeypatch):
    """A chunk of blocks after the other: lies of long ago cost stake, too."""

    async def deployed(*_: Any) -> int:
        return 70

    monkeypatch.setattr(keys_module, "deployment_block", deployed)
    database, chain = await Database.open("sqlite+aiosqlite://"), Lagging()
    for place in (70, 500, 1_000):
        topics = (bytes(32), bytes(12) + OPERATOR, bytes(32), bytes(12) + place.to_bytes(20))
        chain.rotations.append(Log(topics, b"", place, bytes(32), 0))
    parts: Any = chain
    keys = OperatorKeys(parts, bytes(20), parts, KeyStore(database, 1337, bytes(20)))
    await keys.sync()
    assert list(keys.all()) == [place.to_bytes(20) for place in (70, 500, 1_000)]
    await database.close()


async def test_of_very_many_keys_the_latest_count():
    """Whoever rotates often does not have what its last keys signed forgotten."""
    world = World()
    for _ in range(70):
        world.comes("rotation")
        world.comes("leaf")
    parts: Any = world
    keys = OperatorKeys(parts, bytes(20), parts, parts)
    keys._take(world.keys)
    counting = await keys.counting(OPERATOR, world.keys[-1].key)
    assert list(counting) == [item.key for item in reversed(world.keys[-64:])]
    assert list(counting.values()) == [None, *range(69, 6, -1)]


_HAPPENINGS = st.lists(
    st.one_of(
        st.sampled_from(["leaf", "leaf", "rotation", "look"]),
        st.tuples(st.integers(0, 5), st.integers(0, 9)),
    ),
    max_size=40,
)


async def _laggard_is_who_left_out_by_keys_that_count(happenings: list[Any]) -> None:
    """`happenings`: what comes on the chain, looks, and signatures by (how many keys ago, leaf)."""
    database = await Database.open("sqlite+aiosqlite://")
    sightings, world = SightingStore(database, 1337, bytes(20)), World()
    world.comes("rotation")
    parts: Any = world
    keys = OperatorKeys(parts, bytes(20), parts, parts)
    watch = CensorshipWatch(
        chain=parts,
        manager=bytes(20),
        margin=MARGIN,
        announced=list,
        keys=keys,
        inspector=parts,
        tree=parts,
        sightings=sightings,
        store=CensorshipStore(database, 1337),
        alerts=parts,
        challenger=None,
    )
    signed: set[tuple[bytes, int]] = set()

    async def sign(signer: bytes, leaf: int) -> None:
        checkpoint = Checkpoint(1337, bytes(32), bytes(32), leaf, bytes(32))
        await sightings.add([Sighting(SignedCheckpoint(checkpoint, bytes(65)), signer, "")], 0.0)

    try:
        for happening in [*happenings, "look"]:
            if isinstance(happening, tuple):
                ago, leaf = happening
                if ago < len(world.keys) and leaf < world.count:
                    signer = world.keys[-1 - ago].key
                    signed.add((signer, leaf))
                    await sign(signer, leaf)
            elif happening != "look":
                world.comes(happening)
                if happening == "leaf":
                    await sign(HONEST, world.count - 1)
            else:
                keys._take(world.keys)
                counting = await keys.counting(OPERATOR, world.keys[-1].key)
                found = await watch._first_left_out(OPERATOR, counting, [HONEST])
                true = {leaf for signer, leaf in signed if world.counts(signer, leaf)}
                expected = next((leaf for leaf in range(world.count) if leaf not in true), None)
                assert found == expected
    finally:
        await database.close()


@given(_HAPPENINGS)
async def test_a_leaf_is_left_out_unless_a_key_signed_it_that_was_not_replaced_before(happenings):
    await _laggard_is_who_left_out_by_keys_that_count(happenings)


@pytest.mark.long
@settings(max_examples=5_000)
@given(_HAPPENINGS)
async def test_a_leaf_is_left_out_unless_a_key_signed_it_that_was_not_replaced_before_long(
    happenings,
):
    await _laggard_is_who_left_out_by_keys_that_count(happenings)
