"""How much of what a key sends may wait for a block, and what goes first."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from tests.support.agents import eventually, relaying
from tests.support.devnet import key
from tests.support.proxy import misbehaving

from hyperlane.agents.relayer.delivery import submission
from hyperlane.agents.relayer.delivery.submission import Submission
from hyperlane.agents.relayer.delivery.window import Window
from hyperlane.errors import ChainError
from hyperlane.store.operations import Lane

BLOCK = 1_000


class Chain:
    """A sender's chain and store: what was sent stays unmined until it is told otherwise."""

    def __init__(self, *unmined: int) -> None:
        self.gas, self.used, self.looks = list(unmined), 0, 0

    async def transaction_count(self, _: Any, block: str) -> int:
        assert block == "latest"
        self.looks += 1
        return self.used

    async def unmined_gas(self, used: int) -> list[int]:
        return self.gas[used:]

    def window(self, most: int = 2) -> Window:
        sender: Any = SimpleNamespace(client=self, store=self, address=bytes(20))
        return Window(sender=sender, most=most, pause=0.0)


@asynccontextmanager
async def sending(
    chain: Chain, window: Window, wanted: Sequence[tuple[Lane, int]]
) -> AsyncIterator[list[Lane]]:
    """Lanes of transactions in the order in which they are sent, all of them wanted now."""
    sent: list[Lane] = []

    async def send(lane: Lane, gas: int) -> None:
        async with window.places(lane, [gas], BLOCK):
            sent.append(lane)
            chain.gas.append(gas)

    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(send(*item)) for item in wanted]
        await turns()
        yield sent
        for task in running:
            task.cancel()


async def turns() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.mark.quick
async def test_nothing_is_sent_before_the_store_and_the_chain_are_looked_at():
    chain = Chain(1, 1)
    window = chain.window(3)
    async with sending(chain, window, [(Lane.FRESH, 1)] * 3) as sent:
        assert sent == []
        await window.look()
        await turns()
        assert len(sent) == 1, "two of an earlier run of the program are in no block yet"


@pytest.mark.quick
async def test_no_more_is_sent_than_the_window_takes_until_a_block_has_some():
    chain = Chain()
    window = chain.window(2)
    await window.look()
    async with sending(chain, window, [(Lane.FRESH, 1)] * 5) as sent:
        for used, expected in ((0, 2), (0, 2), (1, 3), (3, 5)):
            chain.used = used
            await window.look()
            await turns()
            assert len(sent) == expected


@pytest.mark.quick
async def test_the_best_lane_goes_first():
    chain = Chain()
    window = chain.window(4)
    wanted = [(lane, 1) for lane in reversed(Lane)]
    async with sending(chain, window, wanted) as sent:
        await window.look()
        await turns()
        assert sent == list(Lane)


@pytest.mark.quick
async def test_no_lane_starves():
    chain = Chain()
    window = chain.window(16)
    wanted = [(Lane.RETRY, 1), *[(Lane.PAID, 1)] * 30]
    async with sending(chain, window, wanted) as sent:
        await window.look()
        await turns()
        assert sent.count(Lane.RETRY) == 1
        assert sent.index(Lane.RETRY) == 7


@pytest.mark.quick
async def test_two_blocks_are_filled_and_one_that_is_larger_goes_alone():
    chain = Chain()
    window = chain.window(10)
    await window.look()
    async with sending(chain, window, [(Lane.PAID, 3 * BLOCK), *[(Lane.PAID, 900)] * 3]) as sent:
        assert len(sent) == 1
        chain.used = 1
        await window.look()
        await turns()
        assert chain.gas == [3 * BLOCK, 900, 900]


@pytest.mark.quick
async def test_several_get_the_places_that_there_are():
    chain = Chain()
    window = chain.window(5)
    await window.look()
    async with window.places(Lane.FRESH, [1] * 3, BLOCK) as places:
        assert places == 3
    async with window.places(Lane.FRESH, [1, BLOCK, BLOCK], BLOCK) as places:
        assert places == 1 + 1, "another one exceeds two blocks"
    async with sending(chain, window, [(Lane.RETRY, 1)]) as sent:
        assert sent == []


@pytest.mark.quick
async def test_one_that_is_given_up_leaves_its_place():
    chain = Chain()
    window = chain.window(1)
    await window.look()

    async def fail() -> None:
        async with window.places(Lane.PAID, [1], BLOCK):
            raise ChainError("refused")

    with pytest.raises(ChainError):
        await fail()
    async with sending(chain, window, [(Lane.PAID, 1)]) as sent:
        await window.look()
        await turns()
        assert len(sent) == 1
    async with sending(chain, window, [(Lane.PAID, 1)]):
        pass  # cancelled while it waits
    chain.used = 1
    async with sending(chain, window, [(Lane.FRESH, 1)]) as sent:
        await window.look()
        await turns()
        assert sent == [Lane.FRESH]


