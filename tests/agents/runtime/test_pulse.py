"""Looks at a chain on which nothing happens: how few calls they take, and what ends them."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.support.devnet import Devnet, key
from tests.support.proxy import Proxy

from hyperlane.agents.runtime.pulse import Pulse
from hyperlane.chain.abi import Mailbox, MerkleTreeHook
from hyperlane.chain.client import ChainClient, Consensus
from hyperlane.protocol.typecasts import Address, address_from_hex

IDLE, LONGEST = 5.0, 30.0
AWAKE = 61.0


@dataclass
class Looker:
    """Looks at a chain through proxies once a second, by a clock of its own."""

    chain: Devnet
    proxies: list[Proxy]
    consensus: Consensus
    now: float = 0.0
    looks: int = 0
    pulse: Pulse = field(init=False)
    client: ChainClient = field(init=False)

    def __post_init__(self) -> None:
        urls = [item.url for item in self.proxies]
        self.client = ChainClient("alpha", 1337, urls, 0, self.consensus)
        self.client.rpc.clock = lambda: self.now
        self.pulse = Pulse(
            client=self.client,
            counters=(
                (self._contract("mailbox"), Mailbox.nonce),
                (self._contract("merkleTreeHook"), MerkleTreeHook.count),
            ),
            idle_interval=IDLE,
            longest=LONGEST,
            clock=lambda: self.now,
        )

    async def second(self) -> bool:
        """Whether there was a full look."""
        self.now += 1
        looks = await self.pulse.worth_a_look()
        if looks:
            self.looks += 1
            self.pulse.looked([await self.client.call(*item) for item in self.pulse.counters])
        return looks

    def _contract(self, name: str) -> Address:
        return address_from_hex(self.chain.contracts[name].address)

    async def fall_asleep(self) -> None:
        for _ in range(int(AWAKE)):
            await self.second()
        while not await self.second():  # the look that is due in any case
            pass
        self.forget()

    def forget(self) -> None:
        self.looks = 0
        for item in self.proxies:
            item.asked.clear()

    def asked(self) -> list[int]:
        return [item.asked.total() for item in self.proxies]


@pytest.fixture
async def looker(origin: Devnet, proxy: Any) -> AsyncIterator[Callable[..., Looker]]:
    made: list[Looker] = []

    def make(urls: int = 1, consensus: Consensus = Consensus.FALLBACK) -> Looker:
        made.append(Looker(origin, [proxy(origin) for _ in range(urls)], consensus))
        return made[-1]

    origin.dispatch(7331, key(3).address, b"first")
    yield make
    for item in made:
        await item.client.close()


async def test_an_idle_chain_takes_one_call_a_look_and_is_looked_at_rarely(looker):
    one = looker()
    for _ in range(60):
        assert await one.second(), "the first minute is awake"
    await one.fall_asleep()
    for _ in range(60):
        await one.second()
    assert one.looks == 2
    # 60 s in steps of 5 s, of which two are full looks, of two calls each here.
    assert one.asked() == [60 / IDLE - 2 + 2 * 2]


async def test_a_message_wakes_it_at_the_next_look(looker, origin):
    one = looker()
    await one.fall_asleep()
    origin.dispatch(7331, key(3).address, b"second")
    assert [await one.second() for _ in range(int(IDLE))] == [False] * 4 + [True]
    assert all([await one.second() for _ in range(59)])
    await one.fall_asleep()
    assert not await one.second()


async def test_of_several_that_have_to_agree_one_that_shows_it_is_enough(looker, origin):
    one = looker(3, Consensus.QUORUM)
    await one.fall_asleep()
    for _ in range(int(IDLE)):
        await one.second()
    assert (one.looks, one.asked()) == (0, [1, 1, 1])
    for item in one.proxies[:2]:
        item.freeze()
    origin.dispatch(7331, key(3).address, b"second")
    assert [await one.second() for _ in range(int(IDLE))] == [False] * 4 + [True]


async def test_a_node_that_stands_still_is_found_out(looker, origin):
    one = looker(2)
    await one.fall_asleep()
    one.proxies[0].freeze()
    origin.dispatch(7331, key(3).address, b"second")
    for _ in range(4):
        origin.mine()
        if any([await one.second() for _ in range(15)]) and one.proxies[1].asked:
            return
    pytest.fail("the URL that stands still was believed for ever")


async def test_a_node_that_runs_no_such_code_is_looked_at_fully(looker):
    one = looker()
    await one.fall_asleep()
    one.proxies[0].interfere(refusing_code)
    looks = [await one.second() for _ in range(20)]
    assert looks.count(True) == 4


def refusing_code(body: bytes) -> tuple[int, bytes] | None:
    if b"eth_call" not in body or b'"to"' in body:
        return None
    error = {"code": -32000, "message": "contract creation is not allowed"}
    return 200, json.dumps({"jsonrpc": "2.0", "id": 0, "error": error}).encode()


async def test_a_node_that_stands_still_is_found_out_though_it_runs_no_such_code(looker, origin):
    one = looker(2)
    for item in one.proxies:
        item.interfere(refusing_code)
    await one.fall_asleep()
    await one.client.final_block()
    one.proxies[0].freeze()
    origin.mine(4)
    tip = origin.w3.eth.block_number
    for _ in range(90):
        if await one.second() and await one.client.final_block() == tip:
            return
    pytest.fail("the URL that stands still was believed for ever")


async def test_a_url_that_lacks_the_last_news_keeps_nobody_awake(looker, origin):
    one = looker(3, Consensus.QUORUM)
    await one.second()
    one.proxies[2].freeze()
    origin.dispatch(7331, key(3).address, b"second")
    await one.second()
    for _ in range(3 * int(AWAKE)):
        await one.second()
    looks = [await one.second() for _ in range(60)]
    assert looks.count(True) <= 60 / IDLE


async def test_a_chain_that_does_not_answer_is_looked_at_fully_so_that_the_look_says_so(looker):
    one = looker()
    await one.fall_asleep()
    one.client.rpc.sleep = no_pause
    one.proxies[0].fail(503)
    one.now += IDLE
    assert await one.pulse.worth_a_look()


async def no_pause(_seconds: float) -> None: ...


async def test_news_that_are_not_final_yet_keep_it_awake(looker, origin):
    one = looker()
    await one.fall_asleep()
    known = [await one.client.call(*item) for item in one.pulse.counters]
    origin.dispatch(7331, key(3).address, b"second")
    looks = 0
    for _ in range(200):
        one.now += 1
        if await one.pulse.worth_a_look():
            one.pulse.looked(known)
            looks += 1
    assert looks > 200 - 5 * IDLE
