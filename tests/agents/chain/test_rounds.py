"""Rounds of questions to the URLs of a chain: who is asked again, when, and for how much."""

import itertools
from collections.abc import AsyncIterator
from typing import Any

import pytest

from hyperlane.chain.abi import MerkleTreeHook
from hyperlane.chain.agreement import Consensus
from hyperlane.chain.answers import BALANCE
from hyperlane.chain.client import ChainClient, Disagreement, Unreachable
from hyperlane.chain.endpoint import Call, Endpoint, Fault, RpcError
from hyperlane.chain.rpc import RpcPool

DOWN = Fault("HTTP 503")
TROUBLE = RpcError("alpha", "eth_getBalance", "Internal error", -32603)
BALANCE_AT = Call(BALANCE, ("0x" + "07" * 20, "0x5"))


class Chain:
    """URLs that answer as they are told; what was asked and slept is written down."""

    def __init__(self) -> None:
        self.says: dict[str, list[Any]] = {}
        """By URL, one after the other; the last for ever."""
        self.asked: list[str] = []
        self.slept: list[float] = []
        self.now = 0.0
        self.pools: list[RpcPool] = []

    async def ask(self, endpoint: Endpoint, _session: Any, calls: Any, _seconds: float) -> Any:
        self.asked.append(endpoint.url)
        assert len(self.asked) < 100, "without end"
        said = self.says[endpoint.url]
        answer = said.pop(0) if len(said) > 1 else said[0]
        if isinstance(answer, Fault):
            raise answer
        return [answer for _ in calls]

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def pool(self, consensus: Consensus, **says: list[Any]) -> RpcPool:
        self.says = {f"http://{name}": said for name, said in says.items()}
        made = RpcPool("alpha", 1337, list(self.says), consensus, sleep=self.sleep)
        made.clock = lambda: self.now
        self.pools.append(made)
        return made


@pytest.fixture
async def chain(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Chain]:
    made = Chain()
    monkeypatch.setattr(Endpoint, "ask", lambda *arguments: made.ask(*arguments))
    yield made
    for each in made.pools:
        await each.close()


async def test_each_pause_is_twice_as_long_as_the_one_before(chain):
    pool = chain.pool(Consensus.FALLBACK, a=[DOWN])
    with pytest.raises(Unreachable):
        await pool.exchange([BALANCE_AT])
    assert len(chain.slept) == 4
    for round_, seconds in enumerate(chain.slept):
        assert 0.8 <= seconds / (0.1 * 2**round_) <= 1.2


async def test_logs_that_nobody_gives_are_not_asked_for_without_end(chain):
    """As many blocks as a URL takes, and yet it does not answer."""
    client = ChainClient("alpha", 1337, ["http://a"], sleep=chain.sleep)
    chain.says = {"http://a": [DOWN]}
    client.rpc.endpoints[0].sizes.span.now = 10
    with pytest.raises(Unreachable):
        await client.logs(b"\7" * 20, MerkleTreeHook.INSERTED, 0, 9)
    assert len(chain.slept) == 4
    await client.close()


@pytest.mark.parametrize("down", ["a", "b", "a b", ""])
async def test_one_url_that_answers_is_enough_to_start(down, chain):
    pool = chain.pool(
        Consensus.FALLBACK, **{name: [DOWN if name in down else 1337] for name in "ab"}
    )
    if down == "a b":
        with pytest.raises(Unreachable):
            await pool.verify()
    else:
        await pool.verify()


async def test_a_majority_is_asked_for_no_more_logs_than_each_of_it_takes(chain):
    pool = chain.pool(Consensus.QUORUM, a=[1], b=[1], c=[1])
    for endpoint, blocks in zip(pool.endpoints, (500, 100, 10), strict=True):
        endpoint.sizes.span.now = blocks
    assert pool.log_span == 10
    pool.endpoints[2].health.distrusted("a lie", chain.now)
    assert pool.log_span == 100
    alone = chain.pool(Consensus.FALLBACK, a=[1], b=[1])
    for endpoint, blocks in zip(alone.endpoints, (500, 10), strict=True):
        endpoint.sizes.span.now = blocks
    assert alone.log_span == 500


async def test_whoever_is_outvoted_is_asked_no_more_while_others_suffice(chain):
    pool = chain.pool(Consensus.QUORUM, a=[6], b=[5], c=[5])
    for _ in range(3):
        assert await pool.exchange([BALANCE_AT]) == [5]
    assert chain.asked.count("http://a") == 1


@pytest.mark.parametrize("turn", ["both", "one"])
async def test_those_who_contradict_each_other_are_asked_anew(turn, chain):
    """What one said before the other caught up does not count against it."""
    pool = chain.pool(Consensus.QUORUM, a=[5, 6] if turn == "both" else [5], b=[4, 6, 5])
    assert await pool.exchange([BALANCE_AT]) == [6 if turn == "both" else 5]


async def test_those_who_contradict_each_other_to_the_end_are_not_believed(chain):
    pool = chain.pool(Consensus.QUORUM, a=[5], b=[6])
    with pytest.raises(Disagreement):
        await pool.exchange([BALANCE_AT])
    assert len(chain.slept) == 4


async def test_an_internal_error_of_a_majority_is_asked_about_again(chain):
    pool = chain.pool(Consensus.QUORUM, a=[TROUBLE, 5], b=[TROUBLE, 5], c=[TROUBLE, TROUBLE, 5])
    assert await pool.exchange([BALANCE_AT]) == [5]
    assert len(chain.slept) == 1


async def test_an_internal_error_of_a_majority_is_its_answer_in_the_end(chain):
    pool = chain.pool(Consensus.QUORUM, a=[TROUBLE], b=[TROUBLE], c=[5])
    (answer,) = await pool.exchange([BALANCE_AT])
    assert isinstance(answer, RpcError)
    assert len(chain.slept) == 4


async def test_those_who_rest_are_asked_at_once_where_others_do_not_suffice(chain):
    pool = chain.pool(Consensus.QUORUM, a=[5], b=[5], c=[5])
    for endpoint in pool.endpoints[1:]:
        endpoint.health.distrusted("a lie", chain.now)
    assert await pool.exchange([BALANCE_AT]) == [5]
    assert chain.slept == []


@pytest.mark.parametrize("order", itertools.permutations("abc"), ids="".join)
async def test_what_was_said_before_counts_in_the_next_round(order, chain):
    """One answers only the second time, one never."""
    says = dict(zip(order, ([5], [DOWN, 5], [DOWN]), strict=True))
    pool = chain.pool(Consensus.QUORUM, **says)
    assert await pool.exchange([BALANCE_AT]) == [5]
    assert chain.asked.count(f"http://{order[0]}") == 1