@pytest.mark.quick
async def test_the_chain_is_asked_only_while_something_waits():
    chain = Chain()
    window = chain.window(4)
    await window.look()
    async with sending(chain, window, [(Lane.FRESH, 1)] * 4):
        for _ in range(5):
            await window.look()
    assert chain.looks == 1


def sent_by_the_relayer(chain) -> int:
    """Transactions in no block."""
    count = chain.w3.eth.get_transaction_count
    return count(key(9).address, "pending") - count(key(9).address, "latest")


async def test_the_bound_holds_with_a_paused_miner_and_after_a_restart(
    origin, target, relayer_config
):
    recipient = target.recipient().address
    messages = [origin.dispatch(7331, recipient, bytes([n])) for n in range(12)]
    config = relayer_config(origin, target)
    config["chains"]["beta"] |= {"maxBatchSize": 1, "maxInFlight": 3}
    target.rpc("evm_setAutomine", False)
    async with relaying(config) as task:
        await eventually(lambda: sent_by_the_relayer(target) == 3, task)
    async with relaying(config) as task:
        for mined in range(3, 13, 3):
            await eventually(lambda: sent_by_the_relayer(target) == 3, task)
            await asyncio.sleep(1)
            assert sent_by_the_relayer(target) == 3
            target.mine()
            assert target.w3.eth.get_transaction_count(key(9).address) == mined
    assert all(map(target.delivered, messages))


async def test_what_is_paid_for_overtakes_a_backlog(origin, target, relayer_config):
    igp = origin.deploy("InterchainGasPaymaster")
    owner = origin.w3.eth.default_account
    origin.send(igp.functions.initialize(owner, owner))
    origin.send(igp.functions.setRemoteGasData((7331, 10**10, 10**9)))
    origin.send(igp.functions.setDestinationGasConfigs([(7331, (igp.address, 0))]))
    recipient = target.recipient().address
    unpaid = [origin.dispatch(7331, recipient, bytes([n])) for n in range(30)]
    paid = origin.dispatch(7331, recipient)
    call = igp.functions.payForGas(paid.id, 7331, 10**6, owner)
    origin.wait(call.transact({"value": 10**15}))
    config = relayer_config(origin, target)
    config["chains"]["alpha"]["interchainGasPaymaster"] = igp.address
    config["chains"]["beta"] |= {"maxBatchSize": 1, "maxInFlight": 2}
    target.rpc("evm_setAutomine", False)
    async with relaying(config) as task:
        for _ in range(3):
            await eventually(lambda: sent_by_the_relayer(target) == 2, task)
            target.mine()
    assert target.delivered(paid)
    assert not target.delivered(unpaid[-1])


@pytest.mark.parametrize("size", [1, 100])
async def test_what_waited_long_is_simulated_again_and_sent_once(
    size, origin, target, relayer_config, monkeypatch
):
    stale = iter([True])
    monkeypatch.setattr(Submission, "is_stale", lambda *_: next(stale, False))
    recipient = target.recipient().address
    messages = [origin.dispatch(7331, recipient, bytes([n])) for n in range(5)]
    config = relayer_config(origin, target)
    config["chains"]["beta"]["maxBatchSize"] = size
    async with relaying(config) as task:
        await eventually(lambda: all(map(target.delivered, messages)), task)
    assert next(stale, None) is None
    assert [target.deliveries(item) for item in messages] == [1] * 5


@pytest.mark.parametrize("size", [1, 100])
async def test_places_that_all_come_late_are_used(
    size, origin, target, relayer_config, monkeypatch
):
    """Where blocks are slow, the turn of a lane may come later than a simulation lasts, always."""
    monkeypatch.setattr(submission, "_LASTING", 0.0)
    recipient = target.recipient().address
    messages = [origin.dispatch(7331, recipient, bytes([n])) for n in range(5)]
    config = relayer_config(origin, target)
    config["chains"]["beta"]["maxBatchSize"] = size
    async with relaying(config) as task:
        await eventually(lambda: all(map(target.delivered, messages)), task)
    assert [target.deliveries(item) for item in messages] == [1] * 5


@pytest.mark.parametrize("size", [1, 100])
async def test_one_whose_simulation_is_not_answered_holds_nobody_up(
    size, origin, target, relayer_config
):
    """As a stranger's contract can take longer than a node allows."""
    recipient, slow = target.recipient().address, target.recipient().address
    origin.dispatch(7331, slow)
    messages = [origin.dispatch(7331, recipient, bytes([n])) for n in range(5)]

    def refuse(body: bytes) -> tuple[int, bytes] | None:
        simulated = b"eth_estimateGas" in body or b"eth_simulateV1" in body
        return (503, b"") if simulated and slow[2:].lower().encode() in body else None

    with misbehaving(target.url) as proxy:
        proxy.interfere(refuse)
        config = relayer_config(origin, target)
        config["chains"]["beta"] |= {"maxBatchSize": size, "rpcUrls": [{"http": proxy.url}]}
        async with relaying(config) as task:
            await eventually(lambda: all(map(target.delivered, messages)), task)
    assert [target.deliveries(item) for item in messages] == [1] * 5
